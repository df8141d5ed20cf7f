/// Normalisation of each channel of each image by itself.
///
///     y = (x − μ) / √(σ² + ε) · w[c] + b[c]
///
/// with μ and σ² over the pixels of channel c of this image, in training and in use alike.
///
/// Shapes: x [N, C, H, W] → y [N, C, H, W]; w [C]; b [C].
/// Source: Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022.
public struct InstanceNorm2D: Normalization, Equatable {
  public var epsilon: Double

  public var affine: Bool

  /// A normalisation of every channel.
  public init(epsilon: Double = 1e-5, affine: Bool = false) {
    self.epsilon = epsilon
    self.affine = affine
  }

  public var stem: String { "in" }

  public var text: String {
    "instancenorm" + options(usualEpsilon: 1e-5, usuallyAffine: false)
  }

  public func check(_ shape: [Int]) throws {
    _ = try [shape].only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
  }

  public func division(of shape: [Int]) -> NormalizationDivision {
    NormalizationDivision(
      groups: shape[0], channels: 1, run: shape[1] * shape[2], parameterShape: [shape[0]])
  }
}

extension InstanceNorm2D: NeedsMemory {}
