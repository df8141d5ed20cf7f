import Striate
import StriateFormats
import Testing

/// Arrays of random types, shapes and numbers come back from every file as they were.
@Suite struct ArrayRoundTripTests {
  private static let seeds = Array(UInt64(1)...40)

  /// The types of NumPy's.
  private static let types = NumericArray.ElementType.allCases.filter { $0 != .bfloat16 }

  /// A shape of up to four axes, some without an element.
  private func shape(_ generator: inout SeededGenerator) -> [Int] {
    (0..<Int.random(in: 0...4, using: &generator)).map { _ in
      .random(in: 0...4, using: &generator)
    }
  }

  private func array(
    _ type: NumericArray.ElementType, shape: [Int], _ generator: inout SeededGenerator
  ) -> NumericArray {
    let count = shape.reduce(1, *)
    if let range = type.range {
      let numbers = (0..<count).map { _ in
        // The least and the largest number are among them.
        [Int.random(in: range, using: &generator), range.lowerBound, range.upperBound]
          .randomElement(using: &generator) ?? 0
      }
      return NumericArray(shape: shape, integers: numbers, type: type)
    }
    let numbers = (0..<count).map { _ in
      [Double.random(in: -1000...1000, using: &generator), 0, 1e-7, .infinity, -.infinity]
        .randomElement(using: &generator) ?? 0
    }
    return NumericArray(shape: shape, type: .float64, elements: .doubles(numbers))
      .converted(to: type)
  }

  private func array(_ generator: inout SeededGenerator) -> NumericArray {
    let type = ArrayRoundTripTests.types.randomElement(using: &generator) ?? .float32
    return array(type, shape: shape(&generator), &generator)
  }

  /// The elements of an array, little endian, as a file has them behind its header.
  private func data(_ array: NumericArray) throws -> [UInt8] {
    try NPY.encode(array, source: "a").suffix(array.count * array.type.size)
  }

  @Test(arguments: seeds) func filesOfOneArray(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<25 {
      let array = array(&generator)
      #expect(try NPY.decode(NPY.encode(array, source: "a"), source: "a") == array)
    }
  }

  @Test(arguments: seeds) func filesOfSeveralArrays(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let arrays = (0..<Int.random(in: 0...5, using: &generator)).map {
      (name: "array \($0) ü", array: array(&generator))
    }
    let again = try NPZ.decode(NPZ.encode(arrays, source: "a"), source: "a")
    #expect(again.map(\.name) == arrays.map(\.name))
    #expect(again.map(\.array) == arrays.map(\.array))
  }

  /// The same array in rows or columns, in either byte order, in each version of the format.
  @Test(arguments: seeds) func ordersAndByteOrders(seed: UInt64) throws {
    let codes: [NumericArray.ElementType: String] = [
      .bool: "b1", .int8: "i1", .uint8: "u1", .int16: "i2", .uint16: "u2", .int32: "i4",
      .uint32: "u4", .int64: "i8", .uint64: "u8", .float16: "f2", .float32: "f4", .float64: "f8",
    ]
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<25 {
      let array = array(&generator)
      let isInColumns = Bool.random(using: &generator)
      let isBigEndian = Bool.random(using: &generator)
      let version = UInt8.random(in: 1...3, using: &generator)
      let size = array.type.size
      let bytes = try data(array)
      var elements = (0..<array.count).map { Array(bytes[$0 * size..<($0 + 1) * size]) }
      if isInColumns { elements = columns(elements, shape: array.shape) }
      if isBigEndian { elements = elements.map { $0.reversed() } }
      let axes = array.shape.map { "\($0)," }.joined(separator: " ")
      let header =
        "{'descr': '\(isBigEndian ? ">" : "<")\(codes[array.type] ?? "")', "
        + "'fortran_order': \(isInColumns ? "True" : "False"), 'shape': (\(axes)), }\n"
      let length = UInt8(header.utf8.count)
      let file =
        [0x93] + Array("NUMPY".utf8) + [version, 0, length, 0] + (version == 1 ? [] : [0, 0])
        + Array(header.utf8) + elements.joined()
      #expect(try NPY.decode(file, source: "a") == array, "\(header)")
    }
  }

  /// The elements in the order in which the first index runs fastest.
  private func columns(_ elements: [[UInt8]], shape: [Int]) -> [[UInt8]] {
    elements.indices.map { place in
      var (rest, index, stride) = (place, 0, elements.count)
      for extent in shape {
        stride /= extent
        index += rest % extent * stride
        rest /= extent
      }
      return elements[index]
    }
  }

  @Test(arguments: seeds) func parameters(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let tensors = (0..<Int.random(in: 1...5, using: &generator)).map { index in
      let shape = shape(&generator).map { max(1, $0) }
      return (
        "tensor \(index) \"ü\\", array(.float32, shape: shape, &generator).tensor
      )
    }
    let texts = ["a": "b\n\"c\"", "ü\u{1}": "\u{1F600}\\"]
    let file = try SafeTensors(
      bytes: SafeTensors.encode(tensors, metadata: texts), source: "a")
    #expect(file.metadata == texts)
    #expect(file.entries.count == tensors.count)
    for (name, tensor) in tensors { #expect(try file.tensor(named: name) == tensor) }
  }

  /// What other programs write: parameters of every floating-point type.
  @Test(arguments: seeds) func parametersOfOtherTypes(seed: UInt64) throws {
    let names: [NumericArray.ElementType: String] = [
      .float16: "F16", .float32: "F32", .float64: "F64",
    ]
    var generator = SeededGenerator(seed: seed)
    let type = names.keys.sorted { $0.rawValue < $1.rawValue }.randomElement(using: &generator)
    let array = array(
      type ?? .float32, shape: shape(&generator).map { max(1, $0) }, &generator)
    let bytes = try data(array)
    let header =
      "{\"w\":{\"dtype\":\"\(names[array.type] ?? "")\",\"shape\":\(array.shape),"
      + "\"data_offsets\":[0,\(bytes.count)]}}"
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let file = try SafeTensors(bytes: length + Array(header.utf8) + bytes, source: "a")
    #expect(try file.tensor(named: "w") == array.tensor)
  }
}
