import Striate
import StriateFormats

/// A file that a command takes as MODEL-FILE: one of Striate's, or an ONNX file.
enum ModelFile {
  /// Whether a file is read as an ONNX file: by the end of its name.
  static func isONNX(_ path: String) -> Bool { path.lowercased().hasSuffix(".onnx") }

  /// The network in the file at `path`.
  ///
  /// Throws where the file cannot be read or is no model.
  static func network(contentsOf path: String) throws -> Network {
    guard isONNX(path) else { return try Network(contentsOf: path) }
    guard let network = try ONNXModel(contentsOf: path).network else {
      throw Failure("\(path): expected outputs that depend on the inputs, found constants")
    }
    return network
  }
}
