/// The mean of each window.
///
///     y[n,c,i,j] = 1/K² · Σ(u,v) x[n, c, s·i + u, s·j + v]
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H − K)/s⌋ + 1, ⌊(W − K)/s⌋ + 1].
/// Source: seeds/001 §7.2, §7.3.
public struct AveragePool2D: Pool2D, Equatable {
  public let window: Window

  /// Pooling over `kernel`; without a stride the windows lie side by side.
  public init(_ kernel: Extent, stride: Extent? = nil) {
    window = Window(kernel: kernel, stride: stride ?? kernel)
  }

  public var stem: String { "avgpool" }

  public var backwardNeeds: BackwardNeeds { [] }

  // MARK: Reference

  public func referencePool(_ pixels: [Double]) -> Double {
    pixels.reduce(0, +) / Double(pixels.count)
  }

  public func referencePoolGradient(_ pixels: [Double], output: Double) -> [Double] {
    pixels.map { _ in 1 / Double(pixels.count) }
  }
}
