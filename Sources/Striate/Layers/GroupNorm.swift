/// Normalisation of each image over groups of neighbouring channels.
///
///     y = (x − μ) / √(σ² + ε) · w[c] + b[c]
///
/// with μ and σ² over all pixels of the channels of c's group.
///
/// Shapes: x [N, C, …] → y [N, C, …]; w [C]; b [C].
/// Source: Wu & He 2018, arXiv:1803.08494.
public struct GroupNorm: Normalization, Equatable {
  /// The number of groups, which must divide that of the channels.
  public var groups: Int

  public var epsilon: Double

  public var affine: Bool

  /// A normalisation over `groups` groups of channels.
  public init(_ groups: Int, epsilon: Double = 1e-5, affine: Bool = true) {
    self.groups = groups
    self.epsilon = epsilon
    self.affine = affine
  }

  public var stem: String { "gn" }

  public var text: String {
    "groupnorm \(groups)" + options(usualEpsilon: 1e-5, usuallyAffine: true)
  }

  public func check(_ shape: [Int]) throws {
    guard groups >= 1, shape[0] % groups == 0 else {
      throw ShapeMismatch(
        expected: "a number of groups that divides \(shape[0]) channels", found: "\(groups)",
        advice: "choose a divisor")
    }
  }

  public func division(of shape: [Int]) -> NormalizationDivision {
    NormalizationDivision(
      groups: groups, channels: shape[0] / groups, run: shape.dropFirst().reduce(1, *),
      parameterShape: [shape[0]])
  }
}

extension GroupNorm: NeedsMemory {}
