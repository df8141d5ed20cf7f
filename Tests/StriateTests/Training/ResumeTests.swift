import Foundation
import Striate
import Testing

/// A training that was stopped or killed and resumed, and one that was not, end alike.
@Suite struct ResumeTests {
  /// A training with everything that a checkpoint has to remember.
  struct Scenario: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let epochs: Int
    /// Steps from one checkpoint to the next.
    let every: Int?
    let change: @Sendable (inout Trainer) throws -> Void

    init(
      _ name: String, _ text: String, epochs: Int = 3, every: Int? = 2,
      _ change: @escaping @Sendable (inout Trainer) throws -> Void
    ) {
      (testDescription, self.text, self.epochs, self.every) = (name, text, epochs, every)
      self.change = change
    }

    func network() throws -> Network { try Network(text: text, input: [1, 8, 8], seed: 3) }

    func trainer(threads: Int) throws -> Trainer {
      var trainer = Trainer(
        loss: .softmaxCrossEntropy, optimizer: SGD(learningRate: 0.05, momentum: 0.9), batchSize: 8,
        seed: 5, threads: threads)
      try change(&trainer)
      return trainer
    }
  }

  static let plain = "conv 4 3x3, relu, flatten, dense 2"
  static let modern = """
    conv 4 3x3 padding 1, batchnorm, relu, maxpool 2, dropout 0.3, conv 6 3x3, batchnorm, relu, \
    flatten, dropout 0.2, dense 2
    """

  static let scenarios = [
    Scenario("plain", plain, every: 1) { _ in },
    Scenario("one checkpoint an epoch", plain, every: nil) { _ in },
    Scenario("dropout, batch normalisation, one cycle, running means, groups, clipping", modern) {
      $0.optimizer = AdamW(learningRate: 0.01, weightDecay: 0.05)
      $0.schedule = .oneCycle()
      $0.averaging = 0.8
      $0.groups = [.withoutDecay]
      $0.clipping = .norm(0.5)
      $0.validation = try DeterminismTests.stripes(20, seed: 8)
    },
    Scenario("augmentation", modern) {
      $0.augmentation = try Augmentation(
        text: "crop 1, flip, rotate 10, elastic 4 2, cutout 2, mixup 0.4")
      $0.averaging = 0.9
    },
    Scenario("accumulation", modern, every: 1) {
      ($0.batchSize, $0.accumulation, $0.schedule) = (4, 3, .linear)
    },
    Scenario("a plateau that falls, patience that ends it", plain, epochs: 9, every: 3) {
      $0.schedule = .plateau(Plateau(factor: 0.5, patience: 0, threshold: 0.2))
      $0.validation = try DeterminismTests.stripes(20, seed: 8)
      ($0.patience, $0.optimizer) = (2, SGD(learningRate: 0.8))
    },
    Scenario("whole parameters", modern, every: 3) { $0.optimizer = Muon(learningRate: 0.01) },
  ]

  /// What a training came to.
  struct Outcome: Equatable {
    let parameters: String
    let epochs: [String]
    let best: String?

    init(_ network: Network, _ epochs: [Trainer.Epoch], best: String?) throws {
      parameters = network.parametersSHA256
      self.epochs = epochs.map {
        """
        \($0.number) \($0.loss) \($0.accuracy) \($0.learningRate) \($0.images) \
        \($0.validationLoss ?? -1) \($0.validationAccuracy ?? -1)
        """
      }
      self.best = try best.map { try Network(contentsOf: $0).parametersSHA256 }
    }
  }

  /// Runs a scenario in a folder; `progress` may stop it.
  static func run(
    _ scenario: Scenario, in folder: TemporaryFolder?, threads: Int,
    progress: (Trainer.Progress) -> Bool = { _ in true }
  ) throws -> Outcome {
    var trainer = try scenario.trainer(threads: threads)
    var best: String?
    if let folder {
      best = trainer.validation == nil ? nil : folder.path("best")
      trainer.checkpoints = Checkpoints(
        path: folder.path("last"), everySteps: scenario.every, best: best, resumes: true)
    }
    var network = try scenario.network()
    let epochs = try trainer.train(
      &network, on: DeterminismTests.stripes(37), epochs: scenario.epochs, progress: progress)
    if let file = best, !FileManager.default.fileExists(atPath: file) { best = nil }
    return try Outcome(network, epochs, best: best)
  }

  /// What an uninterrupted training comes to, and how often it tells where it stands.
  static func uninterrupted(_ scenario: Scenario) throws -> (outcome: Outcome, calls: Int) {
    var calls = 0
    let folder = try TemporaryFolder()
    let outcome = try run(scenario, in: folder, threads: 2) { _ in
      calls += 1
      return true
    }
    let plain = try run(scenario, in: nil, threads: 1)
    #expect(plain.parameters == outcome.parameters, "checkpoints change nothing")
    #expect(plain.epochs == outcome.epochs)
    return (outcome, calls)
  }

  @Test(arguments: scenarios)
  func stoppedAnywhereATrainingGoesOnToTheSameBits(_ scenario: Scenario) throws {
    let (expected, calls) = try Self.uninterrupted(scenario)
    for stop in 1...calls {
      let folder = try TemporaryFolder()
      var count = 0
      _ = try Self.run(scenario, in: folder, threads: 1 + stop % 3) { _ in
        count += 1
        return count < stop
      }
      let resumed = try Self.run(scenario, in: folder, threads: 1 + (stop + 1) % 3)
      #expect(resumed == expected, "stopped at call \(stop)")
    }
  }

  @Test(arguments: scenarios)
  func stoppedAgainAndAgainATrainingEndsWithTheSameBits(_ scenario: Scenario) throws {
    let (expected, calls) = try Self.uninterrupted(scenario)
    let folder = try TemporaryFolder()
    var outcome: Outcome?
    var runs = 0
    // A run makes at least a step: a run too many finds the training finished.
    for _ in 0...calls where outcome != expected {
      runs += 1
      outcome = try Self.run(scenario, in: folder, threads: 1 + runs % 3) { _ in false }
    }
    #expect(outcome == expected)
    #expect(runs > scenario.epochs)
  }

  /// The files as they are at some moment are what a killed process leaves behind.
  @Test(arguments: scenarios)
  func killedAnywhereATrainingGoesOnToTheSameBits(_ scenario: Scenario) throws {
    let folder = try TemporaryFolder()
    var moments: [[String: Data]] = []
    func note() {
      let files = Dictionary(
        uniqueKeysWithValues: folder.names.map {
          ($0, FileManager.default.contents(atPath: folder.path($0)) ?? Data())
        })
      if files != moments.last { moments.append(files) }
    }
    let expected = try Self.run(scenario, in: folder, threads: 2) { _ in
      note()
      return true
    }
    note()
    #expect(moments.count > 3)
    for (index, files) in moments.enumerated() {
      let folder = try TemporaryFolder()
      for (name, data) in files { try data.write(to: URL(filePath: folder.path(name))) }
      let resumed = try Self.run(scenario, in: folder, threads: 1 + index % 3)
      #expect(resumed == expected, "killed at moment \(index)")
    }
  }

  @Test func aFinishedTrainingThatIsResumedGivesItsResultAgain() throws {
    let scenario = Self.scenarios[2]
    let folder = try TemporaryFolder()
    let expected = try Self.run(scenario, in: folder, threads: 2)
    let file = FileManager.default.contents(atPath: folder.path("last"))
    let again = try Self.run(scenario, in: folder, threads: 1) { _ in
      Issue.record("there is nothing left to do")
      return true
    }
    #expect(again == expected)
    #expect(FileManager.default.contents(atPath: folder.path("last")) == file)
    let saved = try Checkpoints(path: folder.path("last")).saved()
    #expect(saved == Checkpoints.Saved(epoch: 4, step: 15, isFinished: true))
  }

  /// Whoever goes on with the network that a stopped training left gets the same as whoever makes it anew.
  @Test func theNetworkThatResumesMayHoldAnything() throws {
    let scenario = Self.scenarios[2]
    let folder = try TemporaryFolder()
    let expected = try Self.run(scenario, in: nil, threads: 2)
    var trainer = try scenario.trainer(threads: 1)
    trainer.checkpoints = Checkpoints(path: folder.path("last"), resumes: true)
    var network = try scenario.network()
    let data = try DeterminismTests.stripes(37)
    let stopped = try trainer.train(&network, on: data, epochs: 3) { $0.step < 7 }
    #expect(stopped.count == 1)
    let epochs = try trainer.train(&network, on: data, epochs: 3)
    #expect(try Outcome(network, epochs, best: nil) == expected)
  }

  @Test func withoutResumingATrainingStartsAnew() throws {
    let scenario = Self.scenarios[0]
    let folder = try TemporaryFolder()
    _ = try Self.run(scenario, in: folder, threads: 1) { _ in false }
    var trainer = try scenario.trainer(threads: 1)
    trainer.checkpoints = Checkpoints(path: folder.path("last"))
    var network = try scenario.network()
    var steps: [Int] = []
    try trainer.train(&network, on: DeterminismTests.stripes(37), epochs: 1) {
      steps.append($0.step)
      return true
    }
    #expect(steps == [1, 2, 3, 4, 5, 5])
  }

  @Test func checkpointsComeAsOftenAsAsked() throws {
    func moments(_ every: Int?, onlyWhenStopped: Bool = false, stop: Int = .max) throws -> [Int] {
      let folder = try TemporaryFolder()
      var trainer = try Self.scenarios[0].trainer(threads: 1)
      let checkpoints = Checkpoints(
        path: folder.path("last"), everySteps: every, onlyWhenStopped: onlyWhenStopped)
      trainer.checkpoints = checkpoints
      var network = try Self.scenarios[0].network()
      var steps: [Int] = []
      func note() throws {
        if let step = try checkpoints.saved()?.step, step != steps.last { steps.append(step) }
      }
      try trainer.train(&network, on: DeterminismTests.stripes(37), epochs: 2) {
        try? note()
        return $0.step < stop
      }
      try note()
      return steps
    }
    #expect(try moments(nil) == [5, 10])
    #expect(try moments(2) == [2, 4, 5, 6, 8, 10])
    #expect(try moments(100) == [5, 10])
    #expect(try moments(nil, stop: 3) == [3])
    #expect(try moments(nil, onlyWhenStopped: true) == [])
    #expect(try moments(2, onlyWhenStopped: true, stop: 7) == [7])
  }

  @Test func theBestModelIsThatOfTheLowestValidationLoss() throws {
    let folder = try TemporaryFolder()
    var trainer = try Self.scenarios[5].trainer(threads: 2)
    trainer.patience = nil
    trainer.averaging = 0.5
    trainer.checkpoints = Checkpoints(path: folder.path("last"), best: folder.path("best"))
    let validation = try #require(trainer.validation)
    var network = try Self.scenarios[5].network()
    let epochs = try trainer.train(&network, on: DeterminismTests.stripes(37), epochs: 6)
    let losses = try epochs.map { try #require($0.validationLoss) }
    let best = try Network(contentsOf: folder.path("best"))
    #expect(try best.evaluate(on: validation, loss: trainer.loss).loss == losses.min())
    #expect(best.preprocessing == network.preprocessing)
  }

  @Test func aCheckpointIsAModelOfTheParametersAfterTheLastStep() throws {
    let folder = try TemporaryFolder()
    _ = try Self.run(Self.scenarios[0], in: folder, threads: 1)
    var network = try Self.scenarios[0].network()
    try Self.scenarios[0].trainer(threads: 1)
      .train(&network, on: DeterminismTests.stripes(37), epochs: 3)
    let read = try Network(contentsOf: folder.path("last"))
    #expect(read.parametersSHA256 == network.parametersSHA256)
    #expect(read.preprocessing == network.preprocessing)
  }
}
