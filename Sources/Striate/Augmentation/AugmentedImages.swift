import LaneKernels

extension Augmentation {
  /// A batch as training would see it: the images at `indices`, changed as those are that stand first in
  /// an epoch, before they are normalized; and their targets, one number a class.
  ///
  /// The mean fill colour is that of the data set.
  ///
  /// Shapes: images [N, C, H, W], targets [N, classes].
  ///
  /// Throws `InvalidAugmentation` where the images cannot be changed so, and what the source of a
  /// streamed data set throws.
  ///
  /// - Precondition: every index is that of an image.
  public func batch(
    of dataset: Dataset, at indices: [Int], seed: UInt64 = 0, epoch: Int = 1
  ) throws -> (images: Tensor, targets: Tensor) {
    try batch(of: dataset, at: indices, seed: seed, epoch: epoch, kernels: .best)
  }

  /// The same with the kernels of one instruction set.
  package func batch(
    of dataset: Dataset, at indices: [Int], seed: UInt64, epoch: Int, kernels: KernelTable
  ) throws -> (images: Tensor, targets: Tensor) {
    try check(imageShape: dataset.imageShape)
    let size = dataset.imageShape.reduce(1, *)
    let classes = dataset.classNames.count
    let channels = dataset.imageShape[0]
    var preprocessing = Preprocessing()
    if (fill ?? (channels == 1 ? .black : .mean)) == .mean {
      preprocessing.mean = try dataset.statistics().mean
    }
    let augmenter = Augmenter(
      self, seed: seed, imageShape: dataset.imageShape, pixel: Float.self,
      preprocessing: preprocessing, kernels: kernels, workers: 1)
    augmenter.begin(epoch: epoch, position: 0, count: indices.count)
    let pixels = try indices.flatMap { try dataset.image(at: $0).scalars }
    let (lanes, targetLanes) = (
      Storage(count: size * laneCount), Storage(count: classes * laneCount)
    )
    var images = Tensor(repeating: 0, shape: [indices.count] + dataset.imageShape)
    var targets = Tensor(repeating: 0, shape: [indices.count, classes])
    for block in 0..<(indices.count + laneCount - 1) / laneCount {
      let present = block * laneCount..<min(indices.count, (block + 1) * laneCount)
      targetLanes.base.update(repeating: 0, count: classes * laneCount)
      for n in present {
        targetLanes.base[dataset.labels[indices[n]] * laneCount + n - present.lowerBound] = 1
      }
      pixels.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let rows = (0..<laneCount).map { lane in
          base + min(block * laneCount + lane, indices.count - 1) * size
        }
        augmenter.load(rows, block: block, worker: 0, to: lanes.base)
      }
      augmenter.mixTargets(targetLanes.base, count: classes, block: block)
      for n in present {
        let lane = n - present.lowerBound
        for i in 0..<size {
          let offset = preprocessing.mean.isEmpty ? 0 : preprocessing.mean[i / (size / channels)]
          images.scalars[n * size + i] = lanes.base[i * laneCount + lane] + offset
        }
        for k in 0..<classes {
          targets.scalars[n * classes + k] = targetLanes.base[k * laneCount + lane]
        }
      }
    }
    return (images, targets)
  }
}
