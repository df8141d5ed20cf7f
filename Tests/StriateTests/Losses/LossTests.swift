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

  static let cases: [LossCase] = [Loss.Reduction.mean, .sum].flatMap { reduction in
    [scores, maps].flatMap { scores in
      let probabilities = Softmax().referenceForward([scores], parameters: [])
      return [
        LossCase(loss: Loss(.softmaxCrossEntropy, reduction: reduction), output: scores),
        LossCase(loss: Loss(.negativeLogLikelihood, reduction: reduction), output: probabilities),
        LossCase(loss: Loss(.squaredError(scale: 1), reduction: reduction), output: scores),
        LossCase(loss: Loss(.squaredError(scale: 0.3), reduction: reduction), output: scores),
        LossCase(loss: Loss(.binaryCrossEntropy, reduction: reduction), output: probabilities),
      ]
    }
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
    let fixtures = try Fixture.load("losses", as: Fixture.Cases<LossFixture>.self)
    #expect(Set(fixtures.cases.map(\.name)) == Set(Loss.names))
    for fixture in fixtures.cases {
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
      #expect(
        loss?.referenceGradient(output: output, target: target)[0].isNaN == true, "\(name)")
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

  @Test func aLossIsFoundByItsName() throws {
    for name in Loss.names { #expect(try Loss(named: name).name == name) }
    #expect(try Loss(named: "half-mse") == .halfSquaredError)
    #expect(Loss.squaredError(scale: 3).name == "squared-error 3")
    let error = try #require(throws: InvalidLoss.self) { try Loss(named: "mae") }
    #expect(
      error.description
        == "loss: expected one of cross-entropy, nll, mse, half-mse, bce, found \"mae\"")
  }
}
