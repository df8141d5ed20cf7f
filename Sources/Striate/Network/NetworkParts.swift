/// Parts of a network.
extension Network {
  /// The value that the first output is made of when a softmax, its logarithm or a sigmoid at the end is left
  /// out: the scores (logits). The output itself where nothing of the kind stands there.
  package var logits: Value {
    var value = outputs[0]
    while case .node(let index) = value, let source = nodes[index].inputs.first {
      switch nodes[index].layer {
      case is Softmax, is LogSoftmax: return scored(source)
      case let layer as Activation:
        switch layer.function {
        case .sigmoid, .hardSigmoid: return scored(source)
        case .identity: value = source
        default: return outputs[0]
        }
      case is Dropout: value = source
      case let layer where layer.isView: value = source
      default: return outputs[0]
      }
    }
    return outputs[0]
  }

  /// A layer's output; an input of the network gives no scores.
  private func scored(_ source: Value) -> Value {
    if case .node = source { source } else { outputs[0] }
  }

  /// The layer of that name; nil where there is none.
  package func node(named name: String) -> Int? { nodes.firstIndex { $0.name == name } }

  /// The layers that a value is computed from, and its own.
  package func sources(of value: Value) -> Set<Int> {
    guard case .node(let last) = value else { return [] }
    var needed: Set<Int> = [last]
    for index in nodes.indices.reversed() where needed.contains(index) {
      for case .node(let source) in nodes[index].inputs { needed.insert(source) }
      if let first = nodes[index].shares { needed.insert(first) }
    }
    return needed
  }

  /// The network that computes these layers' outputs and nothing besides, with frozen parameters; its layers
  /// have the names they have here.
  ///
  /// Throws `InvalidNetwork` as making a network does.
  package func computing(_ layers: [Int]) throws -> Network {
    let kept = layers.reduce(into: Set<Int>()) { $0.formUnion(sources(of: .node($1))) }.sorted()
    var position: [Int: Int] = [:]
    for (new, old) in kept.enumerated() { position[old] = new }
    func moved(_ value: Value) -> Value {
      if case .node(let index) = value { return .node(position[index, default: 0]) }
      return value
    }
    let entries = kept.map { old in
      GraphEntry(
        layer: nodes[old].layer, inputs: nodes[old].inputs.map(moved), name: nodes[old].name,
        shares: nodes[old].shares.map { position[$0, default: 0] })
    }
    let known = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.tensor) })
    var part = try Network(
      inputs: inputs, layers: entries, outputs: layers.map { moved(.node($0)) }
    ) { name, description in
      known[name] ?? Tensor(repeating: 0, shape: description.shape)
    }
    part.preprocessing = preprocessing
    for index in part.parameters.indices { part.parameters[index].isFrozen = true }
    return part
  }
}
