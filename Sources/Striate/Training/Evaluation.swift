/// How well a network classifies a data set.
///
/// An image whose outputs are not all finite numbers has no prediction. It counts as wrong wherever images
/// are counted (accuracy, recall, F1, Cohen's kappa), and takes no part in what is made of
/// probabilities alone (ROC, calibration, losses); `notFiniteCount` says how many there are.
public struct Evaluation: Sendable, Equatable {
  /// The class given to each image; nil where its outputs are not all finite numbers.
  public let predictions: [Int?]

  /// The class of each image.
  public let labels: [Int]

  /// The probability of every class for every image, image after image; nil where they were not kept.
  /// An image whose outputs are not all finite has NaN for every class.
  public let probabilities: [Float]?

  /// The mean loss, where a loss was asked for.
  public let loss: Double?

  /// What the classes are called.
  public let classNames: [String]

  /// The number of images of each class.
  public let classCounts: [Int]

  /// The number of images that were taken for each class, rightly or not.
  public let predictedCounts: [Int]

  /// The number of images of each class that were found.
  public let rightCounts: [Int]

  init(
    predictions: [Int?], labels: [Int], probabilities: [Float]? = nil, classNames: [String],
    loss: Double?
  ) {
    self.predictions = predictions
    self.labels = labels
    self.probabilities = probabilities
    self.classNames = classNames
    self.loss = loss
    let zeros = [Int](repeating: 0, count: classNames.count)
    var (counts, predicted, right) = (zeros, zeros, zeros)
    for (label, prediction) in zip(labels, predictions) {
      counts[label] += 1
      guard let prediction else { continue }
      predicted[prediction] += 1
      if prediction == label { right[label] += 1 }
    }
    (classCounts, predictedCounts, rightCounts) = (counts, predicted, right)
  }

  /// The evaluation of probabilities [N, C] that came from anywhere: of C classes, or [N, 1] with the
  /// probability of the second of two.
  ///
  /// An image is taken for the class of its largest probability, the first of equal ones.
  ///
  /// - Precondition: there is a label of a class for each image.
  public init(
    probabilities: Tensor, labels: [Int], classNames: [String], loss: Double? = nil
  ) {
    let classes = classNames.count
    let columns = classes == 2 ? [1, 2] : [classes]
    precondition(
      probabilities.shape.count == 2 && probabilities.shape[0] == labels.count
        && columns.contains(probabilities.shape[1]),
      "Evaluation: expected probabilities [\(labels.count), \(classes)], "
        + "found \(probabilities.shape)")
    let outside = labels.first { $0 < 0 || $0 >= classes }
    precondition(
      outside == nil,
      "Evaluation: expected labels from 0 to \(classes - 1), found \(outside ?? 0)")
    let size = probabilities.shape[1]
    var predictions: [Int?] = []
    var rows: [Float] = []
    for image in labels.indices {
      let row = probabilities.scalars[image * size..<(image + 1) * size]
      let reading = OutputReading(
        probabilities: size == classes ? Array(row) : row.flatMap { [1 - $0, $0] })
      predictions.append(reading.classIndex)
      rows += reading.probabilities
    }
    self.init(
      predictions: predictions, labels: labels, probabilities: rows, classNames: classNames,
      loss: loss)
  }

  /// The number of images.
  public var count: Int { predictions.count }

  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// The number of images whose class was found.
  public var right: Int { rightCounts.reduce(0, +) }

  /// The number of images whose outputs are not all finite numbers.
  public var notFiniteCount: Int { count - predictedCounts.reduce(0, +) }

  /// The share of images whose class was found, from 0 to 1.
  public var accuracy: Double { count == 0 ? 0 : Double(right) / Double(count) }

  /// The mean of the 0–1 loss: the share of images whose class was missed.
  public var zeroOneLoss: Double { 1 - accuracy }

  /// `confusion[t][p]` is the number of images of class t that were taken for class p.
  ///
  /// Complexity: O(N + C²) for N images of C classes.
  public var confusion: [[Int]] {
    var matrix = [[Int]](
      repeating: [Int](repeating: 0, count: classCount), count: classCount)
    for (label, prediction) in zip(labels, predictions) {
      if let prediction { matrix[label][prediction] += 1 }
    }
    return matrix
  }
}
