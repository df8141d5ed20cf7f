/// The mean of each window.
///
///     y[n,c,i,j] = 1/k · Σ(u,v) x[n, c, s·i + u − p, s·j + v − p]
///
/// over the pixels inside the image, where k counts those inside the image and its padding, or, where the
/// padding does not count, those inside the image alone.
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H + 2p − K)/s⌋ + 1, likewise for W]; in ceil mode ⌈…⌉.
/// Source: seeds/001 §7.2, §7.3.
public struct AveragePool2D: Pool2D, Equatable {
  public let window: Window
  public var ceilMode: Bool

  /// Whether the zeros of the padding count as pixels.
  public var countsPadding: Bool

  /// Pooling over `kernel`; without a stride the windows lie side by side.
  public init(
    _ kernel: Extent, stride: Extent? = nil, padding: Padding = 0, ceilMode: Bool = false,
    countsPadding: Bool = true
  ) {
    window = Window(kernel: kernel, stride: stride ?? kernel, padding: padding)
    self.ceilMode = ceilMode
    self.countsPadding = countsPadding
  }

  public var stem: String { "avgpool" }

  public var text: String {
    "avgpool \(geometryText)" + (countsPadding ? "" : " exclude-padding")
  }

  public var rule: PoolingRule { .average(countsPadding: countsPadding) }
}
