/// Normalisation of each image over all of its elements, over its channels at each pixel, or over its
/// last axes.
///
///     y = (x − μ) / √(σ² + ε) · w + b
///
/// Shapes: x [N, …] → y [N, …]; w and b have the shape of what is normalised together: [C, H, W],
/// [C] or [W].
/// Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450; over channels: Liu et al. 2022, arXiv:2201.03545.
public struct LayerNorm: Normalization, Equatable {
  /// What is normalised together.
  public enum Axes: Sendable, Equatable {
    /// All elements of an image: PyTorch's normalized_shape is the whole shape.
    case all
    /// All channels, for each pixel by itself, as ConvNeXt does.
    case channels
    /// The last axes, for each place on the others by itself: as many as PyTorch's normalized_shape has.
    case last(Int)
  }

  /// What is normalised together.
  public var axes: Axes

  public var epsilon: Double

  public var affine: Bool

  /// A normalisation over `axes`.
  public init(_ axes: Axes = .all, epsilon: Double = 1e-5, affine: Bool = true) {
    self.axes = axes
    self.epsilon = epsilon
    self.affine = affine
  }

  public var stem: String { "ln" }

  public var text: String {
    let name =
      switch axes {
      case .all: "layernorm"
      case .channels: "layernorm channels"
      case .last(let count): "layernorm last \(count)"
      }
    return name + options(usualEpsilon: 1e-5, usuallyAffine: true)
  }

  public func check(_ shape: [Int]) throws {
    if case .last(let count) = axes, count < 1 || count > shape.count {
      throw ShapeMismatch(
        expected: "1 to \(shape.count) axes of \(shape)", found: "\(count)",
        advice: "choose a number in that range")
    }
  }

  public func division(of shape: [Int]) -> NormalizationDivision {
    switch axes {
    case .all:
      return NormalizationDivision(
        groups: 1, channels: shape.reduce(1, *), run: 1, parameterShape: shape)
    case .channels:
      return NormalizationDivision(
        groups: 1, channels: shape[0], run: shape.dropFirst().reduce(1, *), isAlongRun: true,
        parameterShape: [shape[0]])
    case .last(let count):
      return NormalizationDivision(
        groups: shape.dropLast(count).reduce(1, *), channels: shape.suffix(count).reduce(1, *),
        run: 1, parameterShape: Array(shape.suffix(count)))
    }
  }
}

extension LayerNorm: NeedsMemory {}
