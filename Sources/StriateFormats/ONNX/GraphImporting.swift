import Striate

extension GraphImport {
  /// How nodes of an operator become layers: what the node gives.
  typealias Reader = @Sendable (GraphImport, ONNXNode) throws -> [Value]

  /// The operators that are read.
  static let readers: [String: Reader] = [
    convolutions, poolings, normalizations, elementwise, arithmetic, arrangements, reductions,
    resampling, matrices, quantizations,
  ].reduce(into: [:]) { table, more in table.merge(more) { _, reader in reader } }

  /// Imports all nodes. Throws where an operator is not known, before any is imported.
  func importNodes(_ nodes: [ONNXNodeMessage]) throws {
    let unknown = nodes.filter {
      !$0.domain.isEmpty
        || (GraphImport.readers[$0.operatorType] == nil
          && ConstantFolding.operators[$0.operatorType] == nil
          && !["Constant", "Shape", "Size"].contains($0.operatorType))
    }
    guard unknown.isEmpty else {
      let kinds = Dictionary(grouping: unknown) {
        ($0.domain.isEmpty ? "" : $0.domain + ".") + $0.operatorType
      }
      let list = kinds.sorted { $0.key < $1.key }.map { kind, nodes in
        let names = nodes.prefix(4).map {
          "\"\(($0.name.isEmpty ? $0.outputs.first ?? "" : $0.name).prefix(60))\""
        }
        return "\(kind.prefix(60)) (\(names.joined(separator: ", "))"
          + (nodes.count > 4 ? " and \(nodes.count - 4) more)" : ")")
      }
      throw ONNXError(
        "expected operators that Documentation/ONNX.md lists, found \(list.joined(separator: "; "))"
      )
    }
    for node in nodes {
      for name in node.inputs { readers[name, default: 0] += 1 }
    }
    for message in nodes {
      let node = try ONNXNode(withLaterBroadcast(message), opset: opset)
      self.node = node
      let results = try results(of: node)
      for (name, result) in zip(message.outputs, results) where !name.isEmpty {
        if case .constant(let array) = result { try spend(array.count) }
        guard values.updateValue(result, forKey: name) == nil, !isInitializer(name) else {
          throw refuse(
            "expected outputs with names of their own, found \"\(name.prefix(80))\" twice")
        }
      }
      for name in message.outputs.dropFirst(results.count) { leftOut[name] = node.place }
    }
    node = nil
  }

  private func results(of node: ONNXNode) throws -> [Value] {
    let operatorType = node.message.operatorType
    switch operatorType {
    case "Constant": return [.constant(try constant(of: node))]
    case "Shape", "Size":
      guard let value = try input(0) else { throw refuse("expected an input, found none") }
      return [.constant(try shape(of: value, node))]
    default: break
    }
    guard try opset > 6 || node.integer("is_test", otherwise: 1) == 1 else {
      throw refuse("attribute is_test: expected 1, found another")
    }
    let inputs = try node.message.inputs.map { try value($0) }
    let constants = inputs.map { value -> NumericArray? in
      if case .constant(let array)? = value { array } else { nil }
    }
    let flows = inputs.contains { if case .flow? = $0 { true } else { false } }
    if !flows {
      guard let fold = ConstantFolding.operators[operatorType] else {
        throw refuse("expected an input that depends on the graph's inputs, found constants")
      }
      let folding = ConstantFolding(
        node: node, inputs: constants, reader: reader, limit: allowance)
      return try fold(folding).map { .constant($0) }
    }
    guard let read = GraphImport.readers[operatorType] else {
      throw refuse("expected constants, found inputs that depend on the graph's")
    }
    return try read(self, node)
  }

  /// Until version 6 the second operand of an operator of two lay at an axis that an attribute named; later its last axis
  /// always lies at the last one. The node with such a second operand.
  private func withLaterBroadcast(_ message: ONNXNodeMessage) throws -> ONNXNodeMessage {
    let node = try ONNXNode(message, opset: opset)
    guard opset < 7, node.has("axis"), message.inputs.count == 2,
      ["Add", "Sub", "Mul", "Div", "Pow"].contains(message.operatorType)
    else { return message }
    self.node = node
    guard let first = try input(0), let second = try input(1) else {
      throw refuse("expected two inputs, found one")
    }
    let rank = dims(of: first).count
    let axis = try axis(try node.integer("axis", otherwise: 0), rank: rank)
    let own = dims(of: second)
    guard axis + own.count <= rank else {
      throw refuse("expected an operand that fits at axis \(axis) of \(rank), found \(own)")
    }
    let target = own + Array(repeating: 1, count: rank - axis - own.count)
    var later = message
    later.inputs[1] = unique(message.inputs[1] + ".broadcast")
    switch second {
    case .constant(let array): values[later.inputs[1]] = .constant(array.reshaped(to: target))
    case .flow(let flow): values[later.inputs[1]] = .flow(try reshaped(flow, to: target))
    }
    return later
  }

  /// All axes of a value.
  private func dims(of value: Value) -> [Int] {
    switch value {
    case .constant(let array): array.shape
    case .flow(let flow): flow.dims
    }
  }

  private func constant(of node: ONNXNode) throws -> NumericArray {
    if let tensor = node.tensor("value") { return try reader.array(tensor) }
    if node.has("value_float") {
      return NumericArray(shape: [], floats: [Float(try node.number("value_float", otherwise: 0))])
    }
    if node.has("value_int") {
      return NumericArray(shape: [], integers: [try node.integer("value_int", otherwise: 0)])
    }
    if let values = try node.numbers("value_floats") {
      return NumericArray(shape: [values.count], floats: values)
    }
    if let values = try node.integers("value_ints") {
      return NumericArray(shape: [values.count], integers: values)
    }
    throw refuse("expected a constant of numbers, found none")
  }

  private func shape(of value: Value, _ node: ONNXNode) throws -> NumericArray {
    let dims = dims(of: value)
    func noteBatch(_ range: Range<Int>) {
      if case .flow = value, batch != nil, range.contains(0) { readsBatch = true }
    }
    if node.message.operatorType == "Size" {
      noteBatch(0..<1)
      return NumericArray(shape: [], integers: [dims.reduce(1, *)])
    }
    func place(_ name: String, _ otherwise: Int) throws -> Int {
      let index = try node.integer(name, otherwise: otherwise)
      return min(dims.count, max(0, index < 0 ? index + dims.count : index))
    }
    let (start, end) = (try place("start", 0), try place("end", dims.count))
    let range = min(start, end)..<end
    noteBatch(range)
    let part = Array(dims[range])
    return NumericArray(shape: [part.count], integers: part)
  }

  // MARK: The network

  /// The network of the layers that the outputs depend on.
  func network(outputs: [Flow]) throws -> Network {
    node = nil
    // An output must be a layer's, and each its own.
    var used: Set<Int> = []
    let outputs = try outputs.map { flow -> Int in
      if case .node(let index) = flow.value, used.insert(index).inserted { return index }
      guard case .node(let index) = try emit(Activation(.identity), [flow]).value else {
        throw ONNXError("expected outputs that layers give, found others")
      }
      return index
    }
    var needed = Set(outputs)
    for index in entries.indices.reversed() where needed.contains(index) {
      for case .node(let source) in entries[index].inputs { needed.insert(source) }
    }
    let kept = needed.sorted()
    let position = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    let layers = kept.map { index in
      var entry = entries[index]
      entry.inputs = entry.inputs.map { value in
        if case .node(let source) = value { .node(position[source, default: 0]) } else { value }
      }
      return entry
    }
    return try Network(
      inputs: inputs, layers: layers, outputs: outputs.map { .node(position[$0, default: 0]) }
    ) { name, description in
      guard let tensor = tensors[name], tensor.shape == description.shape else {
        throw ONNXError("parameter \"\(name)\": expected \(description.shape), found none")
      }
      return tensor
    }
  }
}
