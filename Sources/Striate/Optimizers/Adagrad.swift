import LaneKernels

/// Steps divided by the root of the sum of all squared gradients so far.
///
///     g = ∂E/∂w + λ·w
///     v ← v + g²
///     w ← w − γ/(1 + (t − 1)·η) · g / (√(v₀ + v) + ε)  in step t
///
/// Source: Duchi, Hazan & Singer 2011, JMLR 12:2121; the form and names of torch.optim.Adagrad.
public struct Adagrad: Optimizer, Equatable {
  public var learningRate: Float

  /// η: how fast the learning rate falls.
  public var learningRateDecay: Double

  public var weightDecay: Double

  /// v₀: what the sum starts with.
  public var initialAccumulator: Double

  /// ε: keeps the denominator from 0.
  public var epsilon: Double

  /// Adagrad with learning rate γ.
  public init(
    learningRate: Float = 1e-2, learningRateDecay: Double = 0, weightDecay: Double = 0,
    initialAccumulator: Double = 0, epsilon: Double = 1e-10
  ) {
    self.learningRate = learningRate
    self.learningRateDecay = learningRateDecay
    self.weightDecay = weightDecay
    self.initialAccumulator = initialAccumulator
    self.epsilon = epsilon
  }

  public var name: String { "adagrad" }

  public var text: String {
    let usual = Adagrad()
    return "adagrad \(learningRate.short)"
      + (learningRateDecay == usual.learningRateDecay ? "" : " decay \(learningRateDecay.short)")
      + (initialAccumulator == usual.initialAccumulator
        ? "" : " initial \(initialAccumulator.short)")
      + (epsilon == usual.epsilon ? "" : " epsilon \(epsilon.short)")
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
  }

  public var stateCount: Int { 1 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try InvalidOptimizer.requireNotNegative("learning rate decay", learningRateDecay)
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
    try InvalidOptimizer.requireNotNegative("initial accumulator", initialAccumulator)
    try InvalidOptimizer.requirePositive("epsilon", epsilon)
  }

  /// The learning rate of a step.
  private func rate(step: Int) -> Double {
    Double(learningRate) / (1 + Double(step - 1) * learningRateDecay)
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    for i in w.indices {
      let g = gradient[i] + weightDecay * w[i]
      state[0][i] += g * g
      w[i] -= rate(step: step) * g / ((initialAccumulator + state[0][i]).squareRoot() + epsilon)
    }
  }
}

// MARK: Engine

extension Adagrad {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.kernels.adagrad(
      slice.count, slice.weights, slice.gradient, slice.state(0), Float(rate(step: step)),
      Float(initialAccumulator), Float(epsilon), Float(weightDecay))
  }
}
