/// A single neuron with a step: it fires where its weighted inputs outweigh its bias.
///
///     y = 1 where b + Σ w[i] · x[i] > 0, otherwise 0
///
/// Source: Li, Convolutional Neural Networks (COMP4121), §1.1; Rosenblatt 1958, doi:10.1037/h0042519.
public struct Perceptron: Sendable, Equatable {
  /// One weight an input.
  public var weights: [Double]

  /// What is added to the weighted sum.
  public var bias: Double

  /// A perceptron with the given weights.
  public init(weights: [Double], bias: Double = 0) {
    self.weights = weights
    self.bias = bias
  }

  /// A perceptron that knows nothing: all weights are zero.
  public init(inputs: Int) {
    precondition(inputs >= 1, "Perceptron: expected at least one input, found \(inputs)")
    self.init(weights: Array(repeating: 0, count: inputs))
  }

  /// Whether the perceptron fires: 1 or 0.
  ///
  /// - Precondition: there is one input a weight.
  public func fire(_ inputs: [Double]) -> Double {
    precondition(
      inputs.count == weights.count,
      "Perceptron: expected \(weights.count) inputs, found \(inputs.count)")
    let sum = zip(weights, inputs).reduce(bias) { $0 + $1.0 * $1.1 }
    return sum > 0 ? 1 : 0
  }

  /// Learns by the perceptron rule, example after example, until a whole round has no mistake.
  ///
  ///     w += learningRate · (target − y) · x,  b += learningRate · (target − y)
  ///
  /// Returns the number of rounds it took, or nil where the last one still had a mistake. It ends
  /// on every set that a straight line (a plane) can divide: Novikoff 1962.
  ///
  /// - Precondition: targets are 0 or 1.
  @discardableResult
  public mutating func train(
    on examples: [(inputs: [Double], target: Double)], learningRate: Double = 1,
    rounds: Int = 1000
  ) -> Int? {
    precondition(
      examples.allSatisfy { $0.target == 0 || $0.target == 1 },
      "Perceptron: expected targets 0 or 1, found \(examples.map(\.target))")
    for round in stride(from: 1, through: rounds, by: 1) {
      var mistakes = 0
      for (inputs, target) in examples {
        let error = target - fire(inputs)
        guard error != 0 else { continue }
        mistakes += 1
        for i in weights.indices { weights[i] += learningRate * error * inputs[i] }
        bias += learningRate * error
      }
      if mistakes == 0 { return round }
    }
    return nil
  }
}

/// A neuron of truth values: it fires where the weights of its true inputs pass a threshold.
///
///     y = (Σ over true inputs w[i]) > threshold
///
/// Source: Chidiac, Convolutional Neural Networks, §1.1.2; McCulloch & Pitts 1943, doi:10.1007/BF02478259.
public struct ThresholdLogicUnit: Sendable, Equatable {
  /// One weight an input.
  public var weights: [Double]

  /// What the sum must pass.
  public var threshold: Double

  /// A unit with the given weights.
  public init(weights: [Double], threshold: Double) {
    self.weights = weights
    self.threshold = threshold
  }

  /// Whether the unit fires.
  ///
  /// - Precondition: there is one input a weight.
  public func fire(_ inputs: [Bool]) -> Bool {
    precondition(
      inputs.count == weights.count,
      "ThresholdLogicUnit: expected \(weights.count) inputs, found \(inputs.count)")
    var sum = 0.0
    for (input, weight) in zip(inputs, weights) where input { sum += weight }
    return sum > threshold
  }
}
