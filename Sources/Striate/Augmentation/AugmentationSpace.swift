import LaneKernels

/// The memory in which one worker changes images, a block of 16 at a time.
///
/// Unchecked: only the worker it belongs to uses it.
final class AugmentationSpace: @unchecked Sendable {
  /// What happens to the images of a block: slot by slot, 16 images each.
  var changes: [ImageChange]

  /// The crops and flips of one image.
  var moves: RowMoves

  /// A block of images, beside the one that a plan owns.
  let lanes: Storage

  /// What reading at new places takes.
  let sampling = Storage(count: SamplingScratch.count)

  /// The two components of a block's displacement fields, and what it takes to make them.
  let fields: (x: Storage, y: Storage, scratch: Storage)?

  /// Sixteen images whose pixels were moved, and where each image of a block lies.
  private let rows: UnsafeMutableRawPointer
  private let addresses: UnsafeMutableRawPointer

  init(_ stages: AugmentationStages, changeCount: Int, size: ImageSize, pixel: any StoredPixel.Type)
  {
    changes = Array(repeating: .none, count: changeCount * laneCount)
    moves = RowMoves(size)
    lanes = Storage(count: stages.stages.isEmpty ? 0 : size.count * laneCount)
    let radius = stages.elastic.values.map(\.radius).max()
    fields = radius.map { radius in
      let plane = size.area * laneCount
      let pass = ElasticPass(
        height: size.height, width: size.width, radius: radius, strength: 0, firstNumber: 0)
      return (
        Storage(count: plane), Storage(count: plane), Storage(count: pass.scratchCount)
      )
    }
    let rowBytes = stages.leading.isEmpty ? 0 : size.count * laneCount * pixel.stride
    rows = .allocate(byteCount: rowBytes, alignment: 64)
    addresses = .allocate(
      byteCount: laneCount * MemoryLayout<UnsafeRawPointer>.stride, alignment: 64)
  }

  /// The Floats of a worker's memory.
  static func floats(
    _ stages: AugmentationStages, size: ImageSize, pixel: any StoredPixel.Type
  ) -> Double {
    let image = Double(size.count) * Double(laneCount)
    var sum = Double(SamplingScratch.count) + (stages.stages.isEmpty ? 0 : image)
    if let radius = stages.elastic.values.map(\.radius).max() {
      let pass = ElasticPass(
        height: size.height, width: size.width, radius: radius, strength: 0, firstNumber: 0)
      sum += Double(2 * size.area * laneCount) + Double(pass.scratchCount)
    }
    let bytes = stages.leading.isEmpty ? 0 : image * Double(pixel.stride)
    return sum + bytes / Double(MemoryLayout<Float>.stride)
  }

  deinit {
    rows.deallocate()
    addresses.deallocate()
  }

  /// The images of a block after the crops and flips in the first slots. An image that stays as it is
  /// stays where it is.
  func move<Pixel: StoredPixel>(
    _ images: UnsafePointer<UnsafePointer<Pixel>>, slots: Range<Int>, size: Int, fill: [Pixel]
  ) -> UnsafePointer<UnsafePointer<Pixel>> {
    let memory = rows.assumingMemoryBound(to: Pixel.self)
    let addresses = addresses.assumingMemoryBound(to: UnsafePointer<Pixel>.self)
    for lane in 0..<laneCount {
      moves.reset()
      for slot in slots { moves.append(changes[slot * laneCount + lane]) }
      guard !moves.isIdentity else {
        addresses[lane] = images[lane]
        continue
      }
      let target = memory + lane * size
      moves.copy(images[lane], to: target, fill: fill)
      addresses[lane] = UnsafePointer(target)
    }
    return UnsafePointer(addresses)
  }
}
