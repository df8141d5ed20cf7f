import Foundation
import Striate

/// How a command ended.
enum ExitStatus: Int32 {
  case success = 0
  case failure = 1
  case wrongUsage = 2
  case hungUp = 129
  case interrupted = 130
  case brokenPipe = 141
  case terminated = 143
}

/// A command that cannot do what it was asked: who, expected, found, what to do.
struct Failure: Error, CustomStringConvertible, Equatable {
  let description: String

  init(_ description: String) { self.description = description }
}

/// The program: finds the command that the words name, runs it and reports its errors.
enum Program {
  static let version = "0.1.0"

  /// The commands, in the order in which the help lists them.
  static let commands: [Command] = [
    .train, .evaluate, .predict, .trace, .explain, .run, .summary, .importing, .export, .augment,
    .lesson, .serve,
    .bench, .info,
  ]

  static func run(_ words: [String]) -> ExitStatus {
    let status = dispatch(words)
    guard !Console.outputPipeIsClosed else { return status == .success ? .brokenPipe : status }
    guard !Console.outputFailed else {
      Console.error("striate: standard output cannot be written: \(Console.failureReason)")
      return .failure
    }
    return status
  }

  private static func dispatch(_ words: [String]) -> ExitStatus {
    // Swift puts this character in the place of bytes that are no UTF-8: the file's name is lost.
    if let word = words.first(where: { $0.contains("\u{FFFD}" as Character) }),
      words.first != Command.predict.name
    {
      Console.error(
        "striate: expected words in UTF-8, found \"\(word.prefix(80))\": rename the file")
      return .wrongUsage
    }
    guard let first = words.first else {
      Console.output(help)
      return .wrongUsage
    }
    switch first {
    case "--help", "-h":
      Console.output(help)
      return .success
    case "--version", "version":
      Console.output("striate \(version)")
      return .success
    case "help":
      return explain(words.dropFirst().first)
    default: break
    }
    guard let command = commands.first(where: { $0.name == first }) else {
      let kind = first.hasPrefix("-") ? "option" : "command"
      let known = commands.map(\.name) + ["help", "--help", "--version"]
      Console.error(
        "striate: unknown \(kind) \"\(first.prefix(40))\"\(Usage.suggestion(for: first, in: known))"
      )
      return .wrongUsage
    }
    return run(command, Array(words.dropFirst()))
  }

  /// `striate help` and `striate help COMMAND`.
  private static func explain(_ name: String?) -> ExitStatus {
    guard let name else {
      Console.output(help)
      return .success
    }
    guard let command = commands.first(where: { $0.name == name }) else {
      let guess = Usage.suggestion(for: name, in: commands.map(\.name))
      Console.error("striate help: unknown command \"\(name.prefix(40))\"\(guess)")
      return .wrongUsage
    }
    Console.output(command.help)
    return .success
  }

  private static func run(_ command: Command, _ words: [String]) -> ExitStatus {
    do {
      guard let arguments = try Arguments(words, for: command) else {
        Console.output(command.help)
        return .success
      }
      try checkInstructionSet()
      if command.options.contains(where: { $0.name == "exact" }), arguments.has("exact") {
        setenv("STRIATE_EXACT", "1", 1)
      }
      return try command.run(arguments)
    } catch let error as Usage.Mistake {
      Console.error("striate \(command.name): \(error)")
      return .wrongUsage
    } catch {
      Console.error("striate \(command.name): \(error)")
      return .failure
    }
  }

  /// The engine takes the fastest where it does not know the name: here that is a mistake.
  private static func checkInstructionSet() throws {
    let variable = ProcessInfo.processInfo.environment["STRIATE_ISA"] ?? ""
    let known = Engine.runnableInstructionSets
    let names = known + ["baseline"]
    guard variable.isEmpty || names.contains(variable.lowercased()) else {
      throw Usage.Mistake(
        "STRIATE_ISA: expected one of \(known.joined(separator: ", ")), which this processor can "
          + "run, found \"\(variable.prefix(40))\"")
    }
  }

  private static var help: String {
    let width = commands.map(\.name.count).max() ?? 0
    let list = commands.map { "  \($0.name.padded(to: width))  \($0.summary)" }
    return """
      striate trains and runs convolutional neural networks.

      Usage: striate COMMAND …

      Commands:
      \(list.joined(separator: "\n"))

      Try:
        striate train digits --model numpy-cnn --out digits.safetensors
        striate predict digits.safetensors my-digit.png

      "striate COMMAND --help" explains a command; "striate --version" prints the version.
      """
  }
}
