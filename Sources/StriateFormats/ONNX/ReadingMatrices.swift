import Striate

extension GraphImport {
  static let matrices: [String: Reader] = [
    "Gemm": { graph, node in [.flow(try graph.generalProduct(node))] },
    "MatMul": { graph, node in [.flow(try graph.matrixProduct(node))] },
  ]

  private func generalProduct(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    guard try node.integer("transA", otherwise: 0) == 0 else {
      throw refuse("attribute transA: expected 0, found another")
    }
    var weight = try neededConstant(1, "a constant matrix")
    guard weight.shape.count == 2, x.dims.count == 2 else {
      throw refuse("expected two matrices, found \(x.dims) and \(weight.shape)")
    }
    if try node.integer("transB", otherwise: 0) == 0 { weight = weight.permuted([1, 0]) }
    let outputs = weight.shape[0]
    let alpha = Float(try node.number("alpha", otherwise: 1))
    let beta = Float(try node.number("beta", otherwise: 1))
    var bias: Tensor?
    if let c = try constant(2) {
      let floats = c.floats
      guard [1, outputs].contains(c.count), c.shape.dropLast().allSatisfy({ $0 == 1 }) else {
        throw refuse("expected a bias of \(outputs) numbers, found \(c.shape)")
      }
      bias = Tensor((0..<outputs).map { beta * (c.count == 1 ? floats[0] : floats[$0]) })
    }
    var w = weight.tensor
    if alpha != 1 { w = Tensor(shape: w.shape, scalars: w.scalars.map { alpha * $0 }) }
    return try weightedSums(x, w, bias: bias, name: node.message.inputs[1])
  }

  private func matrixProduct(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let weight = try neededConstant(1, "a constant matrix as second factor")
    guard weight.shape.count == 2 else {
      throw refuse("expected a constant matrix, found \(weight.shape)")
    }
    return try weightedSums(
      x, weight.permuted([1, 0]).tensor, bias: nil, name: node.message.inputs[1])
  }

  /// Weighted sums over the last axis: y[…, o] = b[o] + Σ(f) w[o, f] · x[…, f].
  private func weightedSums(_ x: Flow, _ w: Tensor, bias: Tensor?, name: String) throws -> Flow {
    let shape = imageShape(x.dims)
    let (outputs, features) = (w.shape[0], w.shape[1])
    guard x.dims.last == features, x.dims.count > (batch == nil ? 0 : 1), outputs > 0 else {
      throw refuse("expected \(features) numbers on the last axis, found \(x.dims)")
    }
    let parameters = [w] + (bias.map { [$0] } ?? [])
    if shape.count == 1 {
      return try emit(
        Dense(outputs, bias: bias != nil), [x], weight: name, parameters: parameters,
        dims: x.dims.dropLast() + [outputs])
    }
    // The same sums for every row are a convolution by a kernel of one.
    let rows = shape.dropLast().reduce(1, *)
    let columns = try turned(reshaped(x, to: dims(ofImage: [rows, features])), [1, 0])
    let layer = Conv1D(filters: outputs, kernel: 1, bias: bias == nil ? .none : .shared)
    let y = try emit(
      layer, [columns], weight: name,
      parameters: [w.reshaped(to: [outputs, features, 1])] + parameters.dropFirst())
    return try reshaped(turned(y, [1, 0]), to: x.dims.dropLast() + [outputs])
  }
}
