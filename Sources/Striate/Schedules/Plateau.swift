/// When a learning rate falls because the validation loss has stopped falling.
///
/// A loss is better where it is below (1 − threshold) times the best so far. After more than `patience`
/// losses in a row that were not better, the learning rate is multiplied by `factor`.
///
/// Source: the form of torch.optim.lr_scheduler.ReduceLROnPlateau.
public struct Plateau: Sendable, Equatable {
  /// What the learning rate is multiplied by.
  public var factor: Double

  /// How many losses in a row may be no better.
  public var patience: Int

  /// The share by which a better loss is below the best.
  public var threshold: Double

  /// The least share of the learning rate.
  public var minimum: Double

  /// How many losses after a fall are not counted.
  public var coolDown: Int

  /// A plateau with PyTorch's numbers, but for what is given.
  public init(
    factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4, minimum: Double = 0,
    coolDown: Int = 0
  ) {
    (self.factor, self.patience, self.threshold) = (factor, patience, threshold)
    (self.minimum, self.coolDown) = (minimum, coolDown)
  }
}

/// What a `Plateau` remembers of the validation losses. It starts the same for every training, and a copy of
/// it continues one.
public struct ScheduleState: Sendable, Equatable, Codable {
  /// What the learning rate is multiplied by now.
  public private(set) var factor = 1.0

  /// The best loss so far.
  public private(set) var best: Double?

  /// How many losses in a row were no better.
  public private(set) var waited = 0

  /// How many losses are still not counted.
  public private(set) var cooling = 0

  /// The state before the first validation.
  public init() {}

  mutating func observe(_ loss: Double, _ plateau: Plateau) {
    if loss < (best ?? .infinity) * (1 - plateau.threshold) {
      best = loss
      waited = 0
    } else {
      waited += 1
    }
    if cooling > 0 {
      cooling -= 1
      waited = 0
    }
    guard waited > plateau.patience else { return }
    let next = max(factor * plateau.factor, plateau.minimum)
    // A smaller change is none, as in PyTorch.
    if factor - next > 1e-8 { factor = next }
    cooling = plateau.coolDown
    waited = 0
  }
}

extension LearningRateSchedule {
  /// Takes note of a validation loss; only a `Plateau` that rules at that time does anything with it.
  ///
  /// - Parameters:
  ///   - loss: The loss on the validation data.
  ///   - position: Where the training stands: its step is the number of steps made.
  ///   - state: What is remembered.
  public func observe(
    _ loss: Double, at position: SchedulePosition, state: inout ScheduleState
  ) {
    let last = SchedulePosition(
      step: max(0, position.step - 1), stepsPerEpoch: position.stepsPerEpoch,
      steps: position.steps)
    if case .plateau(let plateau) = active(at: last).schedule { state.observe(loss, plateau) }
  }

  /// Whether the schedule needs validation losses.
  public var watchesValidation: Bool { plateaus > 0 }

  /// The number of plateaus in the schedule.
  var plateaus: Int {
    switch self {
    case .plateau: 1
    case .warmUp(_, _, let then): then.plateaus
    case .sequence(let schedules, _): schedules.reduce(0) { $0 + $1.plateaus }
    default: 0
    }
  }
}
