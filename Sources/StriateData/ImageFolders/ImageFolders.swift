import Striate

/// A folder of pictures with a part to train on and, where they are there, parts to validate and to
/// test with: `root/train/cat/1.jpg`, `root/val/…`, `root/test/…`; or `root/cat/1.jpg` without parts.
public struct ImageFolders: Sendable {
  /// The pictures to train on: those in `train`, or all.
  public let training: ImageFolder

  /// The pictures in `val`.
  public let validation: ImageFolder?

  /// The pictures in `test`, which training never sees.
  public let test: ImageFolder?

  /// The given parts.
  public init(training: ImageFolder, validation: ImageFolder? = nil, test: ImageFolder? = nil) {
    (self.training, self.validation, self.test) = (training, validation, test)
  }

  /// The parts with the named classes alone, in that order.
  public func keeping(classNames: [String]) -> ImageFolders {
    ImageFolders(
      training: training.keeping(classNames: classNames),
      validation: validation?.keeping(classNames: classNames),
      test: test?.keeping(classNames: classNames))
  }

  private static let trainingNames = ["train", "training"]
  private static let validationNames = ["val", "valid", "validation"]
  private static let testNames = ["test", "testing"]

  /// Lists the pictures below the folder at `path`; reads none.
  ///
  /// The folder has parts where one of its folders is called train and has folders inside; the others are
  /// called test and val (or training, testing, valid, validation; in capitals too), or hold no pictures.
  ///
  /// Throws `ImageFolder.InvalidFolder` where a part holds no pictures, where two folders have the name of
  /// one part, and where a folder beside the parts holds pictures too.
  public init(path: String) throws {
    let folders = try ImageFolder.list(path).folders
    func part(_ names: [String]) throws -> String? {
      let found = folders.filter { names.contains($0.lowercased()) }
      guard found.count < 2 else {
        throw ImageFolder.InvalidFolder(
          description: """
            \(path): expected one folder \(names[0]), found \(Self.quoted(found)): rename one of them
            """)
      }
      return found.first.map { path + "/" + $0 }
    }
    let isDivided = try folders.contains { name in
      try Self.trainingNames.contains(name.lowercased())
        && !ImageFolder.list(path + "/" + name).folders.isEmpty
    }
    guard isDivided, let train = try part(Self.trainingNames) else {
      training = try ImageFolder(path: path)
      (validation, test) = (nil, nil)
      return
    }
    let known = Self.trainingNames + Self.validationNames + Self.testNames
    let strangers = folders.filter { name in
      !known.contains(name.lowercased())
        && !ImageFolder.Class(name: name, in: path).files.isEmpty
    }
    guard strangers.isEmpty else {
      throw ImageFolder.InvalidFolder(
        description: """
          \(path): expected no pictures beside the folders train, val and test, found some in \
          \(Self.quoted(strangers)): move them away, or name the folder \(train)
          """)
    }
    training = try ImageFolder(path: train)
    validation = try part(Self.validationNames).map { try ImageFolder(path: $0) }
    test = try part(Self.testNames).map { try ImageFolder(path: $0) }
  }

  private static func quoted(_ names: [String]) -> String {
    names.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }

  /// The data sets of a folder's parts.
  public struct Parts: Sendable {
    /// The images to train on.
    public let training: Dataset

    /// The images to validate with, where the folder has such a part.
    public let validation: Dataset?

    /// The images that training never sees, where the folder has such a part.
    public let test: Dataset?

    /// What was found in each part, in this order.
    public let reports: [ImageFolder.Report]
  }

  /// Reads all pictures once and makes data sets of them: see `ImageFolder.load`.
  ///
  /// Size, channels and classes are those of the training part; it is also the only one that `limit`
  /// limits, and the first to fill the cache.
  ///
  /// Throws `ImageFolder.InvalidFolder` where a part has no pictures that can be read, or the training
  /// part has fewer than two classes.
  public func load(
    _ options: ImageFolder.Options = ImageFolder.Options(),
    progress: (_ path: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws -> Parts {
    let (training, report) = try training.load(options) { progress(self.training.path, $0, $1) }
    var reports = [report]
    var options = options
    options.size = PictureSize(height: training.imageShape[1], width: training.imageShape[2])
    options.channels = training.imageShape[0]
    options.classNames = training.classNames
    options.limit = nil
    options.cache -= report.keptBytes
    func load(_ part: ImageFolder?) throws -> Dataset? {
      guard let part else { return nil }
      let (dataset, report) = try part.load(options) { progress(part.path, $0, $1) }
      options.cache -= report.keptBytes
      reports.append(report)
      return dataset
    }
    let validation = try load(validation)
    let test = try load(test)
    return Parts(training: training, validation: validation, test: test, reports: reports)
  }
}
