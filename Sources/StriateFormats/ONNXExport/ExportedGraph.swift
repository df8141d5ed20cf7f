import Striate

extension ONNXExport {
  /// An operator of the graph.
  struct Node: Sendable, Equatable {
    var operation: String
    var name: String
    var inputs: [String]
    var outputs: [String]
    var attributes: [(name: String, value: Attribute)]

    static func == (a: Node, b: Node) -> Bool {
      a.operation == b.operation && a.name == b.name && a.inputs == b.inputs
        && a.outputs == b.outputs && a.attributes.map(\.name) == b.attributes.map(\.name)
        && a.attributes.map(\.value) == b.attributes.map(\.value)
    }
  }

  /// What an operator is told.
  enum Attribute: Sendable, Equatable {
    case integer(Int)
    case integers([Int])
    case float(Double)
    case string(String)
  }

  /// A constant of the graph.
  struct Initializer: Sendable, Equatable {
    enum Values: Sendable, Equatable {
      case floats([Float])
      case integers([Int])
    }

    var name: String
    var shape: [Int]
    var values: Values
  }

  /// A value between operators: its name, and its shape without the batch.
  struct Value: Sendable, Equatable {
    var name: String
    var shape: [Int]
  }

  /// The graph while it grows.
  struct Graph: Sendable {
    let opset: Int
    /// Whether images are resized with products of matrices where Resize would mix pixels.
    let resizesWithMatrices: Bool
    private(set) var nodes: [Node] = []
    private(set) var initializers: [Initializer] = []
    private(set) var inputs: [Value] = []
    private(set) var outputs: [Value] = []
    /// The values of layers that are neither inputs nor outputs.
    private(set) var inner: [Value] = []

    private var names: Set<String> = []
    private var initializerIndex: [String: Int] = [:]
    private var inputNames: [String] = []
    private var layerNames: [String] = []

    /// The whole graph of a network. Throws `Refusal`.
    init(
      _ network: Network, opset: Int, includesPreprocessing: Bool,
      resizesWithMatrices: Bool = false
    ) throws {
      (self.opset, self.resizesWithMatrices) = (opset, resizesWithMatrices)
      // Parameters keep their names whatever layers are called.
      names = Set(network.parameters.map(\.name))
      for input in network.inputs {
        let name = fresh(input.name)
        inputs.append(Value(name: name, shape: input.shape))
        inputNames.append(name)
      }
      if includesPreprocessing { addPreprocessing(network) }
      for index in network.nodes.indices { try add(network, node: index) }
      addOutputs(network)
    }

    /// The name, or one like it that nothing has.
    mutating func fresh(_ wanted: String) -> String {
      var (name, number) = (wanted, 1)
      while !names.insert(name).inserted {
        number += 1
        name = "\(wanted)_\(number)"
      }
      return name
    }

    mutating func append(_ node: Node) { nodes.append(node) }

    /// Calls the value that the last operator gives by another name.
    mutating func renameLast(_ value: String, to name: String) {
      precondition(nodes.last?.outputs == [value], "ONNXExport: expected the last value, \(value)")
      nodes[nodes.count - 1].outputs = [name]
      nodes[nodes.count - 1].name = name
      names.remove(value)
    }

    /// The name of a constant with these values: the wanted one, unless other values have it.
    mutating func constant(_ wanted: String, _ shape: [Int], _ values: Initializer.Values) -> String
    {
      if let index = initializerIndex[wanted], initializers[index].shape == shape,
        initializers[index].values == values
      {
        return wanted
      }
      let name = fresh(wanted)
      initializerIndex[name] = initializers.count
      initializers.append(Initializer(name: name, shape: shape, values: values))
      return name
    }

    /// The name of a parameter of the network in a shape with as many elements.
    mutating func parameter(_ parameter: Network.Parameter, shape: [Int]) -> String {
      let values = Initializer.Values.floats(parameter.tensor.scalars)
      guard initializerIndex[parameter.name] == nil else {
        return constant(parameter.name, shape, values)
      }
      initializerIndex[parameter.name] = initializers.count
      initializers.append(Initializer(name: parameter.name, shape: shape, values: values))
      return parameter.name
    }

    private func name(of value: Network.Value) -> String {
      switch value {
      case .input(let index): inputNames[index]
      case .node(let index): layerNames[index]
      }
    }

    /// (x − mean) / standardDeviation before the first input's first layer.
    private mutating func addPreprocessing(_ network: Network) {
      let preprocessing = network.preprocessing
      let shape = [network.inputs[0].shape[0]] + network.inputs[0].shape.dropFirst().map { _ in 1 }
      let steps = [
        ("Sub", "mean", preprocessing.mean),
        ("Div", "standard_deviation", preprocessing.standardDeviation),
      ]
      for (operation, constantName, numbers) in steps where !numbers.isEmpty {
        let constant = constant("preprocessing.\(constantName)", shape, .floats(numbers))
        let output = fresh("preprocessing.\(operation.lowercased())")
        append(
          Node(
            operation: operation, name: output, inputs: [inputNames[0], constant],
            outputs: [output], attributes: []))
        inputNames[0] = output
        inner.append(Value(name: output, shape: network.inputs[0].shape))
      }
    }

    /// Appends the operators of a layer. Throws `Refusal` where there are none.
    private mutating func add(_ network: Network, node index: Int) throws {
      let node = network.nodes[index]
      guard let layer = node.layer as? any ONNXExportable else {
        throw Refusal(
          description:
            "layer \(index + 1) \"\(node.name)\" \(node.layer.text): expected a layer "
            + "of the library that is known in ONNX, found another: replace it by such layers")
      }
      let sources = node.inputs.map { Value(name: name(of: $0), shape: network.shape(of: $0)) }
      let isOutput = network.outputs.contains(.node(index))
      if layer.vanishesInONNX, !isOutput {
        layerNames.append(sources[0].name)
        return
      }
      let output = Value(name: fresh(node.name), shape: node.shape)
      var site = Site(
        graph: self, inputs: sources, output: output,
        parameters: network.parameters[node.parameters].map { $0 })
      do {
        try layer.export(into: &site)
      } catch let mismatch as Inexpressible {
        throw Refusal(
          description: "layer \(index + 1) \"\(node.name)\" \(node.layer.text): \(mismatch.reason)")
      }
      self = site.graph
      layerNames.append(output.name)
      if !isOutput { inner.append(output) }
    }

    /// Says which values the graph gives. A value that is given twice gets a second name.
    private mutating func addOutputs(_ network: Network) {
      for value in network.outputs {
        var name = name(of: value)
        if outputs.contains(where: { $0.name == name }) {
          let copy = fresh(name)
          append(
            Node(
              operation: "Identity", name: copy, inputs: [name], outputs: [copy], attributes: []))
          name = copy
        }
        outputs.append(Value(name: name, shape: network.shape(of: value)))
      }
    }
  }

  /// Why a layer has no counterpart.
  struct Inexpressible: Error {
    let reason: String
  }
}

/// A layer that ONNX has operators for.
protocol ONNXExportable: Layer {
  /// Whether the layer does nothing in use.
  var vanishesInONNX: Bool { get }

  /// Appends the operators that compute the layer's output. Throws `ONNXExport.Inexpressible`.
  func export(into site: inout ONNXExport.Site) throws
}

extension ONNXExportable {
  var vanishesInONNX: Bool { false }
}
