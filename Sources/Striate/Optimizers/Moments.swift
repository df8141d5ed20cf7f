import Foundation
import LaneKernels

/// The running means of the gradient and of its square that `Adam` and the rules after it share.
///
///     m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²
///     direction = m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
///
/// Source: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1.
public struct Moments: Sendable, Equatable {
  /// β₁: the share of the gradient's running mean that is kept.
  public var beta1: Double

  /// β₂: the share of the square's running mean that is kept.
  public var beta2: Double

  /// ε: keeps the denominator from 0.
  public var epsilon: Double

  /// Running means with the paper's numbers.
  public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// The numbers that are not at their defaults.
  var text: String { text(usual: Moments()) }

  /// The numbers that are not at those of a rule.
  func text(usual defaults: Moments) -> String {
    (beta1 == defaults.beta1 ? "" : " beta1 \(beta1.short)")
      + (beta2 == defaults.beta2 ? "" : " beta2 \(beta2.short)")
      + (epsilon == defaults.epsilon ? "" : " epsilon \(epsilon.short)")
  }

  func validate() throws {
    try InvalidOptimizer.requireFraction("beta1", beta1)
    try InvalidOptimizer.requireFraction("beta2", beta2)
    try InvalidOptimizer.requirePositive("epsilon", epsilon)
  }

  /// The direction for the element `i`, after its gradient went into the running means.
  func direction(_ g: Double, at i: Int, state: inout [[Double]], step: Int) -> Double {
    state[0][i] = beta1 * state[0][i] + (1 - beta1) * g
    state[1][i] = beta2 * state[1][i] + (1 - beta2) * g * g
    let mean = state[0][i] / (1 - pow(beta1, Double(step)))
    let square = state[1][i] / (1 - pow(beta2, Double(step)))
    return mean / (square.squareRoot() + epsilon)
  }
}

// MARK: Engine

extension ParameterSlice {
  /// One step of `Adam`, or of `AdamW` where weight decay is decoupled.
  func updateAdam(
    learningRate: Float, moments: Moments, weightDecay: Double, isDecoupled: Bool, step: Int
  ) {
    kernels.adam(
      count, weights, gradient, state(0), state(1), learningRate, moments.beta1,
      moments.beta2, Float(moments.epsilon), Float(weightDecay), isDecoupled,
      Float(1 - pow(moments.beta1, Double(step))), Float(1 - pow(moments.beta2, Double(step))))
  }
}
