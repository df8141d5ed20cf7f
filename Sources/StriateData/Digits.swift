import Striate

/// Data sets of handwritten digits, 28×28, white ink on black, in the manner of MNIST.
public enum Digits {
  /// The names of the ten classes: "0" to "9".
  public static let classNames = (0..<10).map { String($0) }

  /// MNIST: 60,000 images to train on and 10,000 to test with.
  ///
  /// The files are looked for in `dataFolder`, in `$STRIATE_DATA` and in the user's cache folder,
  /// and downloaded otherwise; see `NamedDataset.load`.
  public static func mnist(dataFolder: String? = nil) throws -> DatasetPair {
    try NamedDataset.mnist.load(dataFolder: dataFolder)
  }
}
