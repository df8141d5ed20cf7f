import Foundation
import LaneKernels

/// Adam for large batches: the step of each parameter is as long as a share of the parameter itself.
///
///     m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²  with g = ∂E/∂w
///     r = m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε) + λ·w
///     w ← w − γ · ‖w‖/‖r‖ · r, the ratio being 1 where ‖w‖ or ‖r‖ is 0
///
/// Source: You et al. 2020, arXiv:1904.00962, algorithm 2, with φ(z) = z.
public struct LAMB: Optimizer, Equatable {
  public var learningRate: Float

  /// β₁, β₂ and ε.
  public var moments: Moments

  public var weightDecay: Double

  /// LAMB with learning rate γ.
  public init(
    learningRate: Float = 1e-3, moments: Moments = Moments(epsilon: 1e-6), weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.moments = moments
    self.weightDecay = weightDecay
  }

  public var name: String { "lamb" }

  public var text: String {
    "lamb \(learningRate.short)\(moments.text(usual: LAMB().moments))"
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
  }

  public var stateCount: Int { 2 }

  public var scope: UpdateScope { .parameter }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try moments.validate()
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    let r = w.indices.map { i in
      moments.direction(gradient[i], at: i, state: &state, step: step) + weightDecay * w[i]
    }
    func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let (weightNorm, stepNorm) = (norm(w), norm(r))
    let ratio = weightNorm > 0 && stepNorm > 0 ? weightNorm / stepNorm : 1
    for i in w.indices { w[i] -= Double(learningRate) * ratio * r[i] }
  }
}

// MARK: Engine

extension LAMB {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.kernels.lamb(
      slice.count, slice.weights, slice.gradient, slice.state(0), slice.state(1), learningRate,
      moments.beta1, moments.beta2, Float(moments.epsilon), Float(weightDecay),
      Float(1 - pow(moments.beta1, Double(step))), Float(1 - pow(moments.beta2, Double(step))))
  }
}
