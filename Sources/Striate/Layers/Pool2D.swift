/// A layer that reduces every window of every channel to one number.
///
///     y[n,c,i,j] = reduce { x[n, c, s·i + d·u − p, s·j + d·v − p] : 0 ≤ u, v < K }
///
/// over the pixels inside the image. A window that does not fit wholly inside the image and its padding
/// is left out; in ceil mode it is kept if it begins inside the image or the padding before it, without
/// the pixels beyond. Where windows overlap, the gradients of one pixel add.
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H + 2p − d(K−1) − 1)/s⌋ + 1, likewise for W], in ceil mode ⌈…⌉
/// Source: seeds/001 §7; seeds/002 §4.3 (its printed gradient is right only without overlap); Dumoulin &
/// Visin 2016, arXiv:1603.07285.
public protocol Pool2D: Layer {
  /// Kernel, stride, padding and dilation.
  var window: Window { get }

  /// Whether a window that reaches beyond the padding counts.
  var ceilMode: Bool { get }

  /// How a window becomes one number.
  var rule: PoolingRule { get }
}

extension Pool2D {
  /// What the rule reads.
  public var backwardNeeds: BackwardNeeds { rule.backwardNeeds }

  /// The stem and the window: "maxpool 3x3 stride 2 padding 1 ceil".
  public var text: String { "\(stem) \(geometryText)" }

  /// The kernel, the stride where it is not the kernel, and what else is not as usual.
  var geometryText: String { window.poolingText + (ceilMode ? " ceil" : "") }

  /// As many channels, one pixel a window.
  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    try windowedShape(of: inputs)
  }

  /// The shape, where the rule is as it should be.
  func windowedShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    let size = try window.pooledSize(of: Extent(shape[1], shape[2]), ceilMode: ceilMode)
    return [shape[0], size.height, size.width]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let shape = inputs[0].shape
    let (rows, columns) = window.poolingAxes(of: Extent(shape[2], shape[3]), ceilMode: ceilMode)
    let output = [shape[0], shape[1], rows.outputs, columns.outputs]
    return rule.referenceForward(inputs[0], shape: output) { body in
      forEachWindow(x: shape, y: output, body)
    }
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    rule.referenceBackward(gradient, input: inputs[0], output: output) { body in
      forEachWindow(x: inputs[0].shape, y: gradient.shape, body)
    }
  }

  /// Calls `body` for every window with the index of its output and its pixels.
  package func forEachWindow(
    x: [Int], y: [Int], _ body: (_ output: Int, PoolingRule.Pixels) -> Void
  ) {
    let (height, width) = (x[2], x[3])
    let padding = window.resolved(for: Extent(height, width)).padding
    for map in 0..<y[0] * y[1] {
      for i in 0..<y[2] {
        for j in 0..<y[3] {
          var pixels = PoolingRule.Pixels()
          for u in 0..<window.kernel.height {
            let row = window.stride.height * i + window.dilation.height * u - padding.top
            for v in 0..<window.kernel.width {
              let column = window.stride.width * j + window.dilation.width * v - padding.left
              pixels.whole += 1
              guard row < height + padding.bottom, column < width + padding.right else { continue }
              pixels.padded += 1
              guard row >= 0, row < height, column >= 0, column < width else { continue }
              pixels.inside.append((map * height + row) * width + column)
            }
          }
          body((map * y[2] + i) * y[3] + j, pixels)
        }
      }
    }
  }
}

// MARK: Engine

extension Pool2D {
  public func compile(into site: inout LayerSite) {
    site.appendPooling(
      rule.kernel, windows(over: site.inputs[0].shape), channels: site.inputs[0].shape[0])
  }

  /// What each row and column of the output reads.
  func windows(over shape: [Int]) -> PoolingWindows {
    let axes = window.poolingAxes(of: Extent(shape[1], shape[2]), ceilMode: ceilMode)
    let countsPadding = rule != .average(countsPadding: false)
    return PoolingWindows(
      rows: PoolingSpans(axes.rows, countsPadding: countsPadding),
      columns: PoolingSpans(axes.columns, countsPadding: countsPadding),
      pixels: window.kernel.height * window.kernel.width)
  }
}
