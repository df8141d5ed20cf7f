import LaneKernels

/// Stochastic gradient descent with momentum, Nesterov's look-ahead and weight decay.
///
///     g = ∂E/∂w + λ·w
///     m ← μ·m + g
///     w ← w − γ·m,  or with Nesterov  w ← w − γ·(g + μ·m)
///
/// Source: Sutskever, Martens, Dahl & Hinton 2013; the form and names of torch.optim.SGD.
public struct SGD: Optimizer, Equatable {
  public var learningRate: Float

  /// μ: the share of the last step's direction that is kept.
  public var momentum: Double

  /// Whether the gradient is followed from where the momentum leads.
  public var nesterov: Bool

  /// λ: the share of the weights added to the gradient.
  public var weightDecay: Double

  /// Gradient descent with learning rate γ, momentum μ and weight decay λ.
  public init(
    learningRate: Float = 1e-3, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  public var name: String { "sgd" }

  public var text: String {
    "sgd \(learningRate.short)"
      + (momentum == 0 ? "" : " momentum \(momentum.short)")
      + (nesterov ? " nesterov" : "")
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
  }

  public var stateCount: Int { momentum == 0 ? 0 : 1 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try InvalidOptimizer.requireFraction("momentum", momentum)
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
    if nesterov, momentum == 0 {
      throw InvalidOptimizer("momentum", expected: "above 0 with nesterov", found: "0")
    }
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    for i in w.indices {
      let g = gradient[i] + weightDecay * w[i]
      var direction = g
      if momentum != 0 {
        state[0][i] = momentum * state[0][i] + g
        direction = nesterov ? g + momentum * state[0][i] : state[0][i]
      }
      w[i] -= Double(learningRate) * direction
    }
  }
}

// MARK: Engine

extension SGD {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.kernels.sgd(
      slice.count, slice.weights, slice.gradient, momentum == 0 ? nil : slice.state(0),
      learningRate, Float(momentum), Float(weightDecay), nesterov, step == 1)
  }
}
