import Striate
import StriateExplain

/// An evaluation as members of a JSON object: every figure of the report.
extension EvaluationReport {
  /// More classes have no confusion matrix; the most frequent confusions are there for all.
  private static let (matrixClasses, shownConfusions) = (1000, 100)

  var members: [(String, JSON)] {
    figureMembers + classMembers + [
      (
        "confusion",
        evaluation.classCount > Self.matrixClasses
          ? .null : .array(evaluation.confusion.map { .integers($0) })
      ),
      (
        "confusions",
        .array(
          evaluation.frequentConfusions(first: Self.shownConfusions).map { confusion in
            .object([
              ("class", .string(evaluation.classNames[confusion.label])),
              ("taken_for", .string(evaluation.classNames[confusion.prediction])),
              ("images", .integer(confusion.count)),
            ])
          })
      ),
      ("calibration_bins", .optional(figures.calibration) { .array($0.bins.map(Self.bin)) }),
      ("mistakes", .array(evaluation.mistakes(first: mistakeCount).map(mistake))),
      ("history", .optional(history) { .array($0.epochs.map(Self.epoch)) }),
    ]
  }

  /// What one number tells.
  private var figureMembers: [(String, JSON)] {
    func number(_ value: Double?) -> JSON { .optional(value) { .number($0) } }
    func means(_ name: String, _ score: ClassScore) -> [(String, JSON)] {
      [
        ("\(name)_precision", number(score.precision)), ("\(name)_recall", number(score.recall)),
        ("\(name)_f1", number(score.f1)),
      ]
    }
    return [
      ("not_finite_images", .integer(evaluation.notFiniteCount)),
      ("top_k", .optional(figures.top) { .integer($0.k) }),
      ("top_k_accuracy", number(figures.top?.accuracy)),
    ] + means("macro", figures.macroMean) + means("weighted", figures.weightedMean) + [
      ("roc_auc", number(figures.macroArea)),
      ("cohen_kappa", number(figures.cohenKappa)),
      ("matthews", number(figures.matthewsCorrelation)),
      ("calibration_error", number(figures.calibration?.expectedError)),
      ("maximum_calibration_error", number(figures.calibration?.maximumError)),
      ("log_loss", number(figures.logLoss)),
      ("brier_score", number(figures.brierScore)),
    ]
  }

  /// What is told of every class, under its name.
  private var classMembers: [(String, JSON)] {
    func each(_ values: [Double?]) -> JSON {
      .object(
        zip(evaluation.classNames, values).map { name, value in
          (name, .optional(value) { .number($0) })
        })
    }
    return [
      ("precision", each(evaluation.precision)),
      ("recall", each(evaluation.recall)),
      ("f1", each(evaluation.f1)),
      ("class_roc_auc", each(figures.areas)),
      (
        "class_images",
        .object(zip(evaluation.classNames, evaluation.classCounts).map { ($0, .integer($1)) })
      ),
    ]
  }

  private func mistake(_ mistake: Evaluation.Mistake) -> JSON {
    .object([
      ("image", .integer(mistake.image)),
      ("name", .optional(images?.imageName(at: mistake.image)) { .string($0) }),
      ("class", .string(evaluation.classNames[mistake.label])),
      ("taken_for", .string(evaluation.classNames[mistake.prediction])),
      ("probability", .number(mistake.probability)),
    ])
  }

  private static func bin(_ bin: Calibration.Bin) -> JSON {
    .object([
      ("lower", .number(bin.lower)), ("upper", .number(bin.upper)), ("images", .integer(bin.count)),
      ("confidence", .optional(bin.confidence) { .number($0) }),
      ("accuracy", .optional(bin.accuracy) { .number($0) }),
    ])
  }

  private static func epoch(_ epoch: TrainingHistory.Epoch) -> JSON {
    .object([
      ("epoch", .integer(epoch.number)),
      ("train_loss", .number(epoch.loss)),
      ("train_accuracy", .number(epoch.accuracy)),
      ("validation_loss", .optional(epoch.validationLoss) { .number($0) }),
      ("validation_accuracy", .optional(epoch.validationAccuracy) { .number($0) }),
      ("learning_rate", .optional(epoch.learningRate) { .number($0) }),
      ("train_seconds", .number(epoch.seconds)),
      ("images", .integer(epoch.images)),
    ])
  }
}
