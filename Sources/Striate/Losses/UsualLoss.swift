extension Network {
  /// The loss that fits what the last layer gives: probabilities, independent ones, or scores.
  package var usualLoss: Loss {
    switch nodes.last?.layer {
    case is Softmax: .negativeLogLikelihood
    case let layer as Activation where layer.function == .sigmoid: .binaryCrossEntropy
    default: outputShape == [1] ? .binaryCrossEntropyWithLogits() : .softmaxCrossEntropy
    }
  }
}
