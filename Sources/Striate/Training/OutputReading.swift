import Foundation

/// What the outputs for one image say: the probability of every class, and the likeliest.
struct OutputReading {
  /// The class of the largest; nil where one is not finite.
  let classIndex: Int?
  /// One number for each class; NaN where the outputs are not all finite.
  let probabilities: [Float]

  init(classIndex: Int?, probabilities: [Float]) {
    self.classIndex = classIndex
    self.probabilities =
      classIndex == nil
      ? [Float](repeating: .nan, count: probabilities.count) : probabilities
  }

  /// Of given probabilities.
  init(probabilities: [Float]) {
    self.init(classIndex: probabilities.indexOfFiniteMaximum, probabilities: probabilities)
  }
}

extension Network {
  /// The outputs for one image as the probability of every class, from 0 to 1.
  ///
  /// Outputs of a network that ends in a softmax, a sigmoid (also a hard one) or a step are probabilities
  /// already, whatever views, identities and dropout follow. Others are taken as scores (logits):
  ///
  ///     p[k] = exp(y[k] − max y) / Σ(j) exp(y[j] − max y)
  ///
  /// A single output tells two classes apart. Its probability, of a score 1 / (1 + exp(−y)), is that of
  /// class 1:
  ///
  ///     p = [1 − y, y]
  ///
  /// Where the last layers do not say what a single output is, the loss of the training does
  /// (`Preprocessing.outputMeaning`): what was trained to be near 0 or 1 is brought between them.
  ///
  /// All are NaN where an output is not a finite number.
  /// Source: seeds/002 eq 16.
  public func probabilities(_ outputs: [Float]) -> [Float] {
    reading(outputs, classes: classCount(of: outputs)).probabilities
  }

  /// The number of classes that the outputs tell apart.
  func classCount(of outputs: [Float]) -> Int {
    outputs.count == 1 && preprocessing.classNames.count != 1 ? 2 : outputs.count
  }

  /// What outputs say about the first `classes` classes.
  func reading(_ outputs: [Float], classes: Int) -> OutputReading {
    let all: [Float]
    if outputs.count == 1, classes == 2 {
      let isScore = outputMeaning == .scores
      let y = isScore ? Self.logistic(outputs[0]) : Self.clampedToUnit(outputs[0])
      all = [isScore ? Self.logistic(-outputs[0]) : 1 - y, y]
    } else if givesProbabilities {
      all = outputs
    } else if let largest = outputs.max(), outputs.allSatisfy(\.isFinite) {
      let powers = outputs.map { exp(Double($0 - largest)) }
      let sum = powers.reduce(0, +)
      all = powers.map { Float($0 / sum) }
    } else {
      all = outputs
    }
    return OutputReading(
      classIndex: classIndex(outputs, classes: classes), probabilities: Array(all.prefix(classes)))
  }

  /// The likeliest of the first `classes` classes; nil where an output is not a finite number.
  func classIndex(_ outputs: [Float], classes: Int) -> Int? {
    guard outputs.count == 1, classes == 2 else {
      guard outputs.allSatisfy(\.isFinite) else { return nil }
      return outputs.prefix(classes).indexOfFiniteMaximum
    }
    guard outputs[0].isFinite else { return nil }
    return outputs[0] >= outputMeaning.threshold ? 1 : 0
  }

  private static func logistic(_ y: Float) -> Float { Float(1 / (1 + exp(-Double(y)))) }

  /// x where it lies between 0 and 1, else the nearer of them; what is no number stays so.
  private static func clampedToUnit(_ x: Float) -> Float { x < 0 ? 0 : x > 1 ? 1 : x }

  /// What a single output is: what the last layers say, else what the loss said that the network was trained
  /// with. One answer for training, evaluation and prediction.
  var outputMeaning: OutputMeaning {
    givesProbabilities ? .probabilities : preprocessing.outputMeaning ?? .scores
  }

  /// Whether the last layer that changes numbers in use gives probabilities.
  package var givesProbabilities: Bool {
    var value = outputs[0]
    while case .node(let index) = value {
      let node = nodes[index]
      switch node.layer {
      case is Softmax: return true
      case let layer as Activation:
        switch layer.function {
        case .sigmoid, .hardSigmoid, .step: return true
        case .identity: value = node.inputs[0]
        default: return false
        }
      case is Dropout: value = node.inputs[0]
      case let layer where layer.isView: value = node.inputs[0]
      default: return false
      }
    }
    return false
  }

  func prediction(_ outputs: [Float]) -> Prediction {
    let reading = reading(outputs, classes: classCount(of: outputs))
    let best = reading.classIndex ?? 0
    let names = preprocessing.classNames
    return Prediction(
      classIndex: best, className: names.indices.contains(best) ? names[best] : "\(best)",
      probabilities: reading.probabilities)
  }
}

extension OutputMeaning {
  /// The least value of a single output that says yes.
  var threshold: Float {
    switch self {
    case .scores: 0
    case .probabilities: 0.5
    }
  }
}

extension RandomAccessCollection<Float> where Index == Int {
  /// The place of the largest element, the first of equal ones; nil where one is not finite or there is
  /// none.
  var indexOfFiniteMaximum: Int? {
    guard !isEmpty else { return nil }
    var best = startIndex
    for k in indices {
      guard self[k].isFinite else { return nil }
      if self[k] > self[best] { best = k }
    }
    return best
  }
}
