import Striate

extension BatchNorm: ONNXExportable {
  /// With the running statistics.
  func export(into site: inout ONNXExport.Site) {
    let channels = site.shape[0]
    let scale = isAffine ? site.parameter(0) : site.ones(channels)
    let bias = isAffine ? site.parameter(1) : site.zeros(channels)
    let first = isAffine ? 2 : 0
    site.finish(
      "BatchNormalization",
      [site.x, scale, bias, site.parameter(first), site.parameter(first + 1)],
      [("epsilon", .float(epsilon))])
  }
}

extension InstanceNorm2D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let channels = site.shape[0]
    let scale = affine ? site.parameter(0) : site.ones(channels)
    let bias = affine ? site.parameter(1) : site.zeros(channels)
    site.finish("InstanceNormalization", [site.x, scale, bias], [("epsilon", .float(epsilon))])
  }
}

extension GroupNorm: ONNXExportable {
  /// GroupNormalization from opset 21 on; before, an instance normalisation of groups.
  func export(into site: inout ONNXExport.Site) {
    let shape = site.shape
    if site.opset >= 21, shape.count > 1 {
      let scale = affine ? site.parameter(0) : site.ones(shape[0])
      let bias = affine ? site.parameter(1) : site.zeros(shape[0])
      return site.finish(
        "GroupNormalization", [site.x, scale, bias],
        [("epsilon", .float(epsilon)), ("num_groups", .integer(groups))])
    }
    let size = shape.reduce(1, *) / groups
    let rows = site.reshaped(site.x, to: [groups, size], "groups")
    let normalized = site.value(
      "InstanceNormalization", [rows, site.ones(groups), site.zeros(groups)],
      [("epsilon", .float(epsilon))])
    let places = [shape[0]] + shape.dropFirst().map { _ in 1 }
    let target = site.integers("shape", [0] + shape)
    guard affine else { return site.finish("Reshape", [normalized, target]) }
    let restored = site.value("Reshape", [normalized, target])
    site.finishAffine(restored, shape: places)
  }
}

extension LayerNorm: ONNXExportable {
  /// LayerNormalization from opset 17 on over the last axes; otherwise from means.
  func export(into site: inout ONNXExport.Site) {
    let rank = site.shape.count
    let normalized =
      switch axes {
      case .all: Array(1...rank)
      case .channels: [1]
      case .last(let count): Array(rank - count + 1...rank)
      }
    let count = normalized.reduce(1) { $0 * site.shape[$1 - 1] }
    if site.opset >= 17, normalized.last == rank {
      let shape = normalized.map { site.shape[$0 - 1] }
      let ones = Array(repeating: Float(1), count: count)
      let scale = affine ? site.parameter(0) : site.constant("scale", shape, ones)
      return site.finish(
        "LayerNormalization", [site.x, scale] + (affine ? [site.parameter(1)] : []),
        [("axis", .integer(normalized[0])), ("epsilon", .float(epsilon))])
    }
    let mean = site.reduced("ReduceMean", site.x, axes: normalized)
    let difference = site.value("Sub", [site.x, mean])
    let square = site.value("Mul", [difference, difference])
    let variance = site.reduced("ReduceMean", square, axes: normalized)
    let sum = site.value("Add", [variance, site.scalar("epsilon", epsilon)])
    let deviation = site.value("Sqrt", [sum])
    guard affine else { return site.finish("Div", [difference, deviation]) }
    let quotient = site.value("Div", [difference, deviation])
    let shape = axes == .channels ? [count] + (1..<rank).map { _ in 1 } : nil
    site.finishAffine(quotient, shape: shape)
  }
}

extension LocalResponseNorm: ONNXExportable {
  /// LRN where the window has a middle; otherwise a mean of squares over neighbouring channels.
  func export(into site: inout ONNXExport.Site) {
    let shape = site.shape
    if size % 2 == 1, shape.count == 3 {
      return site.finish(
        "LRN", [site.x],
        [
          ("alpha", .float(alpha)), ("beta", .float(beta)), ("bias", .float(k)),
          ("size", .integer(size)),
        ])
    }
    let squares = site.value("Mul", [site.x, site.x])
    let places = shape.dropFirst().reduce(1, *)
    let plane = site.reshaped(squares, to: [1, shape[0], places], "plane")
    let mean = site.value(
      "AveragePool", [plane],
      [
        ("kernel_shape", .integers([size, 1])), ("strides", .integers([1, 1])),
        ("pads", .integers([size / 2, 0, (size - 1) / 2, 0])), ("count_include_pad", .integer(1)),
      ])
    let restored = site.reshaped(mean, to: shape)
    let scaled = site.value("Mul", [restored, site.scalar("alpha", alpha)])
    let base = site.value("Add", [scaled, site.scalar("k", k)])
    let divisor = site.value("Pow", [base, site.scalar("beta", beta)])
    site.finish("Div", [site.x, divisor])
  }
}

extension ONNXExport.Site {
  fileprivate mutating func ones(_ count: Int) -> String {
    constant("scale", [count], Array(repeating: 1, count: count))
  }

  fileprivate mutating func zeros(_ count: Int) -> String {
    constant("bias", [count], Array(repeating: 0, count: count))
  }

  /// value · weight + bias as the layer's output, weight and bias in that shape.
  fileprivate mutating func finishAffine(_ value: String, shape: [Int]?) {
    let scaled = self.value("Mul", [value, parameter(0, shape: shape)])
    finish("Add", [scaled, parameter(1, shape: shape)])
  }
}
