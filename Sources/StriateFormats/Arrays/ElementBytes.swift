import Striate

extension NumericArray {
  /// An array of the elements that lie in `bytes` one behind the other.
  ///
  /// Throws `Unrepresentable` where an unsigned number of 64 bits is larger than `Int.max`.
  ///
  /// - Precondition: there are as many bytes as the shape needs.
  init(
    shape: [Int], type: ElementType, bytes: RawSpan, isBigEndian: Bool = false
  ) throws(Unrepresentable) {
    let count = shape.reduce(1, *)
    precondition(
      bytes.byteCount == count * type.size,
      "NumericArray: expected \(count * type.size) bytes, found \(bytes.byteCount)")
    func word<Word: FixedWidthInteger & BitwiseCopyable>(_ index: Int, _: Word.Type) -> Word {
      let word = bytes.unsafeLoadUnaligned(
        fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self)
      return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
    }
    let elements: Elements
    switch type {
    case .float32:
      elements = .floats((0..<count).map { Float(bitPattern: word($0, UInt32.self)) })
    case .float64:
      elements = .doubles((0..<count).map { Double(bitPattern: word($0, UInt64.self)) })
    case .float16:
      elements = .floats((0..<count).map { HalfPrecision.float(word($0, UInt16.self)) })
    case .bfloat16:
      elements = .floats(
        (0..<count).map { Float(bitPattern: UInt32(word($0, UInt16.self)) << 16) })
    case .bool: elements = .integers((0..<count).map { word($0, UInt8.self) == 0 ? 0 : 1 })
    case .int8: elements = .integers((0..<count).map { Int(word($0, Int8.self)) })
    case .uint8: elements = .integers((0..<count).map { Int(word($0, UInt8.self)) })
    case .int16: elements = .integers((0..<count).map { Int(word($0, Int16.self)) })
    case .uint16: elements = .integers((0..<count).map { Int(word($0, UInt16.self)) })
    case .int32: elements = .integers((0..<count).map { Int(word($0, Int32.self)) })
    case .uint32: elements = .integers((0..<count).map { Int(word($0, UInt32.self)) })
    case .int64: elements = .integers((0..<count).map { Int(word($0, Int64.self)) })
    case .uint64:
      guard (0..<count).allSatisfy({ word($0, UInt64.self) <= UInt64(Int.max) }) else {
        throw Unrepresentable()
      }
      elements = .integers((0..<count).map { Int(word($0, UInt64.self)) })
    }
    self.init(shape: shape, type: type, elements: elements)
  }

  /// An unsigned number of 64 bits is larger than `Int.max`.
  struct Unrepresentable: Error, CustomStringConvertible {
    var description: String { "expected numbers up to \(Int.max), found a larger one" }
  }

  /// The elements one behind the other, little endian.
  var littleEndianBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * type.size)
    func append(_ word: some FixedWidthInteger) {
      withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }
    switch elements {
    case .floats(let values):
      switch type {
      case .float16: for value in values { append(HalfPrecision.bits(value)) }
      case .bfloat16:
        for value in values {
          append(UInt16(HalfPrecision.roundedToBrain(value).bitPattern >> 16))
        }
      default: for value in values { append(value.bitPattern) }
      }
    case .doubles(let values): for value in values { append(value.bitPattern) }
    case .integers(let values):
      for value in values {
        switch type.size {
        case 1: append(UInt8(truncatingIfNeeded: value))
        case 2: append(UInt16(truncatingIfNeeded: value))
        case 4: append(UInt32(truncatingIfNeeded: value))
        default: append(Int64(value))
        }
      }
    }
    return bytes
  }
}
