import Striate

extension ONNXExport.Site {
  /// A value with a border around its last axes.
  ///
  /// Circular borders are pieces put together where the operators know no other way: Pad's mode wrap came with opset 19.
  mutating func bordered(
    _ value: String, shape: [Int], before: [Int], after: [Int], mode: PaddingMode,
    constant: Double = 0
  ) -> String {
    if mode == .circular, opset < 19 {
      return wrapped(value, shape: shape, before: before, after: after)
    }
    let free = Array(repeating: 0, count: shape.count + 1 - before.count)
    let pads = integers("pads", free + before + free + after)
    let word =
      switch mode {
      case .zeros: "constant"
      case .reflect: "reflect"
      case .replicate: "edge"
      case .circular: "wrap"
      }
    let number = mode == .zeros ? [scalar("border", constant)] : []
    return self.value("Pad", [value, pads] + number, [("mode", .string(word))])
  }

  private mutating func wrapped(
    _ value: String, shape: [Int], before: [Int], after: [Int]
  ) -> String {
    var result = value
    for (index, widths) in zip(before, after).enumerated() where widths != (0, 0) {
      let axis = shape.count + 1 - before.count + index
      let size = shape[axis - 1]
      var pieces = [result]
      if widths.0 > 0 {
        pieces.insert(slice(result, axis: axis, from: size - widths.0, to: size), at: 0)
      }
      if widths.1 > 0 { pieces.append(slice(result, axis: axis, from: 0, to: widths.1)) }
      result = self.value("Concat", pieces, [("axis", .integer(axis))])
    }
    return result
  }

  private mutating func slice(_ value: String, axis: Int, from: Int, to: Int) -> String {
    let words = [integers("start", [from]), integers("end", [to]), integers("axis", [axis])]
    return self.value("Slice", [value] + words)
  }
}

extension Pad2D: ONNXExportable {
  func export(into site: inout ONNXExport.Site) {
    guard (padding.before + padding.after).contains(where: { $0 > 0 }) else {
      return site.finish("Identity", [site.x])
    }
    let result = site.bordered(
      site.x, shape: site.shape, before: padding.before, after: padding.after, mode: mode,
      constant: constant)
    site.finish(with: result)
  }
}
