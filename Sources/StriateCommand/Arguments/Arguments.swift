import Foundation

/// The words after a command, sorted into options and operands.
struct Arguments: Sendable {
  let command: Command
  /// The words that belong to no option, in order.
  let operands: [String]
  private var values: [String: String] = [:]
  /// All values of each option, in order.
  private var lists: [String: [String]] = [:]

  /// Sorts the words; nil where they ask for help.
  ///
  /// `--name value` and `--name=value` mean the same, the last of several counts, and after `--`
  /// nothing is an option. Throws `Usage.Mistake` for what the command does not take.
  init?(_ words: [String], for command: Command) throws {
    self.command = command
    var operands: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      if word == "--help" || word == "-h" { return nil }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let option = try Self.option(String(parts[0]), of: command)
      guard let kind = option.value else {
        guard parts.count == 1 else {
          throw Usage.Mistake("option --\(option.name) takes no value, found \"\(parts[1])\"")
        }
        values[option.name] = ""
        continue
      }
      if parts.count == 2 {
        values[option.name] = String(parts[1])
        lists[option.name, default: []].append(String(parts[1]))
      } else if let next = rest.first, !next.hasPrefix("--") {
        values[option.name] = next
        lists[option.name, default: []].append(next)
        rest = rest.dropFirst()
      } else {
        let found = rest.first.map { "the option \($0)" } ?? "nothing"
        throw Usage.Mistake("option --\(option.name): expected \(kind), found \(found)")
      }
    }
    self.operands = operands
    let (names, count) = command.operands
    guard count.contains(operands.count) else {
      let found =
        operands.count > count.upperBound
        ? "also \"\(operands[count.upperBound].prefix(40))\""
        : operands.isEmpty ? "nothing" : operands.map { "\"\($0)\"" }.joined(separator: " ")
      throw Usage.Mistake(
        "expected \(names), found \(found)\nusage: striate \(command.name) \(command.usage[0])")
    }
  }

  private static func option(_ word: String, of command: Command) throws -> Command.Option {
    let name = word.drop { $0 == "-" }
    if word.hasPrefix("--"),
      let option = command.options.first(where: {
        $0.name == name || $0.aliases.contains(String(name))
      })
    {
      return option
    }
    let known = command.options.map { "--\($0.name)" } + ["--help"]
    throw Usage.Mistake(
      "unknown option \"\(word.prefix(40))\"\(Usage.suggestion(for: "--\(name)", in: known))")
  }

  /// Whether an option is there.
  func has(_ name: String) -> Bool { self[name] != nil }

  /// An option's value as it was given.
  subscript(name: String) -> String? {
    precondition(
      command.options.contains { $0.name == name },
      "Arguments: expected an option of striate \(command.name), found --\(name)")
    return values[name]
  }

  /// All values of an option that may be given several times.
  func all(_ name: String) -> [String] { lists[name] ?? [] }

  /// An option's value that may not be empty.
  func text(_ name: String) throws -> String? {
    guard let value = self[name] else { return nil }
    guard !value.isEmpty else { throw mistake(name, "a value", value) }
    return value
  }

  /// An option's value as a whole number inside a range.
  func integer(_ name: String, in range: ClosedRange<Int> = 1...Int.max) throws -> Int? {
    guard let value = self[name] else { return nil }
    guard let number = Int(value), range.contains(number) else {
      let limits =
        range.upperBound == .max
        ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      throw mistake(name, "a whole number \(limits)", value)
    }
    return number
  }

  /// The seed that `--seed` says, or 0.
  func seed() throws -> UInt64 {
    guard let value = self["seed"] else { return 0 }
    guard let seed = UInt64(value) else {
      throw mistake("seed", "a whole number from 0 to \(UInt64.max)", value)
    }
    return seed
  }

  /// The folder that `--data` names, which must be there; nil where the option is not.
  func dataFolder() throws -> String? {
    guard let folder = try text("data") else { return nil }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw mistake("data", "a folder that is there", folder) }
    return folder
  }

  /// An option's value as a finite number that fulfils a condition.
  func number(
    _ name: String, _ expected: String, where holds: (Double) -> Bool = { _ in true }
  ) throws -> Double? {
    guard let value = self[name] else { return nil }
    guard let number = Double(value), number.isFinite, holds(number) else {
      throw mistake(name, expected, value)
    }
    return number
  }

  /// An option's value as one of several words.
  func choice(_ name: String, of known: [String]) throws -> String? {
    guard let value = self[name] else { return nil }
    guard known.contains(value) else {
      let guess = Usage.suggestion(for: value, in: known)
      throw Usage.Mistake(
        "option --\(name): expected one of \(known.joined(separator: ", ")), "
          + "found \"\(value.prefix(40))\"\(guess)")
    }
    return value
  }

  /// An option's value as `read` understands it; what it throws says what was expected.
  func description<Value>(_ name: String, _ read: (String) throws -> Value) throws -> Value? {
    guard let value = try text(name) else { return nil }
    do {
      return try read(value)
    } catch {
      throw Usage.Mistake("option --\(name): \(error)")
    }
  }

  /// The mistake of a value that is not what an option takes.
  func mistake(_ name: String, _ expected: String, _ found: String) -> Usage.Mistake {
    Usage.Mistake("option --\(name): expected \(expected), found \"\(found.prefix(40))\"")
  }
}
