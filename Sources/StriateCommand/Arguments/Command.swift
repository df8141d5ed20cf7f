/// One command of the program: what it is called, what it takes and what it does.
struct Command: Sendable {
  /// An option of a command: `--name VALUE`, or `--name` alone.
  struct Option: Sendable {
    /// The name without its dashes.
    let name: String
    /// What the value is called in the help; nil where there is none.
    let value: String?
    /// What the option does.
    let help: String
    /// Other names that mean the same.
    let aliases: [String]

    /// An option with a value.
    init(_ name: String, _ value: String, aliases: [String] = [], _ help: String) {
      (self.name, self.value, self.aliases, self.help) = (name, value, aliases, help)
    }

    /// An option without a value.
    init(_ name: String, _ help: String) {
      (self.name, self.value, self.aliases, self.help) = (name, nil, [], help)
    }

    static let json = Option("json", "one JSON object a line on standard output")
    static let quiet = Option("quiet", "no progress, and only the result")
    static let threads = Option("threads", "N", "threads that compute (one a processor)")
    static let exact = Option("exact", "convolutions as sums, not by Winograd's algorithm")
    static let data = Option("data", "DIR", "folder with the data set's files, or with its folder")
  }

  let name: String
  /// One line for the list of commands.
  let summary: String
  /// What follows the name, one line for each way to use it.
  let usage: [String]
  /// A paragraph about it.
  let details: String
  let options: [Option]
  let examples: [String]
  /// How many words without dashes it takes, and what they are called.
  let operands: (names: String, count: ClosedRange<Int>)
  let run: @Sendable (Arguments) throws -> ExitStatus

  /// The text of `striate NAME --help`.
  var help: String {
    let all = options + [Option("help", "this text")]
    let heads = all.map { "--\($0.name)" + ($0.value.map { " \($0)" } ?? "") }
    let width = heads.map(\.count).max() ?? 0
    let lines = zip(heads, all).map { head, option in
      "  \(head.padded(to: width))  "
        + option.help.replacing("\n", with: "\n" + String(repeating: " ", count: width + 4))
    }
    return """
      \(summary)

      Usage:
      \(usage.map { "  striate \(name)" + ($0.isEmpty ? "" : " \($0)") }.joined(separator: "\n"))

      \(details)

      Options:
      \(lines.joined(separator: "\n"))

      Examples:
      \(examples.map { "  \($0)" }.joined(separator: "\n"))
      """
  }
}

extension String {
  /// The text with spaces after it up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// The text with spaces before it up to a width.
  func aligned(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
