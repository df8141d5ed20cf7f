extension LearningRateSchedule {
  /// The names with which a schedule's text begins, in the order in which they are listed.
  public static let names = [
    "constant", "linear", "step", "multistep", "exponential", "polynomial", "cosine", "onecycle",
    "plateau", "warmup",
  ]

  /// The schedule that a text describes; numbers count epochs unless they say otherwise.
  ///
  ///     constant, linear, polynomial 2, exponential 0.95
  ///     step 30 0.1, multistep 60,120 0.2
  ///     cosine minimum 0.01 restart 10 multiplier 2
  ///     onecycle rising 0.3 initial 25 final 10000
  ///     plateau 0.1 10 threshold 0.0001 minimum 0.001 cooldown 2
  ///     warmup 5 cosine, warmup 500 steps from 0.1 step 30 0.1
  ///     constant until 10 then cosine, (warmup 5 linear) until 20 then constant
  ///
  /// What follows a name may be left out from the right, but for the numbers of a step or a power. Throws
  /// `InvalidSchedule`, which lists the names, or says what it expected.
  public init(text: String) throws {
    let schedule: LearningRateSchedule
    do {
      var words = try TextWords(text, of: "schedule", limit: 256)
      schedule = try LearningRateSchedule.read(&words)
      try words.end()
    } catch {
      throw InvalidSchedule(description: error.description)
    }
    try schedule.validate()
    self = schedule
  }

  /// A schedule, or several with "until" and "then" between them.
  private static func read(
    _ words: inout TextWords
  ) throws(TextWords.Mistake) -> LearningRateSchedule {
    var schedules = [try readOne(&words)]
    var milestones: [Int] = []
    while words.take("until") {
      milestones.append(try words.integer("an epoch"))
      try words.expect("then")
      schedules.append(try readOne(&words))
    }
    return milestones.isEmpty ? schedules[0] : .sequence(schedules, milestones: milestones)
  }

  private static func readOne(
    _ words: inout TextWords
  ) throws(TextWords.Mistake) -> LearningRateSchedule {
    let name = words.next()
    switch name {
    case "(":
      let schedule = try read(&words)
      try words.expect(")")
      return schedule
    case "constant": return .constant
    case "linear": return .linear
    case "step":
      return .step(
        every: try words.integer("the epochs of a step"), factor: words.numberIfAny() ?? 0.1)
    case "multistep":
      return .multiStep(
        epochs: try words.integers("the epochs of the steps"),
        factor: words.numberIfAny() ?? 0.1)
    case "exponential": return .exponential(factor: try words.number("the factor"))
    case "polynomial": return .polynomial(power: try words.number("the power"))
    case "cosine": return try readCosine(&words)
    case "onecycle", "one-cycle":
      return .oneCycle(
        rising: try option("rising", 0.3, &words),
        initialDivisor: try option("initial", 25, &words),
        finalDivisor: try option("final", 1e4, &words))
    case "plateau": return try readPlateau(&words)
    case "warmup": return try readWarmUp(&words)
    default: throw words.mistake("one of \(names.joined(separator: ", "))", found: name)
    }
  }

  private static func option(
    _ name: String, _ usual: Double, _ words: inout TextWords
  ) throws(TextWords.Mistake) -> Double {
    words.take(name) ? try words.number(name) : usual
  }

  private static func readCosine(
    _ words: inout TextWords
  ) throws(TextWords.Mistake) -> LearningRateSchedule {
    let minimum = try option("minimum", 0, &words)
    guard words.take("restart") else { return .cosine(minimum: minimum) }
    let every = try words.integer("the epochs of a cycle")
    let multiplier = words.take("multiplier") ? try words.integer("the multiplier") : 1
    return .cosine(minimum: minimum, restartEvery: every, multiplier: multiplier)
  }

  private static func readPlateau(
    _ words: inout TextWords
  ) throws(TextWords.Mistake) -> LearningRateSchedule {
    var plateau = Plateau()
    if let factor = words.numberIfAny() {
      plateau.factor = factor
      if words.first.map({ Int($0) != nil }) == true {
        plateau.patience = try words.integer("the patience")
      }
    }
    plateau.threshold = try option("threshold", plateau.threshold, &words)
    plateau.minimum = try option("minimum", plateau.minimum, &words)
    if words.take("cooldown") { plateau.coolDown = try words.integer("the cool-down") }
    return .plateau(plateau)
  }

  private static func readWarmUp(
    _ words: inout TextWords
  ) throws(TextWords.Mistake) -> LearningRateSchedule {
    let length = try words.integer("the length of the warm-up")
    let countsSteps = words.take("steps")
    if !countsSteps { _ = words.take("epochs") }
    let share = try option("from", 0.01, &words)
    return .warmUp(
      countsSteps ? .steps(length) : .epochs(length), from: share, then: try read(&words))
  }

  /// The schedule as `init(text:)` reads it, numbers at their defaults left out.
  public var text: String {
    func part(_ name: String, _ value: Double, unless usual: Double) -> String {
      value == usual ? "" : " \(name) \(value.short)"
    }
    switch self {
    case .constant: return "constant"
    case .linear: return "linear"
    case .step(let every, let factor): return "step \(every) \(factor.short)"
    case .multiStep(let epochs, let factor):
      return "multistep \(epochs.map(String.init).joined(separator: ",")) \(factor.short)"
    case .exponential(let factor): return "exponential \(factor.short)"
    case .polynomial(let power): return "polynomial \(power.short)"
    case .cosine(let minimum, let restartEvery, let multiplier):
      return "cosine" + part("minimum", minimum, unless: 0)
        + (restartEvery.map { " restart \($0)" } ?? "")
        + (multiplier == 1 ? "" : " multiplier \(multiplier)")
    case .oneCycle(let rising, let initialDivisor, let finalDivisor):
      return "onecycle" + part("rising", rising, unless: 0.3)
        + part("initial", initialDivisor, unless: 25) + part("final", finalDivisor, unless: 1e4)
    case .plateau(let plateau):
      let usual = Plateau()
      return "plateau \(plateau.factor.short) \(plateau.patience)"
        + part("threshold", plateau.threshold, unless: usual.threshold)
        + part("minimum", plateau.minimum, unless: usual.minimum)
        + (plateau.coolDown == usual.coolDown ? "" : " cooldown \(plateau.coolDown)")
    case .warmUp(let span, let share, let then):
      let length =
        switch span {
        case .epochs(let count): "\(count)"
        case .steps(let count): "\(count) steps"
        }
      return "warmup \(length)\(part("from", share, unless: 0.01)) \(then.text)"
    case .sequence(let schedules, let milestones):
      var text = schedules.first?.textInSequence ?? ""
      for (milestone, schedule) in zip(milestones, schedules.dropFirst()) {
        text += " until \(milestone) then \(schedule.textInSequence)"
      }
      return text
    }
  }

  /// The text between "then" and "until".
  private var textInSequence: String {
    switch self {
    case .warmUp, .sequence: "(\(text))"
    default: text
    }
  }
}
