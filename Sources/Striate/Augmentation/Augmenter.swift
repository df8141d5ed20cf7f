import LaneKernels

/// Changes the images of a plan's input on their way into lanes, a block of 16 at a time.
///
/// What happens to an image follows from the seed, the epoch and its position in the epoch; which image of
/// the same block it is mixed with, also from where the block begins. So neither threads nor the order of
/// tasks change a bit. Nothing is allocated between images.
///
/// Unchecked: the place in the epoch is set between the runs of the plan that uses it.
package final class Augmenter: @unchecked Sendable {
  private let augmentation: Augmentation
  private let seed: UInt64
  private let size: ImageSize
  private let stages: AugmentationStages
  private let spaces: [AugmentationSpace]
  private let kernels: KernelTable
  private let mixes: Bool
  /// What brings stored pixels into lanes, and lanes into what the network sees.
  private let loading: (scale: [Float], shift: [Float])
  private let finishing: (scale: [Float], shift: [Float])
  /// The fill colour in stored pixels, and in lanes.
  private let byteFill: [UInt8]
  private let floatFill: [Float]
  private let laneFill: [Float]
  private var place = (epoch: 0, position: 0, count: 0)

  /// - Parameters:
  ///   - pixel: What the data set holds: `UInt8` or `Float`.
  ///   - workers: How many threads bring images into lanes.
  /// - Precondition: `augmentation.check(imageShape:)` does not throw.
  package init(
    _ augmentation: Augmentation, seed: UInt64, imageShape: [Int],
    pixel: any StoredPixel.Type, preprocessing: Preprocessing, kernels: KernelTable, workers: Int
  ) {
    self.augmentation = augmentation
    self.seed = seed
    self.kernels = kernels
    let size = ImageSize(shape: imageShape)
    self.size = size
    let stages = AugmentationStages(augmentation, size: size)
    self.stages = stages
    mixes = augmentation.mixes
    let changeCount = augmentation.changeCount
    spaces = (0..<workers).map { _ in
      AugmentationSpace(stages, changeCount: changeCount, size: size, pixel: pixel)
    }
    let none = [Float](repeating: 0, count: size.channels)
    let mean = preprocessing.mean.isEmpty ? none : preprocessing.mean
    let deviation =
      preprocessing.standardDeviation.isEmpty
      ? none.map { _ in 1 } : preprocessing.standardDeviation
    let fill = augmentation.fill ?? (size.channels == 1 ? .black : .mean)
    let colour = fill == .mean ? mean : none
    byteFill = colour.map { .nearest($0) }
    floatFill = colour
    let scale = deviation.map { 1 / $0 }
    let shift = zip(mean, deviation).map { -$0 / $1 }
    let unit = pixel.unit
    if stages.usesUnitRange {
      loading = (none.map { _ in unit }, none)
      laneFill = colour
    } else {
      loading = (deviation.map { unit / $0 }, shift)
      laneFill = fill == .mean ? none : shift
    }
    finishing = (scale, shift)
  }

  /// Says where in an epoch the next batch begins, and how many images it has.
  package func begin(epoch: Int, position: Int, count: Int) {
    place = (epoch, position, count)
  }

  /// Brings the 16 images of a block into lanes, changed.
  package func load<Pixel: StoredPixel>(
    _ rows: UnsafePointer<UnsafePointer<Pixel>>, block: Int, worker: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    let space = spaces[worker]
    for lane in 0..<laneCount {
      var slot = 0
      augmentation.drawChanges(
        seed: seed, epoch: place.epoch, position: place.position + block * laneCount + lane,
        size: size
      ) { change in
        space.changes[slot * laneCount + lane] = change
        slot += 1
      }
    }
    let images =
      stages.leading.isEmpty
      ? rows
      : space.move(
        rows, slots: stages.leading, size: size.count,
        fill: Pixel.choose(bytes: byteFill, floats: floatFill))
    Pixel.load(
      images, count: size.count, channelSize: size.area, scale: loading.scale,
      shift: loading.shift, to: target, kernels)
    change(target, in: space)
    if mixes {
      var pass = MixingPass(
        channels: size.channels, height: size.height, width: size.width)
      fill(&pass, block: block, isTarget: false)
      kernels.augmentation.mix(pass, target)
    }
  }

  /// Mixes the targets of a block as its images are mixed: `count` numbers an image.
  package func mixTargets(_ targets: UnsafeMutablePointer<Float>, count: Int, block: Int) {
    guard mixes else { return }
    var pass = MixingPass(channels: count, height: 1, width: 1)
    fill(&pass, block: block, isTarget: true)
    kernels.augmentation.mix(pass, targets)
  }

  /// The stages after the images have come into lanes: from there to the spare memory and back.
  private func change(_ target: UnsafeMutablePointer<Float>, in space: AugmentationSpace) {
    guard !stages.stages.isEmpty else { return }
    var pass = StagePass(
      kernels: kernels.augmentation, size: size, fill: laneFill, current: target,
      spare: space.lanes.base)
    for stage in stages.stages { pass.run(stage, in: space, elastic: stages.elastic) }
    if stages.usesUnitRange {
      kernels.augmentation.rescale(
        size.channels, size.area, finishing.scale, finishing.shift, pass.current, target)
    } else if pass.current != target {
      target.update(from: pass.current, count: size.count * laneCount)
    }
  }

  /// How the images of a block are mixed, each with the one so many places further on. Drawn anew
  /// whenever it is asked for: the same each time.
  private func fill(_ pass: inout MixingPass, block: Int, isTarget: Bool) {
    let first = place.position + block * laneCount
    let count = min(laneCount, place.count - block * laneCount)
    let offset = augmentation.drawPartnerOffset(
      seed: seed, epoch: place.epoch, position: first, count: count)
    for lane in 0..<max(0, count) {
      pass.partner[lane] = UInt32((lane + offset) % count)
      let mixture = augmentation.drawMixture(
        seed: seed, epoch: place.epoch, position: first + lane, size: size)
      let share = Float(mixture.share)
      if case .paste(let columns, let rows, _) = mixture, !isTarget {
        pass.inside[lane] = 0
        (pass.left[lane], pass.right[lane]) = (
          Float(columns.lowerBound), Float(columns.upperBound)
        )
        (pass.top[lane], pass.bottom[lane]) = (Float(rows.lowerBound), Float(rows.upperBound))
      } else {
        (pass.inside[lane], pass.outside[lane]) = (share, share)
      }
    }
  }
}
