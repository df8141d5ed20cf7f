import Foundation
import Striate
import Testing

@Suite struct ProbabilityMetricTests {
  /// Probabilities with many equal ones, of random labels.
  private static func random(_ seed: UInt64, images: Int = 60, classes: Int = 4) -> Evaluation {
    var generator = SeededGenerator(seed: seed)
    let rows = (0..<images).map { _ -> [Float] in
      let scores = (0..<classes).map { _ in Float(1 + generator.integer(below: 6)) }
      let sum = scores.reduce(0, +)
      return scores.map { $0 / sum }
    }
    return evaluation(rows, labels: (0..<images).map { _ in generator.integer(below: classes) })
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func theAreaCountsPairsInTheRightOrder(seed: UInt64) throws {
    let sample = Self.random(seed)
    let p = try #require(sample.probabilities)
    for k in 0..<4 {
      var (pairs, right) = (0.0, 0.0)
      for (i, a) in sample.labels.enumerated() where a == k {
        for (j, b) in sample.labels.enumerated() where b != k {
          let (own, other) = (p[i * 4 + k], p[j * 4 + k])
          pairs += 1
          right += own > other ? 1 : own == other ? 0.5 : 0
        }
      }
      let area = try #require(sample.rocAUC(ofClass: k))
      expectClose(area, right / pairs, relative: 1e-14)
      let curve = try #require(sample.rocCurve(ofClass: k))
      expectClose(curve.area, area, relative: 1e-14)
      let (first, last) = (curve.points[0], curve.points[curve.points.count - 1])
      #expect(first.falsePositiveRate == 0 && first.truePositiveRate == 0)
      #expect(last.falsePositiveRate == 1 && last.truePositiveRate == 1)
      #expect(
        zip(curve.points, curve.points.dropFirst()).allSatisfy {
          $0.threshold > $1.threshold && $0.falsePositiveRate <= $1.falsePositiveRate
            && $0.truePositiveRate <= $1.truePositiveRate
        })
      #expect(Set(curve.points.dropFirst().map(\.threshold)) == Set(sample.column(k)))
    }
  }

  @Test func theAreaDependsOnTheOrderAlone() {
    let sample = Self.random(3)
    let squared = Evaluation(
      probabilities: Tensor(
        shape: [60, 4], scalars: (sample.probabilities ?? []).map { $0 * $0 * $0 }),
      labels: sample.labels, classNames: sample.classNames)
    #expect(sample.rocAUC() == squared.rocAUC())
  }

  @Test func aPerfectOrderHasAreaOneAndItsOppositeNone() {
    let right = evaluation([[0.9, 0.1], [0.6, 0.4], [0.55, 0.45]], labels: [0, 0, 1])
    #expect(right.rocAUC() == [1, 1])
    let wrong = evaluation([[0.1, 0.9], [0.9, 0.1]], labels: [0, 1])
    #expect(wrong.rocAUC() == [0, 0])
    let equal = evaluation([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]], labels: [0, 1, 1])
    #expect(equal.rocAUC() == [0.5, 0.5])
    // −0 and 0 are equal.
    let zeros = evaluation([[-0.0, 1], [0, 1]], labels: [0, 1])
    #expect(zeros.rocAUC(ofClass: 0) == 0.5)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func topAccuracyGrowsFromTheAccuracyToOne(seed: UInt64) throws {
    let sample = Self.random(seed)
    let tops = try (1...5).map { try #require(sample.topAccuracy($0)) }
    #expect(tops[0] == sample.accuracy)
    #expect(tops == tops.sorted())
    #expect(tops[3] == 1 && tops[4] == 1)
  }

  @Test func ofEqualProbabilitiesTheLowerClassComesFirst() {
    let sample = evaluation(
      [[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25], [0.1, 0.4, 0.1, 0.4]],
      labels: [0, 2, 3])
    #expect(sample.predictions == [0, 0, 1])
    #expect(sample.topAccuracy(1) == 1.0 / 3)
    #expect(sample.topAccuracy(2) == 2.0 / 3)
    #expect(sample.topAccuracy(3) == 1)
  }

  @Test func calibrationPutsABoundaryIntoTheLowerBin() throws {
    let sample = evaluation(
      [[0.5, 0.5], [0.75, 0.25], [0.25, 0.75], [1, 0], [0, 1]], labels: [0, 0, 0, 0, 1])
    let found = try #require(sample.calibration(bins: 4))
    #expect(found.bins.map(\.count) == [0, 1, 2, 2])
    #expect(found.bins.map(\.lower) == [0, 0.25, 0.5, 0.75])
    #expect(found.bins.map(\.confidence) == [nil, 0.5, 0.75, 1])
    #expect(found.bins.map(\.accuracy) == [nil, 1, 0.5, 1])
    #expect(found.expectedError == 1.0 / 5 * 0.5 + 2.0 / 5 * 0.25)
    #expect(found.maximumError == 0.5)
    #expect(sample.calibration()?.bins.count == 15)
  }

  @Test func certainAndRightIsPerfectAndCertainAndWrongIsNot() throws {
    let right = evaluation([[1, 0, 0], [0, 0, 1]], labels: [0, 2])
    #expect(right.calibration()?.expectedError == 0)
    #expect(right.logLoss == 0 && right.brierScore == 0)
    let wrong = evaluation([[1, 0, 0]], labels: [1])
    #expect(wrong.calibration()?.expectedError == 1)
    #expect(wrong.brierScore == 2)
    expectClose(wrong.logLoss ?? .nan, -log(Double(Float.ulpOfOne)), relative: 1e-12)
    // Of two classes the score goes to 1.
    #expect(evaluation([[1, 0]], labels: [1]).brierScore == 1)
  }

  @Test func independentProbabilitiesAreDividedByTheirSumInTheLogLoss() {
    let sample = evaluation([[0.9, 0.9], [0, 0]], labels: [1, 1])
    let expected = (-log(0.5) - log(Double(Float.ulpOfOne))) / 2
    expectClose(sample.logLoss ?? .nan, expected, relative: 1e-6)
  }

  @Test func withoutProbabilitiesOnlyCountsAreKnown() throws {
    let network = try Network(input: [2], seed: 1, layers: [Dense(3)])
    let data = try Dataset(
      imageShape: [2], pixels: .floats([1, 2, 3, 4]), labels: [0, 2], classNames: ["a", "b", "c"])
    let full = try network.evaluate(on: data)
    let bare = try network.evaluate(on: data, keepsProbabilities: false)
    #expect(full.predictions == bare.predictions && full.confusion == bare.confusion)
    #expect(full.probabilities?.count == 6 && bare.probabilities == nil)
    #expect(bare.topAccuracy(2) == nil && bare.rocAUC() == [nil, nil, nil])
    #expect(bare.calibration() == nil && bare.logLoss == nil && bare.brierScore == nil)
    #expect(bare.mistakes(first: 3).isEmpty)
  }

  @Test func aThousandClassesAreNoBurden() throws {
    let (images, classes) = (1500, 1000)
    var generator = SeededGenerator(seed: 9)
    var scalars = [Float](repeating: 0.5 / Float(classes), count: images * classes)
    let labels = (0..<images).map { _ in generator.integer(below: classes) }
    for (image, label) in labels.enumerated() {
      scalars[image * classes + (image % 3 == 0 ? (label + 1) % classes : label)] = 0.5
    }
    let sample = Evaluation(
      probabilities: Tensor(shape: [images, classes], scalars: scalars), labels: labels,
      classNames: (0..<classes).map { "\($0)" })
    #expect(sample.accuracy == Double(images - images / 3) / Double(images))
    #expect(sample.rocAUC().count == classes)
    #expect(sample.mistakes(first: 10).map(\.image) == (0..<10).map { $0 * 3 })
    #expect(try #require(sample.topAccuracy(5)) >= sample.accuracy)
  }
}

extension Evaluation {
  /// The probabilities of one class.
  fileprivate func column(_ k: Int) -> [Float] {
    labels.indices.map { (probabilities ?? [])[$0 * classCount + k] }
  }
}
