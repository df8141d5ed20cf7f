import Striate

/// An array of numbers of any type, in row-major order: what files of NumPy and ONNX hold.
public struct NumericArray: Sendable, Equatable {
  /// The type of an element.
  public enum ElementType: String, Sendable, CaseIterable {
    /// Truth values and integers.
    case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64
    /// Floating-point numbers; `bfloat16` is a Float without its last 16 bits.
    case float16, bfloat16, float32, float64

    /// Bytes an element.
    public var size: Int {
      switch self {
      case .bool, .int8, .uint8: 1
      case .int16, .uint16, .float16, .bfloat16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    /// Whether the elements are floating-point numbers.
    public var isFloating: Bool {
      switch self {
      case .float16, .bfloat16, .float32, .float64: true
      default: false
      }
    }

    /// The integers that an element can be; nil for floating-point numbers.
    public var range: ClosedRange<Int>? {
      switch self {
      case .bool: 0...1
      case .int8: -128...127
      case .uint8: 0...255
      case .int16: Int(Int16.min)...Int(Int16.max)
      case .uint16: 0...Int(UInt16.max)
      case .int32: Int(Int32.min)...Int(Int32.max)
      case .uint32: 0...Int(UInt32.max)
      case .int64: Int.min...Int.max
      case .uint64: 0...Int.max
      default: nil
      }
    }
  }

  /// The elements: as they are, or for types of 8 and 16 bits in one that holds them exactly.
  public enum Elements: Sendable, Equatable {
    /// Elements of `float16`, `bfloat16` and `float32`.
    case floats([Float])
    /// Elements of `float64`.
    case doubles([Double])
    /// Elements of the other types; those of `uint64` end at `Int.max`.
    case integers([Int])
  }

  /// The extent of each axis; empty for a single number.
  public let shape: [Int]

  /// The type that the elements have in a file.
  public let type: ElementType

  /// The elements in row-major order.
  public let elements: Elements

  /// An array.
  ///
  /// - Precondition: there are as many elements as the shape says, kept as the type says.
  public init(shape: [Int], type: ElementType, elements: Elements) {
    let count = shape.reduce(1, *)
    let found =
      switch elements {
      case .floats(let values): values.count
      case .doubles(let values): values.count
      case .integers(let values): values.count
      }
    precondition(
      shape.allSatisfy { $0 >= 0 } && found == count,
      "NumericArray: expected \(count) elements for \(shape), found \(found)")
    let fits =
      switch elements {
      case .floats: type.isFloating && type != .float64
      case .doubles: type == .float64
      case .integers: !type.isFloating
      }
    precondition(fits, "NumericArray: expected elements kept as \(type.rawValue) says")
    (self.shape, self.type, self.elements) = (shape, type, elements)
  }

  /// An array without elements.
  ///
  /// - Precondition: an axis has no place.
  init(empty shape: [Int], type: ElementType) {
    let elements: Elements =
      type == .float64 ? .doubles([]) : type.isFloating ? .floats([]) : .integers([])
    self.init(shape: shape, type: type, elements: elements)
  }

  /// An array of Floats.
  public init(_ tensor: Tensor) {
    self.init(shape: tensor.shape, type: .float32, elements: .floats(tensor.scalars))
  }

  /// An array of Floats.
  public init(shape: [Int], floats: [Float]) {
    self.init(shape: shape, type: .float32, elements: .floats(floats))
  }

  /// An array of integers.
  public init(shape: [Int], integers: [Int], type: ElementType = .int64) {
    self.init(shape: shape, type: type, elements: .integers(integers))
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The elements as Floats; larger ones are rounded.
  public var floats: [Float] {
    switch elements {
    case .floats(let values): values
    case .doubles(let values): values.map { Float($0) }
    case .integers(let values): values.map { Float($0) }
    }
  }

  /// The elements as Doubles.
  public var doubles: [Double] {
    switch elements {
    case .floats(let values): values.map { Double($0) }
    case .doubles(let values): values
    case .integers(let values): values.map { Double($0) }
    }
  }

  /// The elements, where they are integers or truth values.
  public var integers: [Int]? {
    if case .integers(let values) = elements { values } else { nil }
  }

  /// The array as a tensor of Floats.
  public var tensor: Tensor { Tensor(shape: shape, scalars: floats) }

  /// The same elements under another shape.
  ///
  /// - Precondition: the shapes hold equally many elements.
  public func reshaped(to shape: [Int]) -> NumericArray {
    NumericArray(shape: shape, type: type, elements: elements)
  }

  /// The elements in the order in which `indices` names them, under another shape.
  ///
  /// - Precondition: every index is that of an element.
  func gathered(_ indices: [Int], shape: [Int]) -> NumericArray {
    let elements: Elements =
      switch self.elements {
      case .floats(let values): .floats(indices.map { values[$0] })
      case .doubles(let values): .doubles(indices.map { values[$0] })
      case .integers(let values): .integers(indices.map { values[$0] })
      }
    return NumericArray(shape: shape, type: type, elements: elements)
  }

  /// The same numbers in another type: fractions are cut off, integers wrap around, and what no integer is becomes
  /// the nearest there is, 0 for NaN.
  public func converted(to target: ElementType) -> NumericArray {
    guard target != type else { return self }
    let elements: Elements
    switch target {
    case .float32: elements = .floats(floats)
    case .float16: elements = .floats(floats.map { HalfPrecision.rounded($0) })
    case .bfloat16: elements = .floats(floats.map { HalfPrecision.roundedToBrain($0) })
    case .float64: elements = .doubles(doubles)
    case .bool: elements = .integers(doubles.map { $0 == 0 ? 0 : 1 })
    default:
      let values = integers ?? doubles.map { NumericArray.integer(nearest: $0) }
      elements = .integers(values.map { NumericArray.wrapped($0, to: target) })
    }
    return NumericArray(shape: shape, type: target, elements: elements)
  }

  /// The integer left when the fraction is cut off.
  private static func integer(nearest value: Double) -> Int {
    guard !value.isNaN else { return 0 }
    return value >= 0x1p63 ? Int.max : value < -0x1p63 ? Int.min : Int(value)
  }

  private static func wrapped(_ value: Int, to type: ElementType) -> Int {
    switch type {
    case .bool: value == 0 ? 0 : 1
    case .int8: Int(Int8(truncatingIfNeeded: value))
    case .uint8: Int(UInt8(truncatingIfNeeded: value))
    case .int16: Int(Int16(truncatingIfNeeded: value))
    case .uint16: Int(UInt16(truncatingIfNeeded: value))
    case .int32: Int(Int32(truncatingIfNeeded: value))
    case .uint32: Int(UInt32(truncatingIfNeeded: value))
    case .uint64: value < 0 ? Int.max : value
    default: value
    }
  }

  /// The number of elements of a shape whose bytes are held in memory; nil where one is negative or they are too many to
  /// count.
  static func count(of shape: [Int]) -> Int? {
    // An empty array's other extents are bounded as well: loops run over them.
    let limit = shape.contains(0) ? 1 << 24 : 1 << 48
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(1, extent))
      guard extent >= 0, !overflow, product <= limit else { return nil }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }
}
