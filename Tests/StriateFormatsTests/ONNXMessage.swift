/// A message of protocol buffers that a test writes by hand.
struct ONNXMessage {
  var bytes: [UInt8] = []

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  func adding(_ field: Int, _ value: Int) -> ONNXMessage {
    var copy = self
    copy.varint(UInt64(field) << 3)
    copy.varint(UInt64(bitPattern: Int64(value)))
    return copy
  }

  func adding(_ field: Int, bytes value: [UInt8]) -> ONNXMessage {
    var copy = self
    copy.varint(UInt64(field) << 3 | 2)
    copy.varint(UInt64(value.count))
    copy.bytes += value
    return copy
  }

  func adding(_ field: Int, _ text: String) -> ONNXMessage {
    adding(field, bytes: Array(text.utf8))
  }

  func adding(_ field: Int, _ message: ONNXMessage) -> ONNXMessage {
    adding(field, bytes: message.bytes)
  }

  // MARK: ONNX

  static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], name: String = "", domain: String = "",
    attributes: [ONNXMessage] = []
  ) -> ONNXMessage {
    var node = ONNXMessage()
    for input in inputs { node = node.adding(1, input) }
    for output in outputs { node = node.adding(2, output) }
    node = node.adding(3, name).adding(4, type).adding(7, domain)
    for attribute in attributes { node = node.adding(5, attribute) }
    return node
  }

  static func attribute(_ name: String, _ value: Int) -> ONNXMessage {
    ONNXMessage().adding(1, name).adding(3, value).adding(20, 2)
  }

  static func attribute(_ name: String, _ values: [Int]) -> ONNXMessage {
    values.reduce(ONNXMessage().adding(1, name).adding(20, 7)) { $0.adding(8, $1) }
  }

  /// A value of Floats; −1 is an axis that is left open.
  static func value(_ name: String, _ shape: [Int], type: Int = 1) -> ONNXMessage {
    let axes = shape.reduce(ONNXMessage()) { axes, size in
      axes.adding(1, size == -1 ? ONNXMessage().adding(2, "n") : ONNXMessage().adding(1, size))
    }
    let tensor = ONNXMessage().adding(1, type).adding(2, axes)
    return ONNXMessage().adding(1, name).adding(2, ONNXMessage().adding(1, tensor))
  }

  /// An array of 32-bit zeros, or of fewer or more bytes than its shape says.
  static func tensor(_ name: String, _ shape: [Int], type: Int = 1, bytes: Int? = nil)
    -> ONNXMessage
  {
    let count = bytes ?? shape.reduce(4, *)
    return shape.reduce(ONNXMessage()) { $0.adding(1, $1) }.adding(2, type).adding(8, name)
      .adding(9, bytes: [UInt8](repeating: 0, count: count))
  }

  static func tensor(_ name: String, _ shape: [Int], floats: [Float]) -> ONNXMessage {
    let bytes = floats.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
    return shape.reduce(ONNXMessage()) { $0.adding(1, $1) }.adding(2, 1).adding(8, name)
      .adding(9, bytes: bytes)
  }

  /// A file of a graph over one input "x" that gives "y".
  static func model(
    _ nodes: [ONNXMessage], constants: [ONNXMessage] = [], input: [Int] = [-1, 3, 4, 4],
    opset: Int = 17
  ) -> [UInt8] {
    var graph = nodes.reduce(ONNXMessage()) { $0.adding(1, $1) }.adding(2, "graph")
    for constant in constants { graph = graph.adding(5, constant) }
    graph = graph.adding(11, value("x", input)).adding(12, value("y", []))
    let opsets = ONNXMessage().adding(1, "").adding(2, opset)
    return ONNXMessage().adding(1, 8).adding(7, graph).adding(8, opsets).bytes
  }
}
