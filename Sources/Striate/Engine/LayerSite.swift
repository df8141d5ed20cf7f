import LaneKernels

/// A value of the graph in the engine: [block][element] of 16 lanes, one image a lane. Large blocks lie apart: see
/// `blockStride`.
public struct LaneValue: Sendable {
  /// The shape of one image.
  public let shape: [Int]

  /// Where it lies.
  public let values: Floats

  /// Where its gradient lies; nil where nobody needs it.
  public let gradient: Floats?

  /// How an image lies where lanes hold channels; nil where they hold images.
  let channels: ChannelShape?

  /// The elements of one image.
  public let elements: Int

  /// The Floats from one block of 16 images to the next.
  public let blockStride: Int

  init(shape: [Int], values: Floats, gradient: Floats?, channels: ChannelShape? = nil) {
    (self.shape, self.values, self.gradient) = (shape, values, gradient)
    self.channels = channels
    elements = shape.reduce(1, *)
    blockStride =
      channels == nil ? LaneKernels.blockStride(elements: elements) : elements * laneCount
  }

  /// The Floats of a block of 16 images.
  public var blockSize: Int { elements * laneCount }
}

/// A parameter in the engine, in PyTorch's layout.
public struct ParameterPlace: Sendable {
  /// The values.
  public let values: Floats

  /// The gradient; nil in a plan for inference, and where training leaves the parameter as it is.
  public let gradient: Floats?

  /// The number of Floats.
  public let count: Int
}

/// Where a layer compiles itself: its values and parameters, the kernels, and the lists of work that the
/// plan runs.
///
/// Work is cut into tasks by shapes and batch alone, so that every number of threads computes the same
/// bits.
public struct LayerSite {
  /// Blocks of 16 images.
  public let blocks: Int

  /// The threads that the plan runs on: no task may depend on it.
  let workers: Int

  /// The kernels of the processor.
  public let kernels: KernelTable

  /// What the layer reads.
  public let inputs: [LaneValue]

  /// What it writes.
  public let output: LaneValue

  /// What it has learned.
  public let parameters: [ParameterPlace]

  /// Where outputs end: the range of a ReLU or a clip that follows, which is computed along with the layer.
  let limits: OutputLimits

  /// Whether the layer adds its outputs to what lies in their place: see `AddsOutput`.
  var adds = false

  /// What the layer adds to its outputs, and has the gradient of these: see `PlanLayout.addends`.
  var addend: LaneValue?

  /// Whether the gradient of the layer's input is added to what lies in its place: see `PlanLayout.addsGradient`.
  var addsGradient = false

  /// Whether the layer's input is a ReLU's output, whose gradient it computes as well: see `PlanLayout`.
  var masksReLU = false

  /// Whether the layer's output is the largest of every 2 × 2 numbers that it computes: see `PlanLayout.pooledNorms`.
  var poolsQuads = false

  /// Whether gradients are computed.
  public let isTraining: Bool

  /// The training step under way, for layers that compute something else then; nil where the network
  /// computes what it computes after training.
  public let step: StepState?

  /// The layer's place in the network: what its random numbers depend on.
  public let index: Int

  /// What memory that is written before it is read holds at first; nil for zeros.
  let marker: Float?

  /// What steps work in.
  let workerMemory: WorkerMemory

  var prepare: [Tasks] = []
  var forward: [Phase] = []
  var backward: [Phase] = []
  /// What follows the way back of all layers.
  var sums: [Tasks] = []
  var memory: [Storage] = []
  var offsets: [Offsets] = []

  init(
    blocks: Int, workers: Int, kernels: KernelTable, inputs: [LaneValue], output: LaneValue,
    parameters: [ParameterPlace], limits: OutputLimits, isTraining: Bool, step: StepState?,
    index: Int,
    marker: Float?, workerMemory: WorkerMemory
  ) {
    (self.blocks, self.workers, self.kernels) = (blocks, workers, kernels)
    (self.inputs, self.output, self.parameters) = (inputs, output, parameters)
    (self.limits, self.isTraining, self.marker) = (limits, isTraining, marker)
    (self.step, self.index, self.workerMemory) = (step, index, workerMemory)
  }

  /// Appends work that follows from the parameters alone; it runs before the forward steps.
  public mutating func prepare(tasks count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    prepare.append(Tasks(count: count, body: body))
  }

  /// Appends a step of the way forward.
  public mutating func forward(tasks count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    forward.append(Phase(groups: [Tasks(count: count, body: body)]))
  }

  /// Appends a step of the way back.
  public mutating func backward(tasks count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    backward.append(Phase(groups: [Tasks(count: count, body: body)]))
  }

  /// Adds work to the last step of the way forward; neither may depend on the other.
  public mutating func alsoForward(tasks count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    if forward.isEmpty { forward.append(Phase()) }
    forward[forward.count - 1].groups.append(Tasks(count: count, body: body))
  }

  /// Adds work to the last step of the way back; neither may depend on the other.
  public mutating func alsoBackward(tasks count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    if backward.isEmpty { backward.append(Phase()) }
    backward[backward.count - 1].groups.append(Tasks(count: count, body: body))
  }

  /// Zeroed memory that lives as long as the plan.
  public mutating func allocate(_ count: Int) -> Floats {
    let storage = Storage(count: count)
    memory.append(storage)
    return storage.floats
  }

  /// Memory that lives as long as the plan, and that the layer writes before it reads it.
  mutating func allocateOverwritten(_ count: Int) -> Floats {
    let floats = allocate(count)
    if let marker { floats.base.update(repeating: marker, count: count) }
    return floats
  }

  /// Constant offsets that live as long as the plan.
  mutating func constants(_ values: [Int]) -> ConstantOffsets {
    let values = Offsets(values)
    offsets.append(values)
    return ConstantOffsets(base: values.values)
  }

  /// The tasks that a block is cut into where it consists of `units` independent units: enough for
  /// eight tasks in all.
  public func parts(of units: Int) -> Int { LayerSite.parts(of: units, blocks: blocks) }

  static func parts(of units: Int, blocks: Int) -> Int {
    min(units, max(1, (fewestTasks + blocks - 1) / blocks))
  }

  /// What a step is cut into at least, where it can be.
  static let fewestTasks = 8

  /// Appends a step in which every block is cut into parts of `units` units: `body` takes a block and a
  /// range of units.
  ///
  /// It writes what belongs to that block alone, and reads nothing that another such step writes for another
  /// block, memory of the layer's own included: such steps in a row may run to the end of one block before the
  /// next begins. A step that needs all blocks, a sum over images say, is one of `forward(tasks:)` or
  /// `backward(tasks:)`; it runs when all blocks have passed the steps before it.
  public mutating func forEachPart(
    of units: Int, onTheWayBack: Bool = false,
    _ body: @escaping @Sendable (_ block: Int, _ units: Range<Int>) -> Void
  ) {
    let parts = parts(of: units)
    let run: @Sendable (Int) -> Void = { task in
      let (block, part) = task.quotientAndRemainder(dividingBy: parts)
      body(block, units * part / parts..<units * (part + 1) / parts)
    }
    let way: Way = onTheWayBack ? .back : .forward
    begin(way)
    add(way, tasks: blocks * parts, reach: .block, run)
  }
}

extension LayerSite {
  /// Appends a step that copies values of the output's shape.
  mutating func copy(_ values: Floats, to target: Floats, onTheWayBack: Bool) {
    let (copyRows, stride) = (kernels.copyRows, output.blockStride)
    forEachPart(of: output.elements, onTheWayBack: onTheWayBack) { block, range in
      let place = block * stride + range.lowerBound * laneCount
      let count = range.count * laneCount
      copyRows(1, count, values + place, count, target + place, count)
    }
  }

  typealias Source = KernelTable.Source
  typealias Target = KernelTable.Target
}

/// Constant offsets in a plan's memory.
///
/// Unchecked: never written after they were made.
struct ConstantOffsets: @unchecked Sendable {
  let base: UnsafePointer<Int>
}
