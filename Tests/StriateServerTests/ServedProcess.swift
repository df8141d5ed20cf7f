import Foundation
import Striate
import StriateData
import Testing

/// `striate serve` as a process of its own, on a port that the system chose.
final class ServedProcess {
  let process = Process()
  let port: UInt16
  let folder: URL

  /// The program stands in the folder of the tests' own program.
  static let path: String = {
    let folders = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    let own = Bundle.main.executableURL?.deletingLastPathComponent()
    let candidates = ([own].compactMap { $0 } + folders).map { $0.appending(path: "striate").path }
    return candidates.first(where: FileManager.default.isExecutableFile) ?? candidates[0]
  }()

  init(models: [String] = [], arguments: [String] = [], data: String? = nil) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "striate-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let output = folder.appending(path: "output")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    process.executableURL = URL(fileURLWithPath: Self.path)
    process.arguments =
      ["serve", "--port", "0", "--quiet"] + models.flatMap { ["--model", $0] } + arguments
    var variables = ProcessInfo.processInfo.environment
    variables["STRIATE_DATA"] = data
    variables["XDG_CACHE_HOME"] = "/dev/null/none"
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    let deadline = Date().addingTimeInterval(20)
    var found: UInt16?
    while found == nil, process.isRunning, Date() < deadline {
      usleep(10_000)
      let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
      guard text.hasSuffix("/\n") else { continue }
      found = text.dropLast(2).split(separator: ":").last.flatMap { UInt16($0) }
    }
    port = try #require(found, "striate serve printed no address")
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  func ask(
    _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
  ) throws -> Wire.Answer {
    try Wire(port: port).ask(method, path, headers: headers, body: body, port: port)
  }

  func post(_ path: String, _ json: String) throws -> Wire.Answer {
    try ask("POST", path, body: Array(json.utf8))
  }

  /// Where the training stands.
  func training() throws -> [String: Any] { try ask("GET", "/api/training").object() }

  /// Waits until the training is in one of these phases.
  func wait(for phases: String..., seconds: Double = 60) throws -> [String: Any] {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
      let state = try training()
      if let phase = state["phase"] as? String, phases.contains(phase) { return state }
      usleep(20_000)
    }
    throw Wire.Failure(description: "no phase of \(phases) in \(seconds) s")
  }

  /// Bytes of memory that the process holds.
  func residentBytes() throws -> Int {
    let text = try String(
      contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return try #require(pages) * sysconf(Int32(_SC_PAGESIZE))
  }
}

/// A model file trained on the built-in digits, made once for all tests.
enum TrainedDigits {
  static let path: String? = {
    let path = NSTemporaryDirectory() + "/striate-served-digits-\(getpid()).safetensors"
    do {
      let digits = try Digits.builtIn(count: 6000, seed: 1)
      var network = try Network(
        text: "conv 8 5x5, relu, maxpool 2, conv 8 5x5, relu, maxpool 2, flatten, dense 10",
        input: [1, 28, 28], seed: 3)
      let trainer = Trainer(
        loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 2e-3), batchSize: 32)
      try trainer.train(&network, on: digits, epochs: 4)
      try network.save(to: path)
      atexit { unlink(NSTemporaryDirectory() + "/striate-served-digits-\(getpid()).safetensors") }
      return path
    } catch {
      return nil
    }
  }()
}
