/// How far a network's outputs y are from their targets t: one number to make small.
///
/// Targets have the shape of the outputs, for every loss: a class is a one-hot vector.
///
/// Shapes: y and t [N, …] → one number.
public struct Loss: Sendable, Equatable {
  /// What is summed over the outputs of one image.
  public enum Kind: Sendable, Equatable {
    /// −Σ w · q · log softmax(y), the softmax over the first axis after the batch; q are the smoothed
    /// targets and w the weights of the classes.
    case crossEntropy(smoothing: Double, classWeights: [Double], ignoredIndex: Int?)

    /// −Σ t · log(y).
    case negativeLogLikelihood

    /// C · Σ (t − y)².
    case squaredError(scale: Double)

    /// 1/n · Σ |t − y| over the n outputs.
    case absoluteError

    /// 1/n · Σ of a parabola up to the distance δ and a straight line beyond.
    case huber(delta: Double)

    /// 1/n · Σ of Huber's function of width β, divided by β.
    case smoothL1(beta: Double)

    /// −1/n · Σ (t · log(y) + (1 − t) · log(1 − y)) over the n outputs.
    case binaryCrossEntropy

    /// The same of the outputs' sigmoids; what t takes part in counts w times.
    case binaryCrossEntropyWithLogits(positiveWeights: [Double])

    /// −Σ α · t · (1 − p)^γ · log(p) with p = softmax(y).
    case focal(gamma: Double, alpha: [Double])

    /// The same for n independent outputs with p = sigmoid(y), averaged over them.
    case binaryFocal(gamma: Double, alpha: Double?)

    /// 1/n · Σ max(0, 1 − (2t − 1) · y).
    case hinge

    /// 1/n · Σ (1 − t) · max(0, m + y − Σ t · y)^p.
    case multiMargin(power: Int, margin: Double)

    /// Σ t · (log(t) − y), of log-probabilities y.
    case klDivergence

    /// −Σ t · log softmax(y).
    public static let softmaxCrossEntropy = Kind.crossEntropy(
      smoothing: 0, classWeights: [], ignoredIndex: nil)
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

  /// The class whose images count for nothing: their targets are all zero.
  public var ignoredIndex: Int? {
    if case .crossEntropy(_, _, let index) = kind { index } else { nil }
  }

  /// The least value that the logarithm of a probability takes in a loss.
  public static let smallestLogarithm = -100.0

  /// The least value that a probability takes as a denominator in the gradient of a loss:
  /// the `Float` nearest to 10⁻¹², as in PyTorch.
  public static let smallestDenominator = Double(Float(1e-12))
}

extension Loss.Kind {
  /// Whether the loss is of one class among several, so that the outputs of an image depend on one another.
  package var isOfClasses: Bool {
    switch self {
    case .crossEntropy, .focal, .multiMargin: true
    default: false
    }
  }

  /// Whether the loss of an image is the mean of its outputs and not their sum.
  var averagesOutputs: Bool {
    switch self {
    case .absoluteError, .huber, .smoothL1, .binaryCrossEntropy, .binaryCrossEntropyWithLogits,
      .binaryFocal, .hinge, .multiMargin:
      true
    case .crossEntropy, .negativeLogLikelihood, .squaredError, .focal, .klDivergence: false
    }
  }

  /// What outputs become that are trained with this loss, towards targets of 0 and 1.
  var outputMeaning: OutputMeaning {
    switch self {
    case .negativeLogLikelihood, .squaredError, .absoluteError, .huber, .smoothL1,
      .binaryCrossEntropy:
      .probabilities
    // Log-probabilities are scores: their softmax is the probabilities.
    case .crossEntropy, .binaryCrossEntropyWithLogits, .focal, .binaryFocal, .hinge, .multiMargin,
      .klDivergence:
      .scores
    }
  }

  /// Whether the mean is over the weights of the images' classes, without the ignored ones.
  var weighsImages: Bool {
    guard case .crossEntropy(_, let weights, let ignored) = self else { return false }
    return !weights.isEmpty || ignored != nil
  }

  /// The numbers that belong to single outputs: one for each, one for all, or none.
  package var outputWeights: [Double] {
    switch self {
    case .crossEntropy(_, let weights, _), .binaryCrossEntropyWithLogits(let weights),
      .focal(_, let weights):
      weights
    default: []
    }
  }
}

/// A loss that cannot be: no loss has that name, or a number is outside its range.
public struct InvalidLoss: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}
