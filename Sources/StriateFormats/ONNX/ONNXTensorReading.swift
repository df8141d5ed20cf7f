import Foundation
import Striate

/// Reads the arrays of a model: from its own file, or from another in the same folder.
struct ONNXTensorReader {
  /// The model's file.
  let file: [UInt8]
  /// The model's folder; nil where it has none.
  let folder: String?

  /// The type of elements that a number of the standard names; nil for texts, complex numbers and those of fewer than
  /// 8 bits.
  static func elementType(_ number: Int) -> NumericArray.ElementType? {
    elementTypes[number]
  }

  private static let elementTypes: [Int: NumericArray.ElementType] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool,
    10: .float16, 11: .float64, 12: .uint32, 13: .uint64, 16: .bfloat16,
  ]

  /// The standard's name of a type, for messages.
  static func name(ofType number: Int) -> String {
    let names = [
      8: "string", 14: "complex64", 15: "complex128", 17: "float8e4m3fn", 18: "float8e4m3fnuz",
      19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1",
    ]
    return elementTypes[number]?.rawValue ?? names[number] ?? "type \(number)"
  }

  /// The array of a message.
  func array(_ tensor: ONNXTensorMessage) throws -> NumericArray {
    func refuse(_ message: String) -> ONNXError {
      ONNXError("tensor \"\(tensor.name.prefix(80))\": \(message)")
    }
    guard let type = Self.elementTypes[tensor.dataType] else {
      throw refuse(
        "expected numbers of 8 to 64 bits, found \(Self.name(ofType: tensor.dataType))")
    }
    guard tensor.shape.count <= NPYHeader.axisLimit,
      let count = NumericArray.count(of: tensor.shape)
    else { throw refuse("expected sizes that are not negative, found \(tensor.shape.prefix(8))") }
    if tensor.isExternal {
      let bytes = try external(tensor, size: count * type.size, refuse: refuse)
      return try array(tensor.shape, type, bytes.span.bytes, refuse: refuse)
    }
    if let range = tensor.rawRange {
      guard range.count == count * type.size else {
        throw refuse(
          "expected \(count * type.size) bytes for \(tensor.shape) \(type.rawValue), found "
            + "\(range.count)")
      }
      return try array(tensor.shape, type, file.span.bytes.extracting(range), refuse: refuse)
    }
    return try typed(tensor, type, count: count, refuse: refuse)
  }

  private func array(
    _ shape: [Int], _ type: NumericArray.ElementType, _ bytes: RawSpan,
    refuse: (String) -> ONNXError
  ) throws -> NumericArray {
    do {
      return try NumericArray(shape: shape, type: type, bytes: bytes)
    } catch {
      throw refuse("\(error)")
    }
  }

  /// The array whose elements are fields of the message.
  private func typed(
    _ tensor: ONNXTensorMessage, _ type: NumericArray.ElementType, count: Int,
    refuse: (String) -> ONNXError
  ) throws -> NumericArray {
    let found: Int
    let elements: NumericArray.Elements
    switch type {
    case .float32: (found, elements) = (tensor.floats.count, .floats(tensor.floats))
    case .float64: (found, elements) = (tensor.doubles.count, .doubles(tensor.doubles))
    case .float16:
      found = tensor.integers.count
      elements = .floats(
        tensor.integers.map { HalfPrecision.float(UInt16(truncatingIfNeeded: $0)) })
    case .bfloat16:
      found = tensor.integers.count
      elements = .floats(
        tensor.integers.map { Float(bitPattern: UInt32(UInt16(truncatingIfNeeded: $0)) << 16) })
    default: (found, elements) = (tensor.integers.count, .integers(tensor.integers))
    }
    guard found == count else {
      throw refuse("expected \(count) elements for \(tensor.shape), found \(found)")
    }
    if case .integers(let values) = elements, let range = type.range,
      let outlier = values.first(where: { !range.contains($0) })
    {
      throw refuse("expected numbers of \(type.rawValue), found \(outlier)")
    }
    return NumericArray(shape: tensor.shape, type: type, elements: elements)
  }

  /// The bytes of another file: of one in the model's folder only, so that no model reads what is none of its own.
  private func external(
    _ tensor: ONNXTensorMessage, size: Int, refuse: (String) -> ONNXError
  ) throws -> [UInt8] {
    guard let location = tensor.external["location"], !location.isEmpty,
      !location.hasPrefix("/"), !location.split(separator: "/").contains("..")
    else {
      throw refuse("expected its data in a file beside the model, found no such name")
    }
    guard let folder else {
      throw refuse("expected its data in the model, found the name of a file: \(location)")
    }
    func number(_ key: String) throws -> Int? {
      guard let text = tensor.external[key] else { return nil }
      guard let number = Int(text), number >= 0 else {
        throw refuse("external data: expected a size as \(key), found \"\(text.prefix(40))\"")
      }
      return number
    }
    let offset = try number("offset") ?? 0
    guard try number("length") ?? size == size else {
      throw refuse(
        "external data: expected \(size) bytes, found length \(try number("length") ?? 0)")
    }
    let path = (folder as NSString).appendingPathComponent(location)
    let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let home = URL(fileURLWithPath: folder.isEmpty ? "." : folder).resolvingSymlinksInPath().path
    guard place.hasPrefix(home.hasSuffix("/") ? home : home + "/") else {
      throw refuse("expected its data in the model's folder, found \(location)")
    }
    let other: InputFile = try InputFile(path: path)
    guard offset <= other.size, size <= other.size - offset else {
      throw refuse(
        "expected \(size) bytes from byte \(offset) of \(location), found a file of \(other.size)")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw refuse("expected its data in \(location), which cannot be opened")
    }
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(offset))
    let data = try handle.read(upToCount: size) ?? Data()
    guard data.count == size else {
      throw refuse("expected \(size) bytes of \(location), found \(data.count)")
    }
    return [UInt8](data)
  }
}
