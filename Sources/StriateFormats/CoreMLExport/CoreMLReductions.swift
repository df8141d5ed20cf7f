import Striate

extension CoreMLExport.Translation {
  mutating func pool(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    guard !item.has("dilations") || item.integers("dilations").allSatisfy({ $0 == 1 }) else {
      throw Inexpressible(reason: "a dilated pooling")
    }
    guard item.outputCount == 1 else {
      throw Inexpressible(reason: "the places of the largest numbers")
    }
    let isGlobal = item.operation.hasPrefix("Global")
    let isMean = item.operation.hasSuffix("AveragePool")
    append(.pooling, [item.inputs[0]], to: item.output) { message in
      message.add(1, isMean ? 1 : 0)
      let pads = item.has("pads") ? item.integers("pads") : [0, 0, 0, 0]
      if !isGlobal {
        message.add(10, packed: item.integers("kernel_shape"))
        message.add(20, packed: item.integers("strides"))
      }
      message.add(
        30, .validPadding(before: Array(pads.prefix(2)), after: Array(pads.suffix(2))))
      if isMean, !item.has("count_include_pad") || item.integer("count_include_pad") == 0 {
        message.add(50, 1)
      }
      if isGlobal { message.add(60, 1) }
    }
  }

  /// Each channel, counted from the third axis from the end, with its own numbers or with the image's.
  mutating func normalize(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let isInstance = item.operation == "InstanceNormalization"
    let shape = try shape(item.inputs[0])
    let isImage = shape.count == 4
    let channels = shape[1]
    var numbers: [[Float]] = []
    for name in item.inputs.dropFirst() { numbers.append(try parameter(name).floats) }
    let x =
      isImage
      ? item.inputs[0]
      : value(.reshapeStatic, [item.inputs[0]], for: item.output) {
        $0.add(1, packed: [1, channels, shape.dropFirst(2).reduce(1, *), 1])
      }
    let result = isImage ? item.output : fresh("\(item.output).image")
    append(.batchnorm, [x], to: result) { message in
      message.add(1, channels)
      if isInstance {
        message.add(5, 1)
        message.add(6, 1)
      }
      message.add(10, Float(item.float("epsilon")))
      for (field, values) in zip(15..., numbers) { message.add(field, .weights(values)) }
    }
    if !isImage {
      append(.reshapeStatic, [result], to: item.output) { $0.add(1, packed: shape) }
    }
  }

  mutating func reduce(
    _ item: CoreMLExport.Operator, _ kind: CoreMLExport.Layer.Kind
  ) throws(Inexpressible) {
    let axes =
      item.has("axes") ? item.integers("axes") : try integers(item.inputs[1])
    append(kind, [item.inputs[0]], to: item.output) { message in
      message.add(1, packed: axes)
      if item.integer("keepdims") == 1 { message.add(2, 1) }
    }
  }
}
