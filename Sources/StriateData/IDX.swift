import Foundation
import Striate

/// An array of numbers from an IDX file, the format of MNIST.
///
/// A file begins with four bytes 0, 0, element type, number of dimensions; then come the extents of
/// the dimensions as 32-bit numbers and the elements in row-major order, all of them big endian.
///
/// Source: LeCun, Cortes & Burges 1998, http://yann.lecun.com/exdb/mnist, "File formats".
public struct IDX: Sendable, Equatable {
  /// The type of the elements; the raw value is the third byte of a file.
  public enum Element: UInt8, Sendable {
    /// 0 to 255.
    case unsignedByte = 0x08
    /// −128 to 127.
    case signedByte = 0x09
    /// 16-bit integers.
    case int16 = 0x0B
    /// 32-bit integers.
    case int32 = 0x0C
    /// 32-bit floating-point numbers.
    case float32 = 0x0D
    /// 64-bit floating-point numbers.
    case float64 = 0x0E

    /// The number of bytes of one element.
    public var size: Int {
      switch self {
      case .unsignedByte, .signedByte: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// What is wrong with an IDX file: which file, expected, found, and what to do.
  public struct InvalidFile: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// The type of the elements.
  public let element: Element

  /// The extent of each dimension, the slowest first: [images, rows, columns].
  public let dimensions: [Int]

  /// The elements as they are in the file, big endian.
  public let bytes: [UInt8]

  /// An array of the given elements.
  ///
  /// - Precondition: the bytes fill the dimensions, each of which fits 32 bits.
  public init(element: Element = .unsignedByte, dimensions: [Int], bytes: [UInt8]) {
    precondition(
      (1...255).contains(dimensions.count)
        && dimensions.allSatisfy { UInt32(exactly: $0) != nil }
        && IDX.byteCount(dimensions, element) == bytes.count,
      "IDX: expected the bytes of \(dimensions) elements, found \(bytes.count) bytes")
    self.element = element
    self.dimensions = dimensions
    self.bytes = bytes
  }

  /// Reads the file at `path`, plain or compressed by gzip; its first bytes tell which.
  ///
  /// Throws where the file cannot be read, is no IDX file, or holds more or less than its header
  /// says. Memory is taken for what the file holds, whatever the header says.
  public init(contentsOf path: String) throws {
    var start: [UInt8] = []
    let file = try InputFile(path: path)
    _ = try file.read(upTo: 2, appendingTo: &start)
    var source: any IDXSource
    if start == [0x1f, 0x8b] {
      source = try GzipReader(InputFile(path: path))
    } else {
      source = PlainSource(file: try InputFile(path: path))
    }
    self = try IDX.read(from: &source, path: path)
  }

  /// The elements as `Float`s in row-major order; 32-bit integers and 64-bit numbers are rounded.
  public var floats: [Float] {
    func bits<T: FixedWidthInteger>(_ type: T.Type, at index: Int) -> T {
      let size = MemoryLayout<T>.size
      return bytes[index * size..<(index + 1) * size].reduce(0) { $0 << 8 | T($1) }
    }
    let count = bytes.count / element.size
    return switch element {
    case .unsignedByte: bytes.map { Float($0) }
    case .signedByte: bytes.map { Float(Int8(bitPattern: $0)) }
    case .int16: (0..<count).map { Float(Int16(bitPattern: bits(UInt16.self, at: $0))) }
    case .int32: (0..<count).map { Float(Int32(bitPattern: bits(UInt32.self, at: $0))) }
    case .float32: (0..<count).map { Float(bitPattern: bits(UInt32.self, at: $0)) }
    case .float64: (0..<count).map { Float(Double(bitPattern: bits(UInt64.self, at: $0))) }
    }
  }

  /// The bytes of an IDX file that holds this array.
  public func encoded() -> [UInt8] {
    var file: [UInt8] = [0, 0, element.rawValue, UInt8(dimensions.count)]
    for extent in dimensions {
      file += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: extent >> $0) }
    }
    return file + bytes
  }

  /// The number of bytes of an array, or nil where it does not fit `Int`.
  fileprivate static func byteCount(_ dimensions: [Int], _ element: Element) -> Int? {
    var count = element.size
    if dimensions.contains(0) { return 0 }
    for extent in dimensions {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard !overflows, extent > 0 else { return nil }
      count = product
    }
    return count
  }
}

extension IDX {
  private static func read(from source: inout any IDXSource, path: String) throws -> IDX {
    func refuse(_ what: String) -> InvalidFile { InvalidFile(description: "\(path): \(what)") }

    let magic = try source.take(upTo: 4)
    guard !magic.isEmpty else {
      throw refuse("the file is empty: download or copy it again")
    }
    guard magic.count == 4, magic[0] == 0, magic[1] == 0, magic[3] > 0,
      let element = Element(rawValue: magic[2])
    else {
      let found = "0x" + hexadecimal(magic).replacing(" ", with: "")
      throw refuse("IDX magic number: expected 0x000008nn, found \(found)\(guess(magic))")
    }
    let rank = Int(magic[3])
    let header = try source.take(upTo: 4 * rank)
    guard header.count == 4 * rank else {
      throw refuse(
        """
        IDX header: expected \(4 + 4 * rank) bytes, found \(4 + header.count): \
        the file is cut short; download or copy it again
        """)
    }
    let dimensions = (0..<rank).map { axis in
      header[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let shape = dimensions.map { String($0) }.joined(separator: " × ")
    guard let count = byteCount(dimensions, element), count <= source.possibleSize else {
      throw refuse(
        """
        IDX data: expected \(shape) elements, found a file of \(source.fileSize) bytes that cannot \
        hold them: the header is damaged or the file is cut short; download or copy it again
        """)
    }
    let limit = ProcessMemory.available / 8
    guard count <= limit else {
      throw refuse(
        """
        IDX data: expected at most \(limit) bytes, an eighth of this machine's memory, found \
        \(shape) elements in \(count) bytes: the header is damaged or the file is not meant for \
        this machine
        """)
    }
    let bytes = try source.take(upTo: count)
    guard bytes.count == count else {
      throw refuse(
        """
        IDX data: expected \(shape) elements in \(count) bytes, found \(bytes.count) bytes: \
        the file is cut short; download or copy it again
        """)
    }
    guard try source.take(upTo: 1).isEmpty else {
      throw refuse(
        """
        IDX data: expected \(shape) elements in \(count) bytes, found more bytes behind them: \
        the header is damaged; download or copy it again
        """)
    }
    return IDX(element: element, dimensions: dimensions, bytes: bytes)
  }

  /// What a file that begins with `magic` may be, and what to do about it.
  private static func guess(_ magic: [UInt8]) -> String {
    let known: [([UInt8], String)] = [
      (Array("PK".utf8), " (a zip archive): unpack it first"),
      (Array("BZh".utf8), " (a bzip2 file): unpack it first"),
      ([0xfd, 0x37, 0x7a, 0x58], " (an xz file): unpack it first"),
      ([0x28, 0xb5, 0x2f, 0xfd], " (a zstd file): unpack it first"),
      ([0x1f, 0x8b], " (a gzip file inside a gzip file): unpack it first"),
      ([0x89, 0x50, 0x4e, 0x47], " (a PNG picture): name an IDX file"),
      ([0xff, 0xd8, 0xff], " (a JPEG picture): name an IDX file"),
      ([0x93, 0x4e, 0x55, 0x4d], " (a NumPy array): name an IDX file"),
      (Array("<".utf8), " (a web page): download the file itself"),
    ]
    return known.first { magic.starts(with: $0.0) }?.1 ?? ": name an IDX file"
  }
}

/// Where the bytes of an IDX file come from.
private protocol IDXSource {
  /// The number of bytes in the file itself.
  var fileSize: Int { get }

  /// The most bytes that the file can hold, known without reading them.
  var possibleSize: Int { get }

  /// Appends at most `count` bytes; returns how many, 0 at the end.
  mutating func read(upTo count: Int, appendingTo bytes: inout [UInt8]) throws -> Int
}

extension IDXSource {
  /// The next `count` bytes, or fewer at the end. Memory grows with what arrives.
  fileprivate mutating func take(upTo count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(count, 1 << 20))
    while bytes.count < count, try read(upTo: count - bytes.count, appendingTo: &bytes) > 0 {}
    return bytes
  }
}

private final class PlainSource: IDXSource {
  private let file: InputFile

  init(file: consuming InputFile) { self.file = file }

  var fileSize: Int { file.size }

  var possibleSize: Int { file.size }

  func read(upTo count: Int, appendingTo bytes: inout [UInt8]) throws -> Int {
    try file.read(upTo: min(count, 1 << 20), appendingTo: &bytes)
  }
}

extension GzipReader: IDXSource {
  /// Deflate packs at most 1032 bytes into one (258 bytes in two bits, RFC 1951).
  var possibleSize: Int {
    let (product, overflows) = fileSize.multipliedReportingOverflow(by: 1032)
    return overflows ? .max : product
  }
}
