import Striate

extension GraphImport {
  static let poolings: [String: Reader] = [
    "MaxPool": { graph, node in
      let isCeil = try node.integer("ceil_mode", otherwise: 0) == 1
      let largest = try graph.pooling(node) { window in
        MaxPool2D(
          window.extent(window.kernel), stride: window.extent(window.strides),
          padding: window.padding, dilation: window.extent(window.dilations), ceilMode: isCeil)
      }
      guard node.message.outputs.count > 1, !node.message.outputs[1].isEmpty else {
        return [.flow(largest)]
      }
      return [.flow(largest), .flow(try graph.largestPlaces(node, isCeil: isCeil))]
    },
    "AveragePool": { graph, node in
      let isCeil = try node.integer("ceil_mode", otherwise: 0) == 1
      let counts = try node.integer("count_include_pad", otherwise: 0) == 1
      if try node.integers("dilations")?.contains(where: { $0 != 1 }) == true {
        return [.flow(try graph.dilatedMean(node, isCeil: isCeil, countsPadding: counts))]
      }
      return [
        .flow(
          try graph.pooling(node) { window in
            AveragePool2D(
              window.extent(window.kernel), stride: window.extent(window.strides),
              padding: window.padding, ceilMode: isCeil, countsPadding: counts)
          })
      ]
    },
    "LpPool": { graph, node in
      let isCeil = try node.integer("ceil_mode", otherwise: 0) == 1
      let power = Double(try node.integer("p", otherwise: 2))
      let isDilated = try node.integers("dilations")?.contains { $0 != 1 } ?? false
      if isCeil || isDilated {
        return [.flow(try graph.dilatedNorm(node, isCeil: isCeil, power: power))]
      }
      return [
        .flow(
          try graph.pooling(node) { window in
            LpPool2D(
              power: power, window.extent(window.kernel), stride: window.extent(window.strides),
              padding: window.padding)
          })
      ]
    },
    "GlobalAveragePool": { graph, node in
      [.flow(try graph.globalPooling { _ in GlobalAveragePool2D() })]
    },
    "GlobalMaxPool": { graph, node in [.flow(try graph.globalPooling { _ in GlobalMaxPool2D() })] },
    "GlobalLpPool": { graph, node in
      let power = Double(try node.integer("p", otherwise: 2))
      return [
        .flow(
          try graph.globalPooling { shape in
            LpPool2D(power: power, Extent(shape[1], shape[2]))
          })
      ]
    },
  ]

  /// A pooling: over one axis an image of one row's, over three axes first over rows and columns, then over depth, which
  /// gives the same for a maximum, a mean and a norm.
  private func pooling(
    _ node: ONNXNode, _ layer: (ONNXWindow) throws -> any Layer
  ) throws -> Flow {
    let x = try image(flow(0))
    let shape = imageShape(x.dims)
    guard let kernel = try node.integers("kernel_shape") else {
      throw refuse("attribute kernel_shape: expected sizes, found none")
    }
    let extents = Array(shape.dropFirst())
    let window = try ONNXWindow(node, kernel: kernel, over: extents)
    let channels = shape[0]
    switch extents.count {
    case 1:
      let row = try reshaped(x, to: dims(ofImage: [channels, 1, extents[0]]))
      let y = try emit(try layer(window), [row])
      return try graphValue(reshaped(y, to: dims(ofImage: [channels, imageShape(y.dims)[2]])))
    case 2: return try graphValue(emit(try layer(window), [x]))
    default:
      let maps = try reshaped(
        x, to: dims(ofImage: [channels * extents[0], extents[1], extents[2]]))
      let y = try emit(try layer(window.part(1..<3)), [maps])
      let size = imageShape(y.dims)
      let columns = try reshaped(
        y, to: dims(ofImage: [channels, extents[0], size[1] * size[2]]))
      var deep = window
      for path in [\ONNXWindow.kernel, \.strides, \.dilations] {
        deep[keyPath: path] = [window[keyPath: path][0], 1]
      }
      (deep.before, deep.after) = ([window.before[0], 0], [window.after[0], 0])
      let z = try emit(try layer(deep), [columns])
      return try graphValue(
        reshaped(z, to: dims(ofImage: [channels, imageShape(z.dims)[1], size[1], size[2]])))
    }
  }

  private func globalPooling(_ layer: ([Int]) -> any Layer) throws -> Flow {
    let x = try image(flow(0))
    let shape = imageShape(x.dims)
    guard shape.count >= 2 else {
      throw refuse("expected images with axes behind batch and channels, found \(shape)")
    }
    let pixels =
      shape.count == 3
      ? x : try reshaped(x, to: dims(ofImage: [shape[0], 1, shape.dropFirst().reduce(1, *)]))
    let y = try emit(layer(imageShape(pixels.dims)), [pixels])
    return try graphValue(
      reshaped(y, to: dims(ofImage: [shape[0]] + shape.dropFirst().map { _ in 1 })))
  }
}
