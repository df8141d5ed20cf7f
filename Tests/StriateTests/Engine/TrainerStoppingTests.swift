import Striate
import Testing

/// How training ends before its last epoch, and what it refuses to begin.
@Suite struct TrainerStoppingTests {
  static let trainer = Trainer(
    loss: .softmaxCrossEntropy, optimizer: GradientDescent(learningRate: 0.5), batchSize: 10,
    normalizes: false)

  @Test func aDivergingTrainingSaysWhereAndLeavesTheNetworkAsItWas() throws {
    let data = try TrainerTests.points(40)
    let before = try TrainerTests.network()
    var network = before
    var trainer = Self.trainer
    trainer.loss = .meanSquaredError
    trainer.optimizer = GradientDescent(learningRate: 1e30)
    let error = try #require(throws: TrainingDiverged.self) {
      try trainer.train(&network, on: data, epochs: 3)
    }
    #expect(error.epoch == 1)
    #expect(error.step == 2 || error.step == 3)
    #expect(!error.loss.isFinite)
    #expect(
      error.description
        == "training diverged: the loss became \(error.loss) at step \(error.step) of epoch 1: "
        + "try a learning rate below 1e+30, such as 1e+29, or check that the inputs are finite")
    #expect(network.parameters == before.parameters)
  }

  @Test func aLastStepThatOverflowsIsADivergenceToo() throws {
    let data = try TrainerTests.points(10)
    let before = try TrainerTests.network()
    var network = before
    var trainer = Self.trainer
    trainer.loss = .meanSquaredError
    trainer.optimizer = SGD(learningRate: 3e38, weightDecay: 1e30)
    let error = try #require(throws: TrainingDiverged.self) {
      try trainer.train(&network, on: data, epochs: 1)
    }
    #expect(error.epoch == 1 && error.step == 1 && error.loss.isFinite)
    #expect(
      error.description.hasPrefix(
        "training diverged: a parameter became infinite at step 1 of epoch 1: try a learning rate"))
    #expect(network.parameters == before.parameters)
  }

  @Test func aPixelThatIsNotANumberIsADivergence() throws {
    let data = try Dataset(
      imageShape: [3, 1, 1], pixels: .floats([1, .nan, 1, 1, 1, 1]), labels: [0, 1],
      classNames: ["a", "b"])
    var network = try TrainerTests.network()
    let error = try #require(throws: TrainingDiverged.self) {
      try Self.trainer.train(&network, on: data, epochs: 1)
    }
    #expect(error.loss.isNaN)
    #expect(error.description.hasPrefix("training diverged: the loss became nan at step 1 of"))
  }

  @Test func patienceStopsATrainingThatNoLongerImproves() throws {
    let data = try TrainerTests.points(40)
    var trainer = Self.trainer
    trainer.optimizer = GradientDescent(learningRate: 1e-30)
    trainer.validation = try TrainerTests.points(20, seed: 5)
    for patience in 1...3 {
      trainer.patience = patience
      var network = try TrainerTests.network()
      let epochs = try trainer.train(&network, on: data, epochs: 9)
      #expect(epochs.count == 1 + patience)
    }
  }

  @Test func patienceDoesNotStopATrainingThatImproves() throws {
    let data = try TrainerTests.points(40)
    var trainer = Self.trainer
    trainer.validation = data
    trainer.patience = 1
    trainer.optimizer = GradientDescent(learningRate: 0.05)
    var network = try TrainerTests.network()
    #expect(try trainer.train(&network, on: data, epochs: 6).count == 6)
  }

  @Test func aTrainingThatIsToldToStopKeepsWhatItLearned() throws {
    let data = try TrainerTests.points(40)
    var (whole, stopped) = (try TrainerTests.network(), try TrainerTests.network())
    try Self.trainer.train(&whole, on: data, epochs: 1)
    var calls = 0
    let epochs = try Self.trainer.train(&stopped, on: data, epochs: 5) { progress in
      calls += 1
      return progress.finished == nil
    }
    #expect(epochs.count == 1)
    #expect(calls == 5, "four steps and one epoch")
    #expect(stopped.parameters == whole.parameters)

    var early = try TrainerTests.network()
    let none = try Self.trainer.train(&early, on: data, epochs: 5) { $0.images < 20 }
    #expect(none.isEmpty)
    let expected = try TrainerTests.descend(
      try TrainerTests.network(), data, loss: .softmaxCrossEntropy, rate: 0.5, batchSize: 10,
      seed: 0, epochs: 5, stopAfter: 2)
    for (parameter, reference) in zip(early.parameters, expected) {
      #expect(relativeError(parameter.tensor.scalars, reference.values) < 1e-5)
    }
  }

  @Test func progressCountsImagesAndEpochs() throws {
    let data = try TrainerTests.points(25)
    var network = try TrainerTests.network()
    var seen: [[Int]] = []
    let epochs = try Self.trainer.train(&network, on: data, epochs: 2) {
      seen.append([$0.epoch, $0.epochs, $0.images, $0.total, $0.finished == nil ? 0 : 1])
      return true
    }
    #expect(
      seen
        == [1, 2].flatMap { epoch in
          [[10, 0], [20, 0], [25, 0], [25, 1]].map { [epoch, 2, $0[0], 25, $0[1]] }
        })
    #expect(epochs.count == 2)
  }

  /// What is wrong with a training, and what it is told.
  static let refusals: [(change: @Sendable (inout Trainer) -> Void, epochs: Int, message: String)] =
    [
      ({ $0.batchSize = 0 }, 1, "batch size: expected at least 1, found 0"),
      ({ _ in }, 0, "epochs: expected at least 1, found 0"),
      ({ $0.threads = 0 }, 1, "threads: expected 1 to 1024, found 0"),
      ({ $0.threads = 1025 }, 1, "threads: expected 1 to 1024, found 1025"),
      (
        { $0.patience = 2 }, 1, "patience: expected validation data to watch, found 0"
      ),
    ]

  @Test(arguments: refusals.indices)
  func numbersThatMakeNoSenseAreRefused(_ index: Int) throws {
    let (change, epochs, message) = Self.refusals[index]
    var trainer = Self.trainer
    change(&trainer)
    var network = try TrainerTests.network()
    let error = try #require(throws: InvalidTraining.self) {
      try trainer.train(&network, on: TrainerTests.points(3), epochs: epochs)
    }
    #expect(error.description == message)
  }

  @Test func patienceOfNoEpochAndAnEmptyDataSetAreRefused() throws {
    var trainer = Self.trainer
    trainer.patience = 0
    trainer.validation = try TrainerTests.points(3)
    var network = try TrainerTests.network()
    let patience = try #require(throws: InvalidTraining.self) {
      try trainer.train(&network, on: TrainerTests.points(3), epochs: 1)
    }
    #expect(patience.description == "patience: expected at least 1 epoch, found 0")
    let empty = try #require(throws: InvalidTraining.self) {
      try Self.trainer.train(&network, on: TrainerTests.points(0), epochs: 1)
    }
    #expect(empty.description == "data set: expected at least one image, found 0")
  }

  @Test func anOptimizerOutsideItsRangeIsRefused() throws {
    var trainer = Self.trainer
    trainer.optimizer = Adam(learningRate: -1)
    var network = try TrainerTests.network()
    #expect(throws: InvalidOptimizer.self) {
      try trainer.train(&network, on: TrainerTests.points(3), epochs: 1)
    }
  }

  @Test func dataThatDoesNotFitTheNetworkIsRefused() throws {
    let data = try TrainerTests.points(4)
    var images = try Network(input: [1, 3, 1], seed: 0) {
      Flatten()
      Dense(2)
    }
    let shape = try #require(throws: InvalidInput.self) {
      try Self.trainer.train(&images, on: data, epochs: 1)
    }
    #expect(
      shape.description
        == "data set: expected images [1, 3, 1], found [3, 1, 1]: "
        + "use data of the shape that the network was made for")
    var classes = try Network(input: [3, 1, 1], seed: 0) {
      Flatten()
      Dense(1)
    }
    let three = try Dataset(
      imageShape: [3, 1, 1], pixels: .floats(Array(repeating: 0, count: 9)), labels: [0, 1, 2],
      classNames: ["a", "b", "c"])
    let outputs = try #require(throws: InvalidInput.self) {
      try Self.trainer.train(&classes, on: three, epochs: 1)
    }
    #expect(
      outputs.description
        == "data set: expected at most [1] classes, found 3: end the network with Dense(3)")
  }

  @Test func aDataSetOfOneClassCanBeLearnedAndEvaluated() throws {
    let data = try Dataset(
      imageShape: [3, 1, 1], pixels: .floats([1, 2, 3, 4, 5, 6]), labels: [0, 0],
      classNames: ["only"])
    var network = try Network(input: [3, 1, 1], seed: 0) {
      Flatten()
      Dense(1)
    }
    var trainer = Self.trainer
    trainer.loss = .halfSquaredError
    trainer.optimizer = Adam(learningRate: 0.1)
    try trainer.train(&network, on: data, epochs: 30)
    let evaluation = try network.evaluate(on: data)
    #expect(evaluation.accuracy == 1)
    #expect(evaluation.predictions == [0, 0])
  }
}
