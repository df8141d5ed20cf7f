/// Losses of outputs that say to which class, or to which classes, an image belongs.
extension Loss {
  /// Cross-entropy of the outputs taken as scores (logits): softmax and negative log-likelihood in one.
  ///
  ///     E = Σ(k) t[k] · (log Σ(j) exp(y[j]) − y[k]),  ∂E/∂y[k] = softmax(y)[k] · Σ(j) t[j] − t[k]
  ///
  /// The largest score is subtracted first, so that no score is too large.
  /// Source: seeds/002 eq 16, 17.
  public static let softmaxCrossEntropy = Loss(.softmaxCrossEntropy)

  /// Cross-entropy with smoothed labels, weights for the classes and a class that is left out.
  ///
  ///     q[k] = (1 − ε) · t[k] + ε/C · Σ(j) t[j]
  ///     E = −Σ(k) w[k] · q[k] · log softmax(y)[k]
  ///     ∂E/∂y[k] = softmax(y)[k] · Σ(j) w[j] · q[j] − w[k] · q[k]
  ///
  /// The mean of a batch is over the weights of its images, w[k] for an image of class k (of a mixed
  /// target the mean weight Σ w·t / Σ t). Where a class is ignored, an image whose targets are all zero
  /// counts for nothing; a batch of nothing else has the loss 0.
  /// Source: Szegedy et al. 2016, arXiv:1512.00567, §7; the form of torch.nn.CrossEntropyLoss.
  ///
  /// - Parameters:
  ///   - smoothing: ε, from 0 to 1.
  ///   - classWeights: w, one for each class; none for 1 each.
  ///   - ignoredIndex: The class whose images are given targets that are all zero.
  ///   - reduction: How the losses of a batch become one.
  public static func crossEntropy(
    smoothing: Double = 0, classWeights: [Double] = [], ignoredIndex: Int? = nil,
    reduction: Reduction = .mean
  ) -> Loss {
    Loss(
      .crossEntropy(
        smoothing: smoothing, classWeights: classWeights, ignoredIndex: ignoredIndex),
      reduction: reduction)
  }

  /// Negative log-likelihood of the outputs taken as probabilities.
  ///
  ///     E = −Σ(k) t[k] · log(y[k]),  ∂E/∂y[k] = −t[k] / y[k]
  ///
  /// It is finite for a probability of 0: a logarithm counts as at least `smallestLogarithm`, a
  /// denominator as at least `smallestDenominator`.
  /// Source: seeds/002 eq 17.
  public static let negativeLogLikelihood = Loss(.negativeLogLikelihood)

  /// Binary cross-entropy of outputs taken as independent probabilities, averaged over the n outputs.
  ///
  ///     E = −1/n · Σ(k) (t · log(y) + (1 − t) · log(1 − y)),  ∂E/∂y = 1/n · ((1 − t)/(1 − y) − t/y)
  ///
  /// It is finite for probabilities 0 and 1: a logarithm counts as at least `smallestLogarithm`, and
  /// the denominator y(1 − y) of the derivative as at least `smallestDenominator`.
  /// Source: seeds/003 eq 21, 22.
  public static let binaryCrossEntropy = Loss(.binaryCrossEntropy)

  /// Binary cross-entropy of n outputs taken as independent scores: sigmoid and `binaryCrossEntropy` in
  /// one, finite for every score.
  ///
  ///     E = 1/n · Σ(k) (w[k] · t · s(−y) + (1 − t) · s(y)) with s(y) = log(1 + exp(y))
  ///     ∂E/∂y = 1/n · ((1 − t) · sigmoid(y) − w[k] · t · sigmoid(−y))
  ///
  /// Source: the form of torch.nn.BCEWithLogitsLoss.
  ///
  /// - Parameter positiveWeights: w, one for each output or one for all; none for 1.
  public static func binaryCrossEntropyWithLogits(positiveWeights: [Double] = []) -> Loss {
    Loss(.binaryCrossEntropyWithLogits(positiveWeights: positiveWeights))
  }

  /// Cross-entropy that counts less what is already right: softmax and focal loss in one.
  ///
  ///     E = −Σ(k) α[k] · t[k] · (1 − p[k])^γ · log(p[k]) with p = softmax(y)
  ///     ∂E/∂y[k] = g[k] − p[k] · Σ(j) g[j] with g = α·t·(γ · p · (1 − p)^(γ−1) · log(p) − (1 − p)^γ)
  ///
  /// With γ = 0 and no α it is the cross-entropy.
  /// Source: Lin et al. 2017, arXiv:1708.02002, eq 4, 5, with the softmax in the place of the sigmoid.
  ///
  /// - Parameters:
  ///   - gamma: γ, not below 0.
  ///   - alpha: α, one for each class or one for all; none for 1.
  public static func focal(gamma: Double = 2, alpha: [Double] = []) -> Loss {
    Loss(.focal(gamma: gamma, alpha: alpha))
  }

  /// Focal loss of n outputs taken as independent scores, averaged over them.
  ///
  ///     E = 1/n · Σ(k) α(t) · r^γ · H with p = sigmoid(y), r = t · (1 − p) + (1 − t) · p
  ///     H = −t · log(p) − (1 − t) · log(1 − p), α(t) = α·t + (1 − α)·(1 − t)
  ///     ∂E/∂y = 1/n · α(t) · (γ · r^(γ−1) · (1 − 2t) · p · (1 − p) · H + r^γ · (p − t))
  ///
  /// Source: Lin et al. 2017, arXiv:1708.02002, eq 5; the form of torchvision's sigmoid_focal_loss.
  ///
  /// - Parameters:
  ///   - gamma: γ, not below 0.
  ///   - alpha: α, from 0 to 1; nil for a factor of 1 whatever the target.
  public static func binaryFocal(gamma: Double = 2, alpha: Double? = nil) -> Loss {
    Loss(.binaryFocal(gamma: gamma, alpha: alpha))
  }

  /// Hinge loss of n outputs taken as independent scores; targets are 0 or 1.
  ///
  ///     E = 1/n · Σ(k) max(0, 1 − s·y) with s = 2t − 1,  ∂E/∂y = −s/n where s·y < 1
  ///
  /// Source: Cortes & Vapnik 1995, doi:10.1007/BF00994018.
  public static let hinge = Loss(.hinge)

  /// Hinge loss of one class among n: every other score should stay the margin below it.
  ///
  ///     E = 1/n · Σ(k) (1 − t[k]) · max(0, d[k])^p with d[k] = m + y[k] − Σ(j) t[j] · y[j]
  ///     ∂E/∂y[k] = a[k] − t[k] · Σ(j) a[j] with a[k] = p/n · (1 − t[k]) · max(0, d[k])^(p−1)
  ///
  /// Source: Crammer & Singer 2001, JMLR 2:265; the form of torch.nn.MultiMarginLoss.
  ///
  /// - Parameters:
  ///   - power: p, 1 or 2.
  ///   - margin: m.
  public static func multiMargin(power: Int = 1, margin: Double = 1) -> Loss {
    Loss(.multiMargin(power: power, margin: margin))
  }

  /// Kullback–Leibler divergence of the targets, probabilities, from the outputs, which are
  /// logarithms of probabilities.
  ///
  ///     E = Σ(k) t[k] · (log(t[k]) − y[k]),  ∂E/∂y[k] = −t[k]
  ///
  /// Source: Kullback & Leibler 1951, doi:10.1214/aoms/1177729694; torch.nn.KLDivLoss with "batchmean".
  public static let klDivergence = Loss(.klDivergence)
}
