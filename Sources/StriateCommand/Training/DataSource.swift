import Striate
import StriateData

/// The data of a command: `digits`, or the name of a data set.
struct DataSource {
  /// Seeds of the built-in digits: no test image is among the training images.
  static let (trainingSeed, testSeed): (UInt64, UInt64) = (1, 2)
  static let (trainingCount, testCount) = (10_000, 2_000)

  /// The names a user can choose from.
  static let names = ["digits"] + NamedDataset.all.map(\.name)

  /// What the options say about the data.
  static let options: [Command.Option] = [
    .data,
    Command.Option("classes", "LIST", "these classes alone, such as 3,8"),
  ]

  let name: String
  private let arguments: Arguments
  private let dataset: NamedDataset?

  init(_ arguments: Arguments) throws {
    name = arguments.operands.last ?? ""
    self.arguments = arguments
    dataset = NamedDataset.named(name)
    guard name == "digits" || dataset != nil else {
      throw Usage.Mistake(
        "unknown data \"\(name.prefix(40))\"\(Usage.suggestion(for: name, in: Self.names)); "
          + "expected one of \(Self.names.joined(separator: ", "))")
    }
    if dataset != nil, arguments.command.options.contains(where: { $0.name == "count" }),
      arguments.has("count")
    {
      throw Usage.Mistake("option --count is for digits, found \(name): use --limit N")
    }
  }

  /// What the classes are called before any are chosen.
  var classNames: [String] { dataset?.classNames ?? Digits.classNames }

  /// The classes of `--classes`, by name or number; nil where the option is not there.
  func classes() throws -> [Int]? {
    guard let list = try arguments.text("classes") else { return nil }
    let words = list.split(separator: ",", omittingEmptySubsequences: false)
    let chosen = try words.map { word in
      let name = word.trimmingSpaces
      if let index = classNames.firstIndex(where: { $0.lowercased() == name.lowercased() }) {
        return index
      }
      guard let index = Int(name), classNames.indices.contains(index) else {
        throw arguments.mistake(
          "classes", "names or numbers of \(classNames.joined(separator: ", "))", name)
      }
      return index
    }
    guard Set(chosen).count == chosen.count else {
      throw arguments.mistake("classes", "each class once", list)
    }
    guard chosen.count > 1 else { throw arguments.mistake("classes", "at least two", list) }
    return chosen
  }

  /// Training and test images.
  func load(quiet: Bool) throws -> DatasetPair {
    guard let dataset else {
      let count = try arguments.integer("count", in: 1...1_000_000) ?? Self.trainingCount
      return try DatasetPair(
        name: name,
        training: Digits.builtIn(count: count, seed: Self.trainingSeed),
        test: Digits.builtIn(count: Self.testCount, seed: Self.testSeed))
    }
    return try load(dataset, quiet: quiet)
  }

  /// The images that training never sees.
  func loadTest(quiet: Bool) throws -> Dataset {
    guard let dataset else {
      return try Digits.builtIn(count: Self.testCount, seed: Self.testSeed)
    }
    return try load(dataset, quiet: quiet).test
  }

  private func load(_ dataset: NamedDataset, quiet: Bool) throws -> DatasetPair {
    if let folder = try arguments.text("data") {
      let found = dataset.location(dataFolder: folder)
      if let found, ![folder, folder + "/" + dataset.name].contains(found) {
        Console.error("--data \(folder): \(name) is not there; taken from \(found)")
      }
    }
    var bar = ProgressBar()
    let draws = !quiet && Console.errorIsTerminal
    var announced: Set<String> = []
    // Told only when another mirror answers; otherwise the error tells them all.
    var failed: [String] = []
    defer { bar.clear() }
    return try dataset.load(dataFolder: arguments.text("data")) { event in
      switch event {
      case .received(let url, let bytes, let total):
        if !quiet { failed.forEach(Console.error) }
        failed = []
        if draws {
          bar.draw { width in
            let share = Double(bytes) / Double(max(1, total))
            let end = " \(mebibytes(bytes)) of \(mebibytes(total)) MiB"
            let name = "downloading \(url.split(separator: "/").last ?? "") "
            return name + ProgressBar.bar(share, width: min(40, width - name.count - end.count))
              + end
          }
        } else if !quiet, announced.insert(url).inserted {
          Console.error("downloading \(url)")
        }
      case .mirrorFailed(let url, let reason):
        bar.clear()
        failed.append("\(url): \(reason): trying the next address")
      }
    }
  }
}

private func mebibytes(_ bytes: Int) -> String { digits(Double(bytes) / 1_048_576, 1) }

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
