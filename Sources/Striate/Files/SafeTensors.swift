/// A safetensors file: named arrays, and a table of texts about them.
///
///     8 bytes   header length n, little endian
///     n bytes   {"name": {"dtype": "F32", "shape": […], "data_offsets": [begin, end]}, …,
///                "__metadata__": {"key": "text", …}}
///     the rest  the arrays, one after the other, little endian
///
/// Reading checks everything before it believes anything: names are unique, each array's bytes are
/// what its type and shape need, and together they cover the data exactly, without hole or overlap.
/// Source: https://github.com/huggingface/safetensors, section Format.
public struct SafeTensors: Sendable {
  /// The type of an array's elements, under its name in the header.
  public enum ElementType: String, Sendable, CaseIterable {
    /// Truth values and integers.
    case bool = "BOOL", u8 = "U8", i8 = "I8", u16 = "U16", i16 = "I16", u32 = "U32", i32 = "I32"
    /// Integers of 64 bits.
    case u64 = "U64", i64 = "I64"
    /// Floating-point numbers.
    case f8e5m2 = "F8_E5M2", f8e4m3 = "F8_E4M3", f16 = "F16", bf16 = "BF16", f32 = "F32"
    /// Floating-point numbers of 64 bits.
    case f64 = "F64"

    /// Bytes an element.
    public var size: Int {
      switch self {
      case .bool, .u8, .i8, .f8e5m2, .f8e4m3: 1
      case .u16, .i16, .f16, .bf16: 2
      case .u32, .i32, .f32: 4
      case .u64, .i64, .f64: 8
      }
    }
  }

  /// One array of the file.
  public struct Entry: Sendable, Equatable {
    /// What the array is called.
    public let name: String
    /// The type of its elements.
    public let type: ElementType
    /// The extent of each axis.
    public let shape: [Int]
    /// Where its bytes lie, counted from the end of the header.
    public let offsets: Range<Int>
  }

  /// The file is not what the format says: which file, where, what was expected, what was found.
  public struct InvalidFile: Error, CustomStringConvertible, Equatable {
    /// The whole message.
    public let description: String
  }

  /// The longest header that is read, as in the format's own library.
  public static let headerLimit = 100_000_000

  /// The texts about the arrays.
  public let metadata: [String: String]

  /// The arrays in the order of their bytes.
  public let entries: [Entry]

  /// What errors call the file.
  public let source: String

  private let bytes: [UInt8]
  private let dataStart: Int
  private let index: [String: Int]

  /// Reads the file at `path`.
  ///
  /// Throws where the file cannot be read or is not a safetensors file.
  public init(contentsOf path: String) throws {
    try self.init(bytes: InputFile.bytes(of: path), source: path)
  }

  /// Reads a file held in memory; errors call it `source`.
  public init(bytes: [UInt8], source: String) throws(InvalidFile) {
    func refuse(_ message: String) -> InvalidFile {
      InvalidFile(description: "\(source): \(message)")
    }
    let length = try SafeTensors.headerLength(
      bytes.prefix(8), fileSize: bytes.count, refuse: refuse)
    dataStart = 8 + length
    var scanner = HeaderScanner(bytes: bytes, range: 8..<dataStart, source: source)
    let header = try scanner.header()
    metadata = header.metadata
    entries = try SafeTensors.covering(
      header.entries, size: bytes.count - dataStart, refuse: refuse)
    index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    self.bytes = bytes
    self.source = source
  }

  /// The texts about the arrays of the file at `path`, whose arrays are not read.
  ///
  /// Throws where the file cannot be read or its header is not that of a safetensors file.
  static func metadata(contentsOf path: String) throws -> [String: String] {
    let file: InputFile = try InputFile(path: path)
    var bytes: [UInt8] = []
    func read(to count: Int) throws {
      while bytes.count < count, try file.read(upTo: count - bytes.count, appendingTo: &bytes) > 0 {
      }
    }
    func refuse(_ message: String) -> InvalidFile {
      InvalidFile(description: "\(path): \(message)")
    }
    try read(to: 8)
    let length = try headerLength(bytes[...], fileSize: file.size, refuse: refuse)
    try read(to: 8 + length)
    guard bytes.count == 8 + length else { throw refuse("the file changed while it was read") }
    var scanner = HeaderScanner(bytes: bytes, range: 8..<8 + length, source: path)
    return try scanner.header().metadata
  }

  /// The length of the header that the first 8 bytes of a file say.
  private static func headerLength(
    _ bytes: ArraySlice<UInt8>, fileSize: Int, refuse: (String) -> InvalidFile
  ) throws(InvalidFile) -> Int {
    guard bytes.count == 8 else {
      throw refuse(
        "expected a safetensors file (8 bytes of header length first), found \(fileSize) bytes: "
          + "the file is cut off or empty")
    }
    let length = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= SafeTensors.headerLimit else {
      if let kind = kind(of: bytes) {
        throw refuse("expected a safetensors file such as a model, found \(kind)")
      }
      throw refuse(
        "safetensors header: expected at most \(SafeTensors.headerLimit) bytes, found \(length): "
          + "this is not a safetensors file")
    }
    guard length <= fileSize - 8 else {
      throw refuse(
        "safetensors header: expected \(length) bytes, found \(fileSize - 8): "
          + "the file is cut off")
    }
    return Int(length)
  }

  /// What a file is that begins with these bytes, which no header begins with, and what to do; nil for
  /// what is not known.
  private static func kind(of bytes: ArraySlice<UInt8>) -> String? {
    let known: [(beginning: [UInt8], kind: String)] = [
      ([0x89, 0x50, 0x4E, 0x47], "a PNG picture: name the model first"),
      ([0xFF, 0xD8, 0xFF], "a JPEG picture: name the model first"),
      (Array("GIF8".utf8), "a GIF picture: name the model first"),
      (
        [0x50, 0x4B, 0x03, 0x04],
        "a zip archive, as torch.save writes: save the parameters as safetensors"
      ),
      ([0x80, 0x02], "a Python pickle: save the parameters as safetensors"),
      ([0x80, 0x03], "a Python pickle: save the parameters as safetensors"),
      ([0x80, 0x04], "a Python pickle: save the parameters as safetensors"),
      ([0x80, 0x05], "a Python pickle: save the parameters as safetensors"),
      ([0x89, 0x48, 0x44, 0x46], "an HDF5 file: save the parameters as safetensors"),
      ([0x1F, 0x8B], "a gzip file: unpack it"),
    ]
    return known.first { bytes.starts(with: $0.beginning) }?.kind
  }

  /// The entries in the order of their bytes, which must be `size` bytes without hole or overlap.
  private static func covering(
    _ entries: [Entry], size: Int, refuse: (String) -> InvalidFile
  ) throws(InvalidFile) -> [Entry] {
    let sorted = entries.sorted {
      ($0.offsets.lowerBound, $0.offsets.upperBound, $0.name)
        < ($1.offsets.lowerBound, $1.offsets.upperBound, $1.name)
    }
    var end = 0
    for entry in sorted {
      guard entry.offsets.lowerBound == end else {
        throw refuse(
          "tensor \"\(entry.name)\": expected its data at byte \(end), found data_offsets "
            + "[\(entry.offsets.lowerBound), \(entry.offsets.upperBound)]: "
            + "arrays must follow each other without hole or overlap")
      }
      end = entry.offsets.upperBound
    }
    guard end == size else {
      throw refuse(
        "expected \(end) bytes of data after the header, found \(size): "
          + (size < end ? "the file is cut off" : "something was appended to the file"))
    }
    return sorted
  }

  /// The entry of that name, if there is one.
  public func entry(named name: String) -> Entry? { index[name].map { entries[$0] } }

  /// The array of that name as Floats. F64 is rounded; F16 and BF16 are exact.
  ///
  /// Throws where there is no such array or it does not hold floating-point numbers.
  public func tensor(named name: String) throws(InvalidFile) -> Tensor {
    guard let entry = entry(named: name) else {
      throw InvalidFile(
        description: "\(source): tensor \"\(name)\": expected it in the file, found "
          + (entries.isEmpty
            ? "no tensors" : entries.prefix(8).map { "\"\($0.name)\"" }.joined(separator: ", ")))
    }
    let start = dataStart + entry.offsets.lowerBound
    let size = entry.type.size
    let places = (0..<entry.offsets.count / size).lazy.map { start + $0 * size }
    let span = bytes.span.bytes
    let scalars: [Float]
    switch entry.type {
    case .f32:
      scalars = places.map { span.unsafeLoadUnaligned(fromByteOffset: $0, as: Float.self) }
    case .f64:
      scalars = places.map {
        Float(span.unsafeLoadUnaligned(fromByteOffset: $0, as: Double.self))
      }
    case .f16:
      scalars = places.map {
        HalfPrecision.float(span.unsafeLoadUnaligned(fromByteOffset: $0, as: UInt16.self))
      }
    case .bf16:
      scalars = places.map {
        Float(
          bitPattern: UInt32(span.unsafeLoadUnaligned(fromByteOffset: $0, as: UInt16.self)) << 16)
      }
    default:
      throw InvalidFile(
        description: "\(source): tensor \"\(name)\": expected F32, F64, F16 or BF16, found "
          + "\(entry.type.rawValue): convert it first")
    }
    return Tensor(shape: entry.shape, scalars: scalars)
  }
}
