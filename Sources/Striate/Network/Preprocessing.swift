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

  /// How a picture of any size becomes an image of the network's size; nil where nobody said.
  public var fitting: PictureFitting?

  /// What a single output for two classes is, from the loss that the network was trained with; it counts where
  /// the last layers do not say it. nil where nobody said: a score then.
  public var outputMeaning: OutputMeaning?

  /// Pixels as they are, outputs without names.
  public init() {}
}

/// What the outputs of a classifier are.
public enum OutputMeaning: String, Sendable, Equatable, Codable {
  /// Scores (logits): the larger, the likelier. A single one says yes from 0 on.
  case scores
  /// Numbers near 0 for no and near 1 for yes. A single one says yes from ½ on.
  case probabilities
}

/// How a picture of any size becomes an image of one size.
public enum PictureFitting: String, Sendable, Equatable, Codable {
  /// The picture is resized, its aspect ratio kept, until it just covers the image; what stands out
  /// is cut off equally on both sides.
  case centreCrop = "centre-crop"
}
