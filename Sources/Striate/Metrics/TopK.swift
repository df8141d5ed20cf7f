extension Evaluation {
  /// The share of images whose class is among the k likeliest; nil without probabilities.
  ///
  ///     top-k = 1/N · Σ(n) [rank of label(n) among p(n) < k]
  ///
  /// Of equal probabilities the predicted class comes first, then the one with the lower number: so the
  /// top-1 accuracy is the accuracy.
  ///
  /// Source: Russakovsky et al. 2015, arXiv:1409.0575 §4.1.
  ///
  /// - Precondition: k is at least 1.
  public func topAccuracy(_ k: Int) -> Double? {
    precondition(k >= 1, "topAccuracy: expected at least 1 class, found \(k)")
    guard let probabilities else { return nil }
    guard count > 0 else { return 0 }
    var found = 0
    for (image, label) in labels.enumerated() {
      guard let prediction = predictions[image] else { continue }
      let row = probabilities[image * classCount..<(image + 1) * classCount]
      if row.rank(of: label, first: prediction) < k { found += 1 }
    }
    return Double(found) / Double(count)
  }
}

extension ArraySlice<Float> {
  /// How many elements come before one, largest first; of equal ones `first` and then the lower place.
  fileprivate func rank(of element: Int, first: Int) -> Int {
    guard element != first else { return 0 }
    let value = self[startIndex + element]
    var before = 0
    for (k, other) in enumerated() where k != element {
      if other > value || (other == value && (k < element || k == first)) { before += 1 }
    }
    return before
  }
}
