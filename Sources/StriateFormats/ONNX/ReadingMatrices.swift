import Striate

extension GraphImport {
  static let matrices: [String: Reader] = [
    "Gemm": { graph, node in [.flow(try graph.generalProduct(node))] },
    "MatMul": { graph, node in [.flow(try graph.matrixProduct(node))] },
  ]

  /// α · A · B + β · C.
  private func generalProduct(_ node: ONNXNode) throws -> Flow {
    let alpha = Float(try node.number("alpha", otherwise: 1))
    let beta = Float(try node.number("beta", otherwise: 1))
    let isTurned = try (
      node.integer("transA", otherwise: 0) != 0, node.integer("transB", otherwise: 0) != 0
    )
    guard !isTurned.0, case .flow(let x)? = try input(0), case .constant(let b)? = try input(1),
      b.shape.count == 2
    else {
      let (a, b) = try operands()
      guard a.dims.count == 2, b.dims.count == 2 else {
        throw refuse("expected two matrices, found \(a.dims) and \(b.dims)")
      }
      let y = try product(
        ofMatrices: isTurned.0 ? transposed(a) : a, isTurned.1 ? transposed(b) : b)
      let scaled = alpha == 1 ? y : try emit(Affine(scale: alpha.decimal), [y], dims: y.dims)
      return try addingThird(to: scaled, beta)
    }
    guard x.dims.count == 2 else { throw refuse("expected a matrix, found \(x.dims)") }
    var w = (isTurned.1 ? b : b.permuted([1, 0])).tensor
    if alpha != 1 { w = Tensor(shape: w.shape, scalars: w.scalars.map { alpha * $0 }) }
    let outputs = w.shape[0]
    let name = node.message.inputs[1]
    // A bias of the layer is one number for each output.
    if case .constant(let c)? = try input(2), [1, outputs].contains(c.count),
      c.shape.dropLast().allSatisfy({ $0 == 1 }), outputs > 0
    {
      let floats = c.floats
      let bias = Tensor((0..<outputs).map { beta * (c.count == 1 ? floats[0] : floats[$0]) })
      return try weightedSums(x, w, bias: bias, name: name)
    }
    return try addingThird(to: weightedSums(x, w, bias: nil, name: name), beta)
  }

  /// The sum with β times the node's third input, where it has one.
  private func addingThird(to y: Flow, _ beta: Float) throws -> Flow {
    switch try input(2) {
    case nil: return y
    case .constant(let c)?:
      let scaled = NumericArray(shape: c.shape, floats: c.floats.map { beta * $0 })
      return try sum(y, learned(scaled, for: y))
    case .flow(let c)?:
      return try sum(
        y, beta == 1 ? c : emit(Affine(scale: beta.decimal), [c], dims: c.dims))
    }
  }

  private func matrixProduct(_ node: ONNXNode) throws -> Flow {
    if case .flow(let x)? = try input(0), case .constant(let b)? = try input(1),
      b.shape.count == 2
    {
      return try weightedSums(
        x, b.permuted([1, 0]).tensor, bias: nil, name: node.message.inputs[1])
    }
    var (a, b) = try operands()
    // A vector is a matrix of one row or one column, which the result does not have.
    let isVector = (a.dims.count == 1, b.dims.count == 1)
    if isVector.0 { a = try reshaped(a, to: [1] + a.dims) }
    if isVector.1 { b = try reshaped(b, to: b.dims + [1]) }
    let y = try product(ofMatrices: a, b)
    var target = y.dims
    if isVector.1 { target.removeLast() }
    if isVector.0 { target.remove(at: target.count - (isVector.1 ? 1 : 2)) }
    return try reshaped(y, to: target)
  }

  /// The product of two values as matrices, whose axes before the last two are stretched as NumPy does.
  private func product(ofMatrices a: Flow, _ b: Flow) throws -> Flow {
    let fewest = batch == nil ? 2 : 3
    guard a.dims.count >= fewest, b.dims.count >= fewest,
      a.dims[a.dims.count - 1] == b.dims[b.dims.count - 2]
    else { throw refuse("expected matrices that fit each other, found \(a.dims) and \(b.dims)") }
    let front = try broadcast(Array(a.dims.dropLast(2)), Array(b.dims.dropLast(2)))
    let left = try expanded(a, to: front + a.dims.suffix(2))
    let right = try expanded(b, to: front + b.dims.suffix(2))
    return try emit(
      MatMul(), [left, right], dims: left.dims.dropLast() + right.dims.suffix(1))
  }

  private func transposed(_ x: Flow) throws -> Flow {
    guard batch == nil else { throw refuse("expected the batch to stay the first axis") }
    return try turned(x, [1, 0])
  }

  /// Weighted sums over the last axis: y[…, o] = b[o] + Σ(f) w[o, f] · x[…, f].
  private func weightedSums(_ x: Flow, _ w: Tensor, bias: Tensor?, name: String) throws -> Flow {
    let (outputs, features) = (w.shape[0], w.shape[1])
    guard x.dims.last == features, x.dims.count > (batch == nil ? 0 : 1), outputs > 0 else {
      throw refuse("expected \(features) numbers on the last axis, found \(x.dims)")
    }
    return try weightedSums(
      x, axis: imageShape(x.dims).count - 1, w, bias: bias, name: name)
  }

  /// Weighted sums over an axis of the images, which then has as many places as there are sums.
  func weightedSums(
    _ x: Flow, axis: Int, _ w: Tensor, bias: Tensor?, name: String?
  ) throws -> Flow {
    let shape = imageShape(x.dims)
    let (outputs, features) = (w.shape[0], w.shape[1])
    let parameters = [w] + (bias.map { [$0] } ?? [])
    var target = x.dims
    target[axis + (batch == nil ? 0 : 1)] = outputs
    if shape.count == 1 {
      return try emit(
        Dense(outputs, bias: bias != nil), [x], weight: name, parameters: parameters, dims: target)
    }
    // The same sums for every row are a convolution by a kernel of one.
    let others = shape.indices.filter { $0 != axis }
    let rows = others.reduce(1) { $0 * shape[$1] }
    let columns = try reshaped(turned(x, [axis] + others), to: dims(ofImage: [features, rows]))
    let layer = Conv1D(filters: outputs, kernel: 1, bias: bias == nil ? .none : .shared)
    let y = try emit(
      layer, [columns], weight: name,
      parameters: [w.reshaped(to: [outputs, features, 1])] + parameters.dropFirst())
    let back = shape.indices.map { $0 == axis ? 0 : $0 < axis ? $0 + 1 : $0 }
    let parts = try reshaped(y, to: dims(ofImage: [outputs] + others.map { shape[$0] }))
    return try reshaped(turned(parts, back), to: target)
  }
}
