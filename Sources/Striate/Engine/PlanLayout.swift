import LaneKernels

/// Which values share memory and which layers run as one.
struct PlanLayout {
  /// The output lies where the input lies.
  var isInPlace: [Bool]
  /// Where the layer's outputs end: the range of the ReLU or clip that follows and is computed along with it.
  var limits: [OutputLimits]
  /// The layer is such a ReLU or clip.
  var isFusedIntoLimits: [Bool]
  /// The layer is such a ReLU, and its gradient is computed along as well: by the layer before it, or by a maximum
  /// pooling behind it.
  var isMaskedReLU: [Bool]
  /// The layer is a maximum pooling that computes the gradient of the ReLU before it.
  var masksReLU: [Bool]
  /// In a training step, for a maximum pooling of 2 × 2: the normalisation before it that computes it along.
  var pooledNorms: [Int?]
  /// The layer is such a normalisation, or the ReLU behind it: its outputs are nowhere.
  var isPooledAway: [Bool]
  /// The layer's outputs are read by such a normalisation alone, which writes their gradient over them.
  var gradientIsOverValues: [Bool]
  /// The normalisation whose scales and shifts the layer takes into its weights.
  var folds: [Int?]
  /// The layer is such a normalisation.
  var isFolded: [Bool]
  /// For a layer whose outputs are added to another value in its place: that value's layer.
  var addsTo: [Int?]
  /// In training, for a normalisation that adds another value to its outputs: that value.
  ///
  /// The outputs lie where the sum's lie, and the sum's gradient lies where the value's lies, if it has one.
  var addends: [Network.Value?]
  /// For a sum that is there already: the layer that added to its summand, or the normalisation.
  var addedUpBy: [Int?]
  /// The layer adds its input's gradient to that of the next layer which reads the same value, in its place.
  var addsGradient: [Bool]
  /// Something before the layer, or the layer itself, has parameters to train.
  var needsGradient: [Bool]

  init(_ network: Network, isTraining: Bool, isTrainingStep: Bool = false) {
    let count = network.nodes.count
    folds = Array(repeating: nil, count: count)
    (addsTo, pooledNorms) = (folds, folds)
    isFolded = Array(repeating: false, count: count)
    addedUpBy = folds
    addends = Array(repeating: nil, count: count)
    isInPlace = Array(repeating: false, count: count)
    limits = Array(repeating: .none, count: count)
    isFusedIntoLimits = isInPlace
    isMaskedReLU = isInPlace
    isPooledAway = isInPlace
    gradientIsOverValues = isInPlace
    masksReLU = isInPlace
    addsGradient = isInPlace
    needsGradient = isInPlace
    var readers = Array(repeating: 0, count: count)
    for node in network.nodes {
      for case .node(let source) in node.inputs { readers[source] += 1 }
    }
    for case .node(let output) in network.outputs { readers[output] += 1 }
    var memory = MemoryOwners(network)
    for (index, node) in network.nodes.enumerated() {
      needsGradient[index] =
        node.parameters.contains { network.parameters[$0].isTrained }
        || node.inputs.contains { source in
          if case .node(let i) = source { return needsGradient[i] }
          return false
        }
      isInPlace[index] = node.layer.isView
      if isTraining {
        takeAddend(index, node, network, readers)
      } else {
        addUp(index, node, network, &memory)
      }
      defer { memory.append(index, owner: owner(of: index, network, memory)) }
      guard node.inputs.count == 1, case .node(var source) = node.inputs[0],
        readers[source] == 1
      else { continue }
      // A maximum that is not above 0 passes nothing back: the gradient of the pooling is masked where it is small.
      if node.layer is MaxPool2D, isFusedIntoLimits[source],
        (network.nodes[source].layer as? Activation)?.function == .relu
      {
        (masksReLU[index], isMaskedReLU[source]) = (true, true)
      }
      if isTrainingStep { takeNorm(index, node, network, readers) }
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
        if let activation = node.layer as? Activation, let range = activation.function.limits,
          producer is any ClampsOutput
        {
          limits[source] = range
          isFusedIntoLimits[index] = true
          isMaskedReLU[index] = range == .relu && producer is any MasksGradient
        }
      }
    }
    if isTraining { addGradients(network) }
  }
}

/// Which values lie in the memory of which layer, as far as layers have been visited.
private struct MemoryOwners {
  /// The layer in whose memory a layer's output lies; nil where it is an input's.
  private(set) var owners: [Int?] = []
  /// The layers whose outputs lie in a layer's memory.
  private var members: [Int: [Int]] = [:]
  /// The layers that read a layer's output.
  let readers: [[Int]]
  private let outputs: Set<Int>

  init(_ network: Network) {
    var readers = [[Int]](repeating: [], count: network.nodes.count)
    for (index, node) in network.nodes.enumerated() {
      for case .node(let source) in node.inputs { readers[source].append(index) }
    }
    self.readers = readers
    outputs = Set(
      network.outputs.compactMap { if case .node(let index) = $0 { index } else { nil } })
  }

  /// A layer has been visited.
  mutating func append(_ index: Int, owner: Int?) {
    owners.append(owner)
    if let owner { members[owner, default: []].append(index) }
  }

  /// Layers visited before write into another's memory.
  mutating func move(_ indices: [Int], to owner: Int) {
    for index in indices where index < owners.count {
      if let old = owners[index] { members[old]?.removeAll { $0 == index } }
      owners[index] = owner
      members[owner, default: []].append(index)
    }
  }

  func isOutput(_ index: Int) -> Bool { outputs.contains(index) }

  /// Whether nobody but one layer reads what lies in a memory, from some layer on.
  func isFree(_ owner: Int, from first: Int, butFor reader: Int) -> Bool {
    (members[owner] ?? []).allSatisfy { member in
      !outputs.contains(member) && readers[member].allSatisfy { $0 < first || $0 == reader }
    }
  }
}

extension PlanLayout {
  /// Where one summand of a sum of two is a convolution's output that nobody else reads, and the other's memory is not
  /// read from the convolution on: the convolution adds to it, and the sum costs nothing.
  private mutating func addUp(
    _ index: Int, _ node: Network.Node, _ network: Network, _ memory: inout MemoryOwners
  ) {
    guard node.layer is Add, node.inputs.count == 2, case .node(let one) = node.inputs[0],
      case .node(let other) = node.inputs[1], one != other
    else { return }
    let (early, late) = (min(one, other), max(one, other))
    var producer = late
    if isFolded[late], case .node(let folding) = network.nodes[late].inputs[0] {
      producer = folding
    }
    guard early < producer, !memory.isOutput(late), memory.readers[late].count == 1,
      memory.readers[producer].count == 1, addsTo[producer] == nil,
      let layer = network.nodes[producer].layer as? any AddsOutput,
      layer.addsOutput(of: network.nodes[producer].inputs.map { network.shape(of: $0) }),
      let owner = memory.owners[early], owner != memory.owners[producer],
      memory.isFree(owner, from: producer, butFor: index)
    else { return }
    (addsTo[producer], addedUpBy[index], isInPlace[index]) = (early, producer, true)
    memory.move(producer == late ? [late] : [producer, late], to: owner)
  }
}

extension PlanLayout {
  /// Where one summand of a sum of two is a normalisation's output that nobody else reads, and the other is there
  /// before: the normalisation adds it.
  private mutating func takeAddend(
    _ index: Int, _ node: Network.Node, _ network: Network, _ readers: [Int]
  ) {
    guard node.layer is Add, node.inputs.count == 2 else { return }
    // Of two normalisations the second.
    let order = node.inputs.sorted { $0.order < $1.order }
    guard case .node(let norm) = order[1], network.nodes[norm].layer is BatchNorm,
      order[0] != order[1], readers[norm] == 1
    else { return }
    // The normalisation runs back where the other wants the gradient.
    if case .node(let other) = order[0], needsGradient[other], !needsGradient[norm] { return }
    (addends[norm], addedUpBy[index], isInPlace[index]) = (order[0], norm, true)
  }

  /// Where a maximum pooling of 2 × 2 follows a normalisation that learns, or the ReLU that the normalisation computes
  /// along, nobody else reads either, and rows and columns are pairs: the normalisation computes the maxima alone.
  private mutating func takeNorm(
    _ index: Int, _ node: Network.Node, _ network: Network, _ readers: [Int]
  ) {
    guard let pool = node.layer as? MaxPool2D, pool.window == Window(kernel: 2, stride: 2),
      case .node(let source) = node.inputs[0]
    else { return }
    var norm = source
    if isFusedIntoLimits[source], case .node(let producer) = network.nodes[source].inputs[0] {
      norm = producer
    }
    // A layer that is used in several places keeps its running statistics in the order of these.
    guard network.nodes[norm].layer is BatchNorm, [.none, .relu].contains(limits[norm]),
      readers[norm] == 1, !network.isFrozen(network.nodes[norm]),
      network.nodes[norm].shares == nil, !network.nodes.contains(where: { $0.shares == norm }),
      network.nodes[norm].shape.suffix(2).allSatisfy({ $0.isMultiple(of: 2) })
    else { return }
    pooledNorms[index] = norm
    (isPooledAway[norm], isPooledAway[source]) = (true, true)
    guard case .node(let input) = network.nodes[norm].inputs[0], readers[input] == 1
    else { return }
    // Not where the values are another layer's, too, or the layer reads them on the way back, or has its gradient in
    // another place.
    let layer = network.nodes[input].layer
    gradientIsOverValues[input] =
      !isInPlace[input] && !layer.backwardNeeds.contains(.output)
      && !(layer is any PassesBackInPlace)
  }

  /// The first reader of a value is the last to pass a gradient back to it.
  private mutating func addGradients(_ network: Network) {
    var readers: [Network.Value: [Int]] = [:]
    for (index, node) in network.nodes.enumerated() where addedUpBy[index] == nil {
      for source in node.inputs + [addends[index]].compactMap(\.self) {
        readers[source, default: []].append(index)
      }
    }
    for (value, indices) in readers where indices.count > 1 && value != network.outputs[0] {
      let node = network.nodes[indices[0]]
      if let layer = node.layer as? any AddsGradient {
        addsGradient[indices[0]] = layer.addsGradient
      }
    }
  }
}

extension Network.Value {
  /// Inputs before layers, and these as they run.
  fileprivate var order: Int {
    switch self {
    case .input(let index): index - .max
    case .node(let index): index
    }
  }
}

extension PlanLayout {
  /// The layer in whose memory the output of the layer lies that is being visited.
  private func owner(of index: Int, _ network: Network, _ memory: MemoryOwners) -> Int? {
    if let producer = addedUpBy[index] { return memory.owners[producer] }
    guard isInPlace[index] else { return index }
    guard case .node(let source) = network.nodes[index].inputs[0] else { return nil }
    return memory.owners[source]
  }
}

/// A layer that can add its outputs to what lies in their place: see `LayerSite.adds`.
protocol AddsOutput: Layer {
  /// Whether it can for inputs of these shapes.
  func addsOutput(of inputs: [[Int]]) -> Bool
}

/// A layer that can add its input's gradient to what lies in its place: see `LayerSite.addsGradient`.
protocol AddsGradient: Layer {
  /// Whether it can.
  var addsGradient: Bool { get }
}

extension Conv2D: AddsOutput, AddsGradient {
  /// Kernels of one channel a filter cannot.
  func addsOutput(of inputs: [[Int]]) -> Bool { groups == 1 }

  /// Nor can what is copied into a border.
  var addsGradient: Bool { groups == 1 && paddingMode == .zeros }
}

/// A layer that computes every number from the one in its place alone, and can write over its input.
protocol RunsInPlace: Layer {}
extension Activation: RunsInPlace {}

/// A layer that makes every number of its first input's gradient from the one in its place of the output's gradient,
/// which it needs no longer: both lie in one place.
protocol PassesBackInPlace: Layer {}
extension Activation: PassesBackInPlace {}
extension Add: PassesBackInPlace {}
extension BatchNorm: PassesBackInPlace {}

/// A layer that keeps its outputs within `LayerSite.limits`: a ReLU or a clip after it costs nothing.
protocol ClampsOutput: Layer {}

/// A layer that also passes back the gradient of positive outputs alone where a ReLU is computed along with it.
protocol MasksGradient: ClampsOutput {}
extension Conv2D: ClampsOutput {}
extension Conv1D: ClampsOutput {}
extension Dense: ClampsOutput {}
