import LaneKernels

/// Momentum whose steps are made orthogonal, for the weights of convolutions and dense layers.
///
///     m ← μ·m + (1 − μ)·g,  d = (1 − μ)·g + μ·m, or d = m without Nesterov,  with g = ∂E/∂w
///     w ← (1 − γ·λ)·w − γ · a · orthogonal(d)
///
/// A parameter [O, …] counts as a matrix of O rows: a convolution's [O, C, K, K] as [O, C·K·K]. The factor a
/// follows from its size, as `adjustment` says; `newtonSchulz` says how a matrix is made orthogonal. A
/// parameter of one axis, such as a bias, follows `AdamW` with the learning rate γ · `vectorFactor`.
///
/// Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; the form and names of
/// torch.optim.Muon.
public struct Muon: Optimizer, Equatable {
  /// How the length of a step depends on the size of the matrix.
  public enum Adjustment: String, Sendable, Equatable {
    /// a = √max(1, rows/columns).
    case original
    /// a = 0.2·√max(rows, columns): elements change about as much as with AdamW, whose learning rate
    /// fits (Liu et al. 2025, arXiv:2502.16982).
    case matchRMSAdamW = "match-rms-adamw"
  }

  public var learningRate: Float

  /// μ: the share of the running mean that is kept.
  public var momentum: Double

  /// Whether a step looks ahead to where the momentum leads.
  public var nesterov: Bool

  /// λ: the share of the weights that a step of length 1 takes away.
  public var weightDecay: Double

  /// How the length of a step depends on the size of the matrix.
  public var adjustment: Adjustment

  /// How a matrix is made orthogonal.
  public var newtonSchulz: NewtonSchulz

  /// The share of the learning rate that parameters of one axis follow.
  public var vectorFactor: Double

  /// β₁, β₂ and ε for parameters of one axis.
  public var moments: Moments

  /// Muon with learning rate γ.
  public init(
    learningRate: Float = 1e-3, momentum: Double = 0.95, nesterov: Bool = true,
    weightDecay: Double = 0.1, adjustment: Adjustment = .original,
    newtonSchulz: NewtonSchulz = .muon, vectorFactor: Double = 1, moments: Moments = Moments()
  ) {
    (self.learningRate, self.momentum, self.nesterov) = (learningRate, momentum, nesterov)
    (self.weightDecay, self.adjustment) = (weightDecay, adjustment)
    (self.newtonSchulz, self.vectorFactor) = (newtonSchulz, vectorFactor)
    self.moments = moments
  }

  public var name: String { "muon" }

  public var text: String {
    let usual = Muon()
    return "muon \(learningRate.short)"
      + (momentum == usual.momentum ? "" : " momentum \(momentum.short)")
      + (nesterov ? "" : " plain")
      + (adjustment == usual.adjustment ? "" : " adjust \(adjustment.rawValue)")
      + (newtonSchulz.steps == usual.newtonSchulz.steps ? "" : " steps \(newtonSchulz.steps)")
      + (vectorFactor == usual.vectorFactor ? "" : " vector-factor \(vectorFactor.short)")
      + moments.text
      + (weightDecay == usual.weightDecay ? "" : " weight-decay \(weightDecay.short)")
  }

  /// Two: AdamW needs as many for parameters of one axis.
  public var stateCount: Int { 2 }

  public var scope: UpdateScope { .parameter }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try InvalidOptimizer.requireFraction("momentum", momentum)
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
    try InvalidOptimizer.requirePositive("vector factor", vectorFactor)
    try moments.validate()
    try InvalidOptimizer.requirePositive("epsilon", newtonSchulz.epsilon)
    guard (1..<100).contains(newtonSchulz.steps) else {
      throw InvalidOptimizer("steps", expected: "1 to 99", found: "\(newtonSchulz.steps)")
    }
    for (name, value) in [("a", newtonSchulz.a), ("b", newtonSchulz.b), ("c", newtonSchulz.c)]
    where !(abs(value) <= 1e6) {
      throw InvalidOptimizer(
        "coefficient \(name)", expected: "a number from -1e6 to 1e6", found: value.short)
    }
  }

  /// Rows and columns of a parameter that counts as a matrix, or nil.
  private func matrix(_ shape: [Int]) -> (rows: Int, columns: Int)? {
    shape.count < 2 ? nil : (shape[0], shape.dropFirst().reduce(1, *))
  }

  /// a.
  private func factor(rows: Int, columns: Int) -> Double {
    switch adjustment {
    case .original: max(1, Double(rows) / Double(columns)).squareRoot()
    case .matchRMSAdamW: 0.2 * Double(max(rows, columns)).squareRoot()
    }
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    guard let (rows, columns) = matrix(shape) else {
      return AdamW(
        learningRate: Float(vectorRate), moments: moments, weightDecay: weightDecay
      ).referenceUpdate(&w, shape: shape, gradient: gradient, state: &state, step: step)
    }
    var d = gradient
    for i in w.indices {
      state[0][i] = momentum * state[0][i] + (1 - momentum) * gradient[i]
      d[i] = nesterov ? (1 - momentum) * gradient[i] + momentum * state[0][i] : state[0][i]
    }
    let orthogonal = newtonSchulz.reference(d, rows: rows, columns: columns)
    let rate = Double(learningRate)
    for i in w.indices {
      w[i] -= rate * weightDecay * w[i]
      w[i] -= rate * factor(rows: rows, columns: columns) * orthogonal[i]
    }
  }

  private var vectorRate: Double { Double(learningRate) * vectorFactor }
}

// MARK: Engine

extension Muon {
  public func scratchCount(shape: [Int]) -> Int {
    guard let (rows, columns) = matrix(shape) else { return 0 }
    return (rows * columns).padded + newtonSchulz.scratchCount(rows: rows, columns: columns)
  }

  public func update(_ slice: ParameterSlice, step: Int) {
    guard let (rows, columns) = matrix(slice.shape) else {
      return slice.updateAdam(
        learningRate: Float(vectorRate), moments: moments, weightDecay: weightDecay,
        isDecoupled: true, step: step)
    }
    let (kernels, direction) = (slice.kernels, slice.scratch)
    kernels.momentum(
      slice.count, slice.gradient, slice.state(0), direction, momentum, nesterov)
    newtonSchulz.orthogonalize(
      direction, rows: rows, columns: columns, scratch: direction + slice.count, kernels: kernels,
      squaredNorm: kernels.sumOfSquares(slice.count, direction))
    let rate = Double(learningRate)
    kernels.combine(
      slice.count, Float(-rate * factor(rows: rows, columns: columns)), direction,
      Float(1 - rate * weightDecay), slice.weights)
  }
}
