import Striate

/// ∂f/∂x for each element of x, from two values of f beside it.
///
///     ∂f/∂xᵢ ≈ (f(x + h·eᵢ) − f(x − h·eᵢ)) / 2h
func centralDifferences(
  at x: ReferenceTensor, step: Double = 1e-5, of f: (ReferenceTensor) -> Double
) -> ReferenceTensor {
  var gradient = ReferenceTensor(zeros: x.shape)
  for i in 0..<x.count {
    let h = step * max(1, abs(x[i]))
    var (above, below) = (x, x)
    above[i] += h
    below[i] -= h
    gradient[i] = (f(above) - f(below)) / (above[i] - below[i])
  }
  return gradient
}

/// Numbers for central differences: no two of 2003 neighbours, and none and zero, are so close that a
/// step crosses the kink of a maximum or of a ReLU.
func awayFromKinks(_ shape: [Int], salt: Int, scale: Double = 2) -> ReferenceTensor {
  Fixture.formula(shape, salt: salt, scale: scale).map { $0 + scale / 2002 }
}

/// Σ a·b.
func innerProduct(_ a: ReferenceTensor, _ b: ReferenceTensor) -> Double {
  zip(a.values, b.values).reduce(0) { $0 + $1.0 * $1.1 }
}
