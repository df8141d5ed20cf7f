import Striate

/// One axis of a pooling as ONNX says it: windows that all fit into the image and its border.
private struct PooledAxis {
  let kernel: Int
  let stride: Int
  let dilation: Int
  let before: Int
  let after: Int
  /// What the last window reaches beyond the padding after the image, in ceil mode.
  let beyond: Int

  init(
    size: Int, outputs: Int, kernel: Int, stride: Int, dilation: Int, before: Int, after: Int
  ) {
    (self.kernel, self.stride, self.dilation, self.before) = (kernel, stride, dilation, before)
    let needed = (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size - before
    beyond = max(0, needed - after)
    // A border as wide as the kernel is refused by the programs: what no window reaches can go.
    self.after = after < kernel ? after : min(after, max(0, needed))
  }

  /// Whether the operator takes the border itself.
  var isUsual: Bool { before < kernel && after + beyond < kernel }
}

extension Pool2D {
  fileprivate func axes(_ site: ONNXExport.Site) -> [PooledAxis] {
    let window = window.resolved(for: Extent(site.shape[1], site.shape[2]))
    return (0..<2).map {
      PooledAxis(
        size: site.shape[$0 + 1], outputs: site.output.shape[$0 + 1],
        kernel: window.kernel.axes[$0], stride: window.stride.axes[$0],
        dilation: window.dilation.axes[$0], before: window.padding.before[$0],
        after: window.padding.after[$0])
    }
  }
}

extension [PooledAxis] {
  fileprivate var before: [Int] { map(\.before) }
  fileprivate var after: [Int] { map(\.after) }
  fileprivate var beyond: [Int] { map(\.beyond) }

  /// Kernel, stride and these borders. Ceil mode is never said: programs differ in it.
  fileprivate func words(before: [Int], after: [Int]) -> [(String, ONNXExport.Attribute)] {
    [
      ("kernel_shape", .integers(map(\.kernel))), ("strides", .integers(map(\.stride))),
      ("pads", .integers(before + after)),
    ]
  }

  /// No border.
  fileprivate var none: [Int] { map { _ in 0 } }

  /// The mean of each window, with the pixels of the padding or without, but never with those beyond it.
  fileprivate func mean(
    _ value: String, countsPadding: Bool, site: inout ONNXExport.Site
  ) -> String {
    let isPadded = (before + after).contains { $0 > 0 }
    guard countsPadding, isPadded else {
      return site.value(
        "AveragePool", [value],
        words(before: before, after: zip(after, beyond).map { $0 + $1 })
          + [("count_include_pad", .integer(0))])
    }
    guard allSatisfy({ $0.isUsual && $0.beyond == 0 }) else {
      let bordered = site.bordered(
        value, shape: site.shape, before: before, after: after, mode: .zeros)
      return site.value(
        "AveragePool", [bordered],
        words(before: none, after: beyond) + [("count_include_pad", .integer(0))])
    }
    return site.value(
      "AveragePool", [value],
      words(before: before, after: after) + [("count_include_pad", .integer(1))])
  }
}

extension MaxPool2D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let axes = axes(site)
    var (x, before, after) = (site.x, axes.before, zip(axes.after, axes.beyond).map { $0 + $1 })
    if !axes.allSatisfy(\.isUsual) {
      x = site.bordered(
        x, shape: site.shape, before: before, after: after, mode: .zeros, constant: -.infinity)
      (before, after) = (axes.none, axes.none)
    }
    site.finish(
      "MaxPool", [x],
      axes.words(before: before, after: after)
        + [("dilations", .integers(axes.map(\.dilation)))])
  }
}

extension AveragePool2D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    let mean = axes(site).mean(site.x, countsPadding: countsPadding, site: &site)
    site.finish(with: mean)
  }
}

extension LpPool2D: ONNXExportable {
  /// (K² · mean |x|ᵖ)^(1/p): what LpPool computes, for every p and for windows at the edge too.
  func export(into site: inout ONNXExport.Site) {
    let axes = axes(site)
    let powers: String
    if power == 2 {
      powers = site.value("Mul", [site.x, site.x])
    } else {
      let absolute = site.value("Abs", [site.x])
      powers = site.value("Pow", [absolute, site.scalar("power", power)])
    }
    let mean = axes.mean(powers, countsPadding: true, site: &site)
    let count = Double(axes.reduce(1) { $0 * $1.kernel })
    let sum = site.value("Mul", [mean, site.scalar("count", count)])
    if power == 2 {
      site.finish("Sqrt", [sum])
    } else {
      site.finish("Pow", [sum, site.scalar("root", 1 / power)])
    }
  }
}

extension MaxUnpool2D: ONNXExportable {
  /// Each number goes to the place of the maximum that MaxPool names.
  func export(into site: inout ONNXExport.Site) throws {
    let (y, x) = (site.inputs[0], site.inputs[1])
    let window = pooling.window
    guard
      window.stride.height >= window.reach.height, window.stride.width >= window.reach.width
    else {
      throw ONNXExport.Inexpressible(
        reason: "expected windows that do not overlap, found windows of \(window.reach) every "
          + "\(window.stride) pixels: ONNX does not say which of two numbers for one pixel stays")
    }
    let axes = (0..<2).map {
      PooledAxis(
        size: x.shape[$0 + 1], outputs: y.shape[$0 + 1], kernel: window.kernel.axes[$0],
        stride: window.stride.axes[$0], dilation: window.dilation.axes[$0],
        before: window.padding.before[$0], after: window.padding.after[$0])
    }
    guard axes.allSatisfy(\.isUsual) else {
      throw ONNXExport.Inexpressible(
        reason: "expected padding smaller than the kernel, found \(axes.before + axes.after): "
          + "use less padding")
    }
    let after = zip(axes.after, axes.beyond).map { $0 + $1 }
    let places = site.add(
      "MaxPool", [x.name],
      axes.words(before: axes.before, after: after)
        + [("dilations", .integers(axes.map(\.dilation)))], outputs: 2)[1]
    let row = site.integers("row", [-1])
    let size = site.value("Shape", [x.name])
    let empty = site.value("ConstantOfShape", [size])
    let flat = [empty, places, y.name].map { site.value("Reshape", [$0, row]) }
    let filled = site.value("ScatterElements", flat, [("axis", .integer(0))])
    site.finish("Reshape", [filled, size])
  }
}
