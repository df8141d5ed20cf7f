/// A receiver operating characteristic: how many images of a class are found, and how many of others are
/// taken for it, as the probability from which on an image counts as found goes down.
public struct ROCCurve: Sendable, Equatable {
  /// One probability to count from.
  public struct Point: Sendable, Equatable {
    /// The share of the other classes' images at or above the threshold.
    public let falsePositiveRate: Double
    /// The share of the class's own images at or above it.
    public let truePositiveRate: Double
    /// The probability; infinite at the first point, which finds nothing.
    public let threshold: Float
  }

  /// From (0, 0) to (1, 1), one point for each different probability.
  public let points: [Point]

  /// The area under the curve, by trapezoids: what `rocAUC(ofClass:)` counts.
  public var area: Double {
    zip(points, points.dropFirst()).reduce(0) { sum, pair in
      sum + (pair.1.falsePositiveRate - pair.0.falsePositiveRate)
        * (pair.0.truePositiveRate + pair.1.truePositiveRate) / 2
    }
  }
}

extension Evaluation {
  /// The area under the ROC curve of one class against the rest: how probable it is that an image of the
  /// class gets a higher probability of it than an image of another class.
  ///
  ///     AUC = (Σ(i) rank[i] − P (P + 1) / 2) / (P · (N − P))
  ///
  /// over the P images i of the class, with ranks among all N by the probability of the class, equal ones
  /// sharing the mean of their ranks. It is exact. nil where the class or the rest has no image, and
  /// without probabilities. Images whose outputs are not finite are left out.
  ///
  /// Source: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747; Mann & Whitney 1947,
  /// doi:10.1214/aoms/1177730491.
  public func rocAUC(ofClass k: Int) -> Double? {
    guard let ranking = Ranking(self, class: k), ranking.isDefined else { return nil }
    // Twice the number of pairs in the right order, equal ones being half.
    var (below, pairs) = (0, 0)
    for group in ranking.groups.reversed() {
      pairs += group.positives * (2 * below + group.negatives)
      below += group.negatives
    }
    return Double(pairs) / (2 * Double(ranking.positives) * Double(ranking.negatives))
  }

  /// The area under the ROC curve of every class against the rest; their mean is the macro mean.
  ///
  /// Complexity: O(C · N log N).
  public func rocAUC() -> [Double?] { classNames.indices.map { rocAUC(ofClass: $0) } }

  /// The mean of the classes' areas under the ROC curve, those without a value left out; nil where no class
  /// has one.
  ///
  /// Source: Provost & Domingos 2000, "Well-trained PETs", with equal weights; scikit-learn's
  /// `roc_auc_score(multi_class="ovr", average="macro")`.
  public func macroROCAUC() -> Double? { rocAUC().mean }

  /// The ROC curve of one class against the rest; nil where `rocAUC(ofClass:)` is.
  ///
  /// Source: Fawcett 2006, doi:10.1016/j.patrec.2005.10.010, algorithm 1.
  public func rocCurve(ofClass k: Int) -> ROCCurve? {
    guard let ranking = Ranking(self, class: k), ranking.isDefined else { return nil }
    let (p, n) = (Double(ranking.positives), Double(ranking.negatives))
    var points = [ROCCurve.Point(falsePositiveRate: 0, truePositiveRate: 0, threshold: .infinity)]
    var (positives, negatives) = (0, 0)
    for group in ranking.groups {
      positives += group.positives
      negatives += group.negatives
      points.append(
        ROCCurve.Point(
          falsePositiveRate: Double(negatives) / n, truePositiveRate: Double(positives) / p,
          threshold: group.probability))
    }
    return ROCCurve(points: points)
  }
}

/// The images of an evaluation by their probability of one class, highest first.
private struct Ranking {
  /// Images of one probability.
  struct Group {
    let probability: Float
    var positives = 0, negatives = 0
  }

  private(set) var groups: [Group] = []
  private(set) var positives = 0, negatives = 0

  /// nil without probabilities.
  init?(_ evaluation: Evaluation, class k: Int) {
    precondition(
      k >= 0 && k < evaluation.classCount,
      "ROC: expected a class from 0 to \(evaluation.classCount - 1), found \(k)")
    guard let probabilities = evaluation.probabilities else { return nil }
    // Integers that sort as their probabilities do are sorted faster than pairs.
    var keys: [UInt64] = []
    keys.reserveCapacity(evaluation.count)
    for (image, label) in evaluation.labels.enumerated() {
      // −0 becomes 0.
      let value = probabilities[image * evaluation.classCount + k] + 0
      if !value.isNaN { keys.append(UInt64(value.ordinal) << 1 | (label == k ? 1 : 0)) }
    }
    keys.sort(by: >)
    var last: UInt64?
    for key in keys {
      if key >> 1 != last {
        last = key >> 1
        groups.append(Group(probability: Float(ordinal: UInt32(key >> 1))))
      }
      if key & 1 == 1 {
        groups[groups.count - 1].positives += 1
      } else {
        groups[groups.count - 1].negatives += 1
      }
    }
    positives = groups.reduce(0) { $0 + $1.positives }
    negatives = keys.count - positives
  }

  var isDefined: Bool { positives > 0 && negatives > 0 }
}

extension Float {
  /// A number that is larger for larger values.
  fileprivate var ordinal: UInt32 {
    sign == .minus ? ~bitPattern : bitPattern | 0x8000_0000
  }

  fileprivate init(ordinal: UInt32) {
    self.init(bitPattern: ordinal >= 0x8000_0000 ? ordinal & 0x7FFF_FFFF : ~ordinal)
  }
}
