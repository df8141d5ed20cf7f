/// A network without its parameters, as it stands in a model file: names, shapes and layer texts.
///
/// ```json
/// {"inputs": [{"name": "input", "shape": [1, 28, 28]}],
///  "layers": [{"name": "conv1", "layer": "conv 8 5x5", "inputs": ["input"]}, …]}
/// ```
public struct Architecture: Codable, Equatable, Sendable {
  /// A tensor that the network is given.
  public struct Input: Codable, Equatable, Sendable {
    /// What it is called.
    public var name: String
    /// Its shape, without the batch.
    public var shape: [Int]

    /// An input.
    public init(name: String, shape: [Int]) {
      self.name = name
      self.shape = shape
    }
  }

  /// A layer in its place.
  public struct Layer: Codable, Equatable, Sendable {
    /// What it is called; its parameters are called "name.weight", "name.bias".
    public var name: String
    /// The layer as a network text writes it.
    public var layer: String
    /// The inputs and layers it reads from, by name.
    public var inputs: [String]
    /// The layer whose parameters it uses, where it has none of its own.
    public var shares: String?

    /// A layer in its place.
    public init(name: String, layer: String, inputs: [String], shares: String? = nil) {
      self.name = name
      self.layer = layer
      self.inputs = inputs
      self.shares = shares
    }
  }

  /// What the network is given.
  public var inputs: [Input]

  /// The layers, each after those it reads from.
  public var layers: [Layer]

  /// The layers whose outputs are the network's, by name; nil for the last one alone.
  public var outputs: [String]?

  /// The description of a network.
  public init(inputs: [Input], layers: [Layer], outputs: [String]? = nil) {
    self.inputs = inputs
    self.layers = layers
    self.outputs = outputs
  }
}

extension Network {
  /// The network without its parameters.
  public var architecture: Architecture {
    Architecture(
      inputs: inputs.map { Architecture.Input(name: $0.name, shape: $0.shape) },
      layers: nodes.map { node in
        Architecture.Layer(
          name: node.name, layer: node.layer.text,
          inputs: node.inputs.map { name(of: $0) }, shares: node.shares.map { nodes[$0].name })
      },
      outputs: outputs == [.node(nodes.count - 1)] ? nil : outputs.map { name(of: $0) })
  }

  /// What a value is called.
  func name(of value: Value) -> String {
    switch value {
    case .input(let index): inputs[index].name
    case .node(let index): nodes[index].name
    }
  }

  /// A network of that architecture with fresh parameters.
  ///
  /// Throws `InvalidNetwork` where a name is missing, used twice, or read before it is there, where
  /// a layer's output leads nowhere, or where a layer text or a shape is wrong.
  ///
  /// - Parameters:
  ///   - architecture: Names, shapes and layer texts.
  ///   - seed: What the initial parameters depend on.
  ///   - ownLayer: Reads the texts of layers that are not the library's.
  public init(
    architecture: Architecture, seed: UInt64,
    ownLayer: (String) throws -> (any Layer)? = { _ in nil }
  ) throws {
    let (layers, outputs) = try architecture.graph(ownLayer)
    try self.init(
      inputs: architecture.networkInputs, layers: layers, outputs: outputs, seed: seed)
  }

  /// A network of that architecture whose parameters `parameter` gives, name by name.
  init(
    architecture: Architecture, ownLayer: (String) throws -> (any Layer)?,
    parameter: (_ name: String, ParameterDescription) throws -> Tensor
  ) throws {
    let (layers, outputs) = try architecture.graph(ownLayer)
    try self.init(
      inputs: architecture.networkInputs, layers: layers, outputs: outputs, parameter: parameter)
  }
}

extension Architecture {
  fileprivate var networkInputs: [Network.Input] {
    inputs.map { Network.Input(name: $0.name, shape: $0.shape) }
  }

  fileprivate func graph(
    _ ownLayer: (String) throws -> (any Striate.Layer)?
  ) throws -> (layers: [GraphEntry], outputs: [Network.Value]) {
    var values: [String: Network.Value] = [:]
    for (index, input) in inputs.enumerated() {
      try Architecture.check(name: input.name, of: "input \(index + 1)", among: values)
      values[input.name] = .input(index)
    }
    var result: [GraphEntry] = []
    var unread: Set<String> = []
    for (index, entry) in layers.enumerated() {
      let place = "architecture, layer \(index + 1) \"\(entry.name.prefix(40))\""
      try Architecture.check(name: entry.name, of: place, among: values)
      guard !entry.inputs.isEmpty else {
        throw InvalidNetwork(description: "\(place): expected at least one input, found none")
      }
      let sources = try entry.inputs.map { name in
        guard let value = values[name] else { throw unknown(name, of: place, known: values.keys) }
        return value
      }
      let layer =
        try ownLayer(entry.layer) ?? Network.layer(text: entry.layer, place: place)
      result.append(
        GraphEntry(
          layer: layer, inputs: sources, name: entry.name,
          shares: try entry.shares.map { try owner($0, among: values, place: place) }))
      unread.subtract(entry.inputs)
      unread.insert(entry.name)
      values[entry.name] = .node(index)
    }
    let outputs = self.outputs ?? layers.suffix(1).map(\.name)
    guard !outputs.isEmpty, outputs.count <= layers.count else {
      throw InvalidNetwork(
        description: "architecture: expected at least one layer, and no more outputs than layers, "
          + "found \(layers.count) layers and \(outputs.count) outputs")
    }
    let results = try outputs.map { name in
      guard case .node(let index)? = values[name] else {
        throw InvalidNetwork(
          description: "architecture, outputs: expected names of layers, found "
            + "\"\(name.prefix(40))\": name a layer of the list")
      }
      unread.remove(name)
      return Network.Value.node(index)
    }
    if let idle = layers.first(where: { unread.contains($0.name) }) {
      throw InvalidNetwork(
        description: "architecture, layer \"\(idle.name)\": expected a layer that reads it, found "
          + "none: remove it, or make it an output")
    }
    return (result, results)
  }

  /// The index of a layer that another shares the parameters of.
  private func owner(
    _ name: String, among values: [String: Network.Value], place: String
  ) throws -> Int {
    guard case .node(let index)? = values[name], layers[index].shares == nil else {
      throw InvalidNetwork(
        description: "\(place): expected to share the parameters of a layer before it that has its "
          + "own, found \"\(name.prefix(40))\": name the first layer that uses them")
    }
    return index
  }

  private static func check(
    name: String, of place: String, among values: [String: Network.Value]
  ) throws {
    guard !name.isEmpty, name.utf8.count <= 256 else {
      throw InvalidNetwork(
        description: "\(place): expected a name of 1 to 256 bytes, found \(name.utf8.count)")
    }
    guard values[name] == nil else {
      throw InvalidNetwork(description: "\(place): expected a name of its own, found it twice")
    }
  }

  private func unknown(
    _ name: String, of place: String, known: some Sequence<String>
  ) -> InvalidNetwork {
    if layers.contains(where: { $0.name == name }) {
      return InvalidNetwork(
        description:
          "\(place): expected inputs that stand before it, found \"\(name)\", which does "
          + "not: list each layer after those it reads from; a network has no cycles")
    }
    let guess = name.nearest(in: known.sorted()).map { ": did you mean \"\($0)\"?" } ?? ""
    return InvalidNetwork(
      description: "\(place): expected the names of inputs and layers, found "
        + "\"\(name.prefix(40))\"\(guess)")
  }
}
