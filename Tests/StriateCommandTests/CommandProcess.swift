import Foundation
import Testing

/// The built program, run as a process of its own.
struct CommandProcess {
  /// What a process left behind.
  struct Result {
    let status: Int32
    /// Whether a signal ended it.
    let wasKilled: Bool
    let output: String
    let error: String

    /// The lines of standard output, each read as a JSON object.
    var objects: [[String: Any]] {
      get throws {
        try output.split(separator: "\n").map { line in
          try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
      }
    }
  }

  /// A process that does not outlive the test that started it.
  private final class Child {
    let process = Process()

    deinit {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
  }

  /// The program stands in the folder of the tests' own program.
  static let path: String = {
    let name = "striate"
    let folders = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    let own = Bundle.main.executableURL?.deletingLastPathComponent()
    let candidates = ([own].compactMap { $0 } + folders).map { $0.appending(path: name).path }
    return candidates.first(where: FileManager.default.isExecutableFile) ?? candidates[0]
  }()

  /// Seconds after which a process is killed and its test fails; a sanitizer makes it ten times as slow.
  #if SANITIZED
    static let patience = 300.0
  #else
    static let patience = 30.0
  #endif

  private let child = Child()
  private var process: Process { child.process }
  private let folder: TemporaryFolder

  /// Starts the program; standard output and error go to files, which no process waits for.
  ///
  /// It finds data only where the test says: neither a cache folder nor the network serves it.
  init(
    _ arguments: [String], environment: [String: String] = [:], path: String = Self.path
  ) throws {
    folder = try TemporaryFolder()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    variables["STRIATE_DATA"] = nil
    variables["XDG_CACHE_HOME"] = "/dev/null/none"
    process.environment = variables.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    for name in ["output", "error"] { _ = try folder.write([], name) }
    process.standardOutput = try FileHandle(forWritingTo: folder.url.appending(path: "output"))
    process.standardError = try FileHandle(forWritingTo: folder.url.appending(path: "error"))
    try process.run()
  }

  var output: String { text("output") }

  private func text(_ name: String) -> String {
    String(
      decoding: FileManager.default.contents(atPath: folder.path(name)) ?? Data(), as: UTF8.self)
  }

  /// Waits until a condition holds or the process has ended.
  func wait(until holds: () -> Bool) {
    let deadline = Date().addingTimeInterval(Self.patience)
    while !holds(), process.isRunning, Date() < deadline { usleep(2000) }
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end; kills a process that takes too long.
  func result(_ location: SourceLocation = #_sourceLocation) -> Result {
    wait { false }
    if process.isRunning {
      send(SIGKILL)
      Issue.record("\(process.arguments ?? []) took too long", sourceLocation: location)
    }
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, wasKilled: process.terminationReason != .exit,
      output: text("output"), error: text("error"))
  }
}

/// Runs the program to its end.
func striate(
  _ arguments: String..., environment: [String: String] = [:],
  location: SourceLocation = #_sourceLocation
) throws -> CommandProcess.Result {
  try CommandProcess(arguments, environment: environment).result(location)
}
