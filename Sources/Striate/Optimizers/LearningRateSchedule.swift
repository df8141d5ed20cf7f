/// How the learning rate changes from the first step of a training to its last.
///
/// Source: Chidiac, Convolutional Neural Networks, §1.4; Li et al. 2020, arXiv:1905.07056 (linear).
public enum LearningRateSchedule: String, Sendable, Equatable, CaseIterable {
  /// Not at all.
  case constant

  /// Evenly down towards 0: step t of T uses γ · (1 − t/T).
  case linear

  /// What the learning rate is multiplied by in a step; the first step is 0.
  ///
  /// - Precondition: 0 ≤ step < steps.
  public func factor(step: Int, of steps: Int) -> Float {
    precondition(
      step >= 0 && step < steps,
      "LearningRateSchedule: expected a step from 0 to \(steps - 1), found \(step)")
    return switch self {
    case .constant: 1
    case .linear: 1 - Float(step) / Float(steps)
    }
  }
}
