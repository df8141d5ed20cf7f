import Foundation
import LaneKernels

/// Adam with Nesterov's look-ahead: a step follows the running mean as it will be after the next gradient.
///
///     g = ∂E/∂w + λ·w, or g = ∂E/∂w and w ← (1 − γ·λ)·w where weight decay is decoupled
///     m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²
///     μ(t) = β₁·(1 − ½·0.96^(t·ψ)),  Π(t) = μ(1) · … · μ(t)
///     w ← w − γ·((1 − μ(t))/(1 − Π(t)) · g + μ(t+1)/(1 − Π(t+1)) · m) / (√(v/(1 − β₂ᵗ)) + ε)
///
/// Source: Dozat 2016, Incorporating Nesterov Momentum into Adam; the form and names of torch.optim.NAdam.
public struct NAdam: Optimizer, Equatable {
  public var learningRate: Float

  /// β₁, β₂ and ε.
  public var moments: Moments

  /// ψ: how fast μ rises from ½β₁ to β₁.
  public var momentumDecay: Double

  public var weightDecay: Double

  /// Whether weight decay does not pass through the running means.
  public var isDecoupled: Bool

  /// NAdam with learning rate γ.
  public init(
    learningRate: Float = 2e-3, moments: Moments = Moments(), momentumDecay: Double = 4e-3,
    weightDecay: Double = 0, isDecoupled: Bool = false
  ) {
    self.learningRate = learningRate
    self.moments = moments
    self.momentumDecay = momentumDecay
    self.weightDecay = weightDecay
    self.isDecoupled = isDecoupled
  }

  public var name: String { "nadam" }

  public var text: String {
    "nadam \(learningRate.short)\(moments.text)"
      + (momentumDecay == NAdam().momentumDecay ? "" : " momentum-decay \(momentumDecay.short)")
      + (weightDecay == 0 ? "" : " weight-decay \(weightDecay.short)")
      + (isDecoupled ? " decoupled" : "")
  }

  public var stateCount: Int { 2 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
    try moments.validate()
    try InvalidOptimizer.requireNotNegative("momentum decay", momentumDecay)
    try InvalidOptimizer.requireNotNegative("weight decay", weightDecay)
  }

  /// What gradient and running mean are multiplied by in a step, without the learning rate.
  private func factors(step: Int) -> (gradient: Double, mean: Double) {
    let (mu, next) = (momentum(step: step), momentum(step: step + 1))
    let product = momentumProduct(step: step)
    return ((1 - mu) / (1 - product), next / (1 - product * next))
  }

  /// μ(t).
  private func momentum(step: Int) -> Double {
    moments.beta1 * (1 - 0.5 * pow(0.96, Double(step) * momentumDecay))
  }

  /// Π(t). It soon vanishes beside 1, or μ(t) comes so near to β₁ that the rest of the product is a power:
  /// the loop is short for any number of steps.
  private func momentumProduct(step: Int) -> Double {
    let ratio = pow(0.96, momentumDecay)
    var (product, distance) = (1.0, 0.5)
    for t in 1...max(1, step) {
      distance *= ratio
      if distance < 0x1p-54 { return product * pow(moments.beta1, Double(step - t + 1)) }
      product *= moments.beta1 * (1 - distance)
      if product < 0x1p-60 { return 0 }
    }
    return product
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    let (rate, factors) = (Double(learningRate), factors(step: step))
    let (beta1, beta2) = (moments.beta1, moments.beta2)
    for i in w.indices {
      let g = gradient[i] + (isDecoupled ? 0 : weightDecay * w[i])
      if isDecoupled { w[i] -= rate * weightDecay * w[i] }
      state[0][i] = beta1 * state[0][i] + (1 - beta1) * g
      state[1][i] = beta2 * state[1][i] + (1 - beta2) * g * g
      let square = state[1][i] / (1 - pow(beta2, Double(step)))
      w[i] -=
        rate * (factors.gradient * g + factors.mean * state[0][i])
        / (square.squareRoot() + moments.epsilon)
    }
  }
}

// MARK: Engine

extension NAdam {
  public func update(_ slice: ParameterSlice, step: Int) {
    let (rate, factors) = (Double(learningRate), factors(step: step))
    slice.kernels.nAdam(
      slice.count, slice.weights, slice.gradient, slice.state(0), slice.state(1),
      Float(rate * factors.gradient), Float(rate * factors.mean), moments.beta1, moments.beta2,
      Float(moments.epsilon), isDecoupled ? 0 : Float(weightDecay),
      isDecoupled ? Float(1 - rate * weightDecay) : 1,
      Float(1 - pow(moments.beta2, Double(step))))
  }
}
