/// The largest pixel of each window.
///
///     y[n,c,i,j] = max(u,v) x[n, c, s·i + d·u − p, s·j + d·v − p]
///
/// over the pixels inside the image. The gradient goes to the first maximum in row order. A window with
/// a NaN gives NaN.
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H + 2p − d(K−1) − 1)/s⌋ + 1, likewise for W]; in ceil mode ⌈…⌉.
/// Source: seeds/001 §7.2, §7.3; seeds/004 §3.
public struct MaxPool2D: Pool2D, Equatable {
  public let window: Window
  public var ceilMode: Bool

  /// Pooling over `kernel`; without a stride the windows lie side by side.
  public init(
    _ kernel: Extent, stride: Extent? = nil, padding: Padding = 0, dilation: Extent = 1,
    ceilMode: Bool = false
  ) {
    window = Window(
      kernel: kernel, stride: stride ?? kernel, padding: padding, dilation: dilation)
    self.ceilMode = ceilMode
  }

  public var stem: String { "maxpool" }

  public var rule: PoolingRule { .maximum }
}
