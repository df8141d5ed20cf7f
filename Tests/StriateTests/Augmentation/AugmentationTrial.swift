import LaneKernels
import Striate
import Testing

/// An augmentation of images of one size in the engine and in the reference.
struct AugmentationTrial {
  let augmentation: Augmentation
  let shape: [Int]
  let images: [[UInt8]]
  let preprocessing: Preprocessing
  let seed: UInt64

  private var size: ImageSize { ImageSize(shape: shape) }

  /// Random images in which neighbours are alike, as in photographs.
  init(_ augmentation: Augmentation, shape: [Int], count: Int, seed: UInt64 = 1) {
    self.augmentation = augmentation
    self.shape = shape
    self.seed = seed
    var generator = SeededGenerator(seed: seed)
    images = (0..<count).map { _ in
      (0..<shape.reduce(1, *)).map { _ in UInt8(generator.integer(below: 256)) }
    }
    var preprocessing = Preprocessing()
    preprocessing.mean = (0..<shape[0]).map { 0.3 + 0.1 * Float($0) }
    preprocessing.standardDeviation = (0..<shape[0]).map { 0.25 + 0.05 * Float($0) }
    self.preprocessing = preprocessing
  }

  /// What the network would see, and the targets of images whose classes are 0, 1, 2, 0, 1, 2 …
  func run<Pixel: StoredPixel>(
    _ kernels: KernelTable, as pixel: Pixel.Type, epoch: Int = 1, position: Int = 0
  ) -> (images: [[Float]], targets: [[Float]]) {
    let augmenter = Augmenter(
      augmentation, seed: seed, imageShape: shape, pixel: pixel, preprocessing: preprocessing,
      kernels: kernels, workers: 1)
    augmenter.begin(epoch: epoch, position: position, count: images.count)
    let stored = images.flatMap { $0.map { Pixel.nearest(Float($0) / 255) } }
    var (results, targets): ([[Float]], [[Float]]) = ([], [])
    for block in 0..<(images.count + laneCount - 1) / laneCount {
      let lanes = LaneMemory(count: size.count * laneCount)
      let classes = LaneMemory(count: 3 * laneCount, filledWith: 0)
      stored.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let rows = (0..<laneCount).map { lane in
          base + min(block * laneCount + lane, images.count - 1) * size.count
        }
        augmenter.load(rows, block: block, worker: 0, to: lanes.base)
      }
      let present = block * laneCount..<min(images.count, (block + 1) * laneCount)
      for n in present { classes.base[n % 3 * laneCount + n % laneCount] = 1 }
      augmenter.mixTargets(classes.base, count: 3, block: block)
      #expect(lanes.isGuarded && classes.isGuarded)
      for n in present {
        results.append((0..<size.count).map { lanes.base[$0 * laneCount + n % laneCount] })
        targets.append((0..<3).map { classes.base[$0 * laneCount + n % laneCount] })
      }
    }
    return (results, targets)
  }

  /// The same from the reference. Bytes fill what a leading crop shows with a byte.
  func reference(
    bytes: Bool, epoch: Int = 1, position: Int = 0
  ) -> (images: [[Double]], targets: [[Double]]) {
    let stages = AugmentationStages(augmentation, size: size)
    let usesMean = augmentation.fill.map { $0 == .mean } ?? (shape[0] != 1)
    let fill = preprocessing.mean.map { usesMean ? Double($0) : 0 }
    let reference = ReferenceChanges(fill: fill)
    let changed = images.enumerated().map { n, bytePixels in
      var changes: [ImageChange] = []
      augmentation.drawChanges(seed: seed, epoch: epoch, position: position + n, size: size) {
        changes.append($0)
      }
      return reference.apply(
        changes, stages: stages,
        to: ReferenceTensor(shape: shape, values: bytePixels.map { Double($0) / 255 }),
        leadingFill: bytes ? fill.map { ($0 * 255).rounded() / 255 } : fill)
    }
    var (results, targets): ([[Double]], [[Double]]) = ([], [])
    for n in images.indices {
      let first = n / laneCount * laneCount
      let count = min(laneCount, images.count - first)
      let offset = augmentation.drawPartnerOffset(
        seed: seed, epoch: epoch, position: position + first, count: count)
      let partner = first + (n - first + offset) % count
      let mixture = augmentation.drawMixture(
        seed: seed, epoch: epoch, position: position + n, size: size)
      let image = reference.mixed(changed[n], changed[partner], mixture)
      results.append(
        image.values.indices.map { k in
          let c = k / size.area
          return (image[k] - Double(preprocessing.mean[c]))
            / Double(preprocessing.standardDeviation[c])
        })
      var target = [0.0, 0, 0]
      target[n % 3] += mixture.share
      target[partner % 3] += 1 - mixture.share
      targets.append(target)
    }
    return (results, targets)
  }
}

extension Augmentation {
  /// Texts that cover every transform, alone and joined.
  static let texts = [
    "crop 2", "crop 2 reflect", "flip", "flip vertical", "flip chance 1, flip vertical chance 1",
    "crop 2, flip, flip vertical, crop 1 reflect", "crop 9",
    "rotate 25", "shift 0.2 0.1", "scale 0.7-1.4", "shear 20 10", "rotate 180, fill mean",
    "scale 0.9-1.1, shear 5, rotate 20, shift 0.1", "rotate 20 chance 0.5, flip, crop 1",
    "elastic 8 2", "elastic 34 4", "rotate 10, elastic 8 1.5, scale 0.8-1.2, flip",
    "elastic 3 1, elastic 2 2", "resized-crop 0.2-1", "resized-crop 0.01-0.02 0.1-10",
    "rotate 10, resized-crop 0.3-0.9, flip, flip vertical", "resized-crop, rotate 20",
    "resized-crop 0.3-0.9, crop 2", "rotate 10, resized-crop 0.3-0.9, flip, crop 1, shift 0.1",
    "color 0.4 0.4 0.4 0.1", "brightness 0.4", "contrast 0.9", "saturation 0.9", "hue 0.5",
    "color 0.4 0 0.4 0, flip, crop 1 reflect, rotate 5",
    "cutout 3", "cutout 4 chance 0.5, fill mean", "cutout 100", "crop 1, color 0.1 0 0 0, cutout 2",
    "randaugment 1 9", "randaugment 1 30", "randaugment 1 20",
    "mixup 0.4", "mixup 3", "cutmix 1", "mixup 1, cutmix 1, fill black",
    "crop 2, flip chance 0.3, mixup 0.2 chance 0.5",
  ]
}
