import Striate

/// A folder of pictures with a part to train on and, where they are there, parts to validate and to
/// test with: `root/train/cat/1.jpg`, `root/val/…`, `root/test/…`; or `root/cat/1.jpg` without parts.
public struct ImageFolders: Sendable {
  /// The pictures to train on: those in `train`, or all.
  public let training: ImageFolder

  /// The pictures in `val`, where there is also `test`.
  public let validation: ImageFolder?

  /// The pictures that training never sees: those in `test`, or else in `val`.
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
  /// The folder has parts where its folders have no other names than train, test and val (or
  /// training, testing, valid, validation) and train has folders inside.
  ///
  /// Throws `ImageFolder.InvalidFolder` where a part holds no pictures.
  public init(path: String) throws {
    let folders = try ImageFolder.list(path).folders
    let known = Self.trainingNames + Self.validationNames + Self.testNames
    func part(_ names: [String]) -> String? {
      names.first(where: folders.contains).map { path + "/" + $0 }
    }
    guard folders.allSatisfy(known.contains), let train = part(Self.trainingNames),
      try !ImageFolder.list(train).folders.isEmpty
    else {
      training = try ImageFolder(path: path)
      (validation, test) = (nil, nil)
      return
    }
    training = try ImageFolder(path: train)
    let others = try [Self.testNames, Self.validationNames].compactMap(part).map {
      try ImageFolder(path: $0)
    }
    test = others.first
    validation = others.count > 1 ? others[1] : nil
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
