import Foundation
import Striate

extension ImageFolder {
  /// How pictures are read.
  public struct Options: Sendable {
    /// The size that they are brought to; nil for the usual one of the folder's survey.
    public var size: PictureSize?

    /// 1 for grey, 3 for colour; nil for colour where any picture has it.
    public var channels: Int?

    /// These classes alone, in this order; a class may have no pictures then. Nil for all that have
    /// some.
    public var classNames: [String]?

    /// At most so many pictures, evenly spread; nil for all.
    public var limit: Int?

    /// Bytes of decoded pixels that stay in memory. Pictures that do not fit are decoded again
    /// whenever they are needed; what a training gives does not depend on it.
    public var cache: Int

    /// Threads that decode.
    public var threads: Int

    /// The usual way to read.
    public init(
      size: PictureSize? = nil, channels: Int? = nil, classNames: [String]? = nil,
      limit: Int? = nil, cache: Int = Options.usualCache, threads: Int = Engine.defaultThreads
    ) {
      (self.size, self.channels, self.classNames) = (size, channels, classNames)
      (self.limit, self.cache, self.threads) = (limit, cache, threads)
    }

    /// A quarter of the memory that the machine, or a limit on the process, allows.
    public static var usualCache: Int { ProcessMemory.available / 4 }
  }

  /// What was found while the pictures of a folder were read.
  public struct Report: Sendable, Equatable {
    /// The folder.
    public internal(set) var path: String

    /// The pictures that are in the data set.
    public internal(set) var count = 0

    /// The number of files that could not be read and were left out.
    public internal(set) var unreadableCount = 0

    /// Why: the messages of the first of them, in the order of the files.
    public internal(set) var unreadable: [String] = []

    /// Classes without a picture that can be read, left out.
    public internal(set) var emptyClasses: [String] = []

    /// Classes that were not asked for, left out.
    public internal(set) var otherClasses: [String] = []

    /// The number of files in the classes' folders with other names than pictures have.
    public internal(set) var otherFiles = 0

    /// Folders that could not be listed.
    public internal(set) var unlisted: [String] = []

    /// The pictures whose pixels are kept in memory, and the bytes that they take.
    public internal(set) var keptCount = 0, keptBytes = 0

    /// The number of messages that are kept.
    static let messages = 100
  }

  /// Reads all pictures once, which fills the cache and finds those that cannot be read, and makes a
  /// data set of the others: their pixels are streamed, from the cache or from the files.
  ///
  /// `progress` is called with the number of files read and of all.
  ///
  /// Throws `InvalidFolder` where no picture can be read, or, without `classNames`, where fewer than
  /// two classes have one.
  ///
  /// - Precondition: `channels` is 1, 3 or nil.
  public func load(
    _ options: Options = Options(), progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> (dataset: Dataset, report: Report) {
    let wanted = wanted(options.classNames)
    let all = wanted.enumerated().flatMap { label, entry in
      entry.files.map { (file: $0, label: label) }
    }
    guard !all.isEmpty else {
      throw InvalidFolder(
        description: """
          \(path): expected pictures of \(quoted(wanted.map(\.name))), found classes \
          \(quoted(classes.map(\.name))): name folders that have pictures
          """)
    }
    let entries = options.limit.map { all.evenlySpread($0) } ?? all
    let reading = read(entries.map(\.file), options, progress)
    let report = report(of: reading, labels: entries.map(\.label), names: wanted.map(\.name))
    guard report.count > 0 else {
      throw InvalidFolder(
        description: """
          \(path): expected pictures that can be read, found none among \(entries.count) files:
          \(report.unreadable.prefix(3).map { "  " + $0 }.joined(separator: "\n"))
          """)
    }
    let readable = reading.readable
    let labels = readable.map { entries[$0].label }
    let names = options.classNames ?? Set(labels).sorted().map { wanted[$0].name }
    guard names.count > 1 || options.classNames != nil else {
      throw oneClass(names, empty: report.emptyClasses)
    }
    let size = reading.reader.size
    var dataset = try Dataset(
      imageShape: [reading.reader.channels, size.height, size.width],
      pixels: .streamed(reading.images(readable)),
      labels: options.classNames == nil ? labels.renumbered() : labels, classNames: names)
    dataset.fitting = .centreCrop
    return (dataset, report)
  }

  /// Throws `InvalidFolder` where fewer than two classes have files with the names of pictures.
  public func checkClasses() throws {
    let names = classes.filter { !$0.files.isEmpty }.map(\.name)
    guard names.count > 1 else {
      throw oneClass(names, empty: classes.filter(\.files.isEmpty).map(\.name))
    }
  }

  private func oneClass(_ names: [String], empty: [String]) -> InvalidFolder {
    InvalidFolder(
      description: """
        \(path): expected pictures of at least two classes, found pictures of \(quoted(names)) \
        alone\(empty.isEmpty ? "" : " and none of \(quoted(empty))"): \
        put the pictures of each class into a folder of its own
        """)
  }

  /// The classes of these names, with no files where there is no such class; nil for all.
  private func wanted(_ names: [String]?) -> [(name: String, files: [String])] {
    guard let names else { return classes.map { ($0.name, $0.files) } }
    return names.map { name in (name, classes.first { $0.name == name }?.files ?? []) }
  }

  private func report(of reading: FolderReading, labels: [Int], names: [String]) -> Report {
    var report = Report(path: path)
    report.otherFiles = classes.reduce(0) { $0 + $1.otherFiles }
    report.unlisted = classes.compactMap(\.unlisted)
    report.otherClasses = classes.map(\.name).filter { !names.contains($0) }
    report.unreadableCount = reading.failures.count
    report.unreadable = reading.failures.prefix(Report.messages).map(\.reason)
    report.keptCount = reading.kept.count { $0 != nil }
    report.keptBytes = report.keptCount * reading.imageMemory
    let readable = reading.readable
    report.count = readable.count
    let present = Set(readable.map { labels[$0] })
    report.emptyClasses = names.indices.filter { !present.contains($0) }.map { names[$0] }
    return report
  }

  /// All files read in the shape that the options say, or else the survey.
  private func read(
    _ files: [String], _ options: Options, _ progress: (_ done: Int, _ total: Int) -> Void
  ) -> FolderReading {
    let survey = options.size == nil || options.channels == nil ? survey() : nil
    let size = options.size ?? survey?.usualSize ?? PictureSize(height: 1, width: 1)
    let channels = options.channels ?? (survey?.hasColour == true ? 3 : 1)
    var reading = FolderReading(
      files, PictureReader(root: path, size: size, channels: channels), cache: options.cache)
    // A colour picture among thousands of grey ones may not be in the sample.
    let isGuess = options.channels == nil && channels == 1
    if !reading.run(threads: options.threads, stopsAtColour: isGuess, progress) {
      reading = FolderReading(
        files, PictureReader(root: path, size: size, channels: 3), cache: options.cache)
      _ = reading.run(threads: options.threads, stopsAtColour: false, progress)
    }
    return reading
  }

  private func quoted(_ names: [String]) -> String {
    let shown = names.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
    return names.count > 10 ? shown + ", …" : shown
  }
}

extension [Int] {
  /// The numbers counted anew from 0 without gaps, in the same order.
  fileprivate func renumbered() -> [Int] {
    let numbers = Set(self).sorted()
    let new = Dictionary(uniqueKeysWithValues: zip(numbers, numbers.indices))
    return compactMap { new[$0] }
  }
}
