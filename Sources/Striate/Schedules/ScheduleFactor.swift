import Foundation

extension LearningRateSchedule {
  /// What the learning rate is multiplied by in a step.
  ///
  /// - Parameters:
  ///   - position: The step's place in the training.
  ///   - state: What `observe` has remembered so far.
  public func factor(
    at position: SchedulePosition, state: ScheduleState = ScheduleState()
  ) -> Float {
    let (schedule, position) = active(at: position)
    return Float(schedule.value(at: position, state: state))
  }

  /// The schedule that rules a step, and the step's place in it. A warm-up under way rules by itself.
  func active(
    at position: SchedulePosition
  ) -> (schedule: LearningRateSchedule, position: SchedulePosition) {
    switch self {
    case .warmUp(let span, _, let then):
      let length = span.steps(perEpoch: position.stepsPerEpoch)
      guard position.step >= length else { return (self, position) }
      return then.active(at: position.inside(from: length, to: position.steps))
    case .sequence(let schedules, let milestones):
      let index = milestones.count { $0 <= position.epoch }
      guard index < schedules.count else { return (.constant, position) }
      func start(_ index: Int) -> Int {
        ScheduleSpan.epochs(milestones[index]).steps(perEpoch: position.stepsPerEpoch)
      }
      return schedules[index].active(
        at: position.inside(
          from: index == 0 ? 0 : start(index - 1),
          to: index < milestones.count ? start(index) : position.steps))
    default: return (self, position)
    }
  }

  private func value(at position: SchedulePosition, state: ScheduleState) -> Double {
    switch self {
    case .constant, .sequence: return 1
    case .linear: return 1 - position.progress
    case .step(let every, let factor): return pow(factor, Double(position.epoch / every))
    case .multiStep(let epochs, let factor):
      return pow(factor, Double(epochs.count { $0 <= position.epoch }))
    case .exponential(let factor): return pow(factor, Double(position.epoch))
    case .polynomial(let power): return pow(1 - position.progress, power)
    case .cosine(let minimum, let restartEvery, let multiplier):
      let progress =
        restartEvery.map { position.cycleProgress(first: $0, multiplier: multiplier) }
        ?? position.progress
      return minimum + (1 - minimum) * (1 + cos(.pi * progress)) / 2
    case .oneCycle(let rising, let initialDivisor, let finalDivisor):
      return oneCycle(position, rising, start: 1 / initialDivisor, divisor: finalDivisor)
    case .warmUp(let span, let share, _):
      let length = span.steps(perEpoch: position.stepsPerEpoch)
      return share + (1 - share) * Double(position.step) / Double(length)
    case .plateau: return state.factor
    }
  }

  /// The first half of the cycle ends with the last of its steps, and the second with the last of all.
  private func oneCycle(
    _ position: SchedulePosition, _ rising: Double, start: Double, divisor: Double
  ) -> Double {
    func cosine(_ from: Double, _ to: Double, _ share: Double) -> Double {
      to + (from - to) / 2 * (1 + cos(.pi * min(1, share)))
    }
    let t = Double(position.step)
    let (top, end) = (rising * Double(position.steps) - 1, Double(position.steps - 1))
    if t <= top { return top > 0 ? cosine(start, 1, t / top) : 1 }
    return cosine(1, start / divisor, end > top ? (t - top) / (end - top) : 1)
  }
}

extension SchedulePosition {
  /// The share of a cycle that lies before the step; the first cycle takes `first` epochs, and each
  /// `multiplier` times as many as the one before.
  fileprivate func cycleProgress(first: Int, multiplier: Int) -> Double {
    var (length, rest) = (ScheduleSpan.epochs(first).steps(perEpoch: stepsPerEpoch), step)
    if multiplier == 1 { return Double(rest % length) / Double(length) }
    while rest >= length {
      rest -= length
      let (next, isTooLarge) = length.multipliedReportingOverflow(by: multiplier)
      length = isTooLarge ? .max : next
    }
    return Double(rest) / Double(length)
  }
}
