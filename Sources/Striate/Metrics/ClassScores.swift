/// How well one class is told from the others, or the mean over the classes.
public struct ClassScore: Sendable, Equatable {
  /// Of the images taken for the class, the share that belong to it.
  public let precision: Double?
  /// Of the images of the class, the share that were found.
  public let recall: Double?
  /// The harmonic mean of the two.
  public let f1: Double?

  package init(precision: Double?, recall: Double?, f1: Double?) {
    (self.precision, self.recall, self.f1) = (precision, recall, f1)
  }
}

/// Precision, recall and F1, as scikit-learn computes them with `zero_division=nan`: a number whose
/// denominator is 0 is absent (nil), and no mean counts it. 0 says that a class was missed, nil that
/// nothing can be said.
extension Evaluation {
  /// For each class, of the images taken for it the share that belong to it; nil where none was.
  ///
  ///     precision = TP / (TP + FP)
  ///
  /// Source: van Rijsbergen 1979, "Information Retrieval", chapter 7.
  public var precision: [Double?] { zip(rightCounts, predictedCounts).map(share) }

  /// For each class, the share of its images that were found; nil where it has none.
  ///
  ///     recall = TP / (TP + FN)
  ///
  /// Source: van Rijsbergen 1979, "Information Retrieval", chapter 7.
  public var recall: [Double?] { zip(rightCounts, classCounts).map(share) }

  /// For each class, the harmonic mean of precision and recall; nil where it neither has images nor was
  /// predicted.
  ///
  ///     F1 = 2 TP / (2 TP + FP + FN)
  ///
  /// Source: van Rijsbergen 1979, "Information Retrieval", chapter 7 (1 − E with α = ½).
  public var f1: [Double?] {
    classNames.indices.map { share(2 * rightCounts[$0], classCounts[$0] + predictedCounts[$0]) }
  }

  /// Precision, recall and F1 of each class.
  public var classScores: [ClassScore] {
    zip(zip(precision, recall), f1).map { ClassScore(precision: $0.0, recall: $0.1, f1: $1) }
  }

  /// The mean over the classes, each counting the same, those without a value left out.
  ///
  ///     macro = 1/C · Σ(c) score[c]
  ///
  /// Source: Lewis 1991, doi:10.3115/112405.112471.
  public var macroMean: ClassScore {
    ClassScore(precision: precision.mean, recall: recall.mean, f1: f1.mean)
  }

  /// The mean over the classes, each counting as much as it has images.
  ///
  ///     weighted = Σ(c) n[c] · score[c] / Σ(c) n[c]
  ///
  /// The weighted recall is the accuracy.
  public var weightedMean: ClassScore {
    ClassScore(
      precision: precision.mean(weights: classCounts), recall: recall.mean(weights: classCounts),
      f1: f1.mean(weights: classCounts))
  }

  private func share(_ part: Int, _ whole: Int) -> Double? {
    whole == 0 ? nil : Double(part) / Double(whole)
  }
}

extension Collection<Double?> {
  /// The mean of the numbers that are there; nil where none is.
  package var mean: Double? {
    let values = compactMap(\.self)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The weighted mean of the numbers that are there; nil where their weights are all 0.
  func mean(weights: [Int]) -> Double? {
    var (sum, total) = (0.0, 0)
    for (value, weight) in zip(self, weights) {
      guard let value else { continue }
      sum += value * Double(weight)
      total += weight
    }
    return total == 0 ? nil : sum / Double(total)
  }
}
