import Striate

/// Reads the files in a tar archive that is compressed by gzip, one after the other, in memory.
///
/// Archives of regular files and folders, as the well-known data sets are; anything else is refused. No
/// file is written, so a name in an archive leads nowhere.
///
/// Source: POSIX.1-1988, "ustar Interchange Format": 512 bytes of header, then the file in blocks of
/// 512 bytes; two blocks of zeros end the archive.
struct TarReader {
  /// What is wrong with an archive: which, where, what to do.
  struct InvalidFile: Error, CustomStringConvertible, Equatable {
    let description: String
  }

  /// A file in the archive.
  struct Entry: Equatable {
    /// Its path in the archive.
    let name: String
    /// The number of its bytes.
    let size: Int
  }

  private static let block = 512

  /// The most unpacked bytes that are looked at: a small file can unpack to any size.
  private static let limit = 1 << 29

  private let path: String
  private let source: GzipReader
  /// Bytes read so far, unpacked.
  private var position = 0
  /// Bytes of the entry, and of its last block, that were not read.
  private var rest = 0
  private var padding = 0

  /// The archive at `path`.
  init(path: String) throws {
    self.path = path
    source = try GzipReader(InputFile(path: path))
  }

  /// The next regular file; nil at the end.
  mutating func next() throws -> Entry? {
    while true {
      try skip(rest + padding)
      (rest, padding) = (0, 0)
      let start = position
      let header = try take(Self.block)
      if header.allSatisfy({ $0 == 0 }) { return nil }
      try check(header, at: start)
      guard let size = octal(header[124..<136]), size >= 0 else {
        throw damaged("the size of a file", at: start)
      }
      rest = size
      padding = (Self.block - size % Self.block) % Self.block
      switch header[156] {
      case UInt8(ascii: "0"), 0:
        let prefix = text(header[345..<500])
        let name = text(header[0..<100])
        return Entry(name: prefix.isEmpty ? name : prefix + "/" + name, size: size)
      case UInt8(ascii: "5"): continue  // a folder
      case UInt8(ascii: "x"), UInt8(ascii: "g"): continue  // notes about times and owners
      default:
        throw InvalidFile(
          description: """
            \(path): tar: expected regular files and folders, found an entry of type \
            "\(text(header[156..<157]))" at byte \(start): unpack it, and name the folder
            """)
      }
    }
  }

  /// The bytes of the current file; memory grows with what arrives.
  mutating func content() throws -> [UInt8] {
    defer { rest = 0 }
    return try take(rest)
  }

  private mutating func take(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(count, 1 << 20))
    while bytes.count < count {
      guard try source.read(upTo: count - bytes.count, appendingTo: &bytes) > 0 else {
        throw InvalidFile(
          description: """
            \(path): tar: the archive is cut short after \(position + bytes.count) unpacked bytes: \
            download or copy it again
            """)
      }
    }
    position += count
    guard position <= Self.limit else {
      throw InvalidFile(
        description: """
          \(path): tar: expected what is looked for in the first \(Self.limit) unpacked bytes, found \
          none: name another archive
          """)
    }
    return bytes
  }

  private mutating func skip(_ count: Int) throws {
    var left = count
    while left > 0 {
      let piece = min(left, 1 << 16)
      _ = try take(piece)
      left -= piece
    }
  }

  /// The sum of a header's bytes, its own eight taken for spaces, stands in it.
  private func check(_ header: [UInt8], at start: Int) throws {
    let own = 148..<156
    let sum = header.indices.reduce(0) { $0 + (own.contains($1) ? 32 : Int(header[$1])) }
    guard octal(header[own]) == sum else { throw damaged("the checksum of a header", at: start) }
    guard header[257..<262].elementsEqual("ustar".utf8) else {
      throw damaged("the word ustar", at: start)
    }
  }

  private func damaged(_ what: String, at start: Int) -> InvalidFile {
    InvalidFile(
      description: """
        \(path): tar: expected \(what) in the header at byte \(start), found something else: \
        download or copy it again
        """)
  }

  /// A number in octal digits that spaces or zeros end; nil where there is another character.
  private func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 32 }.prefix { $0 != 32 && $0 != 0 }
    guard !digits.isEmpty else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 8)
  }

  private func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }
}
