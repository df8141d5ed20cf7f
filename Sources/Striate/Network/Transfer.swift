/// What one network has taken over from another, by the names of parameters.
public struct ParameterTransfer: Sendable, Equatable {
  /// Those that were copied.
  public let copied: [String]

  /// Those of the receiving network that were not: they are as they were made.
  public let fresh: [String]

  /// What was taken over, and what was not.
  package init(copied: [String], fresh: [String]) {
    (self.copied, self.fresh) = (copied, fresh)
  }
}

/// Learning that begins with what another network has learned.
///
/// ```swift
/// var network = try Network(from: Network(contentsOf: "digits.safetensors"), classes: 3, seed: 1)
/// try network.freeze("conv*")
/// try trainer.train(&network, on: photographs, epochs: 5)
/// ```
extension Network {
  /// A network with what `source` has learned and a new last learned layer for other classes.
  ///
  /// The last layer that learns, a `Dense` or a `Conv2D` before global pooling, gets as many outputs as there
  /// are classes and fresh parameters, as does what learns after it. All other parameters, what is frozen,
  /// and the preprocessing come from `source`; the classes get their names from the data.
  ///
  /// - Parameters:
  ///   - source: The network that has learned.
  ///   - classes: The number of outputs.
  ///   - seed: What the fresh parameters depend on.
  ///
  /// Throws `InvalidNetwork` where the last layer that learns is none that can be replaced.
  /// Source: Yosinski et al. 2014, arXiv:1411.1792.
  public init(from source: Network, classes: Int, seed: UInt64) throws {
    let head = try source.head()
    let name = source.nodes[head].name
    let layer = source.nodes[head].headLayer(outputs: classes) ?? source.nodes[head].layer
    let renewed = source.nodesReading(head)
    let entries = source.nodes.enumerated().map { index, node in
      GraphEntry(
        layer: index == head ? layer : node.layer, inputs: node.inputs, name: node.name,
        shares: node.shares)
    }
    let kept = source.nodes.indices.filter { !renewed.contains($0) }.flatMap {
      source.nodes[$0].parameters
    }
    let known = Dictionary(
      kept.map { (source.parameters[$0].name, source.parameters[$0]) },
      uniquingKeysWith: { a, _ in a })
    var generator = SeededGenerator(seed: seed)
    do {
      try self.init(inputs: source.inputs, layers: entries, outputs: source.outputs) {
        name, description in
        known[name]?.tensor
          ?? Tensor(
            shape: description.shape,
            scalars: description.initializer.values(
              shape: description.shape, generator: &generator))
      }
    } catch let error as InvalidNetwork {
      throw InvalidNetwork(
        description: "a new last layer \"\(name)\" \(layer.text): \(error): write the network down "
          + "anew and copy the parameters")
    }
    guard outputShape == [classes] else {
      throw InvalidNetwork(
        description: "a new last layer \"\(name)\" \(layer.text): expected an output of \(classes) "
          + "classes, found \(outputShape): write the network down anew and copy the parameters")
    }
    for index in parameters.indices {
      parameters[index].isFrozen = known[parameters[index].name]?.isFrozen ?? false
    }
    preprocessing = source.preprocessing
    preprocessing.classNames = []
  }

  /// Copies every parameter of `source` that has a namesake of the same shape here.
  ///
  /// Throws `InvalidInput` where there is none.
  @discardableResult
  public mutating func copyParameters(from source: Network) throws -> ParameterTransfer {
    let known = Dictionary(
      source.parameters.map { ($0.name, $0.tensor) }, uniquingKeysWith: { a, _ in a })
    var (copied, fresh): ([String], [String]) = ([], [])
    for index in parameters.indices {
      let parameter = parameters[index]
      if let tensor = known[parameter.name], tensor.shape == parameter.tensor.shape {
        parameters[index].tensor = tensor
        copied.append(parameter.name)
      } else {
        fresh.append(parameter.name)
      }
    }
    guard !copied.isEmpty else {
      throw InvalidInput(
        description: "parameters: expected some of the same name and shape in both networks, found "
          + "\(Network.list(source.parameters)) and \(Network.list(parameters)): give both "
          + "networks the same first layers")
    }
    return ParameterTransfer(copied: copied, fresh: fresh)
  }

  /// The index of the layer that a network for other classes gets anew: the last dense or conv that every
  /// later learned layer and the first output depend on.
  package func head() throws -> Int {
    let learning = nodes.indices.filter { index in
      nodes[index].parameters.contains { parameters[$0].isLearned }
    }
    if let head = learning.last(where: { nodes[$0].headLayer(outputs: 1) != nil }) {
      let reading = nodesReading(head)
      if learning.allSatisfy({ $0 <= head || reading.contains($0) }),
        case .node(let output) = outputs[0], reading.contains(output)
      {
        return head
      }
    }
    let found = learning.last.map { "\"\(nodes[$0].name)\" \(nodes[$0].layer.text)" }
    throw InvalidNetwork(
      description: "new classes: expected a network that ends in one dense or conv layer, found "
        + "\(found ?? "none"): write the network down anew and copy the parameters")
  }

  /// The layer of that index and all that read it, however indirectly.
  private func nodesReading(_ first: Int) -> Set<Int> {
    nodes.indices.reduce(into: [first]) { reading, index in
      for case .node(let source) in nodes[index].inputs where reading.contains(source) {
        reading.insert(index)
      }
    }
  }

  /// The first parameters with their shapes.
  private static func list(_ parameters: [Parameter]) -> String {
    let shown = parameters.prefix(4).map { "\($0.name) \($0.tensor.shape)" }
    return (shown + (parameters.count > 4 ? ["…"] : [])).joined(separator: ", ")
  }
}

extension Network.Node {
  /// The layer with another number of outputs; nil where it is none that classes can be told by.
  fileprivate func headLayer(outputs: Int) -> (any Layer)? {
    switch layer {
    case var dense as Dense:
      dense.outputs = outputs
      return dense
    case var convolution as Conv2D:
      convolution.filters = outputs
      return convolution
    default: return nil
    }
  }
}
