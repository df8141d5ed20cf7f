import Foundation

extension Picture {
  /// Why a picture could not be written.
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

  /// Writes a PNG file: under a temporary name first, synced and renamed, so that a file of this
  /// name is never seen half-written.
  ///
  /// Throws `Unwritable` where the file cannot be written.
  public func writePNG(to path: String) throws {
    guard let file = PNGFile.encode(self) else {
      throw Unwritable(description: "\(path): the picture could not be encoded as PNG")
    }
    let temporary = "\(path).\(UInt32.random(in: 0...UInt32.max)).partial"
    func failure(_ step: String) -> Unwritable {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      return Unwritable(description: "\(path): cannot be \(step): \(reason)")
    }

    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("written") }
    var written = 0
    while written < file.count {
      let count = file[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = failure("written")
        close(descriptor)
        throw error
      }
      written += count
    }
    guard fsync(descriptor) == 0, close(descriptor) == 0 else { throw failure("synced") }
    guard rename(temporary, path) == 0 else { throw failure("put in place") }
  }
}
