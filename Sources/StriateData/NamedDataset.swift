import Foundation
import Striate

/// A data set of four IDX files that is known by name, found on this machine or downloaded.
///
/// A download is checked against the SHA-256 of the compressed files as they are published; both
/// data sets have well-known ones, so one kind of checksum serves all.
public struct NamedDataset: Sendable {
  /// The name on the command line, and the folder with the files.
  public let name: String

  /// Other names on the command line.
  public let aliases: [String]

  /// What the classes are called.
  public let classNames: [String]

  /// One of the four files: its published, compressed form.
  package struct File: Sendable {
    /// The name without `.gz`.
    package let name: String
    /// The number of compressed bytes.
    package let size: Int
    /// The SHA-256 of the compressed bytes.
    package let sha256: String

    package init(name: String, size: Int, sha256: String) {
      self.name = name
      self.size = size
      self.sha256 = sha256
    }
  }

  /// Training images, training labels, test images, test labels.
  package let files: [File]

  /// Addresses of folders that hold all four files.
  package let mirrors: [String]

  package init(
    name: String, aliases: [String] = [], classNames: [String], files: [File], mirrors: [String]
  ) {
    precondition(
      files.count == 4, "NamedDataset: expected 4 files, found \(files.count)")
    self.name = name
    self.aliases = aliases
    self.classNames = classNames
    self.files = files
    self.mirrors = mirrors
  }

  /// Handwritten digits: 60,000 images to train on and 10,000 to test with, 28 × 28, grey.
  ///
  /// Source: LeCun, Bottou, Bengio & Haffner 1998, doi:10.1109/5.726791.
  public static let mnist = NamedDataset(
    name: "mnist",
    classNames: (0...9).map { String($0) },
    files: [
      File(
        name: "train-images-idx3-ubyte", size: 9_912_422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
      File(
        name: "train-labels-idx1-ubyte", size: 28_881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
      File(
        name: "t10k-images-idx3-ubyte", size: 1_648_877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
      File(
        name: "t10k-labels-idx1-ubyte", size: 4_542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ],
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ])

  /// Pictures of clothes in the format of MNIST: 60,000 images to train on and 10,000 to test with.
  ///
  /// Source: Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747.
  public static let fashionMNIST = NamedDataset(
    name: "fashion-mnist",
    aliases: ["fashion"],
    classNames: [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
      "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ],
    files: [
      File(
        name: "train-images-idx3-ubyte", size: 26_421_880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
      File(
        name: "train-labels-idx1-ubyte", size: 29_515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
      File(
        name: "t10k-images-idx3-ubyte", size: 4_422_102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
      File(
        name: "t10k-labels-idx1-ubyte", size: 5_148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ],
    mirrors: [
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ])

  /// Every data set with a name.
  public static let all = [mnist, fashionMNIST]

  /// The data set called `name`, or nil where none is.
  public static func named(_ name: String) -> NamedDataset? {
    all.first { $0.name == name || $0.aliases.contains(name) }
  }
}
