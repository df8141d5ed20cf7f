import Striate

extension ONNXExport {
  /// The bytes of a model, piece by piece: large constants are never copied into a message around them.
  ///
  /// Source: onnx.proto of the ONNX specification, whose field numbers these are.
  struct ModelPieces {
    /// The number of all bytes.
    let size: Int

    private let graph: Graph
    /// The messages around each constant's numbers.
    private let heads: [[UInt8]]
    /// What stands before the constants, and what stands after them.
    private let first: [UInt8]
    private let last: [UInt8]

    /// What a message may be at most, in protocol buffers.
    static let sizeLimit = Int(Int32.max)

    /// Throws `Refusal` where the model is too large.
    init(
      _ graph: Graph, options: Options, metadata: [(key: String, value: String)]
    ) throws {
      self.graph = graph
      heads = graph.initializers.map { initializer in
        var tensor = ProtobufWriter()
        for extent in initializer.shape { tensor.add(1, extent) }
        tensor.add(2, initializer.values.elementType)
        tensor.add(8, initializer.name)
        tensor.beginField(9, length: initializer.values.byteCount)
        var head = ProtobufWriter()
        head.beginField(5, length: tensor.bytes.count + initializer.values.byteCount)
        return head.bytes + tensor.bytes
      }
      let nodes = ModelPieces.nodes(graph)
      let values = ModelPieces.values(graph)
      let constants = zip(heads, graph.initializers).reduce(0) {
        $0 + $1.0.count + $1.1.values.byteCount
      }
      var model = ProtobufWriter()
      model.add(1, ModelPieces.formatVersion(of: options.opset))
      model.add(2, "Striate")
      model.add(3, options.producerVersion)
      model.beginField(7, length: nodes.count + constants + values.count)
      first = model.bytes + nodes
      var tail = ProtobufWriter()
      var operators = ProtobufWriter()
      operators.add(1, "")
      operators.add(2, options.opset)
      tail.add(8, operators)
      for (key, value) in metadata {
        var entry = ProtobufWriter()
        entry.add(1, key)
        entry.add(2, value)
        tail.add(14, entry)
      }
      last = values + tail.bytes
      size = first.count + constants + last.count
      guard size <= ModelPieces.sizeLimit else {
        throw Refusal(
          description: "network: expected an ONNX model of at most \(ModelPieces.sizeLimit) bytes, "
            + "found \(size): the format holds no larger one in one file")
      }
    }

    /// Calls `body` with one piece after the other.
    func forEach(_ body: ([UInt8]) throws -> Void) rethrows {
      try body(first)
      for (head, initializer) in zip(heads, graph.initializers) {
        try body(head + initializer.values.bytes)
      }
      try body(last)
    }

    /// The version of the format that came with those operators.
    static func formatVersion(of opset: Int) -> Int {
      switch opset {
      case ...14: 7
      case ...18: 8
      case ...20: 9
      case ...22: 10
      default: 11
      }
    }

    private static func nodes(_ graph: Graph) -> [UInt8] {
      var message = ProtobufWriter()
      for node in graph.nodes {
        var item = ProtobufWriter()
        for input in node.inputs { item.add(1, input) }
        for output in node.outputs { item.add(2, output) }
        item.add(3, node.name)
        item.add(4, node.operation)
        for (name, value) in node.attributes { item.add(5, value.message(name)) }
        message.add(1, item)
      }
      message.add(2, "striate")
      return message.bytes
    }

    private static func values(_ graph: Graph) -> [UInt8] {
      var message = ProtobufWriter()
      for (field, values) in [(11, graph.inputs), (12, graph.outputs), (13, graph.inner)] {
        for value in values { message.add(field, value.message) }
      }
      return message.bytes
    }
  }
}

extension ONNXExport.Value {
  /// The value with its type and its shape, the batch under a name.
  fileprivate var message: ProtobufWriter {
    var dimensions = ProtobufWriter()
    var batch = ProtobufWriter()
    batch.add(2, "batch")
    dimensions.add(1, batch)
    for extent in shape {
      var dimension = ProtobufWriter()
      dimension.add(1, extent)
      dimensions.add(1, dimension)
    }
    var tensor = ProtobufWriter()
    tensor.add(1, 1)
    tensor.add(2, dimensions)
    var type = ProtobufWriter()
    type.add(1, tensor)
    var value = ProtobufWriter()
    value.add(1, name)
    value.add(2, type)
    return value
  }
}

extension ONNXExport.Attribute {
  fileprivate func message(_ name: String) -> ProtobufWriter {
    var message = ProtobufWriter()
    message.add(1, name)
    switch self {
    case .float(let value):
      message.add(2, Float(value))
      message.add(20, 1)
    case .integer(let value):
      message.add(3, value)
      message.add(20, 2)
    case .string(let value):
      message.add(4, value)
      message.add(20, 3)
    case .integers(let values):
      for value in values { message.add(8, value) }
      message.add(20, 7)
    }
    return message
  }
}

extension ONNXExport.Initializer.Values {
  /// FLOAT or INT64.
  fileprivate var elementType: Int {
    switch self {
    case .floats: 1
    case .integers: 7
    }
  }

  fileprivate var byteCount: Int {
    switch self {
    case .floats(let values): values.count * 4
    case .integers(let values): values.count * 8
    }
  }

  /// Little-endian.
  fileprivate var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    switch self {
    case .floats(let values):
      for value in values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
    case .integers(let values):
      for value in values {
        withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }
}
