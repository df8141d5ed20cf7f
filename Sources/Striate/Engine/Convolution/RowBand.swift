import LaneKernels

/// How the rows of an output are cut into bands, and the memory that holds the rows of the image that a band reads.
struct RowBand: Sendable {
  let bands: Int
  /// Rows of the memory, and pixels of a row.
  let rows: Int, width: Int

  /// `count` rows, of which each needs `reach` rows of `width` pixels in `maps` maps, `step` apart. What a band reads
  /// takes `bytes` at most, or what `least` rows read where that is more; there are `parts` bands at least.
  init(
    count: Int, reach: Int, step: Int, width: Int, maps: Int = 1, bytes: Int, least: Int = 0,
    parts: Int = 1
  ) {
    let row = Double(maps) * Double(width) * Double(laneCount * MemoryLayout<Float>.stride)
    let fitting = Int(Double(bytes) / row)
    let most = max(1, least, (fitting - reach) / step + 1)
    bands = min(count, max(parts, (count + most - 1) / most))
    rows = ((count + bands - 1) / bands - 1) * step + reach
    self.width = width
  }

  /// The output's rows in one band.
  func rows(_ band: Int, of count: Int) -> Range<Int> {
    count * band / bands..<count * (band + 1) / bands
  }

  /// Floats of a row, and of one map's rows.
  var rowStride: Int { width * laneCount }
  var mapStride: Int { rows * rowStride }

  /// The same as `mapStride` where that may be too large.
  var floats: Double { Double(rows) * Double(width) * Double(laneCount) }
}
