import Foundation

/// The losses in Double, straight from their equations.
extension Loss {
  /// E for a batch. The first axis of both tensors is the batch.
  public func referenceValue(output: ReferenceTensor, target: ReferenceTensor) -> Double {
    check(output, target)
    var sum = 0.0
    switch kind {
    case .softmaxCrossEntropy:
      output.forEachColumn { indices in
        let largest = indices.map { output[$0] }.max() ?? 0
        let total = largest + log(indices.reduce(0) { $0 + exp(output[$1] - largest) })
        for k in indices { sum += target[k] * (total - output[k]) }
      }
    case .negativeLogLikelihood:
      for k in 0..<output.count { sum -= target[k] * logarithm(output[k]) }
    case .squaredError(let scale):
      for k in 0..<output.count { sum += scale * square(target[k] - output[k]) }
    case .binaryCrossEntropy:
      for k in 0..<output.count {
        sum -= target[k] * logarithm(output[k]) + (1 - target[k]) * logarithm(1 - output[k])
      }
    }
    return sum * weight(of: output.shape)
  }

  /// ∂E/∂output for a batch, in the output's shape.
  public func referenceGradient(
    output: ReferenceTensor, target: ReferenceTensor
  ) -> ReferenceTensor {
    check(output, target)
    var gradient = ReferenceTensor(zeros: output.shape)
    switch kind {
    case .softmaxCrossEntropy:
      let probabilities = Softmax().referenceForward([output], parameters: [])
      output.forEachColumn { indices in
        let total = indices.reduce(0) { $0 + target[$1] }
        for k in indices { gradient[k] = probabilities[k] * total - target[k] }
      }
    case .negativeLogLikelihood:
      for k in 0..<output.count { gradient[k] = -target[k] / denominator(output[k]) }
    case .squaredError(let scale):
      for k in 0..<output.count { gradient[k] = 2 * scale * (output[k] - target[k]) }
    case .binaryCrossEntropy:
      for k in 0..<output.count {
        gradient[k] = (output[k] - target[k]) / denominator(output[k] * (1 - output[k]))
      }
    }
    let weight = weight(of: output.shape)
    return gradient.map { $0 * weight }
  }

  /// What the sum over the batch is multiplied by.
  private func weight(of shape: [Int]) -> Double {
    let batch = reduction == .mean ? shape[0] : 1
    let outputs = kind == .binaryCrossEntropy ? shape.dropFirst().reduce(1, *) : 1
    return 1 / Double(batch * outputs)
  }

  private func logarithm(_ y: Double) -> Double { max(log(y), Loss.smallestLogarithm) }

  private func denominator(_ y: Double) -> Double { max(y, Loss.smallestDenominator) }

  private func square(_ x: Double) -> Double { x * x }

  private func check(_ output: ReferenceTensor, _ target: ReferenceTensor) {
    precondition(
      output.shape == target.shape && output.shape.count >= 2,
      "Loss: expected targets of the outputs' shape \(output.shape), found \(target.shape)")
  }
}
