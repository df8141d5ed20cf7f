import Striate

/// The images to train on and the images to test with, of one data set.
public struct DatasetPair: Sendable {
  /// What the data set is called.
  public let name: String

  /// The images to train on.
  public let training: Dataset

  /// The images that training never sees.
  public let test: Dataset

  /// What was wrong with two data sets that were to be a pair.
  public struct Mismatch: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// A pair of data sets of one image shape and the same classes.
  ///
  /// Throws `Mismatch` where shapes or classes differ.
  public init(name: String, training: Dataset, test: Dataset) throws {
    guard training.imageShape == test.imageShape else {
      throw Mismatch(
        description: """
          data set \(name): expected test images of shape \(training.imageShape) as in training, \
          found \(test.imageShape): take both from the same set
          """)
    }
    guard training.classNames == test.classNames else {
      throw Mismatch(
        description: """
          data set \(name): expected the test classes \(training.classNames) as in training, \
          found \(test.classNames): take both from the same set
          """)
    }
    self.name = name
    self.training = training
    self.test = test
  }
}
