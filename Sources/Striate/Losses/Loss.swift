import Foundation

/// How far a network's outputs y are from their targets t: one number to make small.
///
/// Targets have the shape of the outputs, for every loss: a class is a one-hot vector.
///
/// Shapes: y and t [N, …] → one number.
public struct Loss: Sendable, Equatable {
  /// What is summed over the outputs of one image.
  public enum Kind: Sendable, Equatable {
    /// −Σ t · log softmax(y), the softmax over the first axis after the batch.
    case softmaxCrossEntropy

    /// −Σ t · log(y).
    case negativeLogLikelihood

    /// C · Σ (t − y)².
    case squaredError(scale: Double)

    /// −1/n · Σ (t · log(y) + (1 − t) · log(1 − y)) over the n outputs.
    case binaryCrossEntropy
  }

  /// How the losses of a batch become one.
  public enum Reduction: String, Sendable, Equatable {
    /// Their mean.
    case mean
    /// Their sum.
    case sum
  }

  /// What is summed over the outputs of one image.
  public var kind: Kind

  /// How the losses of a batch become one.
  public var reduction: Reduction

  /// A loss.
  public init(_ kind: Kind, reduction: Reduction = .mean) {
    self.kind = kind
    self.reduction = reduction
  }

  /// Cross-entropy of the outputs taken as scores (logits): softmax and negative log-likelihood in one.
  ///
  ///     E = Σ(k) t[k] · (log Σ(j) exp(y[j]) − y[k]),  ∂E/∂y[k] = softmax(y)[k] · Σ(j) t[j] − t[k]
  ///
  /// The largest score is subtracted first, so that no score is too large.
  /// Source: seeds/002 eq 16, 17.
  public static let softmaxCrossEntropy = Loss(.softmaxCrossEntropy)

  /// Negative log-likelihood of the outputs taken as probabilities.
  ///
  ///     E = −Σ(k) t[k] · log(y[k]),  ∂E/∂y[k] = −t[k] / y[k]
  ///
  /// It is finite for a probability of 0: a logarithm counts as at least `smallestLogarithm`, a
  /// denominator as at least `smallestDenominator`.
  /// Source: seeds/002 eq 17.
  public static let negativeLogLikelihood = Loss(.negativeLogLikelihood)

  /// The squared distance ‖t − y‖², summed over the outputs and averaged over the images.
  ///
  /// Source: seeds/000 eq 1.
  public static let meanSquaredError = squaredError(scale: 1)

  /// Half the squared distance, ½‖t − y‖², whose derivative is y − t.
  ///
  /// Source: seeds/003 §2; seeds/004, backward pass.
  public static let halfSquaredError = squaredError(scale: 0.5)

  /// A multiple of the squared distance.
  ///
  ///     E = C · Σ(k) (t[k] − y[k])²,  ∂E/∂y[k] = 2C · (y[k] − t[k])
  ///
  /// Source: seeds/003 eq 2.
  public static func squaredError(scale: Double) -> Loss { Loss(.squaredError(scale: scale)) }

  /// Binary cross-entropy of outputs taken as independent probabilities, averaged over the n outputs.
  ///
  ///     E = −1/n · Σ(k) (t · log(y) + (1 − t) · log(1 − y)),  ∂E/∂y = 1/n · ((1 − t)/(1 − y) − t/y)
  ///
  /// It is finite for probabilities 0 and 1: a logarithm counts as at least `smallestLogarithm`, and
  /// the denominator y(1 − y) of the derivative as at least `smallestDenominator`.
  /// Source: seeds/003 eq 21, 22.
  public static let binaryCrossEntropy = Loss(.binaryCrossEntropy)

  /// The least value that the logarithm of a probability takes in a loss.
  public static let smallestLogarithm = -100.0

  /// The least value that a probability takes as a denominator in the gradient of a loss:
  /// the `Float` nearest to 10⁻¹², as in PyTorch.
  public static let smallestDenominator = Double(Float(1e-12))
}
