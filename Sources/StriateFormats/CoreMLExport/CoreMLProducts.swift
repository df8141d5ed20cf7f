import Striate

extension CoreMLExport.Translation {
  mutating func convolve(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let axes = item.integers("kernel_shape").count
    guard axes <= 2 else { throw Inexpressible(reason: "a convolution over \(axes) axes") }
    // A sequence is an image of one row.
    let isRow = axes == 1
    let weight = try parameter(item.inputs[1])
    let bias = item.inputs.count > 2 ? try parameter(item.inputs[2]).floats : nil
    let x =
      isRow
      ? value(.expandDims, [item.inputs[0]], for: item.output) { $0.add(1, packed: [-2]) }
      : item.inputs[0]
    func words(_ name: String, _ free: Int) -> [Int] {
      (isRow ? [free] : []) + item.integers(name)
    }
    let pads = item.integers("pads")
    let (before, after) = (Array(pads.prefix(axes)), Array(pads.suffix(axes)))
    let result = isRow ? fresh("\(item.output).row") : item.output
    append(.convolution, [x], to: result) { message in
      message.add(1, weight.shape[0])
      message.add(2, weight.shape[1])
      message.add(10, item.integer("group"))
      message.add(20, packed: words("kernel_shape", 1))
      message.add(30, packed: words("strides", 1))
      message.add(40, packed: words("dilations", 1))
      message.add(
        50,
        .validPadding(
          before: (isRow ? [0] : []) + before, after: (isRow ? [0] : []) + after))
      message.addWeights(90, weight.floats, bias: bias)
    }
    if isRow { append(.squeeze, [result], to: item.output) { $0.add(1, packed: [-2]) } }
  }

  mutating func convolveTransposed(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    guard item.integers("dilations").allSatisfy({ $0 == 1 }) else {
      throw Inexpressible(reason: "a dilated transposed convolution")
    }
    let weight = try parameter(item.inputs[1])
    let bias = item.inputs.count > 2 ? try parameter(item.inputs[2]).floats : nil
    let pads = item.integers("pads")
    // What is not cut off at the end is added at the end.
    let after = zip(pads.suffix(2), item.integers("output_padding")).map { $0 - $1 }
    guard after.allSatisfy({ $0 >= 0 }) else {
      throw Inexpressible(
        reason: "a transposed convolution with more output padding than padding")
    }
    append(.convolution, [item.inputs[0]], to: item.output) { message in
      message.add(1, weight.shape[1] * item.integer("group"))
      message.add(2, weight.shape[0])
      message.add(10, item.integer("group"))
      message.add(20, packed: item.integers("kernel_shape"))
      message.add(30, packed: item.integers("strides"))
      message.add(50, .validPadding(before: Array(pads.prefix(2)), after: after))
      message.add(60, 1)
      message.addWeights(90, weight.floats, bias: bias)
    }
  }

  mutating func multiply(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let weight = try parameter(item.inputs[1])
    let bias = item.inputs.count > 2 ? try parameter(item.inputs[2]).floats : nil
    append(.innerProduct, [item.inputs[0]], to: item.output) { message in
      message.add(1, weight.shape[1])
      message.add(2, weight.shape[0])
      if bias != nil { message.add(10, 1) }
      message.add(20, .weights(weight.floats))
      if let bias { message.add(21, .weights(bias)) }
    }
  }
}

extension ProtobufWriter {
  /// A convolution's weights under that number, and its bias under the next.
  fileprivate mutating func addWeights(_ field: Int, _ weights: [Float], bias: [Float]?) {
    if bias != nil { add(70, 1) }
    add(field, .weights(weights))
    if let bias { add(field + 1, .weights(bias)) }
  }
}
