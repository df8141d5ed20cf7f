import Striate

extension CoreMLExport {
  /// The layers of a Core ML neural network while they are made of the operators of an ONNX graph.
  ///
  /// The batch is one image: Core ML takes batches as lists of images.
  struct Translation {
    private(set) var layers: [Layer] = []
    /// Whether a layer came with version 5 of the specification.
    private(set) var needsVersionFive = false

    private var graph: ONNXExport.Graph
    private var constants: [String: ONNXExport.Initializer] = [:]
    /// Constants that a layer gives already.
    private var loaded: Set<String> = []
    /// Lists of integers that are known now: shapes, and what follows from them.
    var integers: [String: [Int]] = [:]
    /// The shapes of values, with the batch.
    var shapes: [String: [Int]] = [:]

    init(_ graph: ONNXExport.Graph) throws(Refusal) {
      self.graph = graph
      for constant in graph.initializers {
        constants[constant.name] = constant
        if case .integers(let values) = constant.values { integers[constant.name] = values }
      }
      for value in graph.inputs + graph.inner + graph.outputs {
        guard value.shape.count <= 4 else {
          throw Refusal(
            description: "value \"\(value.name)\": expected at most 5 axes with the batch, found "
              + "\(value.shape.count + 1): write an ONNX model instead, or reshape it")
        }
        shapes[value.name] = [1] + value.shape
      }
      for node in graph.nodes {
        do {
          try translate(Operator(node))
        } catch {
          throw Refusal(
            description: "value \"\(node.name)\": expected layers that Core ML's neural networks "
              + "have, found \(error.reason): write an ONNX model instead, or use other layers")
        }
      }
    }

    /// Appends what makes probabilities of a classifier's only output, as `Network.probabilities` does; returns their name.
    mutating func addProbabilities(of network: Network, result: ONNXExport.Value) -> String {
      guard result.shape == [1] else {
        if network.givesProbabilities { return result.name }
        let name = fresh("probabilities")
        append(.softmaxND, [result.name], to: name) { $0.add(1, 1) }
        return name
      }
      // [1 − p, p]
      let name = fresh("probabilities")
      let chance = fresh("\(name).chance")
      if network.givesProbabilities || network.preprocessing.outputMeaning == .probabilities {
        append(.clip, [result.name], to: chance) { message in
          message.add(1, Float(0))
          message.add(2, Float(1))
        }
      } else {
        activate(.sigmoid, result.name, to: chance)
      }
      let opposite = activated(.linear, chance, for: name, alpha: -1, beta: 1)
      append(.concatND, [opposite, chance], to: name) { $0.add(1, 1) }
      return name
    }

    /// Why an operator has no counterpart.
    struct Inexpressible: Error {
      let reason: String
    }

    mutating func fresh(_ wanted: String) -> String { graph.fresh(wanted) }

    mutating func append(
      _ kind: Layer.Kind, _ inputs: [String], to output: String,
      _ fill: (inout ProtobufWriter) -> Void = { _ in }
    ) {
      layers.append(Layer(kind, inputs, output, ProtobufWriter(fill)))
    }

    /// A layer whose output is a value of its own; returns its name.
    mutating func value(
      _ kind: Layer.Kind, _ inputs: [String], for output: String,
      _ fill: (inout ProtobufWriter) -> Void = { _ in }
    ) -> String {
      let name = fresh("\(output).\(kind)")
      append(kind, inputs, to: name, fill)
      return name
    }

    mutating func activate(
      _ kind: ActivationKind, _ input: String, to output: String, alpha: Double? = nil,
      beta: Double? = nil
    ) {
      append(.activation, [input], to: output) { message in
        message.add(
          kind.rawValue,
          ProtobufWriter {
            if let alpha { $0.add(1, Float(alpha)) }
            if let beta { $0.add(2, Float(beta)) }
          })
      }
    }

    mutating func activated(
      _ kind: ActivationKind, _ input: String, for output: String, alpha: Double? = nil,
      beta: Double? = nil
    ) -> String {
      let name = fresh("\(output).\(kind)")
      activate(kind, input, to: name, alpha: alpha, beta: beta)
      return name
    }

    /// The name of a value or of a constant, which a layer gives.
    mutating func operand(_ name: String) throws(Inexpressible) -> String {
      guard let constant = constants[name], loaded.insert(name).inserted else { return name }
      try load(constant.floats, shape: constant.shape.isEmpty ? [1] : constant.shape, to: name)
      return name
    }

    mutating func operands(_ item: Operator) throws(Inexpressible) -> [String] {
      var names: [String] = []
      for input in item.inputs { names.append(try operand(input)) }
      return names
    }

    mutating func load(
      _ values: [Float], shape: [Int], to name: String
    ) throws(Inexpressible) {
      guard shape.count <= 4 else {
        throw Inexpressible(reason: "a constant of \(shape.count) axes, more than 4")
      }
      append(.loadConstantND, [], to: name) { message in
        message.add(1, packed: shape)
        message.add(2, .weights(values))
      }
    }

    /// A constant that operators are told instead of computing with it.
    func parameter(_ name: String) throws(Inexpressible) -> ONNXExport.Initializer {
      guard let constant = constants[name] else {
        throw Inexpressible(reason: "a weight that is computed")
      }
      return constant
    }

    func scalar(_ name: String) throws(Inexpressible) -> Double {
      Double(try parameter(name).floats[0])
    }

    func integers(_ name: String) throws(Inexpressible) -> [Int] {
      guard let values = integers[name] else {
        throw Inexpressible(reason: "a shape that is computed")
      }
      return values
    }

    func shape(_ name: String) throws(Inexpressible) -> [Int] {
      guard let shape = shapes[name] else {
        throw Inexpressible(reason: "a value whose shape is not known")
      }
      return shape
    }

    private mutating func translate(_ item: Operator) throws(Inexpressible) {
      if try translateElementwise(item) { return }
      let (x, output) = (item.inputs[0], item.output)
      switch item.operation {
      case "Conv": try convolve(item)
      case "ConvTranspose": try convolveTransposed(item)
      case "Gemm": try multiply(item)
      case "MatMul": append(.batchedMatmul, try operands(item), to: output)
      case "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool": try pool(item)
      case "BatchNormalization", "InstanceNormalization": try normalize(item)
      case "LRN":
        append(.lrn, [x], to: output) { message in
          message.add(1, Float(item.float("alpha")))
          message.add(2, Float(item.float("beta")))
          message.add(3, item.integer("size"))
          message.add(4, Float(item.float("bias")))
        }
      case "Softmax":
        append(.softmaxND, [x], to: output) { $0.add(1, item.integer("axis")) }
      case "LogSoftmax":
        let sum = value(.reduceLogSumExp, [x], for: output) { message in
          message.add(1, packed: [item.integer("axis")])
          message.add(2, 1)
        }
        append(.subtractBroadcastable, [x, sum], to: output)
      case "ReduceMean": try reduce(item, .reduceMean)
      case "ReduceSum": try reduce(item, .reduceSum)
      case "ReduceMax": try reduce(item, .reduceMax)
      case "ArgMax":
        append(.argMax, [x], to: output) { $0.add(1, item.integer("axis")) }
      case "Pad": try pad(item)
      case "Resize": try resize(item)
      case "DepthToSpace":
        needsVersionFive = true
        append(.reorganizeData, [x], to: output) { message in
          message.add(1, 2)
          message.add(2, item.integer("blocksize"))
        }
      default: try rearrange(item)
      }
    }
  }
}
