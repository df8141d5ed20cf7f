/// Layers wired into a checked graph, with their parameters.
///
/// A network is a value: copy it, compare two copies, send it to another task. Shapes leave out the
/// batch and are inferred and checked when the network is made.
///
/// ```swift
/// let network = try Network(input: [1, 28, 28], seed: 1) {
///   Conv2D(filters: 8, kernel: 5)
///   ReLU()
///   Flatten()
///   Dense(10)
/// }
/// ```
public struct Network: Sendable {
  /// A tensor that a network is given.
  public struct Input: Sendable, Equatable {
    /// What the input is called.
    public let name: String
    /// Its shape, without the batch.
    public let shape: [Int]
  }

  /// A layer in its place.
  public struct Node: Sendable {
    /// What the layer is called: "conv1".
    public let name: String
    /// The operation.
    public let layer: any Layer
    /// Where its inputs come from.
    public let inputs: [Value]
    /// The shape of its output, without the batch.
    public let shape: [Int]
    /// The indices of its parameters in `Network.parameters`.
    public let parameters: Range<Int>
  }

  /// A value that flows through the graph.
  public enum Value: Sendable, Equatable, Hashable {
    /// The network's input of that index.
    case input(Int)
    /// The output of the layer of that index.
    case node(Int)
  }

  /// A learned array under its full name.
  public struct Parameter: Sendable, Equatable {
    /// PyTorch's name: "conv1.weight".
    public let name: String
    /// The values, in PyTorch's layout.
    public var tensor: Tensor
  }

  /// What the network is given.
  public let inputs: [Input]

  /// The layers, each after those it reads from. The last one's output is the network's.
  public private(set) var nodes: [Node]

  /// Everything the network has learned, layer by layer.
  public var parameters: [Parameter]

  /// What is done to pixels before they enter, and what the outputs mean.
  public var preprocessing = Preprocessing()

  /// The shape of one output.
  public var outputShape: [Int] { nodes[nodes.count - 1].shape }

  /// The number of learned numbers.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.tensor.count } }

  /// A chain of layers over one input.
  ///
  /// - Parameters:
  ///   - input: The shape of one image, without the batch.
  ///   - seed: What the initial parameters depend on.
  ///   - layers: The chain, first layer first.
  ///
  /// Throws `InvalidNetwork` where a layer refuses the shape it is given.
  public init(
    input: [Int], seed: UInt64, @LayerBuilder layers: () throws -> [any Layer]
  ) throws {
    try self.init(input: input, seed: seed, layers: layers())
  }

  /// A chain of layers over one input.
  public init(input: [Int], seed: UInt64, layers: [any Layer]) throws {
    try self.init(inputs: [Input(name: "input", shape: input)], seed: seed) { values in
      layers.reduce(values[0]) { value, layer in value.apply(layer) }
    }
  }

  /// A graph over several inputs.
  ///
  /// ```swift
  /// let network = try Network(inputs: [("x", [1]), ("y", [1]), ("z", [1])], seed: 0) { x in
  ///   Multiply()(Add()(x[0], x[1]), x[2])
  /// }
  /// ```
  public init(
    inputs: [(name: String, shape: [Int])], seed: UInt64,
    graph: ([Symbol]) throws -> Symbol
  ) throws {
    try self.init(
      inputs: inputs.map { Input(name: $0.name, shape: $0.shape) }, seed: seed, graph: graph)
  }

  init(inputs: [Input], seed: UInt64, graph: ([Symbol]) throws -> Symbol) throws {
    let sketch = GraphSketch()
    let output = try graph(
      inputs.indices.map { Symbol(value: .input($0), sketch: sketch) })
    try self.init(
      inputs: inputs, layers: sketch.entries(upTo: output.value), seed: seed)
  }

  /// A graph given as a list in which each layer stands after those it reads from.
  init(
    inputs: [Input], layers: [(layer: any Layer, inputs: [Value], name: String?)], seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    try self.init(inputs: inputs, layers: layers) { _, description in
      let count = description.shape.reduce(1, *)
      return Tensor(
        shape: description.shape,
        scalars: description.initializer.values(count: count, generator: &generator))
    }
  }

  /// A graph given as a list, whose parameters `parameter` makes one after the other, given their
  /// full names. All shapes and sizes are checked before the first is made.
  init(
    inputs: [Input], layers: [(layer: any Layer, inputs: [Value], name: String?)],
    parameter: (_ name: String, ParameterDescription) throws -> Tensor
  ) throws {
    guard !inputs.isEmpty, !layers.isEmpty else {
      throw InvalidNetwork(
        description: "network: expected at least one input and one layer, found "
          + "\(inputs.count) inputs and \(layers.count) layers")
    }
    for input in inputs {
      let count = try? Network.elementCount(input.shape, of: input.name)
      guard !input.shape.isEmpty, input.shape.allSatisfy({ $0 >= 1 }), let count,
        count <= Network.inputLimit
      else {
        throw InvalidNetwork(
          description: "network: input \"\(input.name)\": expected positive sizes with at most "
            + "\(Network.inputLimit) elements, found \(input.shape)")
      }
    }
    var names: Set<String> = []
    for input in inputs {
      guard !input.name.isEmpty, input.name.utf8.count <= 256, names.insert(input.name).inserted
      else {
        throw InvalidNetwork(
          description: "network: input \"\(input.name.prefix(40))\": expected a name of 1 to 256 "
            + "bytes that no other input has: rename it")
      }
    }
    self.inputs = inputs
    self.nodes = []
    self.parameters = []
    var descriptions: [(name: String, description: ParameterDescription)] = []
    var total = 0
    var counts: [String: Int] = [:]
    for entry in layers {
      counts[entry.layer.stem, default: 0] += 1
      let name = entry.name ?? "\(entry.layer.stem)\(counts[entry.layer.stem, default: 1])"
      let place = "layer \(nodes.count + 1) \"\(name)\" \(entry.layer.text)"
      guard names.insert(name).inserted else {
        throw InvalidNetwork(
          description: "\(place): expected a name of its own, found an input or another layer "
            + "of that name: rename the input")
      }
      let own = try append(
        entry.layer, reading: entry.inputs, name: name, place: place,
        firstParameter: descriptions.count)
      for description in own {
        total += try Network.elementCount(description.shape, of: "\(place): \(description.name)")
        descriptions.append(("\(name).\(description.name)", description))
      }
      guard total <= Network.parameterLimit else {
        throw InvalidNetwork(
          description: "\(place): expected at most \(Network.parameterLimit) parameters in the "
            + "network, found \(total): make the layer smaller")
      }
    }
    for (name, description) in descriptions {
      parameters.append(Parameter(name: name, tensor: try parameter(name, description)))
    }
  }

  /// The largest number of elements of any value or parameter.
  static let elementLimit = 1 << 31

  /// The largest number of elements of an input: an input's channels times the largest kernel cannot
  /// overflow.
  static let inputLimit = 1 << 29

  /// The largest number of parameters of a network: 2 GiB.
  static let parameterLimit = 1 << 29

  /// Appends a layer, and returns what it learns.
  private mutating func append(
    _ layer: any Layer, reading sources: [Value], name: String, place: String, firstParameter: Int
  ) throws -> [ParameterDescription] {
    let shapes = sources.map { shape(of: $0) }
    let output: [Int]
    do {
      output = try layer.outputShape(of: shapes)
    } catch let mismatch as ShapeMismatch {
      throw InvalidNetwork(description: "\(place): \(mismatch)")
    }
    _ = try Network.elementCount(output, of: place)
    let parameters = layer.parameters(of: shapes)
    nodes.append(
      Node(
        name: name, layer: layer, inputs: sources, shape: output,
        parameters: firstParameter..<firstParameter + parameters.count))
    return parameters
  }

  private static func elementCount(_ shape: [Int], of place: String) throws -> Int {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= elementLimit else {
        throw InvalidNetwork(
          description: "\(place): expected at most \(elementLimit) elements, found \(shape)")
      }
      count = product
    }
    return count
  }

  /// The shape of a value, without the batch.
  public func shape(of value: Value) -> [Int] {
    switch value {
    case .input(let index): inputs[index].shape
    case .node(let index): nodes[index].shape
    }
  }
}

/// A network cannot be made: which layer, what it expected, what it found, what to do.
public struct InvalidNetwork: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}
