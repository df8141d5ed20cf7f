import Foundation
import Striate
import StriateData

/// The data of a command: `digits`, the name of a data set, or a folder of pictures.
struct DataSource {
  /// Seeds of the built-in digits: no test image is among the training images.
  static let (trainingSeed, testSeed): (UInt64, UInt64) = (1, 2)
  static let (trainingCount, testCount) = (10_000, 2_000)

  /// The names a user can choose from.
  static let names = ["digits"] + NamedDataset.all.map(\.name)

  /// What the options say about the data.
  static let options: [Command.Option] = [
    .data,
    Command.Option("classes", "LIST", "these classes alone, such as 3,8 or cat,dog"),
    Command.Option(
      "cache", "MiB", "decoded pictures kept in memory (a quarter of the machine's memory)"),
  ]

  /// What they say about how pictures become images, where no model says it.
  static let pictureOptions: [Command.Option] = [
    Command.Option("size", "N or HxW", "rows and columns that pictures are brought to"),
    Command.Option("channels", "1 or 3", "grey or colour (colour, where any picture has it)"),
  ]

  /// Where the images come from.
  enum Origin {
    case digits
    case named(NamedDataset)
    case folder(FolderSource)
  }

  /// The images of a training.
  struct Loaded {
    var training: Dataset
    /// Images to validate with, where the data bring them.
    var validation: Dataset?
    /// Images for the final figures; nil where they must be taken from the training images.
    var test: Dataset?
    /// The number of pictures left out because they cannot be read.
    var unreadableCount = 0
  }

  let name: String
  let origin: Origin
  private let arguments: Arguments

  /// - Parameter shape: The shape that pictures are brought to unless options say another.
  init(_ arguments: Arguments, shape: [Int]? = nil) throws {
    name = arguments.operands.last ?? ""
    self.arguments = arguments
    let named = NamedDataset.named(name)
    let dataFolder = try Self.isFolder(name) ? arguments.text("data") : arguments.dataFolder()
    if name == "digits" {
      origin = .digits
    } else if let named, let folder = named.pictureLocation(dataFolder: dataFolder) {
      origin = .folder(
        try FolderSource(
          ImageFolders(
            training: ImageFolder(path: folder + "/train"),
            test: ImageFolder(path: folder + "/test")),
          arguments, named: named, shape: shape))
    } else if let named {
      origin = .named(named)
    } else {
      guard Self.isFolder(name) else {
        throw Usage.Mistake(
          "unknown data \"\(name.prefix(80))\"\(Usage.suggestion(for: name, in: Self.names)); "
            + "expected one of \(Self.names.joined(separator: ", ")), or a folder of pictures")
      }
      guard dataFolder == nil else {
        throw Usage.Mistake("option --data is for named data sets, found the folder \(name)")
      }
      origin = .folder(
        try FolderSource(ImageFolders(path: name), arguments, named: nil, shape: shape))
    }
    try refuseOptionsOfOthers()
    named?.tellIfElsewhere(than: dataFolder)
  }

  /// Whether a word names a folder; a path that leads nowhere is left to the folder's own errors.
  private static func isFolder(_ word: String) -> Bool {
    word.contains("/" as Character) || FileManager.default.fileExists(atPath: word)
  }

  /// Throws where an option is there that these data do not know.
  private func refuseOptionsOfOthers() throws {
    func refuse(_ option: String, _ what: String) throws {
      guard arguments.command.options.contains(where: { $0.name == option }),
        arguments.has(option)
      else { return }
      throw Usage.Mistake("option --\(option) is for \(what), found \(name)")
    }
    switch origin {
    case .digits, .named:
      for option in ["size", "channels", "cache"] { try refuse(option, "folders of pictures") }
      if case .named = origin, countsDigits { try refuse("count", "digits: use --limit N") }
    case .folder: if countsDigits { try refuse("count", "digits: use --limit N") }
    }
  }

  /// The shape of an image; a guess where the pictures of a folder were not yet read.
  var imageShape: [Int] {
    switch origin {
    case .digits: [1, 28, 28]
    case .named(let dataset): dataset.imageShape
    case .folder(let folder): folder.imageShape
    }
  }

  /// Whether `--count` says how many digits to draw.
  private var countsDigits: Bool { arguments.command.name == Command.train.name }

  /// What the classes are called before any are chosen.
  var classNames: [String] {
    switch origin {
    case .digits: Digits.classNames
    case .named(let dataset): dataset.classNames
    case .folder(let folder): folder.classNames
    }
  }

  /// The number of classes; a guess where the pictures of a folder were not yet read.
  var likelyClassCount: Int {
    if case .folder(let folder) = origin { folder.likelyClassCount } else { classNames.count }
  }

  /// Whether the images are pictures in a folder.
  var isFolder: Bool { if case .folder = origin { true } else { false } }

  /// Whether there will be images to validate with even if nobody asks for them.
  var bringsValidation: Bool {
    if case .folder(let folder) = origin { folder.hasValidation || !folder.hasTest } else { false }
  }

  /// Throws where the data have fewer than two classes.
  func checkClasses() throws {
    if case .folder(let folder) = origin { try folder.checkClasses() }
  }

  /// The classes of `--classes`, by name or number; nil where the option is not there.
  func classes() throws -> [Int]? {
    guard let list = try arguments.text("classes") else { return nil }
    let words = list.split(separator: ",", omittingEmptySubsequences: false)
    let names = classNames
    let chosen = try words.map { word in
      let name = word.trimmingSpaces
      if let index = names.firstIndex(where: { $0.lowercased() == name.lowercased() }) {
        return index
      }
      guard let index = Int(name), names.indices.contains(index) else {
        throw arguments.mistake(
          "classes", "names or numbers of \(names.joined(separator: ", "))", name)
      }
      return index
    }
    guard Set(chosen).count == chosen.count else {
      throw arguments.mistake("classes", "each class once", list)
    }
    guard chosen.count > 1 else { throw arguments.mistake("classes", "at least two", list) }
    return chosen
  }

  /// Training and test images: of the given classes, and no more than `limit` to train on.
  func load(classes: [Int]?, limit: Int?, quiet: Bool) throws -> Loaded {
    if case .folder(let folder) = origin {
      return try folder.load(
        classNames: classes.map { $0.map { classNames[$0] } }, limit: limit, quiet: quiet)
    }
    var pair = try loadPair(classes: classes, limit: limit, quiet: quiet)
    if let classes {
      pair = try DatasetPair(
        name: name, training: pair.training.keeping(classes: classes),
        test: pair.test.keeping(classes: classes))
    }
    var training = pair.training
    if let limit, limit < training.count { training = training.subset(Array(0..<limit)) }
    return Loaded(training: training, test: pair.test)
  }

  /// Training images to look at: all of a data set, or some pictures that lie evenly spread in a folder.
  func loadSamples(classes: [Int]?, count: Int, quiet: Bool) throws -> Dataset {
    guard case .folder(let folder) = origin else {
      return try load(classes: classes, limit: nil, quiet: quiet).training
    }
    return try folder.load(
      classNames: classes.map { $0.map { classNames[$0] } }, limit: max(count, 100), quiet: quiet,
      trainingAlone: true
    ).training
  }

  /// Training and test images that do not lie in a folder of pictures.
  private func loadPair(classes: [Int]?, limit: Int?, quiet: Bool) throws -> DatasetPair {
    if case .named(let dataset) = origin {
      return try dataset.load(arguments, quiet: quiet)
    }
    let asked = countsDigits ? try arguments.integer("count", in: 1...1_000_000) : nil
    var count = asked ?? Self.trainingCount
    if let limit, limit < count {
      // Every ten images hold each class once.
      count = min(count, classes.map { (limit + $0.count - 1) / $0.count * 10 } ?? limit)
    }
    return try DatasetPair(
      name: name, training: digits(count, seed: Self.trainingSeed, quiet: quiet),
      test: digits(Self.testCount, seed: Self.testSeed, quiet: quiet))
  }

  /// Built-in digits, with a bar while they are drawn.
  private func digits(_ count: Int, seed: UInt64, quiet: Bool) throws -> Dataset {
    var bar = CountingBar(quiet: quiet)
    defer { bar.end() }
    return try Digits.builtIn(
      count: count, seed: seed,
      threads: arguments.integer("threads", in: 1...Engine.maximumThreads) ?? Engine.defaultThreads
    ) { bar.show("drawing digits", $0, $1) }
  }

  /// The images that training never sees, of the classes that a model knows.
  func loadTest(
    for network: Network, model: String, limit: Int?, quiet: Bool
  ) throws -> Dataset {
    if case .folder(let folder) = origin {
      return try folder.loadTest(for: network, model: model, limit: limit, quiet: quiet)
    }
    let chosen = try classes(of: network, model: model)
    var test: Dataset
    if case .named(let dataset) = origin {
      test = try dataset.load(arguments, quiet: quiet).test
    } else {
      test = try digits(Self.testCount, seed: Self.testSeed, quiet: quiet)
    }
    if let chosen { test = try test.keeping(classes: chosen) }
    return test
  }

  /// The classes of the data that a network knows, in its order; nil for all, as they are.
  private func classes(of network: Network, model: String) throws -> [Int]? {
    let names = network.preprocessing.classNames
    guard !names.isEmpty, names != classNames else { return nil }
    return try names.map { name in
      guard let index = classNames.firstIndex(of: name) else {
        throw Failure(
          "\(model): expected a model of classes in \(self.name) "
            + "(\(classNames.joined(separator: ", "))), found the class \"\(name)\": "
            + "evaluate it on the data it was trained on")
      }
      return index
    }
  }
}

extension Substring {
  /// The text without spaces around it.
  var trimmingSpaces: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
