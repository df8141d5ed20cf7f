import CZlib
import Striate

/// Reading and writing gzip.
///
/// Source: Deutsch 1996, RFC 1952; the compressed blocks inside are those of RFC 1951.
public enum Gzip {
  /// What is wrong with a gzip file: which file, what, and what to do.
  public struct InvalidFile: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// The bytes that the gzip file at `path` holds, of all its members, one after the other.
  ///
  /// Throws where the file cannot be read, is damaged or cut short, is followed by other bytes, or
  /// holds more than `limit` bytes; the limit is found before memory for more is taken.
  public static func decompress(contentsOf path: String, limit: Int) throws -> [UInt8] {
    let reader = try GzipReader(InputFile(path: path))
    var bytes: [UInt8] = []
    while try reader.read(upTo: min(1 << 18, limit - bytes.count) + 1, appendingTo: &bytes) > 0 {
      guard bytes.count <= limit else {
        throw InvalidFile(
          description: "\(path): gzip: expected at most \(limit) bytes inside, found more")
      }
    }
    return bytes
  }

  /// `bytes` as a gzip file of one member, without a name or a time, so that equal bytes give equal
  /// files.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    let status = deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "Gzip: expected zlib to start, found status \(status)")
    defer { deflateEnd(&stream) }
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    var state = Z_OK
    while state != Z_STREAM_END {
      // zlib counts in 32 bits, so large arrays are fed in pieces.
      let count = min(bytes.count - offset, 1 << 20)
      let isLast = offset + count == bytes.count
      bytes.withUnsafeBufferPointer { input in
        piece.withUnsafeMutableBufferPointer { output in
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + offset })
          stream.avail_in = UInt32(count)
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(output.count)
          state = deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
        }
      }
      offset += count - Int(stream.avail_in)
      result.append(contentsOf: piece.prefix(piece.count - Int(stream.avail_out)))
    }
    return result
  }
}

/// Decompresses a gzip file piece by piece.
final class GzipReader {
  private let file: InputFile
  /// zlib keeps the address of its stream, so the stream may not move.
  private let stream: UnsafeMutablePointer<z_stream>
  /// Compressed bytes read from the file; those before `consumed` are used up.
  private var input: [UInt8] = []
  private var consumed = 0
  /// Compressed bytes used up altogether, for error messages.
  private var position = 0
  private var members = 0
  private var isInMember = false

  init(_ file: consuming InputFile) throws {
    self.file = file
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(
      stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw damage("zlib does not start (status \(status))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The number of compressed bytes in the file.
  var fileSize: Int { file.size }

  /// Appends at most `count` decompressed bytes to `bytes`; returns how many, 0 at the end.
  func read(upTo count: Int, appendingTo bytes: inout [UInt8]) throws -> Int {
    while count > 0 {
      if !isInMember {
        guard try startMember() else { return 0 }
      }
      if consumed == input.count { try fill() }
      let piece = try inflatePiece(upTo: count)
      if !piece.isEmpty {
        bytes.append(contentsOf: piece)
        return piece.count
      }
    }
    return 0
  }

  /// Goes to the next member; false at the end of the file.
  private func startMember() throws -> Bool {
    while input.count - consumed < 2, try fill() > 0 {}
    let start = input[consumed...].prefix(2)
    if start.isEmpty && members > 0 { return false }
    guard Array(start) == [0x1f, 0x8b] else {
      throw members == 0
        ? damage("expected it to begin with 1f 8b, found \(hexadecimal(start))")
        : damage("other bytes follow the data at byte \(position)")
    }
    if members > 0 { inflateReset(stream) }
    isInMember = true
    return true
  }

  /// Reads more of the file behind the bytes that are not used up; returns how many.
  @discardableResult private func fill() throws -> Int {
    input.removeFirst(consumed)
    consumed = 0
    return try file.read(upTo: 1 << 16, appendingTo: &input)
  }

  /// Decompresses from what has been read; nothing where zlib needs more or a member has ended.
  private func inflatePiece(upTo count: Int) throws -> [UInt8] {
    let available = input.count - consumed
    let capacity = min(count, 1 << 18)
    var status = Z_OK
    let piece = input.withUnsafeBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: capacity) { output, initialized in
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress.map { $0 + consumed })
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(capacity)
        status = inflate(stream, Z_NO_FLUSH)
        initialized = capacity - Int(stream.pointee.avail_out)
      }
    }
    let used = available - Int(stream.pointee.avail_in)
    consumed += used
    position += used
    switch status {
    case Z_STREAM_END:
      isInMember = false
      members += 1
    case Z_OK: break
    case Z_BUF_ERROR:  // no progress: zlib wants bytes that are not there
      throw damage("the file is cut short after \(position) bytes")
    default:
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
      throw damage("the data is damaged near byte \(position) (\(reason))")
    }
    return piece
  }

  private func damage(_ reason: String) -> Gzip.InvalidFile {
    Gzip.InvalidFile(description: "\(file.path): gzip: \(reason): download or copy it again")
  }
}

/// Bytes as hexadecimal digits: `1f 8b`; `nothing` where there are none.
func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
  return digits.isEmpty ? "nothing" : digits.joined(separator: " ")
}
