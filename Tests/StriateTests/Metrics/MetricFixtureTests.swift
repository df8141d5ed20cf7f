import Foundation
import Striate
import Testing

/// Metrics agree with scikit-learn's.
@Suite struct MetricFixtureTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let classes: Int
    let labels: [Int]
    let probabilities: [Float]
    let accuracy: Double
    let topAccuracies: [Double]
    let precision: [Double?], recall: [Double?], f1: [Double?]
    let macro: [Double?], weighted: [Double?]
    let confusion: [[Int]]
    let cohenKappa: Double, matthews: Double
    let areas: [Double?]
    let macroArea: Double
    let curve: [[Double]]
    let logLoss: Double, brierScore: Double
    let calibrationError: Double, maximumCalibrationError: Double

    var testDescription: String { name }

    var evaluation: Evaluation {
      Evaluation(
        probabilities: Tensor(shape: [labels.count, classes], scalars: probabilities),
        labels: labels, classNames: (0..<classes).map { "class \($0)" })
    }
  }

  static let cases: [Case] = {
    do {
      return try Fixture.load("metrics", as: Fixture.Cases<Case>.self).cases
    } catch {
      Issue.record(error)
      return []
    }
  }()

  /// Absent where absent, and close where not.
  private func expectClose(_ found: [Double?], _ expected: [Double?], _ what: String) {
    #expect(found.map { $0 == nil } == expected.map { $0 == nil }, "\(what)")
    StriateTests.expectClose(
      found.compactMap(\.self), expected.compactMap(\.self), relative: 1e-9, what)
  }

  @Test func thereAreCasesWithEverythingAwkward() {
    #expect(Self.cases.count >= 5)
    #expect(Self.cases.contains { $0.precision.contains(nil) })
    #expect(Self.cases.contains { $0.recall.contains(nil) && $0.areas.contains(nil) })
    #expect(Self.cases.contains { $0.classes == 2 })
  }

  @Test(arguments: cases) func countsAgree(of example: Case) {
    let evaluation = example.evaluation
    expectClose([evaluation.accuracy], [example.accuracy], "accuracy")
    #expect(evaluation.confusion == example.confusion)
    expectClose(evaluation.precision, example.precision, "precision")
    expectClose(evaluation.recall, example.recall, "recall")
    expectClose(evaluation.f1, example.f1, "F1")
    for (mean, expected) in [
      (evaluation.macroMean, example.macro), (evaluation.weightedMean, example.weighted),
    ] {
      expectClose([mean.precision, mean.recall, mean.f1], expected, "mean")
    }
    expectClose([evaluation.cohenKappa], [example.cohenKappa], "kappa")
    expectClose([evaluation.matthewsCorrelation], [example.matthews], "Matthews")
  }

  @Test(arguments: cases) func ranksAgree(of example: Case) {
    let evaluation = example.evaluation
    expectClose(
      example.topAccuracies.indices.map { evaluation.topAccuracy($0 + 1) }, example.topAccuracies,
      "top-k accuracies")
    expectClose(evaluation.rocAUC(), example.areas, "areas")
    expectClose([evaluation.macroROCAUC()], [example.macroArea], "mean area")
    let points = evaluation.rocCurve(ofClass: 0)?.points ?? []
    expectClose(points.map(\.falsePositiveRate), example.curve[0], "false positives")
    expectClose(points.map(\.truePositiveRate), example.curve[1], "true positives")
  }

  @Test(arguments: cases) func scoresOfProbabilitiesAgree(of example: Case) {
    let evaluation = example.evaluation
    // scikit-learn computes these two in the precision of the probabilities.
    StriateTests.expectClose(
      [evaluation.logLoss ?? .nan], [example.logLoss], relative: 1e-6, "log loss")
    StriateTests.expectClose(
      [evaluation.brierScore ?? .nan], [example.brierScore], relative: 1e-6, "Brier score")
    expectClose(
      [evaluation.calibration()?.expectedError], [example.calibrationError], "calibration error")
    expectClose(
      [evaluation.calibration()?.maximumError], [example.maximumCalibrationError], "largest gap")
  }
}
