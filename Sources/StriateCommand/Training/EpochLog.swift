import Foundation
import Striate
import StriateExplain

/// The file of `--log`: one row an epoch, as CSV or as JSON lines.
///
/// The file is replaced as a whole after each epoch, so that whoever reads it sees whole rows.
struct EpochLog {
  /// How rows are written.
  enum Form { case csv, jsonLines }

  static let option = Command.Option(
    "log", "FILE", "a row an epoch, as FILE.csv or FILE.jsonl; with --resume rows are added")

  private static let names = [
    "epoch", "step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    "learning_rate", "images", "train_seconds", "images_per_second",
  ]

  let path: String
  private let form: Form
  private var rows: [String]
  /// The epoch of each row.
  private var numbers: [Int]

  /// A larger file is no log of epochs.
  private static let largest = 64 << 20

  /// nil where nobody asks for a log. Throws before any work where it could not be written, and where rows
  /// should be added to a file that is no such log.
  init?(_ arguments: Arguments, files: inout FileNames) throws {
    guard let path = try arguments.text("log") else { return nil }
    let name = path.lowercased()
    guard name.hasSuffix(".csv") || name.hasSuffix(".jsonl") else {
      throw arguments.mistake("log", "a file name that ends in .csv or .jsonl", path)
    }
    try files.writes("log", path)
    (self.path, form, rows, numbers) = (path, name.hasSuffix(".csv") ? .csv : .jsonLines, [], [])
    try AtomicFile.checkWritable(path)
    if arguments.has("resume"), FileManager.default.fileExists(atPath: path) { try takeUp() }
  }

  /// Takes over the rows of a log that is there.
  private mutating func takeUp() throws {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    guard attributes[.size] as? Int ?? 0 <= Self.largest,
      let text = String(data: try Data(contentsOf: URL(fileURLWithPath: path)), encoding: .utf8)
    else { throw foreign }
    var lines = text.split(separator: "\n").map { String($0) }
    if form == .csv {
      guard lines.isEmpty || lines.removeFirst() == Self.names.joined(separator: ",") else {
        throw foreign
      }
    }
    for line in lines {
      guard let number = number(of: line) else { throw foreign }
      rows.append(line)
      numbers.append(number)
    }
  }

  private var foreign: Failure {
    Failure(
      "option --log: expected a log of striate train to go on with, found another file, \(path): name "
        + "another with --log, or move it away")
  }

  /// The epoch of a row.
  private func number(of row: String) -> Int? {
    switch form {
    case .csv: return row.split(separator: ",").first.flatMap { Int($0) }
    case .jsonLines:
      struct Row: Decodable { var epoch: Int }
      return (try? JSONDecoder().decode(Row.self, from: Data(row.utf8)))?.epoch
    }
  }

  /// Adds an epoch's row, in the place of those of the same epoch or later ones, and writes the file.
  ///
  /// Throws `AtomicFile.Failure`.
  mutating func add(_ epoch: Trainer.Epoch, step: Int) throws {
    while let last = numbers.last, last >= epoch.number {
      numbers.removeLast()
      rows.removeLast()
    }
    numbers.append(epoch.number)
    rows.append(row(epoch, step: step))
    let head = form == .csv ? [Self.names.joined(separator: ",")] : []
    try AtomicFile.write(((head + rows).joined(separator: "\n") + "\n").utf8, to: path)
  }

  private func row(_ epoch: Trainer.Epoch, step: Int) -> String {
    let values: [JSON] = [
      .integer(epoch.number), .integer(step), .number(epoch.loss), .number(epoch.accuracy),
      .optional(epoch.validationLoss) { .number($0) },
      .optional(epoch.validationAccuracy) { .number($0) }, .number(epoch.learningRate),
      .integer(epoch.images), .number(epoch.seconds), .number(epoch.imagesPerSecond),
    ]
    switch form {
    case .jsonLines: return JSON.object(Array(zip(Self.names, values))).text
    // What is not there is an empty cell.
    case .csv: return values.map { $0.text == "null" ? "" : $0.text }.joined(separator: ",")
    }
  }
}
