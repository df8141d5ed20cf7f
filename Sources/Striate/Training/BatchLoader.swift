import LaneKernels

/// Brings images of a data set into a plan's input, 16 side by side, and their classes into targets.
///
/// Unchecked: `indices` and `pixels` are set between the runs of the plan that uses them.
final class BatchLoader: @unchecked Sendable {
  /// The memory of a data set's pixels, valid while a training loop runs.
  enum PixelMemory {
    case bytes(UnsafePointer<UInt8>)
    case floats(UnsafePointer<Float>)
  }

  private let plan: Plan
  private let labels: [Int]
  private let size: Int
  private let channelSize: Int
  private let scale: [Float]
  private let shift: [Float]
  private let augmenter: Augmenter?
  private var pixels: PixelMemory?
  private var indices: [Int]
  private var count = 0

  /// - Parameters:
  ///   - augmentation: What happens to the images; `Augmentation.check` has not thrown.
  ///   - seed: What the random numbers of the augmentation depend on.
  /// - Precondition: the plan has one input of the data set's image size.
  init(
    _ dataset: Dataset, preprocessing: Preprocessing, plan: Plan,
    augmentation: Augmentation? = nil, seed: UInt64 = 0
  ) {
    self.plan = plan
    let isBytes = if case .bytes = dataset.pixels { true } else { false }
    augmenter = augmentation.flatMap { augmentation in
      guard !augmentation.steps.isEmpty else { return nil }
      return Augmenter(
        augmentation, seed: seed, imageShape: dataset.imageShape,
        pixel: isBytes ? UInt8.self : Float.self, preprocessing: preprocessing,
        kernels: plan.kernels, workers: plan.pool.threads)
    }
    labels = dataset.labels
    size = dataset.imageShape.reduce(1, *)
    let channels = dataset.imageShape[0]
    channelSize = size / channels
    let unit: Float = isBytes ? 1 / 255 : 1
    scale = (0..<channels).map { c in
      preprocessing.standardDeviation.isEmpty ? unit : unit / preprocessing.standardDeviation[c]
    }
    shift = (0..<channels).map { c in
      guard !preprocessing.mean.isEmpty else { return 0 }
      let deviation =
        preprocessing.standardDeviation.isEmpty ? 1 : preprocessing.standardDeviation[c]
      return -preprocessing.mean[c] / deviation
    }
    indices = Array(repeating: 0, count: plan.blocks * laneCount)
  }

  /// Lends the data set's memory to the loader while `body` runs.
  func withPixels<Result>(
    of dataset: Dataset, _ body: () throws -> Result
  ) rethrows -> Result {
    defer { pixels = nil }
    switch dataset.pixels {
    case .bytes(let bytes):
      return try bytes.withUnsafeBufferPointer { buffer in
        pixels = buffer.baseAddress.map { .bytes($0) }
        return try body()
      }
    case .floats(let floats):
      return try floats.withUnsafeBufferPointer { buffer in
        pixels = buffer.baseAddress.map { .floats($0) }
        return try body()
      }
    }
  }

  /// Chooses the images of the next batch; lanes without an image repeat the last one.
  ///
  /// - Parameters:
  ///   - epoch: The pass over the data, for the augmentation.
  ///   - position: How many images of the epoch come before the batch.
  func choose(_ chosen: ArraySlice<Int>, epoch: Int = 0, position: Int = 0) {
    count = chosen.count
    augmenter?.begin(epoch: epoch, position: position, count: count)
    var last = 0
    for (lane, index) in chosen.enumerated() {
      indices[lane] = index
      last = index
    }
    for lane in chosen.count..<indices.count { indices[lane] = last }
  }

  /// Loads the chosen images, a block a task, and their one-hot targets.
  func tasks(targets: LaneValue?) -> Tasks {
    Tasks(count: plan.blocks, onWorker: { [self] block, worker in
      let input = plan.inputs[0]
      let target = input.values + block * input.blockStride
      switch pixels {
      case .bytes(let base):
        withAddresses(block, base) { load($0, block, worker, target) }
      case .floats(let base):
        withAddresses(block, base) { load($0, block, worker, target) }
      case nil: break
      }
      guard let targets else { return }
      let place = targets.values + block * targets.blockStride
      place.update(repeating: 0, count: targets.blockStride)
      for lane in 0..<laneCount where block * laneCount + lane < count {
        place[labels[indices[block * laneCount + lane]] * laneCount + lane] = 1
      }
      augmenter?.mixTargets(place, count: targets.elements, block: block)
    })
  }

  /// Brings the images of a block into lanes.
  private func load<Pixel: StoredPixel>(
    _ rows: UnsafePointer<UnsafePointer<Pixel>>, _ block: Int, _ worker: Int,
    _ target: UnsafeMutablePointer<Float>
  ) {
    if let augmenter {
      augmenter.load(rows, block: block, worker: worker, to: target)
    } else {
      Pixel.load(
        rows, count: size, channelSize: channelSize, scale: scale, shift: shift, to: target,
        plan.kernels)
    }
  }

  private func withAddresses<Pixel>(
    _ block: Int, _ base: UnsafePointer<Pixel>,
    _ body: (UnsafePointer<UnsafePointer<Pixel>>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UnsafePointer<Pixel>.self, capacity: laneCount) { rows in
      for lane in 0..<laneCount {
        rows.initializeElement(at: lane, to: base + indices[block * laneCount + lane] * size)
      }
      if let start = rows.baseAddress { body(start) }
    }
  }
}
