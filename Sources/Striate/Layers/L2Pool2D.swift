/// The Euclidean length of each window.
///
///     y[n,c,i,j] = √( Σ(u,v) x[n, c, s·i + u, s·j + v]² ),  ∂y/∂x = x / y
///
/// The gradient is 0 where y is 0.
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H − K)/s⌋ + 1, ⌊(W − K)/s⌋ + 1].
/// Source: seeds/001 §7.2.
public struct L2Pool2D: Pool2D, Equatable {
  public let window: Window

  /// Pooling over `kernel`; without a stride the windows lie side by side.
  public init(_ kernel: Extent, stride: Extent? = nil) {
    window = Window(kernel: kernel, stride: stride ?? kernel)
  }

  public var stem: String { "l2pool" }

  public var backwardNeeds: BackwardNeeds { [.inputs, .output] }

  // MARK: Reference

  public func referencePool(_ pixels: [Double]) -> Double {
    pixels.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  public func referencePoolGradient(_ pixels: [Double], output: Double) -> [Double] {
    pixels.map { output == 0 ? 0 : $0 / output }
  }
}
