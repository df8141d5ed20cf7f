import Foundation
import Striate
import Testing

/// Outputs that are not finite, and a single output for two classes.
@Suite struct UnusualOutputTests {
  /// y = x for one image a row, so that pixels are outputs.
  private func identity(_ outputs: Int, ends: [any Block] = []) throws -> Network {
    var network = try Network(input: [outputs], seed: 1, layers: [Dense(outputs)] + ends)
    var weights = [Float](repeating: 0, count: outputs * outputs)
    for k in 0..<outputs { weights[k * outputs + k] = 1 }
    network.parameters[0].tensor = Tensor(shape: [outputs, outputs], scalars: weights)
    network.parameters[1].tensor = Tensor(repeating: 0, shape: [outputs])
    return network
  }

  private func data(_ rows: [[Float]], _ labels: [Int], classes: Int) throws -> Dataset {
    try Dataset(
      imageShape: [rows[0].count], pixels: .floats(rows.flatMap(\.self)), labels: labels,
      classNames: (0..<classes).map { "c\($0)" })
  }

  @Test func imagesWithoutFiniteOutputsAreWrongAndCounted() throws {
    // An infinite pixel times a weight of 0 makes every output NaN.
    let rows: [[Float]] = [[3, 1], [.infinity, 0], [0, 2], [.nan, 0], [5, 0]]
    let set = try data(rows, [0, 0, 1, 0, 1], classes: 2)
    for keeps in [true, false] {
      let found = try identity(2).evaluate(on: set, keepsProbabilities: keeps)
      #expect(found.predictions == [0, nil, 1, nil, 0])
      #expect(found.notFiniteCount == 2)
      #expect(found.right == 2 && found.accuracy == 0.4)
      #expect(found.confusion == [[1, 0], [1, 1]])
      #expect(found.recall == [1.0 / 3, 0.5])
      #expect(found.precision == [0.5, 1])
    }
    let found = try identity(2).evaluate(on: set)
    #expect(
      (found.probabilities ?? []).map(\.isNaN)
        == [2, 3, 6, 7].reduce(into: [Bool](repeating: false, count: 10)) { $0[$1] = true })
    #expect(found.topAccuracy(1) == 0.4 && found.topAccuracy(2) == 0.6)
    // Of the three others, each pair of classes is in order but one.
    #expect(found.rocAUC() == [0.5, 0.5])
    #expect(found.calibration()?.bins.reduce(0) { $0 + $1.count } == 3)
    #expect(try #require(found.logLoss).isFinite && #require(found.brierScore).isFinite)
    #expect(found.mistakes(first: 9).map(\.image) == [4])
    // As if they were taken for a third class.
    let third = evaluation(
      [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]], labels: [0, 0, 1, 0, 1])
    #expect(found.cohenKappa == third.cohenKappa)
    #expect(found.matthewsCorrelation == third.matthewsCorrelation)
  }

  @Test func anInfiniteParameterLeavesNothingRight() throws {
    var network = try identity(2)
    network.parameters[1].tensor = Tensor([.nan, 0])
    let found = try network.evaluate(on: data([[1, 0], [0, 1]], [0, 1], classes: 2))
    #expect(found.right == 0 && found.notFiniteCount == 2)
    #expect(found.rocAUC() == [nil, nil] && found.calibration() == nil && found.logLoss == nil)
    let prediction = try network.classify(Tensor([[1, 0]]))[0]
    #expect(!prediction.isFinite)
    #expect(try identity(2).classify(Tensor([[1, 0]]))[0].isFinite)
  }

  @Test func aSingleSigmoidTellsTwoClassesApart() throws {
    let network = try identity(1, ends: [Sigmoid()])
    let scores: [Float] = [-2, -0.5, 0, 1, 3]
    let set = try data(scores.map { [$0] }, [0, 1, 1, 0, 1], classes: 2)
    let found = try network.evaluate(on: set, loss: .binaryCrossEntropy)
    #expect(found.predictions == [0, 0, 1, 1, 1])
    #expect(found.accuracy == 0.6)
    let p = scores.map { 1 / (1 + exp(-Double($0))) }
    let probabilities = try #require(found.probabilities).map { Double($0) }
    expectClose(probabilities, p.flatMap { [1 - $0, $0] }, relative: 1e-6)
    let loss = zip(p, set.labels).reduce(0) { $0 - log($1.1 == 1 ? $1.0 : 1 - $1.0) } / 5
    expectClose(found.loss ?? .nan, loss, relative: 1e-6)
    expectClose(found.logLoss ?? .nan, loss, relative: 1e-6)
    let predictions = try network.classify(Tensor(shape: [5, 1], scalars: scores))
    #expect(predictions.map { Optional($0.classIndex) } == found.predictions)
    #expect(predictions.flatMap(\.probabilities) == found.probabilities)
  }

  @Test func aSingleScoreIsTakenForALogit() throws {
    let (scored, squashed) = (try identity(1), try identity(1, ends: [Sigmoid()]))
    let set = try data([[-2], [-0.1], [0.1], [4]], [0, 1, 0, 1], classes: 2)
    let found = try scored.evaluate(on: set, loss: .binaryCrossEntropyWithLogits())
    let expected = try squashed.evaluate(on: set, loss: .binaryCrossEntropy)
    #expect(found.predictions == expected.predictions)
    expectClose(
      (found.probabilities ?? []).map { Double($0) },
      (expected.probabilities ?? []).map { Double($0) }, relative: 1e-6)
    expectClose(found.loss ?? .nan, expected.loss ?? 0, relative: 1e-6)
    let step = try identity(1, ends: [Step()])
    #expect(try step.evaluate(on: set).predictions == [0, 0, 1, 1])
  }

  static let lossesOfOneOutput: [Loss] = [
    .meanSquaredError, .meanAbsoluteError, .huber(), .smoothL1(), .binaryCrossEntropy,
    .binaryCrossEntropyWithLogits(), .binaryFocal(), .hinge,
  ]

  /// A step so small that no bit changes: the accuracy of the epoch is that of the network.
  @Test(arguments: lossesOfOneOutput)
  func trainingValidationAndEvaluationJudgeAlike(_ loss: Loss) throws {
    let ends: [[any Block]] = [
      [], [Identity()], [Sigmoid()], [Sigmoid(), Flatten()], [Sigmoid(), Dropout(0), Identity()],
      [Tanh()],
    ]
    let rows: [[Float]] = [[-2], [-0.1], [0.1], [0.3], [0.6], [0.9], [3], [0.45]]
    let set = try data(rows, [0, 1, 0, 1, 0, 1, 1, 0], classes: 2)
    for end in ends {
      var network = try identity(1, ends: end)
      let trainer = Trainer(
        loss: loss, optimizer: SGD(learningRate: 1e-30), batchSize: 8, validation: set,
        normalizes: false)
      let epochs = try trainer.train(&network, on: set, epochs: 1)
      let found = try network.evaluate(on: set)
      #expect(epochs[0].accuracy == found.accuracy, "\(loss.name), \(end)")
      #expect(epochs[0].validationAccuracy == found.accuracy)
      // What the file says is enough.
      let folder = try TemporaryFolder()
      try network.save(to: folder.path("m"))
      let read = try Network(contentsOf: folder.path("m"))
      #expect(read.preprocessing == network.preprocessing)
      #expect(try read.evaluate(on: set).predictions == found.predictions)
      let predictions = try read.classify(Tensor(shape: [8, 1], scalars: rows.flatMap(\.self)))
      #expect(predictions.map { Optional($0.classIndex) } == found.predictions)
      #expect(predictions.flatMap(\.probabilities) == found.probabilities)
    }
  }

  @Test func aSingleNumberNearOneSaysYes() throws {
    var network = try identity(1)
    let set = try data([[-0.2], [0.25], [0.5], [1.5]], [0, 0, 1, 1], classes: 2)
    #expect(try network.evaluate(on: set).predictions == [0, 1, 1, 1])
    network.preprocessing.outputMeaning = .probabilities
    let found = try network.evaluate(on: set)
    #expect(found.predictions == [0, 0, 1, 1])
    #expect(found.probabilities == [1, 0, 0.75, 0.25, 0.5, 0.5, 0, 1])
    // What the last layers say counts for more than what a file says.
    var squashed = try identity(1, ends: [Sigmoid()])
    squashed.preprocessing.outputMeaning = .scores
    #expect(try squashed.evaluate(on: set).predictions == [0, 1, 1, 1])
  }

  @Test func viewsIdentitiesAndDropoutHideNoProbabilities() throws {
    let rows: [[Float]] = [[1, 3], [2, -1], [0, 0.5]]
    let set = try data(rows, [1, 0, 0], classes: 2)
    for last in [Softmax() as any Block, Sigmoid()] {
      let expected = try identity(2, ends: [last]).evaluate(on: set)
      for behind: [any Block] in [
        [Flatten()], [Dropout(0.5)], [Identity()], [Dropout(0.2), Flatten(), Identity()],
      ] {
        let found = try identity(2, ends: [last] + behind).evaluate(on: set)
        #expect(found.probabilities == expected.probabilities)
        #expect(found.logLoss == expected.logLoss)
      }
    }
    let p = 1 / (1 + exp(-2.0))
    let found = try identity(2, ends: [Softmax(), Flatten()]).evaluate(on: set)
    expectClose(Double(found.probabilities?[1] ?? .nan), p, relative: 1e-6)
  }

  @Test func aSingleOutputCanBeTrained() throws {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<80).map { _ in Float(generator.integer(below: 2001) - 1000) / 1000 }
    let set = try data(values.map { [$0] }, values.map { $0 > 0.2 ? 1 : 0 }, classes: 2)
    var network = try Network(input: [1], seed: 2, layers: [Dense(1), Sigmoid()])
    let trainer = Trainer(
      loss: .binaryCrossEntropy, optimizer: Adam(learningRate: 0.1), batchSize: 16,
      validation: set)
    let epochs = try trainer.train(&network, on: set, epochs: 40)
    let found = try network.evaluate(on: set)
    #expect(found.accuracy > 0.95)
    #expect(epochs.last?.validationAccuracy == found.accuracy)
    #expect(abs((epochs.last?.accuracy ?? 0) - found.accuracy) < 0.05)
    #expect(network.preprocessing.classNames == ["c0", "c1"])
  }

  @Test func moreClassesNeedMoreOutputs() throws {
    let set = try data([[1], [2], [3]], [0, 1, 2], classes: 3)
    let error = #expect(throws: InvalidInput.self) { try identity(1).evaluate(on: set) }
    #expect(error?.description.contains("end the network with Dense(3)") == true)
  }

  @Test func outputsBeyondTheClassesOfTheDataAreNotPredicted() throws {
    let set = try data([[0, 1, 9], [2, 1, 0]], [0, 0], classes: 2)
    let found = try identity(3).evaluate(on: set)
    #expect(found.predictions == [1, 0])
    let p = try #require(found.probabilities)
    #expect(p.count == 4 && p[0] + p[1] < 0.01)
  }
}
