import Striate
import Testing

@Suite struct LossTests {
  /// A loss and outputs that are in its domain.
  struct LossCase: Sendable, CustomTestStringConvertible {
    let loss: Loss
    let output: ReferenceTensor

    var testDescription: String { "\(loss.name) \(loss.reduction) on \(output.shape)" }
  }

  static let scores = awayFromKinks([3, 4], salt: 40)
  static let maps = awayFromKinks([2, 3, 2, 2], salt: 41)

  /// Every loss for images of `channels` scores and `outputs` outputs in all: the one list that drives the
  /// tests of the family. Those of probabilities say so.
  static func kinds(
    channels: Int, outputs: Int
  ) -> [(kind: Loss.Kind, isOfProbabilities: Bool)] {
    let weights = (0..<channels).map { [1, 2, 0.5, 3, 0.25][$0 % 5] }
    let positive = (0..<outputs).map { [2, 0.5, 3, 1][$0 % 4] }
    return [
      (.softmaxCrossEntropy, false),
      (.crossEntropy(smoothing: 0.1, classWeights: [], ignoredIndex: nil), false),
      (.crossEntropy(smoothing: 0, classWeights: weights, ignoredIndex: nil), false),
      (.crossEntropy(smoothing: 0.3, classWeights: weights, ignoredIndex: 0), false),
      (.negativeLogLikelihood, true),
      (.squaredError(scale: 1), false), (.squaredError(scale: 0.3), false),
      (.absoluteError, false),
      (.huber(delta: 1), false), (.huber(delta: 0.3), false),
      (.smoothL1(beta: 1), false), (.smoothL1(beta: 0.3), false),
      (.binaryCrossEntropy, true),
      (.binaryCrossEntropyWithLogits(positiveWeights: []), false),
      (.binaryCrossEntropyWithLogits(positiveWeights: [3]), false),
      (.binaryCrossEntropyWithLogits(positiveWeights: positive), false),
      (.focal(gamma: 2, alpha: []), false), (.focal(gamma: 0.5, alpha: [0.25]), false),
      (.focal(gamma: 1.5, alpha: weights), false), (.focal(gamma: 0, alpha: []), false),
      (.binaryFocal(gamma: 2, alpha: nil), false), (.binaryFocal(gamma: 0.5, alpha: 0.25), false),
      (.hinge, false),
      (.multiMargin(power: 1, margin: 1), false), (.multiMargin(power: 2, margin: 0.5), false),
      (.klDivergence, false),
    ]
  }

  static let cases: [LossCase] = [Loss.Reduction.mean, .sum].flatMap { reduction in
    [scores, maps].flatMap { scores in
      let probabilities = Softmax().referenceForward([scores], parameters: [])
      let outputs = scores.shape.dropFirst().reduce(1, *)
      return kinds(channels: scores.shape[1], outputs: outputs).map { kind, isOfProbabilities in
        LossCase(
          loss: Loss(kind, reduction: reduction),
          output: isOfProbabilities ? probabilities : scores)
      }
    }
  }

  @Test func theListKnowsEveryLoss() {
    let names = Set(Self.cases.map { String($0.loss.name.prefix { $0 != " " }) })
    #expect(names.union(["half-mse"]) == Set(Loss.names).union(["squared-error"]))
  }

  @Test(arguments: cases)
  func centralDifferencesProveTheGradient(_ trial: LossCase) {
    // Soft targets whose sum is not 1: the general case.
    let target = awayFromKinks(trial.output.shape, salt: 42, scale: 0.4).map { $0 + 0.5 }
    let expected = centralDifferences(at: trial.output, step: 1e-6) {
      trial.loss.referenceValue(output: $0, target: target)
    }
    expectClose(
      trial.loss.referenceGradient(output: trial.output, target: target), expected,
      relative: 1e-6)
  }

  /// What PyTorch computed for one loss.
  struct LossFixture: Decodable {
    let name: String
    let shape: [Int]
    let output: [Double]
    let target: [Double]
    let value: Double
    let gradient: [Double]
  }

  @Test func lossesAgreeWithPyTorch() throws {
    let fixtures = try ["losses", "rules-losses"].flatMap {
      try Fixture.load($0, as: Fixture.Cases<LossFixture>.self).cases
    }
    #expect(Set(fixtures.map { String($0.name.prefix { $0 != " " }) }) == Set(Loss.names))
    for fixture in fixtures {
      let loss = try Loss(named: fixture.name)
      let output = ReferenceTensor(shape: fixture.shape, values: fixture.output)
      let target = ReferenceTensor(shape: fixture.shape, values: fixture.target)
      expectClose(
        loss.referenceValue(output: output, target: target), fixture.value, relative: 1e-9,
        fixture.name)
      expectClose(
        loss.referenceGradient(output: output, target: target).values, fixture.gradient,
        relative: 1e-9, fixture.name)
    }
  }

  @Test func crossEntropyIsSoftmaxAndNegativeLogLikelihoodInOne() {
    let target = ReferenceTensor(
      shape: [3, 4], values: [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    let probabilities = Softmax().referenceForward([Self.scores], parameters: [])
    expectClose(
      Loss.softmaxCrossEntropy.referenceValue(output: Self.scores, target: target),
      Loss.negativeLogLikelihood.referenceValue(output: probabilities, target: target),
      relative: 1e-12)
    let gradient = Loss(.softmaxCrossEntropy, reduction: .sum)
      .referenceGradient(output: Self.scores, target: target)
    let byHand = zip(probabilities.values, target.values).map { $0 - $1 }
    expectClose(gradient.values, byHand, relative: 1e-12)
  }

  @Test func hugeScoresGiveAFiniteCrossEntropy() {
    let scores = ReferenceTensor(shape: [1, 3], values: [1e6, -1e6, 0])
    let target = ReferenceTensor(shape: [1, 3], values: [0, 1, 0])
    let loss = Loss.softmaxCrossEntropy
    #expect(loss.referenceValue(output: scores, target: target) == 2e6)
    #expect(loss.referenceGradient(output: scores, target: target).values == [1, -1, 0])
  }

  @Test(arguments: [Loss.negativeLogLikelihood, .binaryCrossEntropy])
  func certainAndWrongIsExpensiveButFinite(_ loss: Loss) {
    let output = ReferenceTensor(shape: [1, 2], values: [0, 1])
    let target = ReferenceTensor(shape: [1, 2], values: [1, 0])
    #expect(loss.referenceValue(output: output, target: target) == 100)
    let gradient = loss.referenceGradient(output: output, target: target)
    #expect(gradient.values.allSatisfy { $0.isFinite })
    #expect(gradient[0] < -1e11)
    #expect(
      loss.referenceValue(output: output, target: output) == 0, "certain and right costs nothing")
  }

  @Test func nanIsNotHidden() {
    let output = ReferenceTensor(shape: [1, 2], values: [.nan, 0.5])
    let target = ReferenceTensor(shape: [1, 2], values: [1, 0])
    for name in Loss.names {
      let loss = try? Loss(named: name)
      #expect(loss?.referenceValue(output: output, target: target).isNaN == true, "\(name)")
      // The divergence is a straight line in the outputs: its gradient knows the targets alone.
      let gradient = loss?.referenceGradient(output: output, target: target)[0]
      #expect(gradient?.isNaN == (name != "kl"), "\(name)")
    }
  }

  @Test func squaredErrorsDifferByTheirScale() {
    let output = ReferenceTensor(shape: [2, 2], values: [1, 2, 3, 4])
    let target = ReferenceTensor(shape: [2, 2], values: [0, 0, 0, 1])
    // Images: 1 + 4 = 5 and 9 + 9 = 18.
    #expect(Loss.meanSquaredError.referenceValue(output: output, target: target) == 11.5)
    #expect(Loss.halfSquaredError.referenceValue(output: output, target: target) == 5.75)
    #expect(
      Loss.squaredError(scale: 3).referenceValue(output: output, target: target) == 34.5)
    #expect(
      Loss(.squaredError(scale: 1), reduction: .sum)
        .referenceValue(output: output, target: target) == 23)
  }

  @Test func zeroOneLossCountsMistakes() {
    #expect(zeroOneLoss(predictions: [3], labels: [3]) == 0)
    #expect(zeroOneLoss(predictions: [3], labels: [8]) == 1)
    #expect(zeroOneLoss(predictions: [1, 2, 3, 4], labels: [1, 2, 3, 5]) == 0.25)
  }

  @Test func imagesOfAnIgnoredClassCountForNothing() {
    let loss = Loss.crossEntropy(smoothing: 0.1, classWeights: [1, 2, 3, 4], ignoredIndex: 3)
    let target = ReferenceTensor(shape: [3, 4], values: [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
    let kept = [0, 2].flatMap { n in Self.scores.values[n * 4..<n * 4 + 4] }
    let keptTarget = ReferenceTensor(shape: [2, 4], values: [0, 1, 0, 0, 1, 0, 0, 0])
    let scores = ReferenceTensor(shape: [2, 4], values: kept)
    expectClose(
      loss.referenceValue(output: Self.scores, target: target),
      loss.referenceValue(output: scores, target: keptTarget), relative: 1e-14)
    let gradient = loss.referenceGradient(output: Self.scores, target: target).values
    let expected = loss.referenceGradient(output: scores, target: keptTarget).values
    expectClose(Array(gradient[..<4] + gradient[8...]), expected, relative: 1e-14)
    #expect(gradient[4..<8].allSatisfy { $0 == 0 })
    let nothing = ReferenceTensor(zeros: [3, 4])
    #expect(loss.referenceValue(output: Self.scores, target: nothing) == 0)
    #expect(
      loss.referenceGradient(output: Self.scores, target: nothing).values.allSatisfy { $0 == 0 })
  }

  @Test func huberIsSmoothL1TimesItsWidth() {
    let target = Self.scores.map { $0 * $0 }
    for width in [0.25, 1, 3] {
      expectClose(
        Loss.huber(delta: width).referenceValue(output: Self.scores, target: target),
        width * Loss.smoothL1(beta: width).referenceValue(output: Self.scores, target: target),
        relative: 1e-14)
    }
  }

  @Test func binaryCrossEntropyOfScoresIsThatOfTheirSigmoids() {
    let target = Self.scores.map { 0.5 + $0 / 5 }
    let sigmoids = Sigmoid().referenceForward([Self.scores], parameters: [])
    expectClose(
      Loss.binaryCrossEntropyWithLogits().referenceValue(output: Self.scores, target: target),
      Loss.binaryCrossEntropy.referenceValue(output: sigmoids, target: target), relative: 1e-12)
  }

  @Test func aLossIsFoundByItsName() throws {
    for name in Loss.names { #expect(try Loss(named: name).name == name) }
    for trial in Self.cases { #expect(try Loss(named: trial.loss.name).kind == trial.loss.kind) }
    #expect(try Loss(named: "half-mse") == .halfSquaredError)
    #expect(Loss.squaredError(scale: 3).name == "squared-error 3")
    #expect(
      try Loss(named: " Cross-Entropy  ignore 3 smoothing 0.1 ")
        == .crossEntropy(smoothing: 0.1, ignoredIndex: 3))
    #expect(try Loss(named: "focal alpha 0.25") == .focal(gamma: 2, alpha: [0.25]))
    #expect(try Loss(named: "multi-margin margin 2") == .multiMargin(power: 1, margin: 2))
  }

  @Test(arguments: [
    (
      "l1",
      "loss: expected one of cross-entropy, nll, mse, half-mse, mae, huber, smooth-l1, bce, "
        + "bce-logits, focal, binary-focal, hinge, multi-margin, kl, found \"l1\""
    ),
    ("", "hinge, multi-margin, kl, found the end"),
    ("mse 3", "loss: expected the end, found \"3\""),
    ("huber wide", "loss: expected the end, found \"wide\""),
    ("huber -1", "loss: delta: expected a number from 1e-12 to 1e12, found -1"),
    ("huber nan", "loss: expected the end, found \"nan\""),
    ("cross-entropy smoth 0.1", "loss: expected smoothing, weights or ignore, found \"smoth\""),
    ("cross-entropy smoothing", "loss: expected the smoothing, a number, found the end"),
    ("cross-entropy smoothing 2", "loss: smoothing: expected a number from 0 to 1, found 2"),
    (
      "cross-entropy weights 1,x",
      "loss: expected the weights, numbers such as 1,2,0.5, found \"1,x\""
    ),
    ("cross-entropy weights 1,-2", "loss: weights: expected numbers from 0 to 1e12, found 1,-2"),
    (
      "cross-entropy ignore -1",
      "loss: expected the ignored class, a whole number, found \"-1\""
    ),
    ("focal -1", "loss: gamma: expected a number from 0 to 100, found -1"),
    ("binary-focal 2 alpha 2", "loss: alpha: expected a number from 0 to 1, found 2"),
    ("multi-margin 3", "loss: power: expected 1 or 2, found 3"),
    ("multi-margin 1.5", "loss: expected the power, a whole number, found \"1.5\""),
  ])
  func aWrongTextSaysWhatWasExpected(_ text: String, _ message: String) throws {
    let error = try #require(throws: InvalidLoss.self) { try Loss(named: text) }
    #expect(error.description.hasSuffix(message))
  }

  @Test func anEndlessTextIsRefused() throws {
    let text = "cross-entropy weights " + String(repeating: "1,", count: 40_000) + "1"
    let error = try #require(throws: InvalidLoss.self) { try Loss(named: text) }
    #expect(error.description == "loss: expected at most 65536 bytes, found 80023")
  }
}
