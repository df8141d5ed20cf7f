import Foundation
import StriateFormats

/// A file beside the tests, made by Tests/Fixtures/make_onnx_fixtures.py.
enum FormatFixture {
  static func path(_ name: String) -> String {
    Bundle.module.bundleURL.appending(path: "Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// The arrays of an archive by their names.
  static func arrays(_ name: String) throws -> [String: NumericArray] {
    Dictionary(
      uniqueKeysWithValues: try NPZ.read(contentsOf: path(name)).map { ($0.name, $0.array) })
  }

  /// Calls `body` with a folder that is gone afterwards.
  static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "formats-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
}
