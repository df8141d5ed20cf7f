extension Evaluation {
  /// An image whose class was missed.
  public struct Mistake: Sendable, Equatable {
    /// Which image of the data set.
    public let image: Int
    /// Its class.
    public let label: Int
    /// The class it was taken for.
    public let prediction: Int
    /// The probability of that class: how sure the network was.
    public let probability: Float

    package init(image: Int, label: Int, prediction: Int, probability: Float) {
      (self.image, self.label) = (image, label)
      (self.prediction, self.probability) = (prediction, probability)
    }
  }

  /// Two classes of which one is taken for the other.
  public struct Confusion: Sendable, Equatable {
    /// The class of the images.
    public let label: Int
    /// The class they were taken for.
    public let prediction: Int
    /// How many they are.
    public let count: Int

    package init(label: Int, prediction: Int, count: Int) {
      (self.label, self.prediction, self.count) = (label, prediction, count)
    }
  }

  /// The mistakes of which the network was surest, surest first and of equal ones the first image; none
  /// without probabilities.
  public func mistakes(first count: Int) -> [Mistake] {
    guard let probabilities else { return [] }
    var all: [Mistake] = []
    for (image, label) in labels.enumerated() {
      guard let prediction = predictions[image], prediction != label else { continue }
      all.append(
        Mistake(
          image: image, label: label, prediction: prediction,
          probability: probabilities[image * classCount + prediction]))
    }
    all.sort { ($1.probability, $0.image) < ($0.probability, $1.image) }
    return Array(all.prefix(max(0, count)))
  }

  /// The classes that are taken for another most often, most frequent first and of equal ones those with the
  /// lower numbers.
  public func frequentConfusions(first count: Int) -> [Confusion] {
    var counts: [Int: Int] = [:]
    for (label, prediction) in zip(labels, predictions) {
      guard let prediction, prediction != label else { continue }
      counts[label * classCount + prediction, default: 0] += 1
    }
    let order = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return order.prefix(max(0, count)).map { key, value in
      Confusion(label: key / classCount, prediction: key % classCount, count: value)
    }
  }
}
