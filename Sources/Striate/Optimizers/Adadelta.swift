import LaneKernels

/// Steps as large as the earlier ones were, for the gradient's size: a rule without units.
///
///     g = ∂E/∂w + λ·w
///     v ← ρ·v + (1 − ρ)·g²
///     d = g · √(u + ε) / √(v + ε)
///     u ← ρ·u + (1 − ρ)·d²
///     w ← w − γ·d
///
/// Source: Zeiler 2012, arXiv:1212.5701; the form and names of torch.optim.Adadelta.
public struct Adadelta: Optimizer, Equatable {
  public var learningRate: Float

  /// ρ: the share of the running means that is kept.
  public var smoothing: Double

  /// ε: what the first step is made of; keeps the denominator from 0.
  public var epsilon: Double

  public var weightDecay: Double

  /// Adadelta with learning rate γ.
  public init(
    learningRate: Float = 1, smoothing: Double = 0.9, epsilon: Double = 1e-6,
    weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.smoothing = smoothing
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  public var name: String { "adadelta" }

  public var text: String {
    let usual = Adadelta()
    return "adadelta \(learningRate.short)"
      + (smoothing == usual.smoothing ? "" : " smoothing \(smoothing.short)")
      + (epsilon == usual.epsilon ? "" : " epsilon \(epsilon.short)")
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
  }

  public var stateCount: Int { 2 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try InvalidOptimizer.requireFraction("smoothing", smoothing)
    try InvalidOptimizer.requirePositive("epsilon", epsilon)
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    for i in w.indices {
      let g = gradient[i] + weightDecay * w[i]
      state[0][i] = smoothing * state[0][i] + (1 - smoothing) * g * g
      let d = g * ((state[1][i] + epsilon) / (state[0][i] + epsilon)).squareRoot()
      state[1][i] = smoothing * state[1][i] + (1 - smoothing) * d * d
      w[i] -= Double(learningRate) * d
    }
  }
}

// MARK: Engine

extension Adadelta {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.kernels.adadelta(
      slice.count, slice.weights, slice.gradient, slice.state(0), slice.state(1), learningRate,
      smoothing, Float(epsilon), Float(weightDecay))
  }
}
