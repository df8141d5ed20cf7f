import Striate

extension GraphImport {
  static let quantizations: [String: Reader] = [
    "QuantizeLinear": { graph, node in [.flow(try graph.quantize(node))] },
    "DequantizeLinear": { graph, node in [.flow(try graph.dequantize(node))] },
  ]

  /// Integers of what 8 or 16 bits hold: round(x / scale) + zero, the nearest that there is.
  private func quantize(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let scale = try neededConstant(1, "a constant scale")
    let named = ONNXTensorReader.elementType(try node.integer("output_dtype", otherwise: 0))
    let type = try constant(2)?.type ?? named ?? .uint8
    guard scale.floats.allSatisfy({ $0 > 0 && $0.isFinite }), let range = type.range,
      type.size <= 2
    else {
      throw refuse(
        "expected positive scales and a type of 8 or 16 bits, found \(type.rawValue)")
    }
    let inverse = NumericArray(shape: scale.shape, floats: scale.floats.map { 1 / $0 })
    let rounded = try emit(Round(), [scaled(x, by: inverse, node)])
    let shifted = try constant(2).map { try self.shifted(rounded, by: $0, sign: 1, node) }
    var y = try emit(
      HardTanh(lowest: Double(range.lowerBound), highest: Double(range.upperBound)),
      [shifted ?? rounded], dims: x.dims)
    y.type = type
    return y
  }

  /// (x − zero) · scale.
  private func dequantize(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let scale = try neededConstant(1, "a constant scale")
    let shifted = try constant(2).map { try self.shifted(x, by: $0, sign: -1, node) }
    var y = try scaled(shifted ?? x, by: scale, node)
    y.type = scale.type
    return y
  }

  private func scaled(_ x: Flow, by numbers: NumericArray, _ node: ONNXNode) throws -> Flow {
    if numbers.count == 1 {
      return try emit(Affine(scale: Double(numbers.floats[0])), [x], dims: x.dims)
    }
    return try product(x, learned(spread(numbers, over: x, node), for: x))
  }

  private func shifted(
    _ x: Flow, by numbers: NumericArray, sign: Float, _ node: ONNXNode
  ) throws -> Flow {
    let shifts = NumericArray(shape: numbers.shape, floats: numbers.floats.map { sign * $0 })
    if shifts.floats.allSatisfy({ $0 == 0 }) { return x }
    if shifts.count == 1 {
      return try emit(Affine(scale: 1, shift: Double(shifts.floats[0])), [x], dims: x.dims)
    }
    return try sum(x, learned(spread(shifts, over: x, node), for: x))
  }

  /// Numbers of the places of an axis, or of blocks of them, as an array that is stretched to the value's shape.
  private func spread(
    _ numbers: NumericArray, over x: Flow, _ node: ONNXNode
  ) throws -> NumericArray {
    let rank = x.dims.count
    let axis = try axis(try node.integer("axis", otherwise: 1), rank: rank)
    let size = x.dims[axis]
    if numbers.shape == [size] {
      return numbers.reshaped(to: (0..<rank).map { $0 == axis ? size : 1 })
    }
    let block = try node.integer("block_size", otherwise: 0)
    guard numbers.shape.count == rank, block > 0,
      numbers.shape[axis] == (size - 1) / block + 1,
      (0..<rank).allSatisfy({ $0 == axis || numbers.shape[$0] == x.dims[$0] })
    else {
      throw refuse(
        "expected one scale, \(size) for axis \(axis) or one for each block of it, found "
          + "\(numbers.shape)")
    }
    var (shape, strides) = (numbers.shape, NumericArray.strides(of: numbers.shape))
    let (inner, count) = (strides[axis], numbers.shape[axis])
    shape[axis] = size
    strides = NumericArray.strides(of: shape)
    let places = (0..<shape.reduce(1, *)).map { place -> Int in
      let (outer, rest) = place.quotientAndRemainder(dividingBy: size * inner)
      let (k, i) = rest.quotientAndRemainder(dividingBy: inner)
      return (outer * count + k / block) * inner + i
    }
    return numbers.gathered(places, shape: shape)
  }
}
