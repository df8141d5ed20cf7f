import Striate

extension CoreMLExport.Translation {
  /// Operators on each element by itself; whether the operator is one.
  mutating func translateElementwise(_ item: CoreMLExport.Operator) throws(Inexpressible) -> Bool {
    let (x, output) = (item.inputs[0], item.output)
    switch item.operation {
    case "Identity", "Cast": activate(.linear, x, to: output, alpha: 1, beta: 0)
    case "Neg": activate(.linear, x, to: output, alpha: -1, beta: 0)
    case "Relu": activate(.relu, x, to: output)
    case "LeakyRelu": activate(.leakyReLU, x, to: output, alpha: item.float("alpha"))
    case "PRelu": try rectify(item)
    case "Sigmoid": activate(.sigmoid, x, to: output)
    case "HardSigmoid":
      activate(
        .hardSigmoid, x, to: output, alpha: item.float("alpha"), beta: item.float("beta"))
    case "Tanh": activate(.tanh, x, to: output)
    case "Softplus": activate(.softplus, x, to: output)
    case "Softsign": activate(.softsign, x, to: output)
    case "Elu": activate(.elu, x, to: output, alpha: item.float("alpha"))
    case "Celu":
      // α · elu(x / α)
      let alpha = item.float("alpha")
      let scaled = activated(.linear, x, for: output, alpha: 1 / alpha, beta: 0)
      let bent = activated(.elu, scaled, for: output, alpha: 1)
      activate(.linear, bent, to: output, alpha: alpha, beta: 0)
    case "Selu":
      let bent = activated(.elu, x, for: output, alpha: 1.67326319217681884765625)
      activate(.linear, bent, to: output, alpha: 1.05070102214813232421875, beta: 0)
    case "Shrink": try shrink(item)
    case "Exp": unary(.exponential, x, to: output)
    case "Log": unary(.logarithm, x, to: output)
    case "Sqrt": unary(.squareRoot, x, to: output)
    case "Abs": unary(.absolute, x, to: output)
    case "Pow": unary(.power, x, to: output, alpha: try scalar(item.inputs[1]))
    case "Reciprocal":
      let one = fresh("\(output).one")
      try load([1], shape: [1], to: one)
      append(.divideBroadcastable, [one, x], to: output)
    case "Erf": append(.erf, [x], to: output)
    case "Atan": append(.atan, [x], to: output)
    case "Round": append(.round, [x], to: output)
    case "Clip":
      let (lowest, highest) = (try scalar(item.inputs[1]), try scalar(item.inputs[2]))
      append(.clip, [x], to: output) { message in
        message.add(1, Float(lowest))
        message.add(2, Float(highest))
      }
    case "Add", "Sum": try combine(item, .addBroadcastable)
    case "Mul": try combine(item, .multiplyBroadcastable)
    case "Sub": append(.subtractBroadcastable, try operands(item), to: output)
    case "Div": append(.divideBroadcastable, try operands(item), to: output)
    case "Greater": append(.greaterThan, try operands(item), to: output)
    case "LessOrEqual": append(.lessEqual, try operands(item), to: output)
    case "Where": append(.whereBroadcastable, try operands(item), to: output)
    default: return false
    }
    return true
  }

  private mutating func unary(
    _ kind: CoreMLExport.UnaryKind, _ x: String, to output: String, alpha: Double? = nil
  ) {
    append(.unary, [x], to: output) { message in
      message.add(1, kind.rawValue)
      if let alpha { message.add(2, Float(alpha)) }
    }
  }

  /// Two operands at a time.
  private mutating func combine(
    _ item: CoreMLExport.Operator, _ kind: CoreMLExport.Layer.Kind
  ) throws(Inexpressible) {
    let names = try operands(item)
    var sum = names[0]
    for name in names.dropFirst().dropLast() {
      sum = value(kind, [sum, name], for: item.output)
    }
    append(kind, [sum, names[names.count - 1]], to: item.output)
  }

  /// A slope for all numbers or for each channel; fewer than three axes have no channels in Core ML.
  private mutating func rectify(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let (x, output) = (item.inputs[0], item.output)
    let slope = try parameter(item.inputs[1])
    if slope.floats.count == 1 {
      activate(.leakyReLU, x, to: output, alpha: Double(slope.floats[0]))
    } else if slope.shape.count == 3 {
      append(.activation, [x], to: output) { message in
        message.add(
          CoreMLExport.ActivationKind.prelu.rawValue,
          ProtobufWriter { $0.add(1, .weights(slope.floats)) })
      }
    } else {
      // max(x, 0) − slope · max(−x, 0)
      let positive = activated(.relu, x, for: output)
      let opposite = activated(.linear, x, for: output, alpha: -1, beta: 0)
      let negative = activated(.relu, opposite, for: output)
      let factor = try operand(item.inputs[1])
      let bent = value(.multiplyBroadcastable, [negative, factor], for: output)
      append(.subtractBroadcastable, [positive, bent], to: output)
    }
  }

  /// Numbers up to λ become 0; others lose as much, or stay.
  private mutating func shrink(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let (x, output, lambda) = (item.inputs[0], item.output, item.float("lambd"))
    if item.float("bias") == 0 {
      let size = fresh("\(output).size")
      unary(.absolute, x, to: size)
      let limit = fresh("\(output).lambda")
      try load([Float(lambda)], shape: [1], to: limit)
      let stays = value(.greaterThan, [size, limit], for: output)
      append(.multiplyBroadcastable, [x, stays], to: output)
    } else {
      let above = activated(.linear, x, for: output, alpha: 1, beta: -lambda)
      let below = activated(.linear, x, for: output, alpha: -1, beta: -lambda)
      let positive = activated(.relu, above, for: output)
      let negative = activated(.relu, below, for: output)
      append(.subtractBroadcastable, [positive, negative], to: output)
    }
  }
}
