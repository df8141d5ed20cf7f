import Foundation

/// Scores of whole probabilities, which only the true ones make smallest. Images whose outputs are not
/// finite are left out.
extension Evaluation {
  /// The mean negative logarithm of the probability of each image's class; nil without probabilities, and
  /// where no image has any.
  ///
  ///     L = −1/N · Σ(n) log q(n)[label],  q(n) = p(n) / Σ(c) p(n)[c]
  ///
  /// where q is at least `Float.ulpOfOne`, as in scikit-learn for numbers of this precision. Dividing
  /// by the sum changes something only where the network gives independent probabilities (sigmoids).
  ///
  /// Source: Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.
  public var logLoss: Double? {
    meanOverImages { row, label in
      let sum = row.reduce(0) { $0 + Double($1) }
      let share = sum > 0 ? Double(row[row.startIndex + label]) / sum : 0
      return -log(max(share, Double(Float.ulpOfOne)))
    }
  }

  /// Brier's score, the squared distance of the probabilities from the truth: from 0, best, to 2, and with
  /// two classes half of that, to 1; nil as for `logLoss`.
  ///
  ///     B = 1/N · Σ(n) Σ(c) (p(n)[c] − [label(n) = c])²
  ///
  /// Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2, eq 2; halved for two
  /// classes as scikit-learn does.
  public var brierScore: Double? {
    let score = meanOverImages { row, label in
      row.enumerated().reduce(0) { sum, entry in
        let difference = Double(entry.element) - (entry.offset == label ? 1 : 0)
        return sum + difference * difference
      }
    }
    return score.map { classCount == 2 ? $0 / 2 : $0 }
  }

  private func meanOverImages(_ score: (ArraySlice<Float>, _ label: Int) -> Double) -> Double? {
    guard let probabilities, count > notFiniteCount else { return nil }
    var sum = 0.0
    for (image, label) in labels.enumerated() where predictions[image] != nil {
      sum += score(probabilities[image * classCount..<(image + 1) * classCount], label)
    }
    return sum / Double(count - notFiniteCount)
  }
}
