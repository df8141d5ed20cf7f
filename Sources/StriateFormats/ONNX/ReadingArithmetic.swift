import Foundation
import Striate

extension GraphImport {
  static let arithmetic: [String: Reader] = [
    "Add": { graph, node in [.flow(try graph.addition(node))] },
    "Sub": { graph, node in [.flow(try graph.subtraction())] },
    "Mul": { graph, node in [.flow(try graph.multiplication(node))] },
    "Div": { graph, node in [.flow(try graph.division())] },
    "Pow": { graph, node in [.flow(try graph.power())] },
    "Sum": { graph, node in [.flow(try graph.fold(node) { try graph.sum($0, $1) })] },
    "Mean": { graph, node in
      let sum = try graph.fold(node) { try graph.sum($0, $1) }
      return [.flow(try graph.emit(Affine(scale: 1 / Double(node.message.inputs.count)), [sum]))]
    },
    "Max": { graph, node in [.flow(try graph.fold(node) { try graph.maximum($0, $1) })] },
    "Min": { graph, node in
      func negated(_ flow: Flow) throws -> Flow { try graph.emit(Affine(scale: -1), [flow]) }
      return [
        .flow(try graph.fold(node) { try negated(graph.maximum(negated($0), negated($1))) })
      ]
    },
  ]

  // MARK: Operands

  /// A constant as a value that flows: numbers that are learned.
  func learned(_ array: NumericArray, for other: Flow) throws -> Flow {
    var dims = array.shape
    if batch != nil {
      let missing = max(0, other.dims.count - dims.count)
      dims = Array(repeating: 1, count: missing) + dims
      guard dims.count == other.dims.count, dims[0] == 1 else {
        throw refuse("expected a constant that is the same for every image, found \(array.shape)")
      }
      dims[0] = batch ?? 1
    }
    let shape = imageShape(dims)
    guard Network.isReasonable(shape) else {
      throw refuse("expected a constant of elements, found none")
    }
    let weight = node?.message.inputs.first { isInitializer($0) && $0.hasSuffix(".weight") }
    var flow = try emit(
      LearnedTensor(shape), [other], weight: weight,
      parameters: [Tensor(shape: shape, scalars: array.floats)], dims: dims)
    flow.type = array.type
    return flow
  }

  /// The number that all elements of a constant are; nil where they differ.
  private func uniform(_ array: NumericArray, beside flow: Flow) -> Double? {
    guard let first = array.doubles.first, first.isFinite,
      array.doubles.allSatisfy({ $0 == first }),
      (try? broadcast(array.shape, flow.dims)) == flow.dims
    else { return nil }
    return array.type == .float32 ? Float(first).decimal : first
  }

  func broadcast(_ a: [Int], _ b: [Int]) throws -> [Int] {
    guard let shape = NumericArray.broadcast(a, b) else {
      throw refuse("expected shapes that fit each other, found \(a) and \(b)")
    }
    return shape
  }

  /// The value stretched to a shape: axes of one place are repeated.
  func expanded(_ flow: Flow, to dims: [Int]) throws -> Flow {
    guard flow.dims != dims else { return flow }
    guard batch == nil || flow.dims.count == dims.count else {
      throw refuse(
        "expected values with the batch as their first axis, found \(flow.dims) and \(dims)")
    }
    let own = Array(repeating: 1, count: dims.count - flow.dims.count) + flow.dims
    var result = try reshaped(flow, to: own)
    for axis in dims.indices where own[axis] != dims[axis] {
      guard own[axis] == 1 else {
        throw refuse("expected a shape that fits \(dims), found \(flow.dims)")
      }
      let place = try imageAxis(axis, rank: dims.count)
      result = try emit(Slice(axis: place, start: 0, count: dims[axis], step: 0), [result])
    }
    result.dims = dims
    return result
  }

  private func stretched(_ a: Flow, _ b: Flow) throws -> (Flow, Flow) {
    let dims = try broadcast(a.dims, b.dims)
    return (try expanded(a, to: dims), try expanded(b, to: dims))
  }

  /// Both operands as values that flow.
  func operands() throws -> (Flow, Flow) {
    guard let a = try input(0), let b = try input(1) else {
      throw refuse("expected two inputs, found one")
    }
    switch (a, b) {
    case (.flow(let a), .flow(let b)): return (a, b)
    case (.flow(let a), .constant(let b)): return (a, try learned(b, for: a))
    case (.constant(let a), .flow(let b)): return (try learned(a, for: b), b)
    default: throw refuse("expected an input that depends on the graph's, found constants")
    }
  }

  /// The operand that flows and the number that the other one is, where it is one; whether the number comes first.
  private func scalarOperand() throws -> (flow: Flow, number: Double, isFirst: Bool)? {
    switch (try input(0), try input(1)) {
    case (.flow(let a)?, .constant(let b)?): uniform(b, beside: a).map { (a, $0, false) }
    case (.constant(let a)?, .flow(let b)?): uniform(a, beside: b).map { (b, $0, true) }
    default: nil
    }
  }

  // MARK: Sums and products

  func sum(_ a: Flow, _ b: Flow) throws -> Flow {
    let (a, b) = try stretched(a, b)
    return try emit(Add(), [a, b], dims: a.dims)
  }

  /// A product; a value of one number a channel is a gate.
  func product(_ a: Flow, _ b: Flow) throws -> Flow {
    for (large, small) in [(a, b), (b, a)] where large.dims.count == small.dims.count {
      let (shape, gate) = (imageShape(large.dims), imageShape(small.dims))
      if shape != gate, gate == [shape[0]] + shape.dropFirst().map({ _ in 1 }),
        (try? broadcast(a.dims, b.dims)) == large.dims
      {
        return try emit(Multiply(), [large, small], dims: large.dims)
      }
    }
    let (a, b) = try stretched(a, b)
    return try emit(Multiply(), [a, b], dims: a.dims)
  }

  private func addition(_ node: ONNXNode) throws -> Flow {
    if let (flow, number, _) = try scalarOperand() {
      if let biased = try withBias(flow, Array(repeating: Float(number), count: 1), node) {
        return biased
      }
      return number == 0 ? flow : try emit(Affine(scale: 1, shift: number), [flow], dims: flow.dims)
    }
    for (index, other) in [(0, 1), (1, 0)] {
      if case .flow(let flow)? = try input(index), case .constant(let array)? = try input(other),
        array.shape.last == array.count,
        let biased = try withBias(flow, array.floats, node)
      {
        return biased
      }
    }
    let (a, b) = try operands()
    return try sum(a, b)
  }

  /// The matrix product that gives `flow` with a bias, where it has none and nobody else reads it.
  private func withBias(_ flow: Flow, _ bias: [Float], _ node: ONNXNode) throws -> Flow? {
    guard let (index, entry) = layer(of: flow), var dense = entry.layer as? Dense, !dense.bias,
      let name = entry.name, bias.count == dense.outputs, flow.dims.last == dense.outputs,
      isReadOnce(flow)
    else { return nil }
    dense.bias = true
    entries[index].layer = dense
    tensors["\(name).bias"] = Tensor(bias)
    return flow
  }

  /// Whether one node alone reads a value, under the only name that it has.
  private func isReadOnce(_ flow: Flow) -> Bool {
    let names = values.filter { _, value in
      if case .flow(let other) = value { other.value == flow.value } else { false }
    }.keys
    return names.count == 1 && names.allSatisfy { readers[$0] == 1 }
  }

  private func subtraction() throws -> Flow {
    if let (flow, number, isFirst) = try scalarOperand() {
      return try emit(
        isFirst ? Affine(scale: -1, shift: number) : Affine(scale: 1, shift: -number), [flow],
        dims: flow.dims)
    }
    let (a, b) = try operands()
    return try sum(a, emit(Affine(scale: -1), [b], dims: b.dims))
  }

  private func multiplication(_ node: ONNXNode) throws -> Flow {
    if let (flow, number, _) = try scalarOperand() {
      return number == 1 ? flow : try emit(Affine(scale: number), [flow], dims: flow.dims)
    }
    let (a, b) = try operands()
    for (x, gate) in [(a, b), (b, a)] {
      guard let (_, entry) = layer(of: gate), entry.inputs == [x.value],
        let activation = entry.layer as? Activation
      else { continue }
      switch activation.function {
      case .sigmoid: return try emit(SiLU(), [x], dims: x.dims)
      case .hardSigmoid: return try emit(HardSwish(), [x], dims: x.dims)
      default: continue
      }
    }
    return try product(a, b)
  }

  private func division() throws -> Flow {
    if let (flow, number, isFirst) = try scalarOperand(), flow.type.isFloating {
      if isFirst {
        let inverse = try emit(Reciprocal(), [flow], dims: flow.dims)
        return number == 1 ? inverse : try emit(Affine(scale: number), [inverse], dims: flow.dims)
      }
      return try emit(Affine(scale: 1 / number), [flow], dims: flow.dims)
    }
    let (a, b) = try operands()
    guard a.type.isFloating else {
      throw refuse("expected floating-point numbers, found \(a.type.rawValue)")
    }
    return try product(a, emit(Reciprocal(), [b], dims: b.dims))
  }

  private func power() throws -> Flow {
    if let (flow, number, isFirst) = try scalarOperand() {
      if isFirst {
        guard number > 0 else { throw refuse("expected a positive base, found \(number)") }
        return try emit(
          Exponential(), [emit(Affine(scale: log(number)), [flow])], dims: flow.dims)
      }
      switch number {
      case 1: return flow
      case 2: return try emit(Multiply(), [flow, flow], dims: flow.dims)
      case 0.5: return try emit(SquareRoot(), [flow], dims: flow.dims)
      default: return try emit(Power(number), [flow], dims: flow.dims)
      }
    }
    // Of a base that is not negative.
    let (a, b) = try operands()
    return try emit(Exponential(), [product(emit(Logarithm(), [a], dims: a.dims), b)])
  }

  // MARK: Of several

  private func fold(_ node: ONNXNode, _ combine: (Flow, Flow) throws -> Flow) throws -> Flow {
    let inputs = try node.message.inputs.indices.map { try input($0) }
    var flows: [Flow] = []
    guard
      case .flow(let any)? = inputs.first(where: { if case .flow? = $0 { true } else { false } })
    else { throw refuse("expected inputs that depend on the graph's, found constants") }
    for input in inputs {
      switch input {
      case .flow(let flow)?: flows.append(flow)
      case .constant(let array)?: flows.append(try learned(array, for: any))
      case nil: throw refuse("expected inputs, found an empty name")
      }
    }
    return try flows.dropFirst().reduce(flows[0]) { try combine($0, $1) }
  }

  /// The larger of two: a maximum over two rows.
  func maximum(_ a: Flow, _ b: Flow) throws -> Flow {
    let (a, b) = try stretched(a, b)
    let count = imageShape(a.dims).reduce(1, *)
    let rows = try [a, b].map { try reshaped($0, to: dims(ofImage: [1, count])) }
    let both = try reshaped(emit(Concatenate(), rows), to: dims(ofImage: [1, 2, count]))
    return try reshaped(emit(MaxPool2D(Extent(2, 1)), [both]), to: a.dims)
  }
}
