/// The header of a .npy file: the type, order and shape of its array.
///
///     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
///
/// Source: numpy.lib.format, the description of the format.
struct NPYHeader: Equatable {
  var type: NumericArray.ElementType
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: [Int]

  /// The longest header that is read; that of an array of 64 axes is shorter.
  static let limit = 1 << 16

  /// The most axes of an array, as in NumPy.
  static let axisLimit = 64

  /// Reads the text of a header; what is wrong is said with `refuse`.
  init(_ text: some Sequence<UInt8>, source: String) throws(InvalidArrayFile) {
    var scanner = Scanner(Array(text), source: source)
    try scanner.expect("{")
    var (descr, order, shape): (String?, Bool?, [Int]?)
    while !scanner.skip("}") {
      let key = try scanner.string()
      try scanner.expect(":")
      switch key {
      case "descr" where descr == nil: descr = try scanner.string()
      case "fortran_order" where order == nil: order = try scanner.truth()
      case "shape" where shape == nil: shape = try scanner.tuple()
      default: throw scanner.refuse("the keys descr, fortran_order and shape, each once")
      }
      if !scanner.skip(",") {
        try scanner.expect("}")
        break
      }
    }
    guard scanner.isAtEnd, let descr, let order, let shape else {
      throw scanner.refuse("the keys descr, fortran_order and shape, and nothing behind them")
    }
    guard let (type, isBigEndian) = NPYHeader.type(descr) else {
      throw InvalidArrayFile(
        source,
        "npy: expected numbers such as '<f4' or '<i8', found the type '\(descr.prefix(20))': "
          + "convert the array with astype first")
    }
    (self.type, self.isBigEndian, isFortranOrder) = (type, isBigEndian, order)
    self.shape = shape
  }

  /// The header of a file that is written.
  init(of array: NumericArray) {
    (type, isBigEndian, isFortranOrder, shape) = (array.type, false, false, array.shape)
  }

  private static let codes: [String: NumericArray.ElementType] = [
    "b1": .bool, "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32,
    "u4": .uint32, "i8": .int64, "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  private static func type(
    _ descr: String
  ) -> (NumericArray.ElementType, isBigEndian: Bool)? {
    guard let order = descr.first, let type = codes[String(descr.dropFirst())] else { return nil }
    switch order {
    case "<", "=": return (type, false)
    case ">": return (type, true)
    case "|" where type.size == 1: return (type, false)
    default: return nil
    }
  }

  /// The text, padded so that the data begin at a multiple of 64; nil for a type that NumPy does not have.
  func text(precededBy prefix: Int) -> String? {
    guard let code = NPYHeader.codes.first(where: { $0.value == type })?.key else { return nil }
    let axes =
      shape.count == 1
      ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
    let text =
      "{'descr': '\(type.size == 1 ? "|" : "<")\(code)', 'fortran_order': False, 'shape': \(axes), }"
    let padding = 63 - (prefix + text.utf8.count) % 64
    return text + String(repeating: " ", count: padding) + "\n"
  }
}

/// Reads the words of a Python literal, as far as headers have them.
private struct Scanner {
  private let bytes: [UInt8]
  private let source: String
  private var position = 0

  init(_ bytes: [UInt8], source: String) { (self.bytes, self.source) = (bytes, source) }

  func refuse(_ expected: String) -> InvalidArrayFile {
    InvalidArrayFile(
      source, "npy header: expected \(expected), found something else at byte \(position)")
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A].contains(bytes[position]) { position += 1 }
  }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.count
    }
  }

  mutating func skip(_ word: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  mutating func expect(_ word: String) throws(InvalidArrayFile) {
    guard skip(word) else { throw refuse("'\(word)'") }
  }

  mutating func string() throws(InvalidArrayFile) -> String {
    skipSpace()
    guard position < bytes.count, [0x27, 0x22].contains(bytes[position]),
      let end = bytes[(position + 1)...].firstIndex(of: bytes[position])
    else { throw refuse("a text in quotation marks") }
    defer { position = end + 1 }
    return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
  }

  mutating func truth() throws(InvalidArrayFile) -> Bool {
    if skip("True") { return true }
    if skip("False") { return false }
    throw refuse("True or False")
  }

  /// Whole numbers in parentheses: (), (3,) or (3, 4). Python 2 wrote an L behind them.
  mutating func tuple() throws(InvalidArrayFile) -> [Int] {
    try expect("(")
    var numbers: [Int] = []
    while !skip(")") {
      skipSpace()
      let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
      guard let number = Int(String(decoding: digits, as: UTF8.self)),
        numbers.count < NPYHeader.axisLimit
      else { throw refuse("at most \(NPYHeader.axisLimit) whole numbers") }
      position += digits.count
      _ = skip("L")
      numbers.append(number)
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return numbers
  }
}
