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
  /// Outputs of a network that ends in a softmax, a sigmoid (also a hard one) or a step are probabilities already; others
  /// are taken as scores (logits):
  ///
  ///     p[k] = exp(y[k] − max y) / Σ(j) exp(y[j] − max y)
  ///
  /// A single output tells two classes apart. Its probability, of a score 1 / (1 + exp(−y)), is that of
  /// class 1:
  ///
  ///     p = [1 − y, y]
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
      let (y, isScore) = (outputs[0], givesScores)
      all = isScore ? [Self.logistic(-y), Self.logistic(y)] : [1 - y, y]
    } else if !givesScores {
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
    return outputs[0] >= (givesScores ? 0 : 0.5) ? 1 : 0
  }

  private static func logistic(_ y: Float) -> Float { Float(1 / (1 + exp(-Double(y)))) }

  /// Whether the first output is made of scores and not of probabilities.
  private var givesScores: Bool {
    guard case .node(let index) = outputs[0] else { return true }
    switch nodes[index].layer {
    case is Softmax: return false
    case let layer as Activation:
      switch layer.function {
      case .sigmoid, .hardSigmoid, .step: return false
      default: return true
      }
    default: return true
    }
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
