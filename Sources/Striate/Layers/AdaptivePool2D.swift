/// Pooling to an output of a given size, whatever the size of the image.
///
///     y[n,c,i,j] = reduce { x[n,c,u,v] : ⌊i·H/H′⌋ ≤ u < ⌈(i+1)·H/H′⌉, ⌊j·W/W′⌋ ≤ v < ⌈(j+1)·W/W′⌉ }
///
/// Windows overlap where H is not a multiple of H′. With one output pixel it is global pooling.
///
/// Shapes: x [N, C, H, W] → y [N, C, H′, W′].
/// Source: PyTorch's AdaptiveAvgPool2d; Lin, Chen & Yan 2013, arXiv:1312.4400 (global average).
public struct AdaptivePool2D: Layer, Equatable {
  /// How a window becomes one number.
  public enum Kind: String, Sendable, Equatable {
    /// The largest pixel.
    case maximum = "maxpool"
    /// The mean.
    case average = "avgpool"
  }

  /// How a window becomes one number.
  public var kind: Kind

  /// The size of the output.
  public var size: Extent

  /// Pooling to `size`.
  public init(_ kind: Kind, size: Extent) {
    self.kind = kind
    self.size = size
  }

  public var stem: String { kind.rawValue }

  public var text: String {
    size == 1 ? "global\(kind.rawValue)" : "adaptive\(kind.rawValue) \(size)"
  }

  public var backwardNeeds: BackwardNeeds { rule.backwardNeeds }

  package var rule: PoolingRule {
    switch kind {
    case .maximum: .maximum
    case .average: .average(countsPadding: false)
    }
  }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    let limit = 1...Window.limit
    guard limit.contains(size.height), limit.contains(size.width) else {
      throw ShapeMismatch(
        expected: "an output size from 1 to \(Window.limit)", found: "\(size)",
        advice: "choose numbers in that range")
    }
    return [shape[0], size.height, size.width]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let shape = inputs[0].shape
    let output = [shape[0], shape[1], size.height, size.width]
    return rule.referenceForward(inputs[0], shape: output) { forEachWindow(x: shape, $0) }
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    rule.referenceBackward(gradient, input: inputs[0], output: output) {
      forEachWindow(x: inputs[0].shape, $0)
    }
  }

  /// Calls `body` for every window with the index of its output and its pixels.
  package func forEachWindow(
    x: [Int], _ body: (_ output: Int, PoolingRule.Pixels) -> Void
  ) {
    func range(_ i: Int, _ pixels: Int, _ outputs: Int) -> Range<Int> {
      let (start, end) = (Double(i * pixels), Double((i + 1) * pixels))
      return Int(
        (start / Double(outputs)).rounded(.down))..<Int(
          (end / Double(outputs)).rounded(.up))
    }
    for map in 0..<x[0] * x[1] {
      for i in 0..<size.height {
        for j in 0..<size.width {
          var pixels = PoolingRule.Pixels()
          for u in range(i, x[2], size.height) {
            for v in range(j, x[3], size.width) {
              pixels.inside.append((map * x[2] + u) * x[3] + v)
            }
          }
          body((map * size.height + i) * size.width + j, pixels)
        }
      }
    }
  }
}

/// The mean of each of `size` parts of the image.
public func AdaptiveAveragePool2D(_ size: Extent) -> AdaptivePool2D {
  AdaptivePool2D(.average, size: size)
}

/// The largest pixel of each of `size` parts of the image.
public func AdaptiveMaxPool2D(_ size: Extent) -> AdaptivePool2D {
  AdaptivePool2D(.maximum, size: size)
}

/// The mean of each channel, as [C, 1, 1].
public func GlobalAveragePool2D() -> AdaptivePool2D { AdaptivePool2D(.average, size: 1) }

/// The largest pixel of each channel, as [C, 1, 1].
public func GlobalMaxPool2D() -> AdaptivePool2D { AdaptivePool2D(.maximum, size: 1) }

// MARK: Engine

extension AdaptivePool2D {
  public func compile(into site: inout LayerSite) {
    let shape = site.inputs[0].shape
    site.appendPooling(rule.kernel, windows(over: shape), channels: shape[0])
  }

  /// What each row and column of the output reads.
  func windows(over shape: [Int]) -> PoolingWindows {
    PoolingWindows(
      rows: PoolingSpans(size: shape[1], outputs: size.height),
      columns: PoolingSpans(size: shape[2], outputs: size.width), pixels: 1)
  }
}
