import Foundation
import Striate

/// A data set that is known by name, found on this machine or downloaded: four IDX files, or the binary
/// version of CIFAR, or CIFAR as a folder of pictures.
///
/// A download is checked against the SHA-256 of the compressed files as they are published; all
/// have well-known ones, so one kind of checksum serves all.
public struct NamedDataset: Sendable {
  /// The name on the command line, and the folder with the files.
  public let name: String

  /// Other names on the command line.
  public let aliases: [String]

  /// What the classes are called.
  public let classNames: [String]

  /// The shape of one image.
  public let imageShape: [Int]

  /// A file in its published, compressed form.
  package struct File: Sendable {
    /// The name, that of an IDX file without `.gz`.
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

  /// Training images, training labels, test images, test labels; or the one archive of CIFAR.
  package let files: [File]

  /// What is in the archive, where the data set is CIFAR.
  package let cifar: CIFAR?

  /// Addresses of folders that hold all files.
  package let mirrors: [String]

  /// A data set of four IDX files.
  package init(
    name: String, aliases: [String] = [], classNames: [String], files: [File], mirrors: [String]
  ) {
    precondition(
      files.count == 4, "NamedDataset: expected 4 files, found \(files.count)")
    self.name = name
    self.aliases = aliases
    self.classNames = classNames
    imageShape = [1, 28, 28]
    self.files = files
    cifar = nil
    self.mirrors = mirrors
  }

  /// A data set in the form of CIFAR.
  package init(
    name: String, aliases: [String] = [], classNames: [String], cifar: CIFAR, archive: File,
    mirrors: [String]
  ) {
    self.name = name
    self.aliases = aliases
    self.classNames = classNames
    imageShape = CIFAR.imageShape
    files = [archive]
    self.cifar = cifar
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

  /// Small photographs of ten kinds of things: 50,000 to train on and 10,000 to test with, 32 × 32, in
  /// colour.
  ///
  /// Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
  public static let cifar10 = NamedDataset(
    name: "cifar10",
    aliases: ["cifar-10"],
    classNames: [
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ],
    cifar: .cifar10,
    archive: File(
      name: "cifar-10-binary.tar.gz", size: 170_052_171,
      sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
    mirrors: ["https://www.cs.toronto.edu/~kriz/"])

  /// The same of a hundred kinds of things.
  ///
  /// Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
  public static let cifar100 = NamedDataset(
    name: "cifar100",
    aliases: ["cifar-100"],
    classNames: """
      apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus \
      butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach \
      couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster \
      house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree \
      motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear \
      pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket \
      rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar \
      sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip \
      turtle wardrobe whale willow_tree wolf woman worm
      """.split(separator: " ").map { String($0) },
    cifar: .cifar100,
    archive: File(
      name: "cifar-100-binary.tar.gz", size: 168_513_733,
      sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
    mirrors: ["https://www.cs.toronto.edu/~kriz/"])

  /// Every data set with a name.
  public static let all = [mnist, fashionMNIST, cifar10, cifar100]

  /// The data set called `name`, or nil where none is.
  public static func named(_ name: String) -> NamedDataset? {
    all.first { $0.name == name || $0.aliases.contains(name) }
  }
}
