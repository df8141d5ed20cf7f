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
    (0..<stride).compactMap { phase in
      // Padded coordinate R = stride · q + phase; output i = q + (phase − dilation · u) / stride.
      let first = ((phase - padding) % stride + stride) % stride
      guard first < size else { return nil }
      let taps = (0..<kernel).compactMap { u -> (tap: Int, offset: Int)? in
        let distance = phase - dilation * u
        guard distance % stride == 0 else { return nil }
        return (u, distance / stride)
      }
      return StridePhase(
        first: first, count: (size - first + stride - 1) / stride,
        origin: (first + padding - phase) / stride, taps: taps)
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

/// How one phase of the strides is cut into bands of input rows, and the memory that holds the rows of
/// gradients that a band reads: [filter][height][width].
struct GradientBand: Sendable {
  let row: StridePhase, column: StridePhase
  /// The output pixel that the first column of the memory stands for.
  let firstColumn: Int
  let height: Int, width: Int
  let bands: Int

  var rowStride: Int { width * laneCount }
  var planeStride: Int { height * rowStride }

  /// The phase's rows in one band.
  func rows(_ band: Int) -> Range<Int> {
    row.count * band / bands..<row.count * (band + 1) / bands
  }
}
