/// Reads the fields of a message of protocol buffers, one after the other.
///
/// A field that is not asked for is skipped by its wire type, so that newer files stay readable; what is no field at all is
/// refused. Nothing is copied before a length is known to lie inside the message.
///
/// Source: the encoding of protocol buffers, protobuf.dev/programming-guides/encoding.
struct ProtobufReader {
  /// What a field holds.
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(Range<Int>)
    case fixed32(UInt32)
  }

  /// A message is damaged: where, and what was expected.
  struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  /// The whole file.
  let file: [UInt8]
  private var position: Int
  private let end: Int

  /// The message that is the whole file.
  init(_ file: [UInt8]) { self.init(file, 0..<file.count) }

  /// The message in a range of a file.
  init(_ file: [UInt8], _ range: Range<Int>) {
    self.file = file
    (position, end) = (range.lowerBound, range.upperBound)
  }

  private func damage(_ expected: String) -> Damage {
    Damage(
      description: "expected \(expected) at byte \(position) of the file: it is cut off or damaged")
  }

  /// The next field, nil at the end of the message.
  mutating func next() throws(Damage) -> (number: Int, value: Value)? {
    guard position < end else { return nil }
    let key = try varint()
    let number = key >> 3
    guard number >= 1, number < 1 << 29 else { throw damage("a field's number") }
    switch key & 7 {
    case 0: return (Int(number), .varint(try varint()))
    case 1: return (Int(number), .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else { throw damage("\(length) bytes") }
      defer { position += Int(length) }
      return (Int(number), .bytes(position..<position + Int(length)))
    case 5: return (Int(number), .fixed32(UInt32(try fixed(4))))
    default: throw damage("a field's kind")
    }
  }

  private mutating func varint() throws(Damage) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < end else { throw damage("the rest of a number") }
      let byte = file[position]
      position += 1
      guard shift < 63 || byte <= 1 else { throw damage("a number of 64 bits") }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw damage("a number of 64 bits")
  }

  private mutating func fixed(_ size: Int) throws(Damage) -> UInt64 {
    guard end - position >= size else { throw damage("the rest of a number") }
    defer { position += size }
    return file[position..<position + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  // MARK: What fields mean

  /// A field as an integer.
  func integer(_ value: Value) throws(Damage) -> Int {
    guard case .varint(let bits) = value else { throw damage("an integer") }
    return Int(truncatingIfNeeded: bits)
  }

  /// A field as a Float.
  func float(_ value: Value) throws(Damage) -> Float {
    guard case .fixed32(let bits) = value else { throw damage("a Float") }
    return Float(bitPattern: bits)
  }

  /// The range of a field of bytes.
  func range(_ value: Value) throws(Damage) -> Range<Int> {
    guard case .bytes(let range) = value else { throw damage("bytes") }
    return range
  }

  /// A field as text.
  func text(_ value: Value) throws(Damage) -> String {
    let range = try range(value)
    guard let text = String(validating: file[range], as: UTF8.self) else {
      throw damage("text in UTF-8")
    }
    return text
  }

  /// A field as a message.
  func message(_ value: Value) throws(Damage) -> ProtobufReader {
    ProtobufReader(file, try range(value))
  }

  /// Appends the integers of a repeated field, packed or one by one.
  func append(_ value: Value, to integers: inout [Int]) throws(Damage) {
    guard case .bytes(let range) = value else {
      integers.append(try integer(value))
      return
    }
    var packed = ProtobufReader(file, range)
    while packed.position < packed.end {
      integers.append(Int(truncatingIfNeeded: try packed.varint()))
    }
  }

  /// Appends the Floats of a repeated field, packed or one by one.
  func append(_ value: Value, to floats: inout [Float]) throws(Damage) {
    guard case .bytes(let range) = value else {
      floats.append(try float(value))
      return
    }
    var packed = ProtobufReader(file, range)
    while packed.position < packed.end {
      floats.append(Float(bitPattern: UInt32(try packed.fixed(4))))
    }
  }

  /// Appends the Doubles of a repeated field, packed or one by one.
  func append(_ value: Value, to doubles: inout [Double]) throws(Damage) {
    switch value {
    case .fixed64(let bits): doubles.append(Double(bitPattern: bits))
    case .bytes(let range):
      var packed = ProtobufReader(file, range)
      while packed.position < packed.end {
        doubles.append(Double(bitPattern: try packed.fixed(8)))
      }
    default: throw damage("Doubles")
    }
  }
}
