import Striate

extension GraphImport {
  static let normalizations: [String: Reader] = [
    "BatchNormalization": { graph, node in [.flow(try graph.batchNormalization(node))] },
    "InstanceNormalization": { graph, node in [.flow(try graph.instanceNormalization(node))] },
    "LayerNormalization": { graph, node in
      try graph.layerNormalization(node).map { .flow($0) }
    },
    "GroupNormalization": { graph, node in [.flow(try graph.groupNormalization(node))] },
    "LRN": { graph, node in [.flow(try graph.responseNormalization(node))] },
  ]

  private var weightName: String? { node?.message.inputs.dropFirst().first }

  private func epsilon(_ node: ONNXNode) throws -> Double {
    try node.number("epsilon", otherwise: 1e-5)
  }

  private func batchNormalization(_ node: ONNXNode) throws -> Flow {
    guard try node.integer("training_mode", otherwise: 0) == 0,
      node.message.outputs.dropFirst().allSatisfy(\.isEmpty)
    else { throw refuse("expected the statistics of a trained network, found those of a batch") }
    let momentum = Float(1 - (try node.number("momentum", otherwise: 0.9)))
    let layer = BatchNorm(epsilon: try epsilon(node), momentum: momentum.decimal)
    let parameters = try (1...4).map { try neededConstant($0, "4 constants").tensor }
    return try graphValue(
      emit(layer, [image(flow(0))], weight: weightName, parameters: parameters))
  }

  private func instanceNormalization(_ node: ONNXNode) throws -> Flow {
    let x = try image(flow(0))
    let shape = imageShape(x.dims)
    let parameters = try (1...2).map { try neededConstant($0, "scale and bias").tensor }
    let maps = try reshaped(
      x,
      to: shape.count == 3
        ? x.dims : dims(ofImage: [shape[0], 1, shape.dropFirst().reduce(1, *)]))
    let y = try emit(
      InstanceNorm2D(epsilon: try epsilon(node), affine: true), [maps], weight: weightName,
      parameters: parameters)
    return try graphValue(reshaped(y, to: x.dims))
  }

  /// The normalised values; where somebody reads them, also the mean and one over the deviation.
  private func layerNormalization(_ node: ONNXNode) throws -> [Flow] {
    let x = try flow(0)
    let shape = imageShape(x.dims)
    let axis = try imageAxis(try node.integer("axis", otherwise: -1), rank: x.dims.count)
    let last = Array(shape[axis...])
    func parameter(_ index: Int) throws -> Tensor? {
      guard let tensor = try constant(index)?.tensor else { return nil }
      guard tensor.count == last.reduce(1, *) else {
        throw refuse("expected a constant \(last) as input \(index + 1), found \(tensor.shape)")
      }
      return tensor.reshaped(to: last)
    }
    guard let scale = try parameter(1) else {
      throw refuse("expected a constant scale, found none")
    }
    let bias = try parameter(2) ?? Tensor(repeating: 0, shape: last)
    let y = try emit(
      LayerNorm(.last(last.count), epsilon: try epsilon(node)), [x], weight: weightName,
      parameters: [scale, bias])
    guard node.message.outputs.dropFirst().contains(where: { !$0.isEmpty }) else { return [y] }
    let (outer, inner) = (shape[..<axis].reduce(1, *), last.reduce(1, *))
    let rows = try reshaped(x, to: dims(ofImage: [outer, 1, inner]))
    let mean = try emit(GlobalAveragePool2D(), [rows])
    let distances = try sum(rows, emit(Affine(scale: -1), [mean]))
    let variance = try emit(
      GlobalAveragePool2D(), [emit(Multiply(), [distances, distances])])
    let deviation = try emit(
      SquareRoot(), [emit(Affine(scale: 1, shift: try epsilon(node)), [variance])])
    let target = dims(ofImage: shape[..<axis] + last.map { _ in 1 })
    return try [
      y, reshaped(mean, to: target), reshaped(emit(Reciprocal(), [deviation]), to: target),
    ]
  }

  private func groupNormalization(_ node: ONNXNode) throws -> Flow {
    let x = try image(flow(0))
    let channels = imageShape(x.dims)[0]
    let groups = try node.integer("num_groups", otherwise: 0)
    guard groups >= 1, channels % groups == 0 else {
      throw refuse("expected groups that divide \(channels) channels, found \(groups)")
    }
    let parameters = try (1...2).map { index in
      let tensor = try neededConstant(index, "scale and bias").tensor
      guard tensor.shape == [groups], groups != channels else { return tensor }
      // Until version 20 a group's channels shared a number.
      return Tensor(
        shape: [channels], scalars: (0..<channels).map { tensor.scalars[$0 / (channels / groups)] })
    }
    return try graphValue(
      emit(
        GroupNorm(groups, epsilon: try epsilon(node)), [x], weight: weightName,
        parameters: parameters))
  }

  private func responseNormalization(_ node: ONNXNode) throws -> Flow {
    let size = try node.integer("size", otherwise: 0)
    guard size % 2 == 1 else {
      throw refuse("attribute size: expected an odd number of channels, found \(size)")
    }
    let layer = LocalResponseNorm(
      size: size, alpha: try node.number("alpha", otherwise: 1e-4),
      beta: try node.number("beta", otherwise: 0.75), k: try node.number("bias", otherwise: 1))
    return try graphValue(emit(layer, [image(flow(0))]))
  }
}
