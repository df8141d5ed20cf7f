/// A file of arrays is not what its format says: which file, where, what was expected, what was found.
public struct InvalidArrayFile: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String

  init(_ source: String, _ message: String) { description = "\(source): \(message)" }
}
