import Striate

/// Files of one array, as numpy.save writes them.
///
///     6 bytes      93 "NUMPY"
///     2 bytes      version, 1.0 to 3.0
///     2 or 4 bytes header length, little endian
///     the header   type, order and shape: see `NPYHeader`
///     the rest     the elements
///
/// Source: numpy.lib.format, the description of the format.
public enum NPY {
  /// The array of the file at `path`.
  ///
  /// Throws where the file cannot be read, or is not a .npy file of numbers.
  public static func read(contentsOf path: String) throws -> NumericArray {
    try decode(InputFile.bytes(of: path), source: path)
  }

  /// Writes an array to the file at `path`, whole or not at all.
  ///
  /// Throws where the type is none of NumPy's, or the file cannot be written.
  public static func write(_ array: NumericArray, to path: String) throws {
    let bytes = try encode(array, source: path)
    try AtomicFile.write(to: path) { file in try file.append(bytes.span.bytes) }
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Whether a file begins as one of an array does.
  static func isBeginning(_ bytes: some Sequence<UInt8>) -> Bool { bytes.starts(with: magic) }

  /// The array of a file in memory; errors call it `source`.
  public static func decode(_ bytes: [UInt8], source: String) throws(InvalidArrayFile)
    -> NumericArray
  {
    guard bytes.count >= 10, isBeginning(bytes) else {
      throw InvalidArrayFile(
        source,
        "expected a .npy file, which begins with 93 NUMPY, found another or nothing: "
          + "write the array with numpy.save")
    }
    let version = bytes[6]
    guard (1...3).contains(version), bytes[7] == 0 else {
      throw InvalidArrayFile(
        source, "npy: expected version 1.0 to 3.0, found \(bytes[6]).\(bytes[7])")
    }
    let start = version == 1 ? 10 : 12
    let length = bytes[8..<min(start, bytes.count)].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard bytes.count >= start, length <= NPYHeader.limit, length <= bytes.count - start else {
      throw InvalidArrayFile(
        source,
        "npy: expected a header of at most \(min(NPYHeader.limit, max(0, bytes.count - start))) "
          + "bytes, found a length of \(length): the file is cut off or damaged")
    }
    let header = try NPYHeader(bytes[start..<start + length], source: source)
    let found = bytes.count - start - length
    guard let count = NumericArray.count(of: header.shape), count * header.type.size == found
    else {
      throw InvalidArrayFile(
        source,
        "npy: expected the elements of \(header.shape) \(header.type.rawValue), found \(found) "
          + "bytes: the file is cut off or damaged")
    }
    let array: NumericArray
    do {
      array = try NumericArray(
        shape: header.isFortranOrder ? header.shape.reversed() : header.shape, type: header.type,
        bytes: bytes.span.bytes.extracting((start + length)..<bytes.count),
        isBigEndian: header.isBigEndian)
    } catch {
      throw InvalidArrayFile(source, "npy: \(error): convert the array with astype first")
    }
    return header.isFortranOrder
      ? array.permuted(Array((0..<header.shape.count).reversed())) : array
  }

  /// The file of an array; errors call it `source`.
  public static func encode(_ array: NumericArray, source: String) throws(InvalidArrayFile)
    -> [UInt8]
  {
    guard array.shape.count <= NPYHeader.axisLimit,
      let text = NPYHeader(of: array).text(precededBy: 10)
    else {
      throw InvalidArrayFile(
        source, "npy: expected a type of NumPy's, found \(array.type.rawValue)")
    }
    let length = text.utf8.count
    return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
      + array.littleEndianBytes
  }
}
