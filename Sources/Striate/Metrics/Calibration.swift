/// How well a network's confidence (the probability of the class that it names) says how often it is right:
/// of the images it is 80 % sure of, it should get 80 % right.
public struct Calibration: Sendable, Equatable {
  /// The images whose confidence is above `lower` and at most `upper`.
  public struct Bin: Sendable, Equatable {
    /// Where the bin begins and ends.
    public let lower: Double, upper: Double
    /// The number of images.
    public let count: Int
    /// Their mean confidence; nil where there is none.
    public let confidence: Double?
    /// The share of them whose class was found; nil where there is none.
    public let accuracy: Double?

    /// How far the two are apart; 0 where there is no image.
    public var gap: Double { abs((accuracy ?? 0) - (confidence ?? 0)) }
  }

  /// Bins of one width, from 0 to 1: a reliability diagram.
  public let bins: [Bin]

  /// The expected calibration error: 0 is perfect.
  ///
  ///     ECE = Σ(m) |B[m]| / N · |acc(B[m]) − conf(B[m])|
  ///
  /// over the bins B. Source: Guo et al. 2017, arXiv:1706.04599 eq 3; Naeini et al. 2015,
  /// doi:10.1609/aaai.v29i1.9602.
  public var expectedError: Double {
    let total = bins.reduce(0) { $0 + $1.count }
    return bins.reduce(0) { $0 + Double($1.count) / Double(max(1, total)) * $1.gap }
  }

  /// The largest gap of a bin.
  ///
  ///     MCE = max(m) |acc(B[m]) − conf(B[m])|
  ///
  /// Source: Guo et al. 2017, arXiv:1706.04599 eq 5.
  public var maximumError: Double { bins.map(\.gap).max() ?? 0 }
}

extension Evaluation {
  /// What the confidence of the predictions is worth; nil without probabilities, and where no image has any.
  ///
  /// Bin m of M holds the images whose confidence lies in ((m − 1)/M, m/M].
  ///
  /// Source: Guo et al. 2017, arXiv:1706.04599 §2.
  ///
  /// - Precondition: there is at least one bin.
  public func calibration(bins count: Int = 15) -> Calibration? {
    precondition(count >= 1, "calibration: expected at least 1 bin, found \(count)")
    guard let probabilities, self.count > notFiniteCount else { return nil }
    var (images, right) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
    var confidence = [Double](repeating: 0, count: count)
    for (image, prediction) in predictions.enumerated() {
      guard let prediction else { continue }
      let p = Double(probabilities[image * classCount + prediction])
      let bin = min(max(Int((p * Double(count)).rounded(.up)) - 1, 0), count - 1)
      images[bin] += 1
      confidence[bin] += p
      if prediction == labels[image] { right[bin] += 1 }
    }
    return Calibration(
      bins: (0..<count).map { m in
        let n = Double(images[m])
        return Calibration.Bin(
          lower: Double(m) / Double(count), upper: Double(m + 1) / Double(count), count: images[m],
          confidence: images[m] == 0 ? nil : confidence[m] / n,
          accuracy: images[m] == 0 ? nil : Double(right[m]) / n)
      })
  }
}
