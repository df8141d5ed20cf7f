import Foundation

/// A file of events for TensorBoard, which may read it while it grows.
///
///     record = length (8 bytes) · check of the length (4) · event · check of the event (4)
///
/// Lengths and checks are little-endian; the checks are masked CRC-32C.
///
/// ```swift
/// let file = try EventFile(inFolder: "runs/first")
/// try file.append(Event("loss", .scalar(0.5), step: 1, time: Date().timeIntervalSince1970))
/// ```
///
/// Source: TensorFlow's record_writer.cc.
public final class EventFile {
  /// Why events could not be written: where, why, and what to do.
  public struct Failure: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// Where the file is.
  public let path: String

  private let descriptor: Int32
  private var size = 0

  /// Makes the folder where it is not there, and a new file in it: "events.out.tfevents.…".
  ///
  /// Throws `Failure` where one of them cannot be made.
  public init(inFolder folder: String, time: Double = Date().timeIntervalSince1970) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        description: "\(folder): expected a folder, or a name for a new one: it cannot be made")
    }
    let stem =
      "\(folder)/events.out.tfevents.\(Int(time)).\(ProcessInfo.processInfo.processIdentifier)"
    var found: (path: String, descriptor: Int32)?
    var reason = EEXIST
    // Several files of one second have numbers.
    for number in 0..<1000 where found == nil && reason == EEXIST {
      let path = number == 0 ? stem : "\(stem).\(number)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { found = (path, descriptor) } else { reason = errno }
    }
    guard let found else {
      throw Failure(
        description: "\(folder): no file can be made in it: \(String(cString: strerror(reason)))")
    }
    (path, descriptor) = found
    try append(record: Event.version(time: time))
  }

  deinit { close(descriptor) }

  /// Adds an event to the end of the file.
  ///
  /// Throws `Failure` where it cannot be written, as on a full disk; the file then ends with the event
  /// before.
  public func append(_ event: Event) throws { try append(record: event.bytes) }

  /// Adds the bytes of an event's message.
  func append(record event: [UInt8]) throws {
    let bytes = Self.record(event)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = String(cString: strerror(errno))
        // Half a record would hide those after it.
        _ = ftruncate(descriptor, off_t(size))
        _ = lseek(descriptor, off_t(size), SEEK_SET)
        throw Failure(description: "\(path): an event could not be written: \(reason)")
      }
      written += count
    }
    size += bytes.count
  }

  /// An event as it stands in a file.
  package static func record(_ event: [UInt8]) -> [UInt8] {
    func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    let length = littleEndian(UInt64(event.count))
    return length + littleEndian(CRC32C.masked(of: length)) + event
      + littleEndian(CRC32C.masked(of: event))
  }
}
