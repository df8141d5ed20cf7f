import LaneKernels

/// A network compiled for a batch size: every buffer laid out, every step listed.
///
/// Values lie as [block][element] of 16 lanes, lane i of a block being image i of 16; in a plan for inference also as
/// `ChannelLayout` says. Nothing is allocated when a plan runs.
///
/// Unchecked: one owner runs it, from one thread at a time.
package final class Plan: @unchecked Sendable {
  /// What a plan computes.
  package enum Mode {
    /// Outputs.
    case inference
    /// Outputs and gradients of the parameters, and of the inputs where asked for; as in a training
    /// step, or as the network computes afterwards.
    case gradients(ofInputs: Bool, inTraining: Bool = false)

    var isTraining: Bool {
      if case .gradients = self { return true }
      return false
    }

    var wantsInputGradients: Bool {
      if case .gradients(let wanted, _) = self { return wanted }
      return false
    }

    var isTrainingStep: Bool {
      if case .gradients(_, let isStep) = self { return isStep }
      return false
    }
  }

  package private(set) var network: Network
  package let batchSize: Int
  package let blocks: Int
  /// How values lie where lanes hold channels; nil where they hold images.
  let channels: ChannelLayout?
  package var lanesHoldChannels: Bool { channels != nil }
  package let kernels: KernelTable
  let pool: ThreadPool
  let mode: Mode

  /// What the next run is about.
  let step: StepState

  private(set) var inputs: [LaneValue] = []
  private(set) var values: [LaneValue] = []
  /// What follows from the parameters alone: weights scaled for a normalisation that follows, and then weights in
  /// the order of the kernels.
  private(set) var folding: [Tasks] = []
  private(set) var prepare: [Tasks] = []
  private(set) var forward: [Phase] = []
  private(set) var backward: [Phase] = []
  /// What follows the way back: sums of the gradients of parameters.
  private(set) var sums: [Phase] = []
  private var memory: [Storage] = []
  /// For each output behind the first its gradient.
  var keptGradients: [Int: Floats] = [:]

  /// The bytes of the values of inputs and layers, each counted once where several share them.
  package var valueBytes: Int {
    let places = Dictionary(
      (inputs + values).map { ($0.values.base, blocks * $0.blockSize) }, uniquingKeysWith: max)
    return places.values.reduce(0, +) * MemoryLayout<Float>.stride
  }
  private var offsets: [Offsets] = []
  private let workerMemory = WorkerMemory()

  /// The bytes of all that the plan has allocated.
  package var bytes: Int {
    let floats =
      memory.reduce(0) { $0 + $1.count } + parameters.count + (gradients?.count ?? 0)
      + workerMemory.count
    return floats * MemoryLayout<Float>.stride
  }

  /// The threads that were asked for.
  let threads: Int

  /// All parameters one after the other, each from a multiple of 16 Floats on; their gradients likewise.
  let parameters: Storage
  let gradients: Storage?
  private(set) var places: [ParameterPlace] = []

  private lazy var prepareProgram = program([Phase(groups: folding), Phase(groups: prepare)])
  private lazy var forwardProgram = program(byBlock(forward))
  private lazy var backwardProgram = program(byBlock(backward) + sums)

  /// How the gradients of parameters are cut into tasks, where layers say so.
  package var divisions: [ParameterDivision] {
    let summed = Set(network.nodes.filter { $0.shares != nil }.flatMap(\.parameters))
    let bases = Set(summed.map { places[$0].gradient?.base })
    return backward.flatMap(\.groups).compactMap(\.division).filter {
      !bases.contains($0.gradient.base)
    }
  }

  /// The values that the network gives.
  var outputs: [LaneValue] { network.outputs.map(read) }

  /// The first of them.
  var output: LaneValue { read(network.outputs[0]) }

  /// What values and gradients hold before they are first written; nil for zeros. NaN shows a test what is read too early.
  private let marker: Float?

  /// Throws `NotEnoughMemory` where the buffers would not fit into this machine, and `InvalidInput` where
  /// a parameter no longer has the shape its layer gave it.
  ///
  /// - Parameter lanes: What lanes hold; nil for what is faster, where the layers leave a choice.
  package init(
    _ network: Network, batchSize: Int, mode: Mode, threads: Int = Engine.defaultThreads,
    kernels: KernelTable = .best, marker: Float? = nil, lanes: LaneContent? = nil
  ) throws {
    precondition(batchSize >= 1, "Plan: expected at least one image, found \(batchSize)")
    try network.checkParameters()
    let chosen =
      mode.isTraining
      ? nil : ChannelLayout.chosen(for: network, batchSize: batchSize, lanes: lanes)
    // Where there is a choice, memory decides first.
    channels = chosen.flatMap { layout in
      let check: Void? = try? NotEnoughMemory.check(
        network, layout, batchSize: batchSize, workers: threads)
      return check == nil && lanes == nil ? nil : layout
    }
    if let channels {
      try NotEnoughMemory.check(network, channels, batchSize: batchSize, workers: threads)
    } else {
      try NotEnoughMemory.check(
        network, batchSize: batchSize, isTraining: mode.isTraining, workers: threads)
    }
    self.network = network
    // A plan that keeps its network must not be kept by it.
    self.network.idlePlans = IdlePlans()
    self.batchSize = batchSize
    blocks = channels?.blocks ?? (batchSize + laneCount - 1) / laneCount
    self.kernels = kernels
    self.mode = mode
    self.marker = marker
    step = StepState(blocks: blocks, images: batchSize)
    self.threads = threads
    pool = .shared(threads: threads)
    let sizes = network.parameters.map { Plan.padded($0.tensor.count) }
    parameters = Storage(count: sizes.reduce(0, +))
    gradients = mode.isTraining ? Storage(count: sizes.reduce(0, +)) : nil
    var start = 0
    for (parameter, size) in zip(network.parameters, sizes) {
      places.append(
        ParameterPlace(
          values: Floats(base: parameters.base + start),
          gradient: gradients.flatMap {
            parameter.isTrained ? Floats(base: $0.base + start) : nil
          },
          count: parameter.tensor.count))
      start += size
    }
    if let marker {
      for place in places { place.gradient?.base.update(repeating: marker, count: place.count) }
    }
    compile()
    load(network)
  }

  private static func padded(_ count: Int) -> Int {
    (count + laneCount - 1) / laneCount * laneCount
  }

  /// Copies a network's parameters into the plan.
  package func load(_ network: Network) {
    for (parameter, place) in zip(network.parameters, places) {
      precondition(
        parameter.tensor.count == place.count,
        "Plan: expected \(place.count) numbers of \(parameter.name), "
          + "found \(parameter.tensor.count)")
      parameter.tensor.scalars.withUnsafeBufferPointer { source in
        if let base = source.baseAddress {
          place.values.base.update(from: base, count: source.count)
        }
      }
    }
    pool.run(prepareProgram)
  }

  /// Copies the plan's parameters into a network.
  package func store(into network: inout Network) {
    for (index, place) in places.enumerated() {
      network.parameters[index].tensor.scalars = Array(
        UnsafeBufferPointer(start: place.values.base, count: place.count))
    }
  }

  // MARK: Running

  /// Runs the layers forwards over the inputs that lie in the plan.
  func runForward() { pool.run(forwardProgram) }

  /// Runs the layers backwards from the output's gradient, once after each run forwards: gradients may lie over values.
  func runBackward() { pool.run(backwardProgram) }

  /// Phases that run one after the other on the plan's threads.
  func program(_ phases: [Phase]) -> Program { Program(phases, workers: pool.threads) }

  /// Phases that run one after the other, with those that stay in a block of images as one where there
  /// are enough blocks for all threads.
  func byBlock(_ phases: [Phase]) -> [Phase] {
    phases.byBlock(blocks: blocks, threads: pool.threads)
  }

  // MARK: Compiling

  private func allocate(_ count: Int) -> Floats {
    let storage = Storage(count: count)
    if let marker { storage.base.update(repeating: marker, count: count) }
    memory.append(storage)
    return storage.floats
  }

  func allocate(lanesFor shape: [Int]) -> Floats {
    let elements = shape.reduce(1, *)
    return allocate(
      blocks * (channels == nil ? blockStride(elements: elements) : elements * laneCount))
  }

  private func compile() {
    let isTraining = mode.isTraining
    let layout = PlanLayout(
      network, isTraining: isTraining, isTrainingStep: mode.isTrainingStep)
    var reuse = MemoryReuse<Floats>(network, layout, channels)
    var readers: [Network.Value: ValueReaders] = [:]
    var sums = ParameterSums()
    for (index, input) in network.inputs.enumerated() {
      let shape = laneShape(of: .input(index), shape: input.shape)
      inputs.append(
        LaneValue(
          shape: shape, values: allocate(lanesFor: shape),
          gradient: mode.wantsInputGradients ? allocate(lanesFor: shape) : nil,
          channels: channels?.inputs[index]))
    }
    var steps = [(forward: [Phase], backward: [Phase])](
      repeating: ([], []), count: network.nodes.count)
    var partialSums: [Tasks] = []
    for (index, node) in network.nodes.enumerated() {
      if let producer = layout.addedUpBy[index] {
        append(values[producer], readers: &readers)
        continue
      }
      if layout.isPooledAway[index] {
        let input = read(node.inputs[0])
        append(
          LaneValue(shape: node.shape, values: input.values, gradient: nil), readers: &readers)
        continue
      }
      let norm = layout.pooledNorms[index]
      let computed = norm.map { network.nodes[$0] } ?? node
      let isInPlace = layout.isInPlace[index]
      let adds = layout.addsGradient[index]
      let sources = computed.inputs.map { source($0, adds: adds, readers: &readers) }
      let addend = layout.addends[index].map { source($0, readers: &readers) }
      let wantsGradient =
        isTraining && (layout.needsGradient[index] || mode.wantsInputGradients)
      // Whose gradient lies where the output's lies.
      let shared =
        addend ?? (isInPlace || node.layer is any PassesBackInPlace ? sources[0] : nil)
      let shape = laneShape(of: .node(index), shape: node.shape)
      let place =
        isInPlace
        ? sources[0].values
        : isTraining
          ? allocate(lanesFor: shape)
          : layout.addsTo[index].map { values[$0].values }
            ?? reuse.place(for: index) ?? allocate(lanesFor: shape)
      let gradient = layout.gradientIsOverValues[index] ? place : shared?.gradient
      let output = LaneValue(
        shape: shape, values: place,
        gradient: wantsGradient ? gradient ?? allocate(lanesFor: shape) : nil,
        channels: channels?.nodes[index])
      append(output, readers: &readers)
      // Its values lie where the layer's before it lie, which the layer behind it reads.
      if layout.isFolded[index] { continue }
      let (layer, parameters) = folded(computed, into: layout.folds[index], sums: &sums)
      var site = LayerSite(
        blocks: blocks, workers: pool.threads, kernels: kernels, inputs: sources, output: output,
        parameters: parameters,
        limits: layout.limits[norm ?? index], isTraining: wantsGradient,
        step: mode.isTrainingStep && !network.isFrozen(computed) ? step : nil, index: index,
        marker: marker, workerMemory: workerMemory)
      site.adds = layout.addsTo[index] != nil
      site.addend = addend
      site.addsGradient = adds
      site.masksReLU = layout.masksReLU[index]
      site.poolsQuads = norm != nil
      compile(layer, into: &site)
      if layout.isFusedIntoLimits[index] { site.forward = [] }
      if layout.isMaskedReLU[index] { site.backward = [] }
      prepare += site.prepare
      memory += site.memory
      offsets += site.offsets
      for phase in site.forward.indices { site.forward[phase].layer = norm ?? index }
      for phase in site.backward.indices { site.backward[phase].layer = norm ?? index }
      steps[index] = (site.forward, site.backward)
      partialSums += site.sums
      if !isTraining { reuse.pass(index, values: output.values) }
    }
    workerMemory.allocate(workers: pool.threads, marker: marker)
    forward = steps.flatMap(\.forward)
    guard isTraining else { return }
    backward += clearingPhase(readers: readers, layout)
    for index in network.nodes.indices.reversed() {
      backward += sumPhase(of: .node(index), readers: readers)
      backward += keepingPhase(of: index)
      backward += steps[index].backward
    }
    for index in inputs.indices { backward += sumPhase(of: .input(index), readers: readers) }
    self.sums = [Phase(groups: partialSums)] + sums.phase(kernels: kernels)
  }

  /// Appends the output of the next layer; the loss is the first reader of the first output.
  private func append(_ output: LaneValue, readers: inout [Network.Value: ValueReaders]) {
    let value = Network.Value.node(values.count)
    values.append(output)
    if let gradient = output.gradient, network.outputs[0] == value {
      readers[value, default: ValueReaders()].append(gradient)
    }
  }

  /// A value as a layer reads it, with the gradient that this layer writes.
  private func source(
    _ value: Network.Value, adds: Bool = false, readers: inout [Network.Value: ValueReaders]
  ) -> LaneValue {
    let source = read(value)
    let gradient = source.gradient.map { own in
      readers[value, default: ValueReaders()]
        .next(own, adds: adds, another: allocate(lanesFor: source.shape))
    }
    return LaneValue(
      shape: source.shape, values: source.values, gradient: gradient, channels: source.channels)
  }

  /// The shape of a value whose elements are lanes.
  private func laneShape(of value: Network.Value, shape: [Int]) -> [Int] {
    channels.map { $0.shape(of: value).lanes(images: $0.images) } ?? shape
  }

  private func compile(_ layer: any Layer, into site: inout LayerSite) {
    guard let channels, let layer = layer as? any RunsOnChannels,
      let output = site.output.channels
    else { return layer.compile(into: &site) }
    var channelSite = ChannelSite(
      lanes: site, images: channels.images, inputs: site.inputs.compactMap(\.channels),
      output: output)
    layer.compile(into: &channelSite)
    site = channelSite.lanes
  }

  /// The parameters of a layer. Where layers share one, all but the first have gradients of their own,
  /// which are added to the first's at the end.
  private func places(of node: Network.Node, sums: inout ParameterSums) -> [ParameterPlace] {
    node.parameters.map { index in
      let place = places[index]
      guard node.shares != nil, let sum = place.gradient else { return place }
      let own = allocate(Plan.padded(place.count))
      sums.add(own, to: sum, count: Plan.padded(place.count))
      return ParameterPlace(values: place.values, gradient: own, count: place.count)
    }
  }

  /// A node's layer and its parameters; with those of the normalisation behind it, where there is one that it takes
  /// in.
  private func folded(
    _ node: Network.Node, into norm: Int?, sums: inout ParameterSums
  ) -> (any Layer, [ParameterPlace]) {
    let own = places(of: node, sums: &sums)
    guard let norm, let layer = node.layer as? any AbsorbsScale,
      let batchNorm = network.nodes[norm].layer as? BatchNorm
    else { return (node.layer, own) }
    let others = places(of: network.nodes[norm], sums: &sums)
    let channels = others[others.count - 1].count
    let biasCount = own.count > 1 ? own[1].count : channels
    let (weights, biases) = (
      allocate(Plan.padded(own[0].count)), allocate(Plan.padded(biasCount))
    )
    folding.append(batchNorm.folding(others, into: own, weights: weights, biases: biases))
    return (
      layer.withBias,
      [
        ParameterPlace(values: weights, gradient: nil, count: own[0].count),
        ParameterPlace(values: biases, gradient: nil, count: biasCount),
      ]
    )
  }

  /// A value of the network.
  func read(_ source: Network.Value) -> LaneValue {
    switch source {
    case .input(let index): inputs[index]
    case .node(let index): values[index]
    }
  }
}
