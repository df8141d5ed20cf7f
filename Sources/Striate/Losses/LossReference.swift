import Foundation

/// The losses in Double, straight from their equations.
extension Loss {
  /// E for a batch. The first axis of both tensors is the batch.
  public func referenceValue(output: ReferenceTensor, target: ReferenceTensor) -> Double {
    reference(output, target).value
  }

  /// ∂E/∂output for a batch, in the output's shape.
  public func referenceGradient(
    output: ReferenceTensor, target: ReferenceTensor
  ) -> ReferenceTensor {
    reference(output, target).gradient
  }

  /// What each output adds to E, in the output's shape: E is their sum.
  package func referenceTerms(
    output: ReferenceTensor, target: ReferenceTensor
  ) -> ReferenceTensor {
    reference(output, target).terms
  }

  private func reference(
    _ y: ReferenceTensor, _ t: ReferenceTensor
  ) -> (value: Double, terms: ReferenceTensor, gradient: ReferenceTensor) {
    precondition(
      y.shape == t.shape && y.shape.count >= 2,
      "Loss: expected targets of the outputs' shape \(y.shape), found \(t.shape)")
    let outputs = y.shape.dropFirst().reduce(1, *)
    var sum = 0.0
    var terms = ReferenceTensor(zeros: y.shape)
    var gradient = terms
    if kind.isOfClasses {
      y.forEachColumn { indices in
        let (values, slopes) = kind.terms(
          of: indices.map { y[$0] }, targets: indices.map { t[$0] })
        sum += values.reduce(0, +)
        for (i, k) in indices.enumerated() { (terms[k], gradient[k]) = (values[i], slopes[i]) }
      }
    } else {
      for k in 0..<y.count {
        let (value, slope) = kind.term(of: y[k], target: t[k], output: k % outputs)
        sum += value
        (terms[k], gradient[k]) = (value, slope)
      }
    }
    let images = reduction == .sum ? 1 : countedImages(t)
    let scale = images == 0 ? 0 : 1 / (images * Double(kind.averagesOutputs ? outputs : 1))
    return (sum * scale, terms.map { $0 * scale }, gradient.map { $0 * scale })
  }

  /// What the sum over a batch is divided by: its images, or the weights of their classes without the
  /// ignored ones.
  private func countedImages(_ t: ReferenceTensor) -> Double {
    guard kind.weighsImages else { return Double(t.shape[0]) }
    let weights = kind.outputWeights
    var count = 0.0
    t.forEachColumn { indices in
      let total = indices.reduce(0) { $0 + t[$1] }
      guard total != 0 else { return }
      count += indices.enumerated().reduce(0) { $0 + weights.value(at: $1.0) * t[$1.1] } / total
    }
    return count / Double(t.shape.channelSize)
  }
}

extension Loss.Kind {
  /// A loss of classes, for the scores of one image (or of one place in it), class by class, with its
  /// derivatives.
  fileprivate func terms(
    of y: [Double], targets t: [Double]
  ) -> (values: [Double], slopes: [Double]) {
    let classes = y.indices
    let total = t.reduce(0, +)
    switch self {
    case .crossEntropy(let smoothing, let weights, _):
      let (logarithms, p) = softmax(y)
      let q = classes.map { k in
        weights.value(at: k) * ((1 - smoothing) * t[k] + smoothing / Double(y.count) * total)
      }
      let mass = q.reduce(0, +)
      return (
        classes.map { -q[$0] * logarithms[$0] }, classes.map { p[$0] * mass - q[$0] }
      )
    case .focal(let gamma, let alpha):
      let (logarithms, p) = softmax(y)
      let a = classes.map { alpha.value(at: $0) * t[$0] }
      let values = classes.map { -a[$0] * power(1 - p[$0], gamma) * logarithms[$0] }
      let g = classes.map { k in
        a[k]
          * (gamma * p[k] * powerBelow(1 - p[k], gamma) * logarithms[k] - power(1 - p[k], gamma))
      }
      let sum = g.reduce(0, +)
      return (values, classes.map { g[$0] - p[$0] * sum })
    case .multiMargin(let p, let margin):
      let score = classes.reduce(0) { $0 + t[$1] * y[$1] }
      let d = classes.map { positivePart(margin + y[$0] - score) }
      let a = classes.map { (1 - t[$0]) * (p == 1 ? step(margin + y[$0] - score) : 2 * d[$0]) }
      let sum = a.reduce(0, +)
      return (
        classes.map { (1 - t[$0]) * (p == 1 ? d[$0] : d[$0] * d[$0]) },
        classes.map { a[$0] - t[$0] * sum }
      )
    default: preconditionFailure("Loss: expected a loss of classes, found \(self)")
    }
  }

  /// A loss of single outputs, with its derivative. `output` is the number of the output in its image.
  fileprivate func term(
    of y: Double, target t: Double, output: Int
  ) -> (value: Double, slope: Double) {
    let d = y - t
    switch self {
    case .negativeLogLikelihood:
      return (-t * logarithm(y), -t / denominator(y))
    case .squaredError(let scale):
      return (scale * d * d, 2 * scale * d)
    case .absoluteError:
      return (abs(d), step(d) - step(-d))
    case .huber(let delta):
      if abs(d) <= delta { return (d * d / 2, d) }
      return (delta * (abs(d) - delta / 2), delta * (step(d) - step(-d)))
    case .smoothL1(let beta):
      if abs(d) < beta { return (d * d / (2 * beta), d / beta) }
      return (abs(d) - beta / 2, step(d) - step(-d))
    case .binaryCrossEntropy:
      return (
        -t * logarithm(y) - (1 - t) * logarithm(1 - y), (y - t) / denominator(y * (1 - y))
      )
    case .binaryCrossEntropyWithLogits(let weights):
      let w = weights.value(at: output)
      return (
        w * t * softplus(-y) + (1 - t) * softplus(y), (1 - t) * sigmoid(y) - w * t * sigmoid(-y)
      )
    case .binaryFocal(let gamma, let alpha):
      let (p, q) = (sigmoid(y), sigmoid(-y))
      let a = alpha.map { $0 * t + (1 - $0) * (1 - t) } ?? 1
      let r = t * q + (1 - t) * p
      let entropy = t * softplus(-y) + (1 - t) * softplus(y)
      return (
        a * power(r, gamma) * entropy,
        a
          * (gamma * powerBelow(r, gamma) * (1 - 2 * t) * p * q * entropy
            + power(r, gamma) * (p - t))
      )
    case .hinge:
      let s = 2 * t - 1
      return (positivePart(1 - s * y), -s * step(1 - s * y))
    case .klDivergence:
      return ((t == 0 ? 0 : t * log(t)) - t * y, -t)
    default: preconditionFailure("Loss: expected a loss of single outputs, found \(self)")
    }
  }

  private func softmax(_ y: [Double]) -> (logarithms: [Double], probabilities: [Double]) {
    let largest = y.max() ?? 0
    let total = log(y.reduce(0) { $0 + exp($1 - largest) })
    let logarithms = y.map { $0 - largest - total }
    return (logarithms, logarithms.map { exp($0) })
  }

  private func logarithm(_ y: Double) -> Double { max(log(y), Loss.smallestLogarithm) }

  private func denominator(_ y: Double) -> Double { max(y, Loss.smallestDenominator) }

  /// log(1 + eʸ).
  private func softplus(_ y: Double) -> Double { positivePart(y) + log1p(exp(-abs(y))) }

  private func sigmoid(_ y: Double) -> Double { 1 / (1 + exp(-y)) }

  /// max(0, x); NaN stays NaN.
  private func positivePart(_ x: Double) -> Double { x < 0 ? 0 : x }

  /// 1 above 0, else 0; NaN stays NaN.
  private func step(_ x: Double) -> Double { x > 0 ? 1 : x.isNaN ? x : 0 }

  /// r^γ, with 0⁰ = 1.
  private func power(_ r: Double, _ gamma: Double) -> Double { pow(r, gamma) }

  /// r^(γ−1), where what it is multiplied by vanishes with r.
  private func powerBelow(_ r: Double, _ gamma: Double) -> Double { r == 0 ? 0 : pow(r, gamma - 1) }
}

extension [Double] {
  /// One number for each output, one for all, or 1 where there is none.
  package func value(at index: Int) -> Double {
    isEmpty ? 1 : count == 1 ? self[0] : self[index]
  }
}
