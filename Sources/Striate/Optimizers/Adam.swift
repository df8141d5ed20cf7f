import LaneKernels

/// Adam: steps along the running mean of the gradient, divided by that of its size.
///
///     g = ∂E/∂w + λ·w
///     w ← w − γ · direction(g), with the running means of `Moments`
///
/// Source: Kingma & Ba 2015, arXiv:1412.6980; the form and names of torch.optim.Adam.
public struct Adam: Optimizer, Equatable {
  public var learningRate: Float

  /// β₁, β₂ and ε.
  public var moments: Moments

  /// λ: the share of the weights added to the gradient.
  public var weightDecay: Double

  /// Adam with learning rate γ.
  public init(
    learningRate: Float = 1e-3, moments: Moments = Moments(), weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.moments = moments
    self.weightDecay = weightDecay
  }

  public var name: String { "adam" }

  public var text: String {
    "adam \(learningRate.short)\(moments.text)"
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
  }

  public var stateCount: Int { 2 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try moments.validate()
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    for i in w.indices {
      let g = gradient[i] + weightDecay * w[i]
      w[i] -= Double(learningRate) * moments.direction(g, at: i, state: &state, step: step)
    }
  }
}

// MARK: Engine

extension Adam {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.updateAdam(
      learningRate: learningRate, moments: moments, weightDecay: weightDecay,
      isDecoupled: false, step: step)
  }
}
