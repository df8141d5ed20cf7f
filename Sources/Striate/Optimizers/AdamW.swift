import LaneKernels

/// Adam whose weight decay does not pass through the running means.
///
///     w ← (1 − γ·λ)·w − γ · direction(∂E/∂w), with the running means of `Moments`
///
/// Source: Loshchilov & Hutter 2019, arXiv:1711.05101; the form and names of torch.optim.AdamW.
public struct AdamW: Optimizer, Equatable {
  public var learningRate: Float

  /// β₁, β₂ and ε.
  public var moments: Moments

  /// λ: the share of the weights that a step of length 1 takes away.
  public var weightDecay: Double

  /// AdamW with learning rate γ.
  public init(
    learningRate: Float = 1e-3, moments: Moments = Moments(), weightDecay: Double = 1e-2
  ) {
    self.learningRate = learningRate
    self.moments = moments
    self.weightDecay = weightDecay
  }

  public var name: String { "adamw" }

  public var text: String {
    "adamw \(learningRate.short)\(moments.text)"
      + (weightDecay == AdamW().weightDecay ? "" : " weight-decay \(weightDecay.short)")
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
    let rate = Double(learningRate)
    for i in w.indices {
      w[i] -= rate * weightDecay * w[i]
      w[i] -= rate * moments.direction(gradient[i], at: i, state: &state, step: step)
    }
  }
}

// MARK: Engine

extension AdamW {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.updateAdam(
      learningRate: learningRate, moments: moments, weightDecay: weightDecay,
      isDecoupled: true, step: step)
  }
}
