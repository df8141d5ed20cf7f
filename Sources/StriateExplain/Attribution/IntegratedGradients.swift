import Striate

extension Explainer {
  /// The gradient integrated along the straight line from a baseline x′ to the image x.
  ///
  ///     M[k] = (x[k] − x′[k]) · ∫ ∂S/∂x[k] (x′ + α(x − x′)) dα
  ///          ≈ (x[k] − x′[k]) · 1/n Σ(s) ∂S/∂x[k] (x′ + (s − ½)/n · (x − x′)),  s = 1 … n
  ///     Σ(k) M[k] = S(x) − S(x′)
  ///
  /// The integral is taken by the midpoint rule; `completeness` says how far that is from the last equation.
  ///
  /// Shapes: image [C, H, W] → values [C, H, W], map [H, W], the sum over the channels.
  /// Source: Sundararajan, Taly & Yan 2017, arXiv:1703.01365, equations 1 and 3, proposition 1.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - classIndex: The class.
  ///   - baseline: The pixel value, 0 to 1, of the image that the line begins at.
  ///   - steps: How many points of the line, n.
  ///   - progress: Called with the number of points done, and of all.
  ///
  /// Throws `Unexplainable` where the image or the class does not fit the network.
  public func integratedGradients(
    of image: Tensor, class classIndex: Int, baseline: Float = 0, steps: Int = 64,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Attribution {
    precondition(steps >= 1, "integratedGradients: expected at least one step, found \(steps)")
    let gradients = try gradients(of: classIndex)
    let (x, start) = try (entering(image).scalars, entering(pixel: baseline).scalars)
    let ends = try gradients(Tensor(shape: [2] + image.shape, scalars: x + start)).scores
    var sum = [Double](repeating: 0, count: x.count)
    for first in stride(from: 0, to: steps, by: ScoreGradients.batch) {
      let last = min(first + ScoreGradients.batch, steps)
      let points = (first..<last).flatMap { step in
        let share = (Float(step) + 0.5) / Float(steps)
        return zip(x, start).map { $1 + share * ($0 - $1) }
      }
      sum.add(try gradients(Tensor(shape: [last - first] + image.shape, scalars: points)).inputs)
      progress(last, steps)
    }
    let exact = sum.indices.map { Double(x[$0] - start[$0]) * sum[$0] / Double(steps) }
    let values = Tensor(shape: image.shape, scalars: exact.map { Float($0) })
    var attribution = Attribution(
      .integratedGradients, classIndex: classIndex, score: ends[0], values: values,
      map: values.sumOverChannels)
    attribution.completeness = Attribution.Completeness(
      sum: exact.reduce(0, +), difference: Double(ends[0]) - Double(ends[1]))
    attribution.setting = "\(steps) steps, baseline \(baseline.plain)"
    return attribution
  }
}
