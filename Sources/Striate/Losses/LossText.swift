extension Loss {
  /// The names by which a user chooses a loss, in the order in which they are listed.
  public static let names = [
    "cross-entropy", "nll", "mse", "half-mse", "mae", "huber", "smooth-l1", "bce", "bce-logits",
    "focal", "binary-focal", "hinge", "multi-margin", "kl",
  ]

  /// The loss that a text describes: a name, and the numbers that are not at their defaults.
  ///
  ///     cross-entropy smoothing 0.1 weights 1,2,0.5 ignore 9
  ///     huber 2, smooth-l1 0.5, squared-error 3
  ///     bce-logits positive 2 (or 2,1,4: one for each output)
  ///     focal 2 alpha 0.25 (or 1,2,1: one for each class), binary-focal 2 alpha 0.25
  ///     multi-margin 2 margin 0.5
  ///
  /// Throws `InvalidLoss`, which lists the names, or says which number it expected.
  public init(named text: String) throws {
    let kind: Kind
    do {
      var words = try TextWords(text, of: "loss", limit: LayerWords.limit)
      kind = try Loss.kind(&words)
      try words.end()
    } catch {
      throw InvalidLoss(description: error.description)
    }
    self.init(kind)
    try validate()
  }

  private static func kind(_ words: inout TextWords) throws(TextWords.Mistake) -> Kind {
    let name = words.next()
    switch name {
    case "cross-entropy": return try crossEntropy(&words)
    case "nll": return .negativeLogLikelihood
    case "mse": return .squaredError(scale: 1)
    case "half-mse": return .squaredError(scale: 0.5)
    case "squared-error": return .squaredError(scale: try words.number("the scale"))
    case "mae": return .absoluteError
    case "huber": return .huber(delta: words.numberIfAny() ?? 1)
    case "smooth-l1": return .smoothL1(beta: words.numberIfAny() ?? 1)
    case "bce": return .binaryCrossEntropy
    case "bce-logits":
      return .binaryCrossEntropyWithLogits(
        positiveWeights: words.take("positive") ? try words.numbers("the positive weights") : [])
    case "focal":
      return .focal(
        gamma: words.numberIfAny() ?? 2,
        alpha: words.take("alpha") ? try words.numbers("alpha") : [])
    case "binary-focal":
      return .binaryFocal(
        gamma: words.numberIfAny() ?? 2,
        alpha: words.take("alpha") ? try words.number("alpha") : nil)
    case "hinge": return .hinge
    case "multi-margin":
      let isPlain = words.first == nil || words.first == "margin"
      return .multiMargin(
        power: isPlain ? 1 : try words.integer("the power"),
        margin: words.take("margin") ? try words.number("the margin") : 1)
    case "kl": return .klDivergence
    default:
      throw words.mistake("one of \(names.joined(separator: ", "))", found: name)
    }
  }

  private static func crossEntropy(
    _ words: inout TextWords
  ) throws(TextWords.Mistake) -> Kind {
    var smoothing = 0.0
    var weights: [Double] = []
    var ignored: Int?
    while let word = words.next() {
      switch word {
      case "smoothing": smoothing = try words.number("the smoothing")
      case "weights": weights = try words.numbers("the weights")
      case "ignore": ignored = try words.integer("the ignored class")
      default: throw words.mistake("smoothing, weights or ignore", found: word)
      }
    }
    return .crossEntropy(smoothing: smoothing, classWeights: weights, ignoredIndex: ignored)
  }

  /// The loss as `init(named:)` reads it, whatever its reduction.
  public var name: String {
    func suffix(_ value: Double, unless usual: Double) -> String {
      value == usual ? "" : " \(value.short)"
    }
    switch kind {
    case .crossEntropy(let smoothing, let weights, let ignored):
      return "cross-entropy" + (smoothing == 0 ? "" : " smoothing \(smoothing.short)")
        + (weights.isEmpty ? "" : " weights \(weights.short)")
        + (ignored.map { " ignore \($0)" } ?? "")
    case .negativeLogLikelihood: return "nll"
    case .squaredError(let scale):
      return scale == 1 ? "mse" : scale == 0.5 ? "half-mse" : "squared-error \(scale.short)"
    case .absoluteError: return "mae"
    case .huber(let delta): return "huber" + suffix(delta, unless: 1)
    case .smoothL1(let beta): return "smooth-l1" + suffix(beta, unless: 1)
    case .binaryCrossEntropy: return "bce"
    case .binaryCrossEntropyWithLogits(let weights):
      return "bce-logits" + (weights.isEmpty ? "" : " positive \(weights.short)")
    case .focal(let gamma, let alpha):
      return "focal" + suffix(gamma, unless: 2) + (alpha.isEmpty ? "" : " alpha \(alpha.short)")
    case .binaryFocal(let gamma, let alpha):
      return "binary-focal" + suffix(gamma, unless: 2) + (alpha.map { " alpha \($0.short)" } ?? "")
    case .hinge: return "hinge"
    case .multiMargin(let power, let margin):
      return "multi-margin" + (power == 1 ? "" : " \(power)")
        + (margin == 1 ? "" : " margin \(margin.short)")
    case .klDivergence: return "kl"
    }
  }
}
