/// A message of protocol buffers in the making, with the kinds of fields that events have.
///
/// Source: the encoding of protocol buffers, protobuf.dev/programming-guides/encoding.
struct EventMessage {
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
    key(field, .length)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

  mutating func add(_ field: Int, _ value: EventMessage) { add(field, value.bytes) }

  /// Numbers one behind the other.
  mutating func add(_ field: Int, packed values: [Double]) {
    key(field, .length)
    varint(UInt64(values.count * 8))
    for value in values { littleEndian(value.bitPattern) }
  }
}
