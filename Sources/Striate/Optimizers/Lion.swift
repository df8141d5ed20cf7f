import LaneKernels

/// Steps of one size for every weight: the sign of a running mean.
///
///     w ← (1 − γ·λ)·w − γ · sign(β₁·m + (1 − β₁)·∂E/∂w)
///     m ← β₂·m + (1 − β₂)·∂E/∂w
///
/// Source: Chen et al. 2023, arXiv:2302.06675, algorithm 2.
public struct Lion: Optimizer, Equatable {
  public var learningRate: Float

  /// β₁: the share of the running mean in a step's direction.
  public var beta1: Double

  /// β₂: the share of the running mean that is kept.
  public var beta2: Double

  public var weightDecay: Double

  /// Lion with learning rate γ.
  public init(
    learningRate: Float = 1e-4, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
  }

  public var name: String { "lion" }

  public var text: String {
    let usual = Lion()
    return "lion \(learningRate.short)"
      + (beta1 == usual.beta1 ? "" : " beta1 \(beta1.short)")
      + (beta2 == usual.beta2 ? "" : " beta2 \(beta2.short)")
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
  }

  public var stateCount: Int { 1 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try InvalidOptimizer.requireFraction("beta1", beta1)
    try InvalidOptimizer.requireFraction("beta2", beta2)
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    let rate = Double(learningRate)
    for i in w.indices {
      let direction = beta1 * state[0][i] + (1 - beta1) * gradient[i]
      let sign = direction > 0 ? 1.0 : direction < 0 ? -1 : direction
      w[i] -= rate * (sign + weightDecay * w[i])
      state[0][i] = beta2 * state[0][i] + (1 - beta2) * gradient[i]
    }
  }
}

// MARK: Engine

extension Lion {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.kernels.lion(
      slice.count, slice.weights, slice.gradient, slice.state(0), learningRate, beta1, beta2,
      Float(1 - Double(learningRate) * weightDecay))
  }
}
