/// Reads the header of a safetensors file: JSON of one fixed form.
///
/// The form is not recursive, so no header can make the reader go deep; and each name, key and
/// offset is checked where it stands.
struct HeaderScanner {
  private let bytes: [UInt8]
  private let end: Int
  private let source: String
  private var position: Int

  init(bytes: [UInt8], range: Range<Int>, source: String) {
    (self.bytes, self.end, self.source) = (bytes, range.upperBound, source)
    position = range.lowerBound
  }

  typealias Failure = SafeTensors.InvalidFile

  /// The whole header.
  mutating func header() throws(Failure) -> (
    metadata: [String: String], entries: [SafeTensors.Entry]
  ) {
    var metadata: [String: String] = [:]
    var entries: [SafeTensors.Entry] = []
    guard position < end, bytes[position] == UInt8(ascii: "{") else {
      throw failure(expected: "\"{\"")
    }
    try object { (scanner, name) throws(Failure) in
      if name == "__metadata__" {
        try scanner.object { (scanner, key) throws(Failure) in
          metadata[key] = try scanner.string()
        }
      } else {
        entries.append(try scanner.entry(named: name))
      }
    }
    skipSpace()
    guard position == end else { throw failure(expected: "the end of the header") }
    return (metadata, entries)
  }

  private mutating func entry(named name: String) throws(Failure) -> SafeTensors.Entry {
    var type: SafeTensors.ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try object { (scanner, key) throws(Failure) in
      switch key {
      case "dtype":
        let text = try scanner.string()
        type = SafeTensors.ElementType(rawValue: text)
        if type == nil {
          throw scanner.failure(
            tensor: name, expected: "a dtype such as F32", found: "\"\(text.prefix(32))\"")
        }
      case "shape": shape = try scanner.integers()
      case "data_offsets": offsets = try scanner.integers()
      default:
        throw scanner.failure(
          tensor: name, expected: "dtype, shape and data_offsets", found: "\"\(key.prefix(32))\"")
      }
    }
    guard let type, let shape, let offsets else {
      throw failure(
        tensor: name, expected: "dtype, shape and data_offsets", found: "not all of them")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw failure(
        tensor: name, expected: "data_offsets [begin, end]", found: "\(offsets.prefix(4))")
    }
    var size = type.size
    var overflow = false
    for extent in shape {
      let product = size.multipliedReportingOverflow(by: extent)
      size = product.partialValue
      overflow = overflow || product.overflow
    }
    guard !overflow, size == offsets[1] - offsets[0] else {
      throw failure(
        tensor: name,
        expected: overflow
          ? "a shape whose bytes can be counted" : "\(size) bytes for \(type.rawValue) \(shape)",
        found: overflow ? "\(shape.prefix(8))" : "data_offsets \(offsets)")
    }
    return SafeTensors.Entry(
      name: name, type: type, shape: shape, offsets: offsets[0]..<offsets[1])
  }

  /// An object: calls `member` after each key; a key that comes twice is refused.
  private mutating func object(
    _ member: (inout HeaderScanner, String) throws(Failure) -> Void
  ) throws(Failure) {
    var seen: Set<String> = []
    try expect("{")
    if take("}") { return }
    repeat {
      skipSpace()
      let start = position
      let key = try string()
      guard seen.insert(key).inserted else {
        position = start
        throw failure(expected: "each name once", found: "\"\(key.prefix(64))\" again")
      }
      try expect(":")
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  /// An array of integers that are not negative.
  private mutating func integers() throws(Failure) -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    if take("]") { return [] }
    repeat { numbers.append(try integer()) } while take(",")
    try expect("]")
    return numbers
  }

  private mutating func integer() throws(Failure) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = tens.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      guard !overflow, !more else {
        position = start
        throw failure(expected: "an integer from 0 to \(Int.max)", found: "a larger one")
      }
      value = sum
      position += 1
    }
    guard position > start else { throw failure(expected: "an integer from 0 to \(Int.max)") }
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      position = start
      throw failure(expected: "an integer", found: "a leading zero")
    }
    return value
  }

  private mutating func string() throws(Failure) -> String {
    try expect("\"")
    let start = position
    var text: [UInt8] = []
    while position < end {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          position = start
          throw failure(expected: "UTF-8 text", found: "other bytes")
        }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        position -= 1
        throw failure(expected: "text without control characters", found: "byte \(byte)")
      default: text.append(byte)
      }
    }
    throw failure(expected: "a closing quotation mark")
  }

  /// The character after a backslash.
  private mutating func escape() throws(Failure) -> Character {
    guard position < end else { throw failure(expected: "a character after the backslash") }
    position += 1
    switch bytes[position - 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), position + 1 < end,
        bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else {
          throw failure(expected: "the second half of a character", found: "another")
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw failure(expected: "a character", found: "half of one")
      }
      return Character(scalar)
    default:
      position -= 1
      throw failure(expected: "one of \" \\ / b f n r t u after a backslash")
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    guard position + 4 <= end,
      bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure(expected: "four hexadecimal digits") }
    position += 4
    return code
  }

  private mutating func skipSpace() {
    while position < end, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    guard take(character) else { throw failure(expected: "\"\(character)\"") }
  }

  private func failure(expected: String, found: String? = nil) -> Failure {
    let next =
      position < end
      ? (0x21..<0x7F).contains(bytes[position])
        ? "\"\(Character(Unicode.Scalar(bytes[position])))\"" : "byte \(bytes[position])"
      : "the end of the header"
    return Failure(
      description: "\(source): safetensors header, byte \(position): expected \(expected), found "
        + (found ?? next))
  }

  private func failure(tensor: String, expected: String, found: String) -> Failure {
    Failure(
      description:
        "\(source): tensor \"\(tensor.prefix(64))\": expected \(expected), found \(found)"
    )
  }
}
