import Striate
import StriateData

/// The kernels of a convolution as one picture, the grey in the middle being 0.
struct FilterSheet {
  let picture: Picture

  /// The sides of a weight's square, and the pixels between two kernels.
  private static let (zoom, gap) = (8, 4)
  /// More kernels, or larger ones, are not drawn.
  private static let (mostKernels, largestKernel) = (256, 32)

  /// Kernels [filters, channels, rows, columns]: in colour of three channels, else grey of the first. nil where
  /// there are none.
  init?(_ weights: Tensor) {
    let shape = weights.shape
    guard shape.count == 4, shape.allSatisfy({ $0 > 0 }),
      max(shape[2], shape[3]) <= Self.largestKernel
    else { return nil }
    let filters = min(shape[0], Self.mostKernels)
    let channels = shape[1] == 3 ? 3 : 1
    let perRow = min(filters, 8)
    let (height, width) = (shape[2] * Self.zoom + Self.gap, shape[3] * Self.zoom + Self.gap)
    let rows = (filters + perRow - 1) / perRow
    let (sheetHeight, sheetWidth) = (rows * height - Self.gap, perRow * width - Self.gap)
    var bytes = [UInt8](repeating: 255, count: sheetHeight * sheetWidth * channels)
    for filter in 0..<filters {
      let start = filter * shape[1] * shape[2] * shape[3]
      let count = channels * shape[2] * shape[3]
      let values = weights.scalars[start..<start + count]
      let largest = values.reduce(0) { max($0, abs($1)) }
      let (top, left) = (filter / perRow * height, filter % perRow * width)
      for y in 0..<shape[2] * Self.zoom {
        for x in 0..<shape[3] * Self.zoom {
          for c in 0..<channels {
            let place = (c * shape[2] + y / Self.zoom) * shape[3] + x / Self.zoom
            let share = largest > 0 ? values[start + place] / largest : 0
            bytes[((top + y) * sheetWidth + left + x) * channels + c] =
              share.isFinite ? UInt8(127.5 + 127.5 * min(max(share, -1), 1)) : 0
          }
        }
      }
    }
    picture = Picture(width: sheetWidth, height: sheetHeight, channels: channels, bytes: bytes)
  }
}
