/// How the learning rate changes from the first step of a training to its last.
///
/// A schedule is a value; schedules compose: a warm-up leads into another schedule, a sequence is made of
/// several. What a schedule says is what the learning rate γ of the optimizer is multiplied by.
///
/// In the equations t is the step, 0 for the first of the schedule, T the number of its steps and e the
/// epoch, 0 for the first. A schedule inside another counts from its own start, as in PyTorch.
public indirect enum LearningRateSchedule: Sendable, Equatable {
  /// Not at all.
  case constant

  /// Evenly down towards 0: 1 − t/T.
  ///
  /// Source: Chidiac, Convolutional Neural Networks, §1.4; Li et al. 2020, arXiv:1905.07056.
  case linear

  /// Down by a factor every so many epochs: f^⌊e/n⌋.
  ///
  /// Source: the form of torch.optim.lr_scheduler.StepLR.
  case step(every: Int, factor: Double)

  /// Down by a factor at each of these epochs.
  ///
  /// Source: the form of torch.optim.lr_scheduler.MultiStepLR.
  case multiStep(epochs: [Int], factor: Double)

  /// Down by a factor after every epoch: f^e.
  ///
  /// Source: the form of torch.optim.lr_scheduler.ExponentialLR.
  case exponential(factor: Double)

  /// Towards 0 as a power: (1 − t/T)^p.
  ///
  /// Source: the form of torch.optim.lr_scheduler.PolynomialLR.
  case polynomial(power: Double)

  /// Half a cosine from 1 to the minimum: m + (1 − m) · (1 + cos(π·t/T))/2.
  ///
  /// With restarts, T is the length of a cycle: at first that many epochs, then each time `multiplier` times
  /// as many.
  ///
  /// Source: Loshchilov & Hutter 2017, arXiv:1608.03983, eq 5.
  case cosine(minimum: Double = 0, restartEvery: Int? = nil, multiplier: Int = 1)

  /// Half a cosine up from 1/`initialDivisor` to 1, and another down to that divided by `finalDivisor`. The
  /// first takes the share `rising` of all steps.
  ///
  /// Source: Smith & Topin 2019, arXiv:1708.07120; the form of torch.optim.lr_scheduler.OneCycleLR.
  case oneCycle(rising: Double = 0.3, initialDivisor: Double = 25, finalDivisor: Double = 1e4)

  /// Evenly up from a share to 1, and then as another schedule says: s + (1 − s)·t/T on the way.
  ///
  /// Source: Goyal et al. 2017, arXiv:1706.02677, §2.2; the form of torch.optim.lr_scheduler.LinearLR.
  case warmUp(ScheduleSpan, from: Double = 0.01, then: LearningRateSchedule)

  /// One schedule after the other: the next takes over at its milestone, an epoch. There is one milestone
  /// less than schedules.
  ///
  /// Source: the form of torch.optim.lr_scheduler.SequentialLR.
  case sequence([LearningRateSchedule], milestones: [Int])

  /// Down by a factor when the validation loss has stopped falling.
  case plateau(Plateau)
}

/// A length of time in a training.
public enum ScheduleSpan: Sendable, Equatable {
  /// Passes over the data.
  case epochs(Int)
  /// Batches.
  case steps(Int)

  /// The number of steps, as far as it can be counted.
  func steps(perEpoch: Int) -> Int {
    switch self {
    case .steps(let count): return count
    case .epochs(let count):
      let (steps, isTooLarge) = count.multipliedReportingOverflow(by: perEpoch)
      return isTooLarge ? .max : steps
    }
  }
}

/// A step's place in a training.
public struct SchedulePosition: Sendable, Equatable {
  /// The number of steps before it: 0 for the first.
  public let step: Int

  /// The steps of one pass over the data.
  public let stepsPerEpoch: Int

  /// The steps of the whole training.
  public let steps: Int

  /// The place of a step in a training of that many epochs.
  ///
  /// - Precondition: `step` is not negative, and an epoch has steps.
  public init(step: Int, stepsPerEpoch: Int, epochs: Int) {
    self.init(
      step: step, stepsPerEpoch: stepsPerEpoch,
      steps: ScheduleSpan.epochs(epochs).steps(perEpoch: stepsPerEpoch))
  }

  init(step: Int, stepsPerEpoch: Int, steps: Int) {
    precondition(
      step >= 0 && stepsPerEpoch >= 1,
      "SchedulePosition: expected a step of at least 0 and an epoch of at least 1 step, "
        + "found step \(step) and \(stepsPerEpoch) steps an epoch")
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
    self.steps = max(1, steps)
  }

  /// The pass over the data, 0 for the first.
  public var epoch: Int { step / stepsPerEpoch }

  /// The share of the training that lies before the step.
  var progress: Double { min(1, Double(step) / Double(steps)) }

  /// The same place as a schedule sees it that starts after `start` steps and ends before `end`.
  func inside(from start: Int, to end: Int) -> SchedulePosition {
    SchedulePosition(
      step: step - start, stepsPerEpoch: stepsPerEpoch, steps: max(1, min(end, steps) - start))
  }
}
