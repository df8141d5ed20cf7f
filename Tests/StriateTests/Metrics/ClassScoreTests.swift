import Striate
import Testing

/// An evaluation of rows of probabilities.
func evaluation(
  _ rows: [[Float]], labels: [Int], classes: Int? = nil
) -> Evaluation {
  let classes = classes ?? rows[0].count
  return Evaluation(
    probabilities: Tensor(
      shape: [rows.count, rows.first?.count ?? classes], scalars: rows.flatMap(\.self)),
    labels: labels, classNames: (0..<classes).map { "\($0)" })
}

@Suite struct ClassScoreTests {
  /// Labels 0 0 0 1 1 2; taken for 0 0 1 1 0 0; class 3 nowhere.
  private let sample = evaluation(
    [
      [0.7, 0.1, 0.1, 0.1], [0.6, 0.2, 0.1, 0.1], [0.3, 0.5, 0.1, 0.1], [0.2, 0.6, 0.1, 0.1],
      [0.5, 0.3, 0.1, 0.1], [0.9, 0.1, 0, 0],
    ], labels: [0, 0, 0, 1, 1, 2])

  @Test func countsAreThoseOfTheDefinition() {
    #expect(sample.predictions == [0, 0, 1, 1, 0, 0])
    #expect(sample.confusion == [[2, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    #expect(sample.classCounts == [3, 2, 1, 0])
    #expect(sample.predictedCounts == [4, 2, 0, 0])
    #expect(sample.rightCounts == [2, 1, 0, 0])
    #expect(sample.accuracy == 0.5)
    #expect(sample.precision == [2.0 / 4, 1.0 / 2, nil, nil])
    #expect(sample.recall == [2.0 / 3, 1.0 / 2, 0, nil])
    #expect(sample.f1 == [4.0 / 7, 0.5, 0, nil])
    #expect(sample.classScores[2] == ClassScore(precision: nil, recall: 0, f1: 0))
  }

  @Test func meansLeaveOutWhatIsAbsent() {
    #expect(sample.macroMean.precision == 0.5)
    expectClose(sample.macroMean.recall ?? .nan, (2.0 / 3 + 0.5 + 0) / 3, relative: 1e-15)
    expectClose(sample.macroMean.f1 ?? .nan, (4.0 / 7 + 0.5 + 0) / 3, relative: 1e-15)
    expectClose(sample.weightedMean.precision ?? .nan, 0.5, relative: 1e-15)
    expectClose(sample.weightedMean.recall ?? .nan, sample.accuracy, relative: 1e-15)
  }

  @Test func withoutImagesNothingIsSaid() {
    let empty = Evaluation(
      probabilities: Tensor(shape: [0, 2], scalars: []), labels: [], classNames: ["a", "b"])
    #expect(empty.accuracy == 0)
    #expect(empty.precision == [nil, nil])
    #expect(empty.macroMean == ClassScore(precision: nil, recall: nil, f1: nil))
    #expect(empty.weightedMean == ClassScore(precision: nil, recall: nil, f1: nil))
    #expect(empty.cohenKappa == nil && empty.matthewsCorrelation == nil)
    #expect(empty.rocAUC() == [nil, nil] && empty.macroROCAUC() == nil)
    #expect(empty.calibration() == nil && empty.logLoss == nil && empty.brierScore == nil)
    #expect(empty.topAccuracy(1) == 0)
    #expect(empty.mistakes(first: 9).isEmpty && empty.frequentConfusions(first: 9).isEmpty)
  }

  @Test func agreementIsFullOfRightPredictionsAndNoneOfConstantOnes() {
    let right = evaluation([[1, 0], [0, 1], [1, 0]], labels: [0, 1, 0])
    #expect(right.cohenKappa == 1)
    expectClose(right.matthewsCorrelation ?? .nan, 1, relative: 1e-15)
    let wrong = evaluation([[0, 1], [1, 0]], labels: [0, 1])
    #expect(wrong.cohenKappa == -1 && wrong.matthewsCorrelation == -1)
    let constant = evaluation([[1, 0], [1, 0]], labels: [0, 1])
    #expect(constant.cohenKappa == 0 && constant.matthewsCorrelation == nil)
    let single = evaluation([[1, 0], [1, 0]], labels: [0, 0])
    #expect(single.cohenKappa == nil && single.matthewsCorrelation == nil)
  }

  @Test func mistakesComeSurestFirstAndConfusionsMostFrequentFirst() {
    #expect(
      sample.mistakes(first: 9) == [
        Evaluation.Mistake(image: 5, label: 2, prediction: 0, probability: 0.9),
        Evaluation.Mistake(image: 2, label: 0, prediction: 1, probability: 0.5),
        Evaluation.Mistake(image: 4, label: 1, prediction: 0, probability: 0.5),
      ])
    #expect(sample.mistakes(first: 1).map(\.image) == [5])
    let many = evaluation(
      [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 1]], labels: [0, 0, 1, 1, 1])
    #expect(
      many.frequentConfusions(first: 3) == [
        Evaluation.Confusion(label: 1, prediction: 2, count: 2),
        Evaluation.Confusion(label: 0, prediction: 1, count: 1),
        Evaluation.Confusion(label: 0, prediction: 2, count: 1),
      ])
  }
}
