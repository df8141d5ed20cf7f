/// One axis of a pooling: the pixels, and the windows that slide over them.
struct PoolingAxis: Sendable {
  var size: Int
  var kernel: Int
  var stride: Int
  /// The padding on both sides.
  var before: Int, after: Int
  var dilation: Int
  var ceilMode: Bool

  /// The pixels from a window's first to its last, inclusive.
  var reach: Int { dilation * (kernel - 1) + 1 }

  /// The pixels that must be there, padding included, so that there is one window.
  var least: Int { ceilMode ? max(1, reach - stride + 1) : reach }

  /// The number of windows. In ceil mode a window that would begin behind the image is left out.
  var outputs: Int {
    let padded = size + before + after
    guard padded >= least else { return 0 }
    guard ceilMode else { return (padded - reach) / stride + 1 }
    let all = (padded - reach + stride - 1) / stride + 1
    return (all - 1) * stride >= size + before ? all - 1 : all
  }

  /// Whether each window has a pixel of the image. Only those that begin before the image can miss it
  /// between two of their pixels, and only the last can begin behind it.
  var everyWindowHoldsAPixel: Bool {
    guard (outputs - 1) * stride - before < size else { return false }
    for start in Swift.stride(from: -before, to: 0, by: stride).prefix(outputs) {
      let skipped = (dilation - 1 - start) / dilation
      guard skipped < kernel, start + skipped * dilation < size else { return false }
    }
    return true
  }
}

extension Window {
  /// The window's two axes over an image of this size.
  func poolingAxes(
    of image: Extent, ceilMode: Bool
  ) -> (rows: PoolingAxis, columns: PoolingAxis) {
    let padding = resolved(for: image).padding
    return (
      PoolingAxis(
        size: image.height, kernel: kernel.height, stride: stride.height, before: padding.top,
        after: padding.bottom, dilation: dilation.height, ceilMode: ceilMode),
      PoolingAxis(
        size: image.width, kernel: kernel.width, stride: stride.width, before: padding.left,
        after: padding.right, dilation: dilation.width, ceilMode: ceilMode)
    )
  }

  /// The size of a pooling's output for an image of this size. Throws where not even one window fits,
  /// or where one would hold nothing but padding.
  func pooledSize(of image: Extent, ceilMode: Bool) throws -> Extent {
    try resolved(for: image).checkNumbers()
    let (rows, columns) = poolingAxes(of: image, ceilMode: ceilMode)
    guard rows.outputs > 0, columns.outputs > 0 else {
      throw ShapeMismatch(
        expected: "an image of at least \(rows.least)x\(columns.least)",
        found: "\(rows.size + rows.before + rows.after)x"
          + "\(columns.size + columns.before + columns.after)",
        advice: "use a smaller kernel or more padding")
    }
    guard rows.everyWindowHoldsAPixel, columns.everyWindowHoldsAPixel else {
      throw ShapeMismatch(
        expected: "windows that each hold a pixel of the image",
        found: "an image of \(image.height)x\(image.width) and windows \(poolingText)",
        advice: "use less padding or less dilation")
    }
    return Extent(rows.outputs, columns.outputs)
  }

  /// The window as it is written in a network text: the kernel, the stride where it is not the kernel,
  /// and what else is not as usual.
  var poolingText: String {
    var others = self
    others.stride = 1
    let size =
      stride == kernel
      ? "\(kernel)" : "\(kernel.height)x\(kernel.width) stride \(stride)"
    return size + others.options
  }
}
