import Striate

extension GraphImport {
  static let elementwise: [String: Reader] = {
    var table: [String: Reader] = [:]
    let plain: [String: Activation.Function] = [
      "Relu": .relu, "Sigmoid": .sigmoid, "Tanh": .tanh, "Softplus": .softplus,
      "Softsign": .softsign, "Exp": .exponential, "Log": .logarithm, "Sqrt": .squareRoot,
      "Abs": .absolute, "Neg": .affine(scale: -1, shift: 0), "Erf": .erf,
      "Reciprocal": .reciprocal, "Round": .round, "HardSwish": .hardSwish, "Mish": .mish,
      "Atan": .arctan,
    ]
    for (name, function) in plain {
      table[name] = { graph, node in [.flow(try graph.emit(Activation(function), [graph.flow(0)]))]
      }
    }
    for name in ["Identity", "Dropout"] {
      table[name] = { graph, node in
        guard let value = try graph.input(0) else {
          throw node.refuse("expected an input, found none")
        }
        return try [value] + (name == "Dropout" ? graph.dropoutMask(node, value) : [])
      }
    }
    func add(
      _ name: String,
      _ function: @escaping @Sendable (GraphImport, ONNXNode) throws -> Activation.Function
    ) {
      table[name] = { graph, node in
        [.flow(try graph.emit(Activation(function(graph, node)), [graph.flow(0)]))]
      }
    }
    add("LeakyRelu") { .leakyReLU(slope: try $1.number("alpha", otherwise: 0.01)) }
    add("Elu") { .elu(alpha: try $1.number("alpha", otherwise: 1)) }
    add("Celu") { .celu(alpha: try $1.number("alpha", otherwise: 1)) }
    add("ThresholdedRelu") { .threshold(try $1.number("alpha", otherwise: 1), value: 0) }
    add("Gelu") { try $1.word("approximate", otherwise: "none") == "tanh" ? .geluTanh : .gelu }
    add("Clip") { graph, node in try graph.clip(node) }
    table["Selu"] = { graph, node in [.flow(try graph.selu(node))] }
    table["HardSigmoid"] = { graph, node in [.flow(try graph.hardSigmoid(node))] }
    table["PRelu"] = { graph, node in [.flow(try graph.parametricReLU(node))] }
    table["Cast"] = { graph, node in [.flow(try graph.cast(node))] }
    table["Softmax"] = { graph, node in [.flow(try graph.softmax(Softmax(), node))] }
    table["LogSoftmax"] = { graph, node in [.flow(try graph.softmax(LogSoftmax(), node))] }
    return table
  }()

  /// What a dropout that drops nothing kept, where somebody asks: everything.
  private func dropoutMask(_ node: ONNXNode, _ value: Value) throws -> [Value] {
    let isTraining = try constant(2)?.doubles.contains { $0 != 0 } ?? false
    guard try !isTraining || number(1) == 0 else {
      throw refuse("expected training_mode false or a ratio of 0, found a dropout at random")
    }
    guard node.message.outputs.count > 1, case .flow(let x) = value else { return [] }
    let shape = batch == nil ? x.dims : [1] + x.dims.dropFirst()
    let ones = NumericArray(
      shape: shape, type: .bool,
      elements: .integers(Array(repeating: 1, count: shape.reduce(1, *))))
    return [.flow(try learned(ones, for: x))]
  }

  /// A constant of one element.
  func number(_ index: Int) throws -> Double? {
    guard let array = try constant(index) else { return nil }
    guard array.count == 1, let value = array.doubles.first, !value.isNaN else {
      throw refuse("expected one number as input \(index + 1), found \(array.shape)")
    }
    return array.type == .float32 ? Float(value).decimal : value
  }

  private static let largest = Double(Float.greatestFiniteMagnitude)

  private func clip(_ node: ONNXNode) throws -> Activation.Function {
    let low = try opset < 11 ? node.number("min", otherwise: -Self.largest) : number(1)
    let high = try opset < 11 ? node.number("max", otherwise: Self.largest) : number(2)
    let bounds = [low ?? -Self.largest, high ?? Self.largest].map {
      min(Self.largest, max(-Self.largest, $0))
    }
    if bounds[0] == 0, bounds[1] == Self.largest { return .relu }
    // All is one number where the lowest is the highest or more.
    guard bounds[0] < bounds[1] else { return .affine(scale: 0, shift: bounds[1]) }
    return .hardTanh(lowest: bounds[0], highest: bounds[1])
  }

  private func selu(_ node: ONNXNode) throws -> Flow {
    let alpha = try node.number("alpha", otherwise: 1.673_263_2)
    let gamma = try node.number("gamma", otherwise: 1.050_701)
    if abs(alpha - 1.673_263_2) < 1e-5, abs(gamma - 1.050_701) < 1e-5 {
      return try emit(Activation(.selu), [flow(0)])
    }
    return try emit(
      Affine(scale: gamma), [emit(Activation(.elu(alpha: alpha)), [flow(0)])])
  }

  private func hardSigmoid(_ node: ONNXNode) throws -> Flow {
    let alpha = try node.number("alpha", otherwise: 0.2)
    let beta = try node.number("beta", otherwise: 0.5)
    if abs(alpha - 1.0 / 6) < 1e-6, beta == 0.5 {
      return try emit(Activation(.hardSigmoid), [flow(0)])
    }
    return try emit(
      HardTanh(lowest: 0, highest: 1), [emit(Affine(scale: alpha, shift: beta), [flow(0)])])
  }

  private func parametricReLU(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    var slopes = try neededConstant(1, "constant slopes")
    let shape = imageShape(x.dims)
    let weight = node.message.inputs[1]
    if slopes.count == 1 {
      return try emit(
        PReLU(), [x], weight: weight, parameters: [Tensor(shape: [1], scalars: slopes.floats)])
    }
    let channelAxis = batch == nil ? 0 : 1
    if opset < 7, slopes.shape.count == 1, x.dims.count > 1 {
      // Until version 6 slopes were those of the channels; later they lie at the last axes.
      slopes = slopes.reshaped(
        to: [slopes.count] + Array(repeating: 1, count: x.dims.count - 2))
    }
    let dims = Array(repeating: 1, count: max(0, x.dims.count - slopes.shape.count)) + slopes.shape
    if dims.count == x.dims.count, dims.indices.allSatisfy({ $0 == channelAxis || dims[$0] == 1 }),
      dims[channelAxis] == shape[0]
    {
      return try emit(
        PReLU(perChannel: true), [x], weight: weight,
        parameters: [Tensor(shape: [shape[0]], scalars: slopes.floats)])
    }
    // max(x, 0) − slope · max(−x, 0)
    let below = try emit(ReLU(), [emit(Affine(scale: -1), [x])])
    let slope = try learned(slopes, for: x)
    let part = try product(below, slope)
    return try sum(emit(ReLU(), [x]), emit(Affine(scale: -1), [part]))
  }

  private func cast(_ node: ONNXNode) throws -> Flow {
    var x = try flow(0)
    let number = try node.integer("to", otherwise: 0)
    guard let type = ONNXTensorReader.elementType(number) else {
      throw refuse("expected a type of numbers, found \(ONNXTensorReader.name(ofType: number))")
    }
    guard type.isFloating || (!x.type.isFloating && type.size >= x.type.size && type != .bool)
    else {
      throw refuse("expected a type that holds \(x.type.rawValue), found \(type.rawValue)")
    }
    x.type = type
    return x
  }

  private func softmax(_ layer: any Layer, _ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let shape = imageShape(x.dims)
    let axis = try imageAxis(
      try node.integer("axis", otherwise: opset < 13 ? 1 : -1), rank: x.dims.count)
    guard opset >= 13 else {
      // All axes from that one on are one.
      let (outer, inner) = (shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *))
      let rows = try reshaped(x, to: dims(ofImage: outer == 1 ? [inner] : [outer, inner]))
      return try reshaped(alongLast(layer, rows, outer: outer), to: x.dims)
    }
    if axis == 0 { return try emit(layer, [x], dims: x.dims) }
    let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
    let parts = try reshaped(x, to: dims(ofImage: [outer, shape[axis], inner]))
    let turned = try emit(Transpose([1, 0, 2]), [parts])
    return try reshaped(
      emit(Transpose([1, 0, 2]), [emit(layer, [turned])]), to: x.dims)
  }

  private func alongLast(_ layer: any Layer, _ rows: Flow, outer: Int) throws -> Flow {
    if outer == 1 { return try emit(layer, [rows]) }
    return try emit(Transpose([1, 0]), [emit(layer, [emit(Transpose([1, 0]), [rows])])])
  }
}
