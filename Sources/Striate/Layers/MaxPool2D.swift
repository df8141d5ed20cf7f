/// The largest pixel of each window.
///
///     y[n,c,i,j] = max(u,v) x[n, c, s·i + u, s·j + v]
///
/// The gradient goes to the first maximum in row order. A window with a NaN gives NaN.
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H − K)/s⌋ + 1, ⌊(W − K)/s⌋ + 1].
/// Source: seeds/001 §7.2, §7.3; seeds/004 §3.
public struct MaxPool2D: Pool2D, Equatable {
  public let window: Window

  /// Pooling over `kernel`; without a stride the windows lie side by side.
  public init(_ kernel: Extent, stride: Extent? = nil) {
    window = Window(kernel: kernel, stride: stride ?? kernel)
  }

  public var stem: String { "maxpool" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  // MARK: Reference

  public func referencePool(_ pixels: [Double]) -> Double { pixels[pixels.firstMaximum] }

  public func referencePoolGradient(_ pixels: [Double], output: Double) -> [Double] {
    let maximum = pixels.firstMaximum
    return pixels.indices.map { $0 == maximum ? 1 : 0 }
  }
}
