/// The fields of a message of protocol buffers, read without knowing what they mean.
struct WireMessage {
  enum Field: Equatable {
    case integer(Int)
    case bytes([UInt8])
  }

  struct Malformed: Error {}

  private(set) var fields: [(number: Int, value: Field)] = []

  init(_ bytes: [UInt8]) throws {
    var place = 0
    func varint() throws -> UInt64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while true {
        guard place < bytes.count, shift < 64 else { throw Malformed() }
        let byte = bytes[place]
        place += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
    }
    func take(_ count: Int) throws -> [UInt8] {
      guard count >= 0, count <= bytes.count - place else { throw Malformed() }
      defer { place += count }
      return Array(bytes[place..<place + count])
    }
    while place < bytes.count {
      let key = try varint()
      let value: Field
      switch key & 7 {
      case 0: value = .integer(Int(bitPattern: UInt(try varint())))
      case 1: value = .bytes(try take(8))
      case 2: value = .bytes(try take(Int(truncatingIfNeeded: try varint())))
      case 5: value = .bytes(try take(4))
      default: throw Malformed()
      }
      fields.append((Int(key >> 3), value))
    }
  }

  func integers(_ number: Int) -> [Int] {
    fields.compactMap { field in
      if field.number == number, case .integer(let value) = field.value { value } else { nil }
    }
  }

  func bytes(_ number: Int) -> [[UInt8]] {
    fields.compactMap { field in
      if field.number == number, case .bytes(let value) = field.value { value } else { nil }
    }
  }

  func strings(_ number: Int) -> [String] {
    bytes(number).map { String(decoding: $0, as: UTF8.self) }
  }

  func messages(_ number: Int) throws -> [WireMessage] { try bytes(number).map(WireMessage.init) }
}

/// An ONNX model as a test looks at it.
struct ReadModel {
  let formatVersion: Int
  let opset: Int
  let metadata: [String: String]
  let operators: [(name: String, inputs: [String], outputs: [String])]
  let constants: [String: (shape: [Int], bytes: [UInt8])]
  let inputs: [String: [String]]
  let outputs: [String: [String]]
  let inner: [String: [String]]

  init(_ bytes: [UInt8]) throws {
    let model = try WireMessage(bytes)
    guard let graph = try model.messages(7).first, let operatorSet = try model.messages(8).first
    else { throw WireMessage.Malformed() }
    formatVersion = model.integers(1).first ?? 0
    opset = operatorSet.integers(2).first ?? 0
    metadata = Dictionary(
      uniqueKeysWithValues: try model.messages(14).map {
        ($0.strings(1).joined(), $0.strings(2).joined())
      })
    operators = try graph.messages(1).map {
      ($0.strings(4).joined(), $0.strings(1), $0.strings(2))
    }
    constants = Dictionary(
      uniqueKeysWithValues: try graph.messages(5).map {
        ($0.strings(8).joined(), ($0.integers(1), $0.bytes(9).first ?? []))
      })
    func values(_ number: Int) throws -> [String: [String]] {
      Dictionary(
        uniqueKeysWithValues: try graph.messages(number).map { value in
          let tensor = try value.messages(2).first?.messages(1).first
          let dimensions = try tensor?.messages(2).first?.messages(1) ?? []
          return (
            value.strings(1).joined(),
            dimensions.map { $0.strings(2).first ?? "\($0.integers(1).first ?? -1)" }
          )
        })
    }
    (inputs, outputs, inner) = (try values(11), try values(12), try values(13))
  }

  /// The first operator that reads what is not there yet; nil where there is none.
  var firstGap: String? {
    var known = Set(inputs.keys).union(constants.keys).union([""])
    for item in operators {
      if let gap = item.inputs.first(where: { !known.contains($0) }) { return gap }
      for output in item.outputs where !known.insert(output).inserted { return output }
    }
    return outputs.keys.first { !known.contains($0) }
  }
}

extension Float {
  /// The number's bytes in a file.
  var littleEndianBytes: [UInt8] {
    withUnsafeBytes(of: bitPattern.littleEndian) { Array($0) }
  }
}
