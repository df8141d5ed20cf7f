/// How far predictions agree with the labels beyond what chance would do: one number for all classes,
/// which does not flatter a network that always says the most frequent one.
extension Evaluation {
  /// Cohen's kappa: 1 for full agreement, 0 for that of chance; nil where chance alone agrees fully.
  ///
  ///     κ = (pₒ − pₑ) / (1 − pₑ),  pₒ = accuracy,  pₑ = Σ(c) n[c] · m[c] / N²
  ///
  /// with n[c] images of class c and m[c] images taken for it, of N.
  ///
  /// Source: Cohen 1960, doi:10.1177/001316446002000104.
  public var cohenKappa: Double? {
    guard count > 0 else { return nil }
    let n = Double(count)
    let chance = zip(classCounts, predictedCounts).reduce(0) {
      $0 + Double($1.0) / n * (Double($1.1) / n)
    }
    return chance == 1 ? nil : (accuracy - chance) / (1 - chance)
  }

  /// Matthews' correlation coefficient of labels and predictions, from −1 to 1; nil where all labels or
  /// all predictions are the same.
  ///
  ///     R = (N · r − Σ(c) n[c] · m[c]) / √((N² − Σ(c) m[c]²) · (N² − Σ(c) n[c]²))
  ///
  /// with r images found of N, n[c] of class c, and m[c] taken for it. Images without a prediction are
  /// taken for one more class.
  ///
  /// Source: Matthews 1975, doi:10.1016/0005-2795(75)90109-9; for many classes Gorodkin 2004,
  /// doi:10.1016/j.compbiolchem.2004.09.006, eq 8.
  public var matthewsCorrelation: Double? {
    guard count > 0 else { return nil }
    let n = Double(count)
    func product(_ a: [Int], _ b: [Int]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let predicted = predictedCounts + [notFiniteCount]
    let spread =
      (n * n - product(predicted, predicted)) * (n * n - product(classCounts, classCounts))
    guard spread > 0 else { return nil }
    return (n * Double(right) - product(classCounts, predictedCounts)) / spread.squareRoot()
  }
}
