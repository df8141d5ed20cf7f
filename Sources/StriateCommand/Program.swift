import Striate

/// How a command ended.
enum ExitStatus: Int32 {
  case success = 0
  case failure = 1
  case wrongUsage = 2
  case interrupted = 130
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
  static let commands: [Command] = [.train]

  static func run(_ words: [String]) -> ExitStatus {
    let status = dispatch(words)
    guard !Console.outputFailed else {
      Console.error("striate: standard output cannot be written: \(Console.failureReason)")
      return .failure
    }
    return status
  }

  private static func dispatch(_ words: [String]) -> ExitStatus {
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
        "striate: unknown \(kind) \"\(first.prefix(40))\"\(Usage.suggestion(for: first, in: known))")
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
      return try command.run(arguments)
    } catch let error as Usage.Mistake {
      Console.error("striate \(command.name): \(error)")
      return .wrongUsage
    } catch {
      Console.error("striate \(command.name): \(error)")
      return .failure
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
