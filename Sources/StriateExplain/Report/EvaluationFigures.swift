import Striate

/// Everything that is measured in an evaluation, computed once for all forms of a report.
package struct EvaluationFigures: Sendable {
  /// The k of the top-k accuracy, and the accuracy; nil where it says nothing.
  package let top: (k: Int, accuracy: Double)?
  package let scores: [ClassScore]
  package let macroMean: ClassScore, weightedMean: ClassScore
  package let cohenKappa: Double?, matthewsCorrelation: Double?
  package let areas: [Double?]
  package let macroArea: Double?
  package let calibration: Calibration?
  package let logLoss: Double?, brierScore: Double?

  /// The k of the top-k accuracy where nobody chose one and there are more classes.
  package static let usualTop = 5

  init(_ evaluation: Evaluation, top: Int?) {
    let usual = evaluation.classCount > Self.usualTop ? Self.usualTop : nil
    self.top = (top ?? usual).flatMap { k in evaluation.topAccuracy(k).map { (k, $0) } }
    scores = evaluation.classScores
    (macroMean, weightedMean) = (evaluation.macroMean, evaluation.weightedMean)
    cohenKappa = evaluation.cohenKappa
    matthewsCorrelation = evaluation.matthewsCorrelation
    areas = evaluation.rocAUC()
    macroArea = areas.mean
    calibration = evaluation.calibration()
    (logLoss, brierScore) = (evaluation.logLoss, evaluation.brierScore)
  }
}
