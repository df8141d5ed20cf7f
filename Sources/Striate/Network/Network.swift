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

    /// An input.
    package init(name: String, shape: [Int]) { (self.name, self.shape) = (name, shape) }
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
    /// The layer whose parameters it uses, where it has none of its own but shares them.
    public let shares: Int?
  }

  /// A value that flows through the graph.
  public enum Value: Sendable, Equatable, Hashable {
    /// The network's input of that index.
    case input(Int)
    /// The output of the layer of that index.
    case node(Int)
  }

  /// An array of a layer under its full name.
  public struct Parameter: Sendable, Equatable {
    /// PyTorch's name: "conv1.weight".
    public let name: String
    /// The values, in PyTorch's layout.
    public var tensor: Tensor
    /// Whether gradients change it; running statistics are not learned.
    public let isLearned: Bool
    /// Whether training leaves it as it is.
    public var isFrozen = false

    /// Whether a training changes it by its gradient.
    var isTrained: Bool { isLearned && !isFrozen }
  }

  /// What the network is given.
  public let inputs: [Input]

  /// The layers, each after those it reads from.
  public private(set) var nodes: [Node] { didSet { forgetPlans() } }

  /// What the network gives; the first is what it is trained and evaluated on.
  public let outputs: [Value]

  /// Everything the network has learned, layer by layer.
  public var parameters: [Parameter] { didSet { forgetPlans() } }

  /// Plans of this very network that nobody is using.
  var idlePlans = IdlePlans()

  /// What is done to pixels before they enter, and what the outputs mean.
  public var preprocessing = Preprocessing()

  /// How it was trained, epoch by epoch; nil where nobody said.
  public var history: TrainingHistory?

  /// The shape of the first output.
  public var outputShape: [Int] { shape(of: outputs[0]) }

  /// The number of learned numbers.
  public var parameterCount: Int {
    parameters.reduce(0) { $0 + ($1.isLearned ? $1.tensor.count : 0) }
  }

  /// A chain of layers over one input.
  ///
  /// - Parameters:
  ///   - input: The shape of one image, without the batch.
  ///   - seed: What the initial parameters depend on.
  ///   - layers: The chain, first layer first.
  ///
  /// Throws `InvalidNetwork` where a layer refuses the shape it is given.
  public init(
    input: [Int], seed: UInt64, @LayerBuilder layers: () throws -> [any Block]
  ) throws {
    try self.init(input: input, seed: seed, layers: layers())
  }

  /// A chain of layers over one input.
  public init(input: [Int], seed: UInt64, layers: [any Block]) throws {
    try self.init(inputs: [Input(name: "input", shape: input)], seed: seed) { values in
      [layers.reduce(values[0]) { value, block in block.apply(to: value) }]
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
      inputs: inputs.map { Input(name: $0.name, shape: $0.shape) }, seed: seed
    ) { [try graph($0)] }
  }

  /// A graph with several outputs. The first is what the network is trained and evaluated on.
  public init(
    inputs: [(name: String, shape: [Int])], seed: UInt64,
    outputs graph: ([Symbol]) throws -> [Symbol]
  ) throws {
    try self.init(
      inputs: inputs.map { Input(name: $0.name, shape: $0.shape) }, seed: seed, graph: graph)
  }

  init(inputs: [Input], seed: UInt64, graph: ([Symbol]) throws -> [Symbol]) throws {
    try Network.check(inputs)
    let sketch = GraphSketch(inputs: inputs)
    let outputs = try graph(sketch.symbols)
    let (entries, values) = try sketch.graph(of: outputs.map(\.value))
    try self.init(inputs: inputs, layers: entries, outputs: values, seed: seed)
  }

  /// A graph given as a list in which each layer stands after those it reads from.
  init(inputs: [Input], layers: [GraphEntry], outputs: [Value], seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    try self.init(inputs: inputs, layers: layers, outputs: outputs) { name, description in
      try description.initializer.check(name, shape: description.shape)
      return Tensor(
        shape: description.shape,
        scalars: description.initializer.values(shape: description.shape, generator: &generator))
    }
  }

  /// A graph given as a list, whose parameters `parameter` makes one after the other, given their
  /// full names. All shapes and sizes are checked before the first is made.
  package init(
    inputs: [Input], layers: [GraphEntry], outputs: [Value],
    parameter: (_ name: String, ParameterDescription) throws -> Tensor
  ) throws {
    guard !layers.isEmpty, !outputs.isEmpty else {
      throw InvalidNetwork(
        description: "network: expected at least one layer and one output, found "
          + "\(layers.count) layers and \(outputs.count) outputs")
    }
    guard layers.count <= Network.layerLimit else {
      throw InvalidNetwork(
        description: "network: expected at most \(Network.layerLimit) layers, found "
          + "\(layers.count)")
    }
    var names = try Network.check(inputs)
    self.inputs = inputs
    self.nodes = []
    self.outputs = outputs
    self.parameters = []
    var descriptions: [ParameterDescription] = []
    var fullNames: [String] = []
    var total = 0
    var counts: [String: Int] = [:]
    for entry in layers {
      let stem = entry.scope + entry.layer.stem
      counts[stem, default: 0] += 1
      let name = entry.name.map { entry.scope + $0 } ?? "\(stem)\(counts[stem, default: 1])"
      let place = "layer \(nodes.count + 1) \"\(name)\" \(entry.layer.text)"
      guard names.insert(name).inserted else {
        throw InvalidNetwork(
          description: "\(place): expected a name of its own, found an input or another layer "
            + "of that name: rename the input")
      }
      let own = try append(
        entry, name: name, place: place, descriptions: descriptions)
      for description in own {
        total += try Network.elementCount(description.shape, of: "\(place): \(description.name)")
        descriptions.append(description)
        fullNames.append("\(name).\(description.name)")
      }
      guard total <= Network.parameterLimit else {
        throw InvalidNetwork(
          description: "\(place): expected at most \(Network.parameterLimit) parameters in the "
            + "network, found \(total): make the layer smaller")
      }
    }
    for (name, description) in zip(fullNames, descriptions) {
      parameters.append(
        Parameter(
          name: name, tensor: try parameter(name, description), isLearned: description.isLearned))
    }
  }

  /// The names of the inputs. Throws where an input has no name of its own or no size.
  @discardableResult
  private static func check(_ inputs: [Input]) throws -> Set<String> {
    guard !inputs.isEmpty else {
      throw InvalidNetwork(description: "network: expected at least one input, found none")
    }
    for input in inputs {
      guard !input.shape.isEmpty, isReasonable(input.shape), input.shape.product <= inputLimit
      else {
        throw InvalidNetwork(
          description: "network: input \"\(input.name)\": expected positive sizes with at most "
            + "\(inputLimit) elements, found \(input.shape)")
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
    return names
  }

  /// The largest number of elements of any value or parameter.
  static let elementLimit = 1 << 31

  /// The largest number of elements of an input: an input's channels times the largest kernel cannot
  /// overflow.
  static let inputLimit = 1 << 29

  /// The largest number of parameters of a network: 2 GiB.
  static let parameterLimit = 1 << 29

  /// The largest number of layers.
  static let layerLimit = 100_000

  /// Whether a value or parameter of this shape can be thought of at all.
  package static func isReasonable(_ shape: [Int]) -> Bool {
    shape.allSatisfy { $0 >= 1 } && (try? elementCount(shape, of: "")) != nil
  }

  /// Appends a layer, and returns what it learns.
  private mutating func append(
    _ entry: GraphEntry, name: String, place: String, descriptions: [ParameterDescription]
  ) throws -> [ParameterDescription] {
    let layer = entry.layer
    let shapes = entry.inputs.map { shape(of: $0) }
    let output: [Int]
    do {
      output = try layer.outputShape(of: shapes)
    } catch let mismatch as ShapeMismatch {
      let given = shapes.map { "\($0)" }.joined(separator: " and ")
      throw InvalidNetwork(
        description: "\(place): \(mismatch) (input \(given); shapes \(layer.shapeRule))")
    }
    _ = try Network.elementCount(output, of: place)
    let parameters = layer.parameters(of: shapes)
    var range = descriptions.count..<descriptions.count + parameters.count
    if let first = entry.shares {
      range = nodes[first].parameters
      let others = Array(descriptions[range])
      guard others == parameters else {
        throw InvalidNetwork(
          description: "\(place): expected parameters \(parameters.map(\.shape)), found "
            + "\(others.map(\.shape)) of layer \"\(nodes[first].name)\", which it shares: give "
            + "both layers inputs of one shape")
      }
    }
    nodes.append(
      Node(
        name: name, layer: layer, inputs: entry.inputs, shape: output, parameters: range,
        shares: entry.shares))
    return entry.shares == nil ? parameters : []
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
