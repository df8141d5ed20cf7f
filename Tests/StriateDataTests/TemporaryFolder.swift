import Foundation

/// An empty folder that lives as long as the value.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "striate-test-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

  /// The names in the folder, hidden ones too.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(""))) ?? []).sorted()
  }

  /// Writes a file into the folder; returns its path.
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try FileManager.default.createDirectory(
      at: url.appending(path: name).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url.appending(path: name))
    return path(name)
  }
}

/// The message of the error that `body` throws; nil where it throws none.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// The folder of real data sets, with `mnist` inside, where the environment names one.
let realData = ProcessInfo.processInfo.environment["STRIATE_DATA"].flatMap { folder in
  let file = folder + "/mnist/train-images-idx3-ubyte"
  return [file, file + ".gz"].contains(where: FileManager.default.fileExists) ? folder : nil
}

/// Whether the program that downloads is there.
let hasCurl = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
  FileManager.default.isExecutableFile(atPath: "\($0)/curl")
}
