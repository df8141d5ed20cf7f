extension LearningRateSchedule {
  /// Throws `InvalidSchedule` where a number is outside its range; NaN is in no range.
  public func validate() throws {
    try check(depth: 0)
    guard plateaus <= 1 else {
      throw InvalidSchedule(
        description: "schedule: expected at most one plateau, found \(plateaus)")
    }
  }

  /// Schedules inside schedules may be this deep.
  private static let deepest = 100

  private func check(depth: Int) throws {
    guard depth < LearningRateSchedule.deepest else {
      throw InvalidSchedule(
        description: "schedule: expected at most \(LearningRateSchedule.deepest) schedules inside "
          + "one another, found more")
    }
    switch self {
    case .constant, .linear: break
    case .step(let every, let factor):
      try require(every >= 1, "step", "1 epoch or more", "\(every)")
      try requirePositive("factor", factor)
    case .multiStep(let epochs, let factor):
      try requireIncreasing("multistep", epochs)
      try requirePositive("factor", factor)
    case .exponential(let factor): try requirePositive("factor", factor)
    case .polynomial(let power): try requirePositive("power", power)
    case .cosine(let minimum, let restartEvery, let multiplier):
      try requireShare("minimum", minimum)
      try require((restartEvery ?? 1) >= 1, "restart", "1 epoch or more", "\(restartEvery ?? 1)")
      try require(multiplier >= 1, "multiplier", "1 or more", "\(multiplier)")
    case .oneCycle(let rising, let initialDivisor, let finalDivisor):
      try requireShare("rising", rising)
      try requirePositive("initial", initialDivisor)
      try requirePositive("final", finalDivisor)
    case .warmUp(let span, let share, let then):
      switch span {
      case .epochs(let count), .steps(let count):
        try require(count >= 0, "warmup", "0 or more", "\(count)")
      }
      try requireShare("from", share)
      try then.check(depth: depth + 1)
    case .sequence(let schedules, let milestones):
      try require(
        !schedules.isEmpty && milestones.count == schedules.count - 1, "sequence",
        "a milestone between every two schedules",
        "\(schedules.count) schedules and \(milestones.count) milestones")
      try requireIncreasing("milestones", milestones)
      for schedule in schedules { try schedule.check(depth: depth + 1) }
    case .plateau(let plateau):
      try require(
        plateau.factor > 0 && plateau.factor < 1, "factor", "a number between 0 and 1",
        plateau.factor.short)
      try require(plateau.patience >= 0, "patience", "0 or more", "\(plateau.patience)")
      try require(
        plateau.threshold >= 0 && plateau.threshold < 1, "threshold",
        "a number from 0 to 1, 1 left out", plateau.threshold.short)
      try requireShare("minimum", plateau.minimum)
      try require(plateau.coolDown >= 0, "cooldown", "0 or more", "\(plateau.coolDown)")
    }
  }

  private func require(
    _ holds: Bool, _ what: String, _ expected: String, _ found: String
  ) throws {
    guard holds else {
      throw InvalidSchedule(
        description: "schedule: \(what): expected \(expected), found \(found)")
    }
  }

  private func requirePositive(_ what: String, _ value: Double) throws {
    try require(
      value >= 1e-12 && value <= 1e12, what, "a number from 1e-12 to 1e12", value.short)
  }

  private func requireShare(_ what: String, _ value: Double) throws {
    try require(value >= 0 && value <= 1, what, "a number from 0 to 1", value.short)
  }

  private func requireIncreasing(_ what: String, _ epochs: [Int]) throws {
    let holds =
      (epochs.first ?? 0) >= 0 && zip(epochs, epochs.dropFirst()).allSatisfy { $0 < $1 }
    try require(
      holds, what, "epochs that increase", epochs.map(String.init).joined(separator: ","))
  }
}

/// A schedule that cannot be: no schedule has that name, or a number is outside its range.
public struct InvalidSchedule: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}
