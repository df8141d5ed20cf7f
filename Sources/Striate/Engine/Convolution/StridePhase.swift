import LaneKernels

/// One phase of a stride on one axis: every `stride`-th input pixel from `first` on, and the kernel taps
/// that reach it.
struct StridePhase {
  /// The first input pixel of the phase, and how many there are.
  var first: Int, count: Int
  /// The output pixel that `first` would belong to with tap 0.
  var origin: Int
  /// Kernel taps and their offset in output pixels.
  var taps: [(tap: Int, offset: Int)]

  static func all(
    size: Int, padding: Int, stride: Int, dilation: Int, kernel: Int
  ) -> [StridePhase] {
    // Padded coordinate R = stride · q + phase; output i = q + (phase − dilation · u) / stride.
    var taps: [Int: [(tap: Int, offset: Int)]] = [:]
    for u in 0..<kernel {
      let (offset, phase) = (dilation * u).quotientAndRemainder(dividingBy: stride)
      taps[phase, default: []].append((u, -offset))
    }
    return (0..<stride).compactMap { phase in
      let first = ((phase - padding) % stride + stride) % stride
      guard first < size else { return nil }
      return StridePhase(
        first: first, count: (size - first + stride - 1) / stride,
        origin: (first + padding - phase) / stride, taps: taps[phase, default: []])
    }
  }

  /// The least offset, and how far the largest is from it.
  var firstOffset: Int { taps.map(\.offset).min() ?? 0 }
  var span: Int { (taps.map(\.offset).max() ?? 0) - firstOffset }

  /// The output pixels that this phase reads, inside the map or not.
  var reach: ClosedRange<Int>? {
    guard let low = taps.map(\.offset).min(), let high = taps.map(\.offset).max() else {
      return nil
    }
    return origin + low...origin + count - 1 + high
  }
}
