import LaneKernels

/// Aligned memory for calling kernels directly, with a guard line behind it that must stay as it was.
final class LaneMemory {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private static let guardValue: Float = -12345.678

  init(count: Int, filledWith value: Float = .nan) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: (count + laneCount) * MemoryLayout<Float>.stride, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: count + laneCount)
    base.initialize(repeating: value, count: count)
    (base + count).initialize(repeating: LaneMemory.guardValue, count: laneCount)
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    for (i, value) in values.enumerated() { base[i] = value }
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Nothing wrote behind the end.
  var isGuarded: Bool {
    (0..<laneCount).allSatisfy { base[count + $0] == LaneMemory.guardValue }
  }
}
