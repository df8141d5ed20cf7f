import Striate

extension GraphImport {
  /// Values at other places than those of the pixels: by the layer where there is one, otherwise, since it is linear, by
  /// weighted sums along each axis.
  func resize(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let rule = try ResizeRule(node, isFirst: opset < 11 || node.message.operatorType == "Upsample")
    let axes = try resizedAxes(node, rule, of: x)
    if batch != nil || x.dims.first == 1, let layer = upsampler(rule, axes, of: x.dims) {
      let image = try image(x)
      let shape = imageShape(image.dims)
      let rows = try reshaped(
        image, to: shape.count == 3 ? image.dims : dims(ofImage: [shape[0], 1, shape[1]]))
      let y = try emit(layer, [rows])
      let target = imageShape(y.dims)
      return try graphValue(
        shape.count == 3 ? y : reshaped(y, to: dims(ofImage: [target[0], target[2]])))
    }
    var y = x
    for axis in axes {
      let place = try imageAxis(axis.axis, rank: x.dims.count)
      let size = imageShape(x.dims)[place]
      guard axis.outputs <= 1 << 16, size <= 1 << 16, axis.outputs * size <= allowance else {
        throw refuse("expected smaller images, found \(size) places that become \(axis.outputs)")
      }
      let sampling = try rule.sampling(axis, of: size)
      let bias =
        sampling.outside.contains(true)
        ? Tensor(sampling.outside.map { $0 ? Float(rule.extrapolation) : 0 }) : nil
      y = try weightedSums(
        y, axis: place,
        Tensor(shape: [axis.outputs, size], scalars: sampling.weights.map { Float($0) }),
        bias: bias, name: nil)
    }
    return y
  }

  /// The axes whose size or places change.
  private func resizedAxes(
    _ node: ONNXNode, _ rule: ResizeRule, of x: Flow
  ) throws -> [ResizeRule.Axis] {
    let rank = x.dims.count
    let named = try node.integers("axes")?.map { try axis($0, rank: rank) } ?? Array(0..<rank)
    let isOld = rule.isFirst
    let scales =
      try node.message.operatorType == "Upsample" && opset < 9
      ? node.numbers("scales") : constant(isOld ? 1 : 2)?.floats
    let sizes = try isOld ? nil : constantIntegers(3)
    guard let count = sizes.flatMap({ $0.isEmpty ? nil : $0.count }) ?? scales?.count,
      count == named.count, Set(named).count == count
    else { throw refuse("expected a scale or a size for each axis, found others") }
    let roi = try rule.place == "tf_crop_and_resize" ? constant(1)?.doubles : nil
    guard rule.place != "tf_crop_and_resize" || roi?.count == 2 * count else {
      throw refuse("expected where the region of each axis begins and ends, found none")
    }
    var axes = try named.enumerated().map { index, axis -> ResizeRule.Axis in
      let size = x.dims[axis]
      var result = ResizeRule.Axis(axis: axis, outputs: size, scale: 1)
      if let roi { result.region = (roi[index], roi[index + count]) }
      if let sizes, !sizes.isEmpty {
        guard (1...1 << 20).contains(sizes[index]) else {
          throw refuse("expected sizes from 1, found \(sizes.prefix(8))")
        }
        // The file's own batch says nothing of another.
        if axis == 0, batch != nil { return result }
        result.outputs = sizes[index]
        result.scale = Double(sizes[index]) / Double(size)
      } else if let scales {
        let outputs = (Double(size) * Double(scales[index])).rounded(.down)
        guard outputs >= 1, outputs <= 0x1p20 else {
          throw refuse("expected scales that leave a pixel, found \(scales[index])")
        }
        (result.outputs, result.scale) = (Int(outputs), Double(scales[index]))
      }
      return result
    }
    if let sizes, !sizes.isEmpty, rule.policy != "stretch" {
      // One scale for all axes, by which no size is larger, or none smaller, than wanted.
      let wanted = axes.map(\.scale)
      let scale = (rule.policy == "not_larger" ? wanted.min() : wanted.max()) ?? 1
      for index in axes.indices {
        axes[index].scale = scale
        axes[index].outputs = max(
          1, Int((scale * Double(x.dims[axes[index].axis]) + 0.5).rounded(.down)))
      }
    }
    return axes.filter {
      $0.scale != 1 || $0.outputs != x.dims[$0.axis] || ($0.region ?? (0, 1)) != (0, 1)
    }
  }

  /// The layer that does the same; nil where there is none.
  private func upsampler(
    _ rule: ResizeRule, _ axes: [ResizeRule.Axis], of dims: [Int]
  ) -> Upsample2D? {
    guard (3...4).contains(dims.count), !rule.isAntialiased, !rule.excludesOutside,
      rule.place != "tf_crop_and_resize"
    else { return nil }
    let source = dims.count == 4 ? Array(dims[2...]) : [1, dims[2]]
    var target = source
    for axis in axes {
      let place = axis.axis - dims.count + 2
      guard axis.axis >= 2, axis.scale == Double(axis.outputs) / Double(source[place]) else {
        return nil
      }
      target[place] = axis.outputs
    }
    let size = Extent(target[0], target[1])
    switch (rule.mode, rule.place) {
    case ("nearest", _):
      for axis in axes {
        let from = source[axis.axis - dims.count + 2]
        for output in 0..<axis.outputs {
          guard
            rule.nearestPixel(to: rule.source(of: output, axis, size: from), size: from)
              == output * from / axis.outputs
          else { return nil }
        }
      }
      return Upsample2D(size: size, mode: .nearest)
    case ("linear", "align_corners"):
      return Upsample2D(size: size, mode: .bilinear(alignsCorners: true))
    case ("linear", "half_pixel"), ("linear", "half_pixel_symmetric"):
      return Upsample2D(size: size, mode: .bilinear)
    case ("linear", "pytorch_half_pixel") where axes.allSatisfy({ $0.outputs > 1 }):
      return Upsample2D(size: size, mode: .bilinear)
    default: return nil
    }
  }
}
