import LaneKernels

/// Steps divided by a running root mean square of the gradient.
///
///     g = ∂E/∂w + λ·w
///     v ← α·v + (1 − α)·g²
///     w ← w − γ·g / (√v + ε),  or with momentum  m ← μ·m + g / (√v + ε),  w ← w − γ·m
///
/// Source: Tieleman & Hinton 2012, lecture 6.5; the form and names of torch.optim.RMSprop.
public struct RMSprop: Optimizer, Equatable {
  public var learningRate: Float

  /// α: the share of the running mean that is kept.
  public var smoothing: Double

  /// ε: keeps the denominator from 0.
  public var epsilon: Double

  /// λ: the share of the weights added to the gradient.
  public var weightDecay: Double

  /// μ: the share of the last step's direction that is kept.
  public var momentum: Double

  /// RMSprop with learning rate γ.
  public init(
    learningRate: Float = 1e-2, smoothing: Double = 0.99, epsilon: Double = 1e-8,
    weightDecay: Double = 0, momentum: Double = 0
  ) {
    self.learningRate = learningRate
    self.smoothing = smoothing
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentum = momentum
  }

  public var name: String { "rmsprop" }

  public var text: String {
    let defaults = RMSprop()
    return "rmsprop \(learningRate.short)"
      + (smoothing == defaults.smoothing ? "" : " smoothing \(smoothing.short)")
      + (epsilon == defaults.epsilon ? "" : " epsilon \(epsilon.short)")
      + (momentum == 0 ? "" : " momentum \(momentum.short)")
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
  }

  public var stateCount: Int { momentum == 0 ? 1 : 2 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try InvalidOptimizer.requireFraction("smoothing", smoothing)
    try InvalidOptimizer.requirePositive("epsilon", epsilon)
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
    try InvalidOptimizer.requireFraction("momentum", momentum)
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    for i in w.indices {
      let g = gradient[i] + weightDecay * w[i]
      state[0][i] = smoothing * state[0][i] + (1 - smoothing) * g * g
      var direction = g / (state[0][i].squareRoot() + epsilon)
      if momentum != 0 {
        state[1][i] = momentum * state[1][i] + direction
        direction = state[1][i]
      }
      w[i] -= Double(learningRate) * direction
    }
  }
}

// MARK: Engine

extension RMSprop {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.kernels.rmsProp(
      slice.count, slice.weights, slice.gradient, slice.state(0),
      momentum == 0 ? nil : slice.state(1), learningRate, smoothing, Float(epsilon),
      Float(momentum), Float(weightDecay))
  }
}
