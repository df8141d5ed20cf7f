/// A convolution that looks at each channel by itself: `multiplier` filters for each, and nothing that
/// goes from one channel to another.
///
///     y[n, c·m + k, i, j] = b[c·m + k] + Σ(u,v) w[c·m + k, 0, u, v] · x[n, c, s·i + d·u − p, s·j + d·v − p]
///
/// with m the multiplier and 0 ≤ k < m: a `Conv2D` with as many groups as its input has channels.
///
/// Shapes: x [N, C, H, W] → y [N, C·m, H′, W′] as of `Conv2D`; w [C·m, 1, K, K]; b [C·m].
/// Source: Howard et al. 2017, arXiv:1704.04861; Sifre 2014.
public struct DepthwiseConv2D: Layer, Equatable {
  /// Kernel, stride, padding and dilation.
  public var window: Window

  /// Filters for each channel.
  public var multiplier: Int

  /// Which outputs share a bias.
  public var bias: Conv2D.Bias

  /// What stands in the border around the image.
  public var paddingMode: PaddingMode

  /// A convolution of each channel with `multiplier` kernels.
  public init(
    kernel: Extent, stride: Extent = 1, padding: Padding = 0, dilation: Extent = 1,
    multiplier: Int = 1, bias: Conv2D.Bias = .shared, paddingMode: PaddingMode = .zeros
  ) {
    self.window = Window(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
    self.multiplier = multiplier
    self.bias = bias
    self.paddingMode = paddingMode
  }

  /// The same convolution of that many channels.
  package func asConv2D(channels: Int) -> Conv2D {
    Conv2D(
      filters: channels * multiplier, kernel: window.kernel, stride: window.stride,
      padding: window.padding, dilation: window.dilation, groups: channels, bias: bias,
      paddingMode: paddingMode)
  }

  public var stem: String { "conv" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public var text: String {
    "depthwise \(window.kernel.height)x\(window.kernel.width)\(window.options)"
      + (multiplier == 1 ? "" : " multiplier \(multiplier)")
      + asConv2D(channels: 1).optionsOfBorderAndBias
  }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    guard shape[0] <= Window.limit else {
      throw ShapeMismatch(
        expected: "at most \(Window.limit) channels", found: "\(shape[0])",
        advice: "use fewer channels")
    }
    guard multiplier >= 1, multiplier <= Window.limit / shape[0] else {
      throw ShapeMismatch(
        expected: "a multiplier from 1 to \(Window.limit / shape[0]) for \(shape[0]) channels",
        found: "\(multiplier)", advice: "choose a number in that range")
    }
    return try asConv2D(channels: shape[0]).outputShape(of: inputs)
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    asConv2D(channels: inputs[0][0]).parameters(of: inputs)
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    _ = try outputShape(of: inputs)
    return try asConv2D(channels: inputs[0][0]).multiplyAdds(of: inputs)
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    asConv2D(channels: inputs[0].shape[1]).referenceForward(inputs, parameters: parameters)
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    asConv2D(channels: inputs[0].shape[1]).referenceBackward(
      gradient, inputs: inputs, output: output, parameters: parameters)
  }
}

/// A convolution in two: one that looks at each channel by itself, and one of 1 × 1 that combines them.
/// It costs 1/filters + 1/K² of the multiply-adds of a `Conv2D`.
///
/// Shapes: x [N, C, H, W] → y [N, filters, H′, W′] as of `Conv2D`.
/// Source: Howard et al. 2017, arXiv:1704.04861 §3.1.
public func DepthwiseSeparableConv2D(
  filters: Int, kernel: Extent, stride: Extent = 1, padding: Padding = 0, dilation: Extent = 1,
  multiplier: Int = 1, bias: Conv2D.Bias = .shared, paddingMode: PaddingMode = .zeros
) -> [any Layer] {
  [
    DepthwiseConv2D(
      kernel: kernel, stride: stride, padding: padding, dilation: dilation,
      multiplier: multiplier, bias: bias, paddingMode: paddingMode),
    Conv2D(filters: filters, kernel: 1, bias: bias),
  ]
}

extension DepthwiseConv2D: ProductSum {
  package func forEachProduct(
    of image: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    asConv2D(channels: image[0]).forEachProduct(of: image, body)
  }
}

// MARK: Engine

extension DepthwiseConv2D: ClampsOutput, NeedsMemory {
  public func compile(into site: inout LayerSite) {
    asConv2D(channels: site.inputs[0].shape[0]).compile(into: &site)
  }

  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    asConv2D(channels: inputs[0][0]).ownMemory(
      inputs: inputs, output: output, isTraining: isTraining, blocks: blocks, workers: workers)
  }
}
