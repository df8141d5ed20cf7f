/// Gradient descent on a function of a few numbers: the points it visits, the start first.
///
///     x[n+1] = x[n] − γ · ∇F(x[n])
///
/// The descent stops early where a coordinate is no longer finite.
///
/// Source: Li, Convolutional Neural Networks (COMP4121), §1.4; Chidiac, Convolutional Neural Networks,
/// §1.3 (with a small γ, F(x[0]) ≥ F(x[1]) ≥ …: eq 1).
///
/// - Parameters:
///   - start: x[0].
///   - learningRate: γ.
///   - steps: How many steps to take.
///   - gradient: ∇F, one number a coordinate.
public func gradientDescent(
  from start: [Double], learningRate: Double, steps: Int, gradient: ([Double]) -> [Double]
) -> [[Double]] {
  precondition(steps >= 0, "gradientDescent: expected at least 0 steps, found \(steps)")
  var points = [start]
  var x = start
  for _ in 0..<steps {
    let slope = gradient(x)
    precondition(
      slope.count == x.count,
      "gradientDescent: expected a gradient of \(x.count) numbers, found \(slope.count)")
    x = zip(x, slope).map { $0 - learningRate * $1 }
    points.append(x)
    guard x.allSatisfy(\.isFinite) else { break }
  }
  return points
}
