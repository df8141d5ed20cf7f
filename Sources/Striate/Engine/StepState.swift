import LaneKernels

/// What changes from one run of a plan to the next: how many images the batch holds, and what its random
/// numbers depend on.
///
/// Unchecked: it is written between the runs of its plan and read in them.
public final class StepState: @unchecked Sendable {
  /// The images of the batch; the lanes after them hold none.
  public private(set) var images: Int

  /// What random numbers depend on; layers derive their own keys from it.
  public private(set) var key = RandomKey(seed: 0)

  private let mask: Storage
  private let blocks: Int

  init(blocks: Int, images: Int) {
    self.blocks = blocks
    self.images = images
    mask = Storage(count: blocks * laneCount)
    setImages(images)
  }

  /// Says how many images the next run holds.
  func setImages(_ count: Int) {
    images = count
    for image in 0..<blocks * laneCount { mask.base[image] = image < count ? 1 : 0 }
  }

  /// Says what the next run's random numbers depend on.
  func setKey(_ key: RandomKey) { self.key = key }

  /// The images of one block.
  public func images(ofBlock block: Int) -> Int {
    min(max(0, images - block * laneCount), laneCount)
  }

  /// 1 for each lane of a block with an image and 0 for the others; nil where all have one.
  func mask(ofBlock block: Int) -> UnsafePointer<Float>? {
    images(ofBlock: block) == laneCount ? nil : UnsafePointer(mask.base + block * laneCount)
  }
}
