import Foundation
import Striate
import Testing

@Suite struct ScheduleTests {
  /// PyTorch's learning rate in every step of a training whose own is 1.
  struct ScheduleFixtures: Decodable {
    struct Case: Decodable {
      let text: String
      let factors: [Double]
    }
    let epochs: Int
    let stepsPerEpoch: Int
    /// What validation found after every epoch.
    let losses: [Double]
    let cases: [Case]
  }

  /// The factor of every step of a training.
  static func factors(
    _ schedule: LearningRateSchedule, epochs: Int, stepsPerEpoch: Int, losses: [Double] = []
  ) -> [Double] {
    var state = ScheduleState()
    var factors: [Double] = []
    for step in 0..<epochs * stepsPerEpoch {
      let position = SchedulePosition(step: step, stepsPerEpoch: stepsPerEpoch, epochs: epochs)
      if step > 0, step % stepsPerEpoch == 0, !losses.isEmpty {
        schedule.observe(losses[position.epoch - 1], at: position, state: &state)
      }
      factors.append(Double(schedule.factor(at: position, state: state)))
    }
    return factors
  }

  @Test func everyScheduleAgreesWithPyTorch() throws {
    let fixtures = try Fixture.load("schedules", as: ScheduleFixtures.self)
    let names = Set(fixtures.cases.map { String($0.text.prefix { $0 != " " }) })
    #expect(names == Set(LearningRateSchedule.names))
    for fixture in fixtures.cases {
      let schedule = try LearningRateSchedule(text: fixture.text)
      #expect(schedule.text == fixture.text)
      let found = Self.factors(
        schedule, epochs: fixtures.epochs, stepsPerEpoch: fixtures.stepsPerEpoch,
        losses: fixtures.losses)
      expectClose(found, fixture.factors, relative: 1e-7, fixture.text)
    }
  }

  static let all: [LearningRateSchedule] = [
    .constant, .linear, .step(every: 3, factor: 0.5), .multiStep(epochs: [1, 4], factor: 0.2),
    .exponential(factor: 0.9), .polynomial(power: 0.5), .cosine(), .cosine(minimum: 0.1),
    .cosine(restartEvery: 2), .cosine(minimum: 0.2, restartEvery: 1, multiplier: 3),
    .oneCycle(), .oneCycle(rising: 0, initialDivisor: 2, finalDivisor: 3), .oneCycle(rising: 1),
    .warmUp(.epochs(2), then: .cosine()), .warmUp(.steps(3), from: 0, then: .constant),
    .warmUp(.epochs(1), then: .plateau(Plateau(factor: 0.5, patience: 1))),
    .warmUp(.epochs(100), from: 0.5, then: .linear),
    .sequence([.constant, .linear, .exponential(factor: 0.5)], milestones: [2, 5]),
    .sequence(
      [.warmUp(.epochs(1), then: .linear), .sequence([.linear, .constant], milestones: [1])],
      milestones: [4]),
    .plateau(Plateau()), .plateau(Plateau(threshold: 0.1, minimum: 0.01, coolDown: 3)),
  ]

  @Test(arguments: all) func everyScheduleReadsItsOwnText(_ schedule: LearningRateSchedule) throws {
    #expect(try LearningRateSchedule(text: schedule.text) == schedule)
    try schedule.validate()
  }

  @Test(arguments: all, [1, 2, 7])
  func factorsLieBetweenZeroAndOne(_ schedule: LearningRateSchedule, _ stepsPerEpoch: Int) {
    for epochs in [1, 2, 9] {
      let factors = Self.factors(
        schedule, epochs: epochs, stepsPerEpoch: stepsPerEpoch,
        losses: (0..<epochs).map { Double($0 % 3) })
      #expect(factors.allSatisfy { $0 >= 0 && $0 <= 1 })
      // A warm-up may begin with nothing; no other step is lost.
      #expect(factors.dropFirst().allSatisfy { $0 > 0 })
    }
  }

  @Test(arguments: [
    LearningRateSchedule.linear, .polynomial(power: 2), .cosine(minimum: 0.1), .oneCycle(),
    .warmUp(.epochs(3), then: .cosine()), .warmUp(.steps(300), from: 0.5, then: .linear),
    .sequence([.constant, .linear], milestones: [4]),
  ])
  func aSmoothScheduleHasNoJumps(_ schedule: LearningRateSchedule) {
    let factors = Self.factors(schedule, epochs: 10, stepsPerEpoch: 100)
    let jumps = zip(factors, factors.dropFirst()).map { abs($1 - $0) }
    // A one-cycle rises through half a cosine in 300 steps: by π/2 · 1/300 at most.
    #expect((jumps.max() ?? 1) < 0.006)
    #expect((jumps.max() ?? 0) > 0)
  }

  @Test func theLinearScheduleFallsEvenlyTowardsZero() {
    #expect(Self.factors(.linear, epochs: 2, stepsPerEpoch: 2) == [1, 0.75, 0.5, 0.25])
    #expect(Self.factors(.constant, epochs: 1, stepsPerEpoch: 3) == [1, 1, 1])
  }

  @Test func aScheduleInsideAnotherCountsFromItsOwnStart() {
    let schedule = LearningRateSchedule.warmUp(
      .epochs(2), from: 0, then: .step(every: 3, factor: 0.5))
    let factors = Self.factors(schedule, epochs: 9, stepsPerEpoch: 2)
    #expect(
      factors == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25])
  }

  @Test func aPlateauGoesOnFromItsStoredState() throws {
    let plateau = LearningRateSchedule.plateau(Plateau(factor: 0.5, patience: 1, coolDown: 1))
    let losses = [1, 0.9, 0.95, 0.95, 0.95, 0.95, 0.5, 0.6, 0.6, 0.6, 0.6, .nan]
    var (whole, parts) = (ScheduleState(), ScheduleState())
    for (epoch, loss) in losses.enumerated() {
      let position = SchedulePosition(step: epoch + 1, stepsPerEpoch: 1, epochs: losses.count)
      plateau.observe(loss, at: position, state: &whole)
      parts = try JSONDecoder().decode(ScheduleState.self, from: JSONEncoder().encode(parts))
      plateau.observe(loss, at: position, state: &parts)
      #expect(parts == whole)
    }
    #expect(whole.factor == 0.125)
    #expect(whole.best == 0.5)
  }

  @Test func onlyAPlateauThatRulesTakesNote() {
    let schedule = LearningRateSchedule.warmUp(
      .epochs(3), then: .plateau(Plateau(factor: 0.5, patience: 0)))
    var state = ScheduleState()
    for epoch in 1...3 {
      schedule.observe(
        1, at: SchedulePosition(step: 2 * epoch, stepsPerEpoch: 2, epochs: 9), state: &state)
    }
    #expect(state == ScheduleState())
    for epoch in 4...5 {
      schedule.observe(
        1, at: SchedulePosition(step: 2 * epoch, stepsPerEpoch: 2, epochs: 9), state: &state)
    }
    #expect(state.factor == 0.5)
    LearningRateSchedule.constant.observe(
      1, at: SchedulePosition(step: 1, stepsPerEpoch: 1, epochs: 1), state: &state)
    #expect(state.factor == 0.5)
  }

  @Test func endlessTrainingsDoNotOverflow() {
    for schedule in Self.all {
      let position = SchedulePosition(step: .max, stepsPerEpoch: 1 << 40, epochs: .max)
      let factor = schedule.factor(at: position)
      #expect(factor >= 0 && factor <= 1, "\(schedule.text)")
    }
    let slow = LearningRateSchedule.cosine(restartEvery: .max, multiplier: .max)
    #expect(slow.factor(at: SchedulePosition(step: .max, stepsPerEpoch: 3, epochs: 1)) <= 1)
  }

  @Test(arguments: [
    ("WARMUP 5 epochs cosine", "warmup 5 cosine"), ("warmup 3 linear", "warmup 3 linear"),
    ("step 30", "step 30 0.1"), ("multistep 60,120", "multistep 60,120 0.1"),
    ("plateau", "plateau 0.1 10"), ("plateau 0.5", "plateau 0.5 10"),
    ("plateau 0.5 minimum 0.1", "plateau 0.5 10 minimum 0.1"),
    ("(cosine)", "cosine"), ("onecycle rising 0.3", "onecycle"),
    ("(linear)until 3 then((constant))", "linear until 3 then constant"),
    (
      "warmup 2 linear until 4 then constant", "warmup 2 linear until 4 then constant"
    ),
    (
      "(warmup 2 linear) until 4 then constant", "(warmup 2 linear) until 4 then constant"
    ),
  ])
  func friendlyWaysOfWritingMeanTheSame(_ friendly: String, _ text: String) throws {
    #expect(try LearningRateSchedule(text: friendly).text == text)
  }

  @Test(arguments: [
    (
      "cosin",
      "schedule: expected one of constant, linear, step, multistep, exponential, polynomial, "
        + "cosine, onecycle, plateau, warmup, found \"cosin\""
    ),
    ("", "plateau, warmup, found the end"),
    ("warmup 5", "plateau, warmup, found the end"),
    (
      "warmup cosine",
      "schedule: expected the length of the warm-up, a whole number, found \"cosine\""
    ),
    ("step", "schedule: expected the epochs of a step, a whole number, found the end"),
    ("step 0", "schedule: step: expected 1 epoch or more, found 0"),
    ("step 1 -1", "schedule: factor: expected a number from 1e-12 to 1e12, found -1"),
    ("multistep 3,2", "schedule: multistep: expected epochs that increase, found 3,2"),
    (
      "multistep 3,x",
      "schedule: expected the epochs of the steps, whole numbers such as 60,120, found \"3,x\""
    ),
    ("exponential nan", "schedule: expected the factor, a number, found \"nan\""),
    ("cosine 5", "schedule: expected the end, found \"5\""),
    ("cosine minimum 2", "schedule: minimum: expected a number from 0 to 1, found 2"),
    ("cosine restart 0", "schedule: restart: expected 1 epoch or more, found 0"),
    ("linear until 5", "schedule: expected \"then\", found the end"),
    (
      "linear until 5 then constant until 5 then linear",
      "schedule: milestones: expected epochs that increase, found 5,5"
    ),
    ("(linear", "schedule: expected \")\", found the end"),
    ("plateau 2", "schedule: factor: expected a number between 0 and 1, found 2"),
    (
      "plateau until 5 then plateau", "schedule: expected at most one plateau, found 2"
    ),
    ("onecycle rising 2", "schedule: rising: expected a number from 0 to 1, found 2"),
  ])
  func aWrongTextSaysWhatWasExpected(_ text: String, _ message: String) throws {
    let error = try #require(throws: InvalidSchedule.self) {
      try LearningRateSchedule(text: text)
    }
    #expect(error.description.hasSuffix(message))
  }

  @Test func endlessAndDeepSchedulesAreRefused() throws {
    for text in [
      String(repeating: "(", count: 1000), String(repeating: "warmup 1 ", count: 1000),
      String(repeating: "linear until 1 then ", count: 1000),
    ] {
      let error = try #require(throws: InvalidSchedule.self) {
        try LearningRateSchedule(text: text)
      }
      #expect(error.description.hasPrefix("schedule: expected at most 256 bytes, found "))
    }
    let parentheses =
      String(repeating: "(", count: 120) + "linear"
      + String(repeating: ")", count: 120)
    #expect(try LearningRateSchedule(text: parentheses) == .linear)
    var deep = LearningRateSchedule.constant
    for _ in 0..<200 { deep = .warmUp(.epochs(1), then: deep) }
    let error = try #require(throws: InvalidSchedule.self) { try deep.validate() }
    #expect(
      error.description
        == "schedule: expected at most 100 schedules inside one another, found more")
  }

  @Test func aSequenceNeedsAMilestoneBetweenEveryTwo() throws {
    let error = try #require(throws: InvalidSchedule.self) {
      try LearningRateSchedule.sequence([.linear], milestones: [1, 2]).validate()
    }
    #expect(
      error.description == "schedule: sequence: expected a milestone between every two schedules, "
        + "found 1 schedules and 2 milestones")
  }

  /// A loss that would have to fall a thousandfold is never better after the first: the learning rate
  /// falls after the second epoch and after each later one.
  @Test func aTrainingFollowsItsPlateau() throws {
    let data = try TrainerTests.points(22)
    func train(_ schedule: LearningRateSchedule) throws -> Network {
      var network = try TrainerTests.network()
      try Trainer(
        loss: .softmaxCrossEntropy, optimizer: SGD(learningRate: 0.25), batchSize: 5,
        schedule: schedule, validation: data
      ).train(&network, on: data, epochs: 5)
      return network
    }
    let plateau = try train(.plateau(Plateau(factor: 0.5, patience: 0, threshold: 0.999)))
    let steps = try train(.multiStep(epochs: [2, 3, 4], factor: 0.5))
    #expect(plateau.parameters == steps.parameters)
    #expect(plateau.parameters != (try train(.constant)).parameters)
  }

  @Test func aPlateauNeedsValidationDataAndASchedulesNumbersAreChecked() throws {
    func message(_ schedule: LearningRateSchedule) throws -> String {
      var network = try TrainerTests.network()
      do {
        try Trainer(
          loss: .softmaxCrossEntropy, optimizer: SGD(), batchSize: 5, schedule: schedule
        ).train(&network, on: TrainerTests.points(5), epochs: 1)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(
      try message(.warmUp(.epochs(1), then: .plateau(Plateau()))).hasPrefix(
        "schedule warmup 1 plateau 0.1 10: expected validation data to watch"))
    #expect(
      try message(.exponential(factor: .nan))
        == "schedule: factor: expected a number from 1e-12 to 1e12, found nan")
  }
}
