import Foundation

/// The Python of `STRIATE_PYTHON`, or the one in the path.
enum Python {
  private static let command = ProcessInfo.processInfo.environment["STRIATE_PYTHON"] ?? "python3"

  /// Whether it reads event files.
  static let hasTensorBoard =
    (try? run("from tensorboard.backend.event_processing import event_file_loader\nprint('yes')"))
    == "yes\n"

  /// Whether it runs ONNX models.
  static let hasONNXRuntime =
    (try? run("import numpy, onnx, onnxruntime, safetensors\nprint('yes')")) == "yes\n"

  /// Whether it reads Core ML models and has what computes their layers.
  static let hasCoreMLTools =
    (try? run("import numpy, coremltools, torch, safetensors\nprint('yes')")) == "yes\n"

  /// Whether it has NumPy.
  static let hasNumPy = (try? run("import numpy\nprint('yes')")) == "yes\n"

  struct Failed: Error {}

  /// What a script prints.
  static func run(_ script: String, _ arguments: String...) throws -> String {
    try output(of: ["-c", script] + arguments)
  }

  /// What a script in a file prints, however it ends.
  static func runFile(_ path: String, _ arguments: String...) throws -> String {
    try output(of: [path] + arguments, mayFail: true)
  }

  private static func output(of words: [String], mayFail: Bool = false) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + words
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard mayFail || process.terminationStatus == 0 else { throw Failed() }
    return String(decoding: text, as: UTF8.self)
  }
}
