/// The p-norm of each window, for p = 2 its Euclidean length.
///
///     y[n,c,i,j] = ( K²/k · Σ(u,v) |x[n, c, s·i + u, s·j + v]|ᵖ )^(1/p),
///     ∂y/∂x = K²/k · (|x| / y)^(p−1) · sign x
///
/// where k is K² unless, in ceil mode, only k pixels of a window lie inside the image and its padding.
/// The gradient is 0 where y is 0. PyTorch leaves out the absolute value: the same for an even power and
/// where no x is negative.
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H + 2p − K)/s⌋ + 1, likewise for W]; in ceil mode ⌈…⌉.
/// Source: seeds/001 §7.2; Sermanet, Chintala & LeCun 2012, arXiv:1204.3968.
public struct LpPool2D: Pool2D, Equatable {
  public let window: Window
  public var ceilMode: Bool

  /// p.
  public var power: Double

  /// Pooling over `kernel`; without a stride the windows lie side by side.
  public init(
    power: Double, _ kernel: Extent, stride: Extent? = nil, padding: Padding = 0,
    ceilMode: Bool = false
  ) {
    window = Window(kernel: kernel, stride: stride ?? kernel, padding: padding)
    self.power = power
    self.ceilMode = ceilMode
  }

  public var stem: String { power == 2 ? "l2pool" : "lppool" }

  public var text: String {
    power == 2 ? "l2pool \(geometryText)" : "lppool \(power.short) \(geometryText)"
  }

  public var rule: PoolingRule { .norm(power: power) }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    guard power >= 1, power <= 64 else {
      throw ShapeMismatch(
        expected: "a power from 1 to 64", found: power.short,
        advice: "choose a number in that range, or maxpool for the largest pixel")
    }
    return try windowedShape(of: inputs)
  }
}

/// The Euclidean length of each window.
public func L2Pool2D(
  _ kernel: Extent, stride: Extent? = nil, padding: Padding = 0, ceilMode: Bool = false
) -> LpPool2D {
  LpPool2D(power: 2, kernel, stride: stride, padding: padding, ceilMode: ceilMode)
}
