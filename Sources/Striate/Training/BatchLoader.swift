import LaneKernels

/// Brings images of a data set into a plan's input, 16 side by side, and their classes into targets.
///
/// Unchecked: `indices` and `pixels` are set between the runs of the plan that uses them.
final class BatchLoader: @unchecked Sendable {
  /// The memory of a data set's pixels, or of those read ahead; valid while a training loop runs.
  enum PixelMemory {
    case bytes(UnsafePointer<UInt8>)
    case floats(UnsafePointer<Float>)
  }

  private let plan: Plan
  private let labels: [Int]
  private let classCount: Int
  private let size: Int
  private let channelSize: Int
  private let scale: [Float]
  private let shift: [Float]
  private let augmenter: Augmenter?
  private var pixels: PixelMemory?
  /// Where the images come from, if not from memory.
  private var readAhead: ReadAhead?
  /// The image in each lane of the batch.
  private var indices: [Int]
  /// The place in `pixels` of the image in each lane.
  private var places: [Int]
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
    let isBytes = if case .floats = dataset.pixels { false } else { true }
    augmenter = augmentation.flatMap { augmentation in
      guard !augmentation.steps.isEmpty else { return nil }
      return Augmenter(
        augmentation, seed: seed, imageShape: dataset.imageShape,
        pixel: isBytes ? UInt8.self : Float.self, preprocessing: preprocessing,
        kernels: plan.kernels, workers: plan.pool.threads)
    }
    labels = dataset.labels
    classCount = dataset.classNames.count
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
    indices = Array(repeating: 0, count: plan.blocks * (plan.channels?.images ?? laneCount))
    places = indices
  }

  /// The Floats in which workers change images.
  static func memory(
    _ dataset: Dataset, _ augmentation: Augmentation?, workers: Int
  ) -> Double {
    guard let augmentation, !augmentation.steps.isEmpty else { return 0 }
    let isBytes = if case .floats = dataset.pixels { false } else { true }
    let size = ImageSize(shape: dataset.imageShape)
    return Double(workers)
      * AugmentationSpace.floats(
        AugmentationStages(augmentation, size: size), size: size,
        pixel: isBytes ? UInt8.self : Float.self)
  }

  /// Lends the data set's memory to the loader while `body` runs; streamed images are read ahead
  /// meanwhile, by as many threads as the plan has.
  func withPixels<Result>(
    of dataset: Dataset, _ body: () throws -> Result
  ) rethrows -> Result {
    defer {
      readAhead?.stop()
      (pixels, readAhead) = (nil, nil)
    }
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
    case .streamed(let source):
      let readAhead = ReadAhead(
        source, imageSize: size, batchSize: plan.batchSize, threads: plan.pool.threads)
      self.readAhead = readAhead
      pixels = readAhead.pixels.map { .bytes($0) }
      return try body()
    }
  }

  /// Says which images will be chosen, batch after batch, so that they can be read ahead.
  func expect(_ order: [Int]) { readAhead?.start(order) }

  /// Chooses the images of the next batch; lanes without an image repeat the last one.
  ///
  /// - Parameters:
  ///   - chosen: The images of the batch.
  ///   - epoch: The pass over the data, for the augmentation.
  ///   - position: How many images of the epoch come before the batch.
  ///
  /// Throws where a streamed image cannot be read.
  func choose(_ chosen: ArraySlice<Int>, epoch: Int = 0, position: Int = 0) throws {
    count = chosen.count
    augmenter?.begin(epoch: epoch, position: position, count: count)
    let first = try readAhead?.next(chosen)
    for (lane, index) in chosen.enumerated() {
      indices[lane] = index
      places[lane] = index
      if let readAhead, let first { places[lane] = (first + lane) % readAhead.capacity }
    }
    for lane in chosen.count..<indices.count {
      (indices[lane], places[lane]) = (indices[chosen.count - 1], places[chosen.count - 1])
    }
  }

  /// Loads the chosen images, a block a task, and, where lanes hold images, their one-hot targets, which are all zero for images of
  /// the ignored class; the target of a single output for two classes is the class itself, 0 or 1.
  ///
  /// - Precondition: lanes hold images where there are targets or an augmentation.
  func tasks(targets: LaneValue?, ignoring ignored: Int? = nil) -> Tasks {
    precondition(
      plan.channels == nil || targets == nil && augmenter == nil,
      "BatchLoader: expected lanes of images for targets and augmentation, found lanes of channels")
    // A copy for each task would be one of a hundred functions.
    let kernels = plan.kernels
    return Tasks(
      count: plan.blocks, reach: .block,
      onWorker: { [self] block, worker in
        let input = plan.inputs[0]
        let target = input.values + block * input.blockStride
        if let channels = plan.channels {
          return loadPlanes(block, channels, target)
        }
        switch pixels {
        case .bytes(let base):
          withAddresses(block, base) { load($0, block, worker, target, kernels) }
        case .floats(let base):
          withAddresses(block, base) { load($0, block, worker, target, kernels) }
        case nil: break
        }
        guard let targets else { return }
        let place = targets.values + block * targets.blockStride
        place.update(repeating: 0, count: targets.blockSize)
        for lane in 0..<laneCount where block * laneCount + lane < count {
          let label = labels[indices[block * laneCount + lane]]
          guard label != ignored else { continue }
          if classCount == 2, targets.elements == 1 {
            place[lane] = Float(label)
          } else {
            place[label * laneCount + lane] = 1
          }
        }
        augmenter?.mixTargets(place, count: targets.elements, block: block)
      })
  }

  /// Brings the images of a block to where they lie one after the other.
  private func loadPlanes(
    _ block: Int, _ channels: ChannelLayout, _ target: UnsafeMutablePointer<Float>
  ) {
    let kernels = plan.kernels.channels
    for image in 0..<channels.images {
      let first = places[block * channels.images + image] * size
      for channel in scale.indices {
        let place = channel * channelSize
        let y = target + (image * channels.inputs[0].stride + place)
        switch pixels {
        case .bytes(let base):
          kernels.scaleBytes(channelSize, scale[channel], shift[channel], base + first + place, y)
        case .floats(let base):
          kernels.scaleFloats(channelSize, scale[channel], shift[channel], base + first + place, y)
        case nil: break
        }
      }
    }
  }

  /// Brings the images of a block into lanes.
  private func load<Pixel: StoredPixel>(
    _ rows: UnsafePointer<UnsafePointer<Pixel>>, _ block: Int, _ worker: Int,
    _ target: UnsafeMutablePointer<Float>, _ kernels: KernelTable
  ) {
    if let augmenter {
      augmenter.load(rows, block: block, worker: worker, to: target)
    } else {
      Pixel.load(
        rows, count: size, channelSize: channelSize, scale: scale, shift: shift, to: target,
        kernels)
    }
  }

  private func withAddresses<Pixel>(
    _ block: Int, _ base: UnsafePointer<Pixel>,
    _ body: (UnsafePointer<UnsafePointer<Pixel>>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UnsafePointer<Pixel>.self, capacity: laneCount) { rows in
      for lane in 0..<laneCount {
        rows.initializeElement(at: lane, to: base + places[block * laneCount + lane] * size)
      }
      if let start = rows.baseAddress { body(start) }
    }
  }
}
