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
  /// For a layer whose outputs are added to another value in its place: that value's layer.
  var addsTo: [Int?]
  /// For a sum that is there already: the layer that added to its summand.
  var addedUpBy: [Int?]
  /// Something before the layer, or the layer itself, has parameters to train.
  var needsGradient: [Bool]

  init(_ network: Network, isTraining: Bool) {
    let count = network.nodes.count
    folds = Array(repeating: nil, count: count)
    addsTo = folds
    isFolded = Array(repeating: false, count: count)
    addedUpBy = folds
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
      if !isTraining { addUp(index, node, network, readers) }
      guard node.inputs.count == 1, case .node(var source) = node.inputs[0],
        readers[source] == 1
      else { continue }
      if !isTraining, node.layer is BatchNorm, !isInPlace[source],
        network.nodes[source].layer is any AbsorbsScale
      {
        (folds[source], isFolded[index], isInPlace[index]) = (index, true, true)
        continue
      }
      if let producer = addedUpBy[source] { source = producer }
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

extension PlanLayout {
  /// Where one summand of a sum of two is a convolution's output that nobody else reads, and the other's memory is not
  /// read from the convolution on: the convolution adds to it, and the sum costs nothing.
  private mutating func addUp(
    _ index: Int, _ node: Network.Node, _ network: Network, _ readers: [Int]
  ) {
    guard node.layer is Add, node.inputs.count == 2, case .node(let one) = node.inputs[0],
      case .node(let other) = node.inputs[1], one != other
    else { return }
    let (early, late) = (min(one, other), max(one, other))
    var producer = late
    if isFolded[late], case .node(let folding) = network.nodes[late].inputs[0] {
      producer = folding
    }
    guard readers[late] == 1, readers[producer] == 1, addsTo[producer] == nil,
      let layer = network.nodes[producer].layer as? any AddsOutput,
      layer.addsOutput(of: network.nodes[producer].inputs.map { network.shape(of: $0) }),
      let memory = owner(of: early, network), early < producer
    else { return }
    // All values in that memory, and who reads them.
    for (reader, node) in network.nodes.enumerated() where reader >= producer && reader != index {
      for case .node(let source) in node.inputs
      where source < index && owner(of: source, network) == memory {
        return
      }
    }
    for case .node(let output) in network.outputs
    where output < index && owner(of: output, network) == memory {
      return
    }
    (addsTo[producer], addedUpBy[index], isInPlace[index]) = (early, producer, true)
  }

  /// The layer in whose memory a layer's output lies; nil where it is an input's.
  private func owner(of index: Int, _ network: Network) -> Int? {
    if let early = addsTo[index] { return owner(of: early, network) }
    guard isInPlace[index] else { return index }
    guard case .node(let source) = network.nodes[index].inputs[0] else { return nil }
    return owner(of: source, network)
  }
}

/// A layer that can add its outputs to what lies in their place: see `LayerSite.adds`.
protocol AddsOutput: Layer {
  /// Whether it can for inputs of these shapes.
  func addsOutput(of inputs: [[Int]]) -> Bool
}

extension Conv2D: AddsOutput {
  /// Kernels of one channel a filter cannot.
  func addsOutput(of inputs: [[Int]]) -> Bool { groups == 1 }
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
