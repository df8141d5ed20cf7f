extension Loss {
  /// Throws `InvalidLoss` where a number is outside its range; NaN is in no range.
  public func validate() throws {
    func require(_ holds: Bool, _ what: String, _ expected: String, _ found: String) throws {
      guard holds else {
        throw InvalidLoss(
          description: "loss: \(what): expected \(expected), found \(found)")
      }
    }
    func requirePositive(_ what: String, _ value: Double) throws {
      try require(
        value >= 1e-12 && value <= 1e12, what, "a number from 1e-12 to 1e12", value.short)
    }
    func requireWeights(_ what: String, _ values: [Double]) throws {
      try require(
        values.allSatisfy { $0 >= 0 && $0 <= 1e12 }, what, "numbers from 0 to 1e12", values.short)
    }
    switch kind {
    case .crossEntropy(let smoothing, let weights, let ignored):
      try require(
        smoothing >= 0 && smoothing <= 1, "smoothing", "a number from 0 to 1", smoothing.short)
      try requireWeights("weights", weights)
      try require((ignored ?? 0) >= 0, "ignore", "a class, 0 for the first", "\(ignored ?? 0)")
    case .squaredError(let scale): try requirePositive("scale", scale)
    case .huber(let delta): try requirePositive("delta", delta)
    case .smoothL1(let beta): try requirePositive("beta", beta)
    case .binaryCrossEntropyWithLogits(let weights):
      try requireWeights("positive weights", weights)
    case .focal(let gamma, let alpha):
      try require(gamma >= 0 && gamma <= 100, "gamma", "a number from 0 to 100", gamma.short)
      try requireWeights("alpha", alpha)
    case .binaryFocal(let gamma, let alpha):
      try require(gamma >= 0 && gamma <= 100, "gamma", "a number from 0 to 100", gamma.short)
      let alpha = alpha ?? 0
      try require(alpha >= 0 && alpha <= 1, "alpha", "a number from 0 to 1", alpha.short)
    case .multiMargin(let power, let margin):
      try require(power == 1 || power == 2, "power", "1 or 2", "\(power)")
      try requirePositive("margin", margin)
    case .negativeLogLikelihood, .absoluteError, .binaryCrossEntropy, .hinge, .klDivergence: break
    }
  }

  /// Throws where the loss has no meaning for outputs of that shape.
  func check(outputs shape: [Int]) throws {
    try validate()
    let what = String(name.prefix { $0 != " " })
    guard !kind.isOfClasses || shape.count == 1 else {
      throw InvalidInput(
        description: "\(what): expected outputs [classes], found \(shape): "
          + "end the network with Flatten() and Dense(classes)")
    }
    let (weights, outputs) = (kind.outputWeights, shape.reduce(1, *))
    guard weights.count <= 1 || weights.count == outputs else {
      throw InvalidInput(
        description: "\(what): expected \(outputs) weights, one for each output, "
          + "found \(weights.count)")
    }
    guard (ignoredIndex ?? 0) < outputs else {
      throw InvalidInput(
        description: "\(what): expected an ignored class from 0 to \(outputs - 1), "
          + "found \(ignoredIndex ?? 0)")
    }
  }
}
