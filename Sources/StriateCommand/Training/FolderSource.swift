import Striate
import StriateData

/// A folder of pictures as the data of a command.
struct FolderSource {
  private let folders: ImageFolders
  private let arguments: Arguments
  private let size: PictureSize?
  private let channels: Int?
  private let isSizeOfModel: Bool
  private let cache: Int
  private let threads: Int
  private let survey: ImageFolder.Survey
  /// The classes of a data set with a name, in its order.
  private let fixedNames: [String]?

  /// - Parameter shape: The shape of a model's images, which pictures get unless options say another.
  init(
    _ folders: ImageFolders, _ arguments: Arguments, named: NamedDataset?, shape: [Int]?
  ) throws {
    self.folders = folders
    self.arguments = arguments
    fixedNames = named?.classNames
    let hasShape = arguments.command.options.contains { $0.name == "size" }
    let asked = hasShape ? try Self.size(arguments) : nil
    let model = shape.flatMap { $0.count == 3 && [1, 3].contains($0[0]) ? $0 : nil }
    size = asked ?? model.map { PictureSize(height: $0[1], width: $0[2]) }
    isSizeOfModel = asked == nil && model != nil
    channels =
      (hasShape ? try arguments.choice("channels", of: ["1", "3"]).flatMap { Int($0) } : nil)
      ?? model?[0]
    // The largest number of bytes that can be counted has 43 bits of mebibytes.
    cache =
      try arguments.integer("cache", in: 0...1 << 40).map { $0 << 20 }
      ?? ImageFolder.Options.usualCache
    threads =
      try arguments.integer("threads", in: 1...Engine.maximumThreads) ?? Engine.defaultThreads
    survey = folders.training.survey()
  }

  /// "32" or "48x64", rows before columns.
  private static func size(_ arguments: Arguments) throws -> PictureSize? {
    guard let text = try arguments.text("size") else { return nil }
    let words = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    let sides = words.compactMap { Int($0) }.filter { (1...4096).contains($0) }
    guard sides.count == words.count, (1...2).contains(sides.count) else {
      throw arguments.mistake("size", "sides from 1 to 4096 such as 32 or 48x64", text)
    }
    return PictureSize(height: sides[0], width: sides[sides.count - 1])
  }

  /// The classes before any are chosen; those without pictures go when the pictures are read.
  var classNames: [String] { fixedNames ?? folders.training.classes.map(\.name) }

  /// The number of classes that have files.
  var likelyClassCount: Int {
    fixedNames?.count ?? folders.training.classes.count { !$0.files.isEmpty }
  }

  /// The shape of an image, as far as some of the pictures tell.
  var imageShape: [Int] {
    let size = size ?? survey.usualSize
    return [channels ?? (survey.hasColour ? 3 : 1), size.height, size.width]
  }

  /// Whether it has images for the final figures.
  var hasTest: Bool { folders.test != nil }

  /// Whether it has images to validate with.
  var hasValidation: Bool { folders.validation != nil }

  /// All parts, or the training part alone. What was found and left out goes to standard error.
  func load(
    classNames: [String]?, limit: Int?, quiet: Bool, trainingAlone: Bool = false
  ) throws -> DataSource.Loaded {
    let options = ImageFolder.Options(
      size: size ?? survey.usualSize, channels: channels ?? (survey.hasColour ? 3 : nil),
      classNames: fixedNames == nil ? nil : classNames ?? fixedNames, limit: limit, cache: cache,
      threads: threads)
    let parts = trainingAlone ? ImageFolders(training: self.folders.training) : self.folders
    let folders = classNames.map { parts.keeping(classNames: $0) } ?? parts
    var bar = CountingBar(quiet: quiet)
    let loaded = try folders.load(options) { bar.show("reading", of: $0, $1, $2) }
    bar.end()
    tell(loaded.reports, shape: loaded.training.imageShape, quiet: quiet)
    return DataSource.Loaded(
      training: loaded.training, validation: loaded.validation, test: loaded.test,
      unreadableCount: loaded.reports.reduce(0) { $0 + $1.unreadableCount })
  }

  /// Throws the folder's own error where it has fewer than two classes.
  func checkClasses() throws {
    if fixedNames == nil { try folders.training.checkClasses() }
  }

  /// The test part in a network's shape and classes, or else the part to validate with; all pictures where
  /// there is neither.
  func loadTest(
    for network: Network, model: String, limit: Int?, quiet: Bool
  ) throws -> Dataset {
    guard network.inputs.count == 1, network.inputs[0].shape.count == 3,
      [1, 3].contains(network.inputs[0].shape[0])
    else {
      let found = network.inputs.map { "\($0.shape)" }.joined(separator: ", ")
      throw Failure("expected a model of pictures with 1 or 3 channels, found inputs \(found)")
    }
    let shape = network.inputs[0].shape
    let names = network.preprocessing.classNames
    let part = folders.test ?? folders.validation ?? folders.training
    let found = part.classes.filter { !$0.files.isEmpty }.map(\.name)
    guard names.isEmpty || names.contains(where: found.contains) else {
      func list(_ names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
      }
      throw Failure(
        "\(part.path): expected pictures of classes that \(model) knows (\(list(names))), found "
          + "\(list(found)): evaluate it on the data it was trained on")
    }
    if folders.test == nil, !quiet {
      Console.error(
        "\(part.path): no folder test inside: evaluating on "
          + (folders.validation == nil
            ? "all pictures, among them those that training may have seen"
            : "the pictures to validate with"))
    }
    let options = ImageFolder.Options(
      size: PictureSize(height: shape[1], width: shape[2]), channels: shape[0],
      classNames: names.isEmpty ? fixedNames : names, limit: limit, cache: cache,
      threads: threads)
    var bar = CountingBar(quiet: quiet)
    let (dataset, report) = try part.load(options) { bar.show("reading", of: part.path, $0, $1) }
    bar.end()
    tell([report], shape: nil, quiet: quiet)
    return dataset
  }

  /// What was found: the shape and why, what was left out and why.
  private func tell(_ reports: [ImageFolder.Report], shape: [Int]?, quiet: Bool) {
    if let shape, !quiet { Console.error(explanation(of: shape)) }
    for report in reports { report.lines(quiet: quiet).forEach(Console.error) }
  }

  /// "pictures become 3×64×64 (they have different sizes; --size chooses another)".
  private func explanation(of shape: [Int]) -> String {
    let text = shape.map { "\($0)" }.joined(separator: "×")
    let reason =
      switch (size, survey.commonSize) {
      case (_?, _): isSizeOfModel ? "as the model takes them" : "as --size says"
      case (nil, let common?) where common == survey.usualSize: "their own size"
      case (nil, let common?): "they have \(common); --size chooses another"
      case (nil, nil): "they have different sizes; --size chooses another"
      }
    return "pictures become \(text) (\(reason))"
  }
}

extension ImageFolder.Report {
  /// Files named on standard error.
  private static let shown = 5

  /// What was left out, a line each. Pictures that could not be read, and folders that could not be listed,
  /// are told even to who wants quiet.
  fileprivate func lines(quiet: Bool) -> [String] {
    var lines: [String] = []
    if unreadableCount > 0 {
      lines.append(
        "\(path): left out \(unreadableCount.grouped) of \((count + unreadableCount).grouped) "
          + "pictures, which cannot be read" + (quiet ? "" : ":"))
    }
    if !quiet {
      lines += unreadable.prefix(Self.shown).map { "  " + $0 }
      if unreadableCount > Self.shown {
        lines.append("  and \((unreadableCount - Self.shown).grouped) more")
      }
    }
    lines += unlisted.prefix(Self.shown)
    if unlisted.count > Self.shown {
      lines.append("and \((unlisted.count - Self.shown).grouped) more that cannot be listed")
    }
    guard !quiet else { return lines }
    if !emptyClasses.isEmpty {
      lines.append("\(path): no pictures of \(names(emptyClasses))")
    }
    if !otherClasses.isEmpty { lines.append("\(path): left out \(names(otherClasses))") }
    if otherFiles > 0 {
      lines.append(
        "\(path): passed over \(otherFiles.grouped) files whose names do not end in .png, .jpg or .jpeg"
      )
    }
    if keptCount < count {
      lines.append(
        "\(path): \(keptCount.grouped) of \(count.grouped) pictures fit into the cache; "
          + "the others are decoded again in each epoch")
    }
    return lines
  }

  private func names(_ names: [String]) -> String {
    let shown = names.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
    return "class\(names.count > 1 ? "es" : "") " + shown
      + (names.count > 10 ? " and \(names.count - 10) more" : "")
  }
}
