import Foundation
import Testing

/// A small model of all digits, trained once by the program itself.
enum TrainedModel {
  private static let folder = try? TemporaryFolder()

  /// The path of its file.
  static let path: String = {
    let path = folder?.path("digits.safetensors") ?? ""
    _ = try? CommandProcess([
      "train", "digits", "--model", "numpy-cnn", "--epochs", "1", "--count", "6000", "--quiet",
      "--out", path,
    ]).result()
    return path
  }()

  static var bytes: [UInt8] { [UInt8](FileManager.default.contents(atPath: path) ?? Data()) }
}
