/// A message of protocol buffers in the making.
///
///     field = key (number · 8 + wire type, as a varint) · value
///
/// Source: the encoding of protocol buffers, protobuf.dev/programming-guides/encoding.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private enum Wire: UInt64 { case varint = 0, eight = 1, length = 2, four = 5 }

  private mutating func key(_ field: Int, _ wire: Wire) {
    varint(UInt64(field) << 3 | wire.rawValue)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func littleEndian(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ field: Int, _ value: Int) {
    key(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, _ value: Double) {
    key(field, .eight)
    littleEndian(value.bitPattern)
  }

  mutating func add(_ field: Int, _ value: Float) {
    key(field, .four)
    littleEndian(value.bitPattern)
  }

  mutating func add(_ field: Int, _ value: [UInt8]) {
    beginField(field, length: value.count)
    bytes += value
  }

  mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

  mutating func add(_ field: Int, _ value: ProtobufWriter) { add(field, value.bytes) }

  /// The key and the length of a field whose bytes follow behind this message.
  mutating func beginField(_ field: Int, length: Int) {
    key(field, .length)
    varint(UInt64(length))
  }

  /// Numbers one behind the other.
  mutating func add(_ field: Int, packed values: [Double]) {
    beginField(field, length: values.count * 8)
    for value in values { littleEndian(value.bitPattern) }
  }

  /// Numbers one behind the other.
  mutating func add(_ field: Int, packed values: [Float]) {
    beginField(field, length: values.count * 4)
    bytes.reserveCapacity(bytes.count + values.count * 4)
    for value in values { littleEndian(value.bitPattern) }
  }

  /// Integers one behind the other.
  mutating func add(_ field: Int, packed values: [Int]) {
    var list = ProtobufWriter()
    for value in values { list.varint(UInt64(bitPattern: Int64(value))) }
    add(field, list)
  }
}
