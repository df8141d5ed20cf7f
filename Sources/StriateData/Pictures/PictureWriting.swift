import Striate

extension Picture {
  /// Why a picture could not be encoded.
  public struct Unwritable: Error, CustomStringConvertible, Equatable {
    /// The file's name and the reason.
    public let description: String
  }

  /// The bytes of a PNG file that holds the picture; the same for the same picture.
  ///
  /// Throws `Unwritable` where memory runs out.
  public func png() throws -> [UInt8] {
    guard let file = PNGFile.encode(self) else {
      throw Unwritable(description: "the picture could not be encoded as PNG")
    }
    return file
  }

  /// Writes a PNG file, whole or not at all.
  ///
  /// Throws `AtomicFile.Failure` where the file cannot be written, and `Unwritable` where memory runs out.
  public func writePNG(to path: String) throws {
    guard let file = PNGFile.encode(self) else {
      throw Unwritable(description: "\(path): the picture could not be encoded as PNG")
    }
    try AtomicFile.write(file, to: path)
  }
}
