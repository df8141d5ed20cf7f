/// What happens to pixels before they enter a network, and what its outputs mean.
///
///     x = (pixel − mean[c]) / standardDeviation[c]
public struct Preprocessing: Sendable, Equatable, Codable {
  /// What is subtracted from each channel; empty for nothing.
  public var mean: [Float] = []

  /// What each channel is divided by afterwards; empty for nothing.
  public var standardDeviation: [Float] = []

  /// What the outputs are called, in order; empty where nobody said.
  public var classNames: [String] = []

  /// Pixels as they are, outputs without names.
  public init() {}
}
