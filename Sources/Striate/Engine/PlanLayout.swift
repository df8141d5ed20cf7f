/// Which values share memory and which layers run as one.
struct PlanLayout {
  /// The output lies where the input lies.
  var isInPlace: [Bool]
  /// The ReLU that follows is computed along with the layer.
  var fusesReLU: [Bool]
  /// The layer is such a ReLU.
  var isFusedReLU: [Bool]
  /// The layer is such a ReLU, and its gradient is computed along as well.
  var isMaskedReLU: [Bool]
  /// The normalisation whose scales and shifts the layer takes into its weights.
  var folds: [Int?]
  /// The layer is such a normalisation.
  var isFolded: [Bool]
  /// Something before the layer, or the layer itself, has parameters to train.
  var needsGradient: [Bool]

  init(_ network: Network, isTraining: Bool) {
    let count = network.nodes.count
    folds = Array(repeating: nil, count: count)
    isFolded = Array(repeating: false, count: count)
    isInPlace = Array(repeating: false, count: count)
    fusesReLU = isInPlace
    isFusedReLU = isInPlace
    isMaskedReLU = isInPlace
    needsGradient = isInPlace
    var readers = Array(repeating: 0, count: count)
    for node in network.nodes {
      for case .node(let source) in node.inputs { readers[source] += 1 }
    }
    for case .node(let output) in network.outputs { readers[output] += 1 }
    for (index, node) in network.nodes.enumerated() {
      needsGradient[index] =
        node.parameters.contains { network.parameters[$0].isTrained }
        || node.inputs.contains { source in
          if case .node(let i) = source { return needsGradient[i] }
          return false
        }
      isInPlace[index] = node.layer.isView
      guard node.inputs.count == 1, case .node(var source) = node.inputs[0],
        readers[source] == 1
      else { continue }
      if !isTraining, node.layer is BatchNorm, !isInPlace[source],
        network.nodes[source].layer is any AbsorbsScale
      {
        (folds[source], isFolded[index], isInPlace[index]) = (index, true, true)
        continue
      }
      if isFolded[source], case .node(let folding) = network.nodes[source].inputs[0] {
        source = folding
      }
      let producer = network.nodes[source].layer
      if node.layer is any RunsInPlace, !node.layer.backwardNeeds.contains(.inputs),
        !producer.backwardNeeds.contains(.output), !isInPlace[source]
      {
        isInPlace[index] = true
        if let activation = node.layer as? Activation, activation.function == .relu,
          producer is any ClampsOutput
        {
          fusesReLU[source] = true
          isFusedReLU[index] = true
          isMaskedReLU[index] = producer is any MasksGradient
        }
      }
    }
  }
}

/// A layer that computes every number from the one in its place alone, and can write over its input.
protocol RunsInPlace: Layer {}
extension Activation: RunsInPlace {}

/// A layer that raises its outputs to `LayerSite.floor`: a ReLU after it costs nothing.
protocol ClampsOutput: Layer {}

/// A layer that also passes back the gradient of outputs above a floor of 0 alone.
protocol MasksGradient: ClampsOutput {}
extension Conv2D: ClampsOutput {}
extension Conv1D: ClampsOutput {}
extension Dense: ClampsOutput {}
