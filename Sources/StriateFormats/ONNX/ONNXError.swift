/// An ONNX file cannot become a network: which file, which node, what was expected, what was found.
public struct ONNXError: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String

  init(_ description: String) { self.description = description }
}
