import Foundation

/// The Python of `STRIATE_PYTHON`, or the one in the path.
enum Python {
  private static let command = ProcessInfo.processInfo.environment["STRIATE_PYTHON"] ?? "python3"

  /// Whether it reads event files.
  static let hasTensorBoard =
    (try? run("from tensorboard.backend.event_processing import event_file_loader\nprint('yes')"))
    == "yes\n"

  /// Whether it has NumPy.
  static let hasNumPy = (try? run("import numpy\nprint('yes')")) == "yes\n"

  struct Failed: Error {}

  /// What a script prints.
  static func run(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command, "-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed() }
    return String(decoding: text, as: UTF8.self)
  }
}
