import Foundation
import Striate
import StriateData

extension Picture {
  /// The picture as an address that holds it: "data:image/png;base64,…"; nil where memory runs out.
  var dataAddress: String? {
    (try? png()).map { "data:image/png;base64," + Data($0).base64EncodedString() }
  }

  /// An image [C, H, W] of pixels from 0 to 1: grey of one channel, colour of three, and else grey of the
  /// first; made smaller by a whole number where a side is longer than `limit`, each pixel the mean
  /// of those it replaces. nil where the tensor is no image.
  package init?(_ image: Tensor, limit: Int) {
    guard image.shape.count == 3 else { return nil }
    let (height, width) = (image.shape[1], image.shape[2])
    let channels = image.shape[0] == 3 ? 3 : 1
    let factor = max(1, (max(height, width) + limit - 1) / limit)
    let (rows, columns) = (max(1, height / factor), max(1, width / factor))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows * columns * channels)
    for row in 0..<rows {
      for column in 0..<columns {
        for c in 0..<channels {
          var (sum, count) = (Float(0), Float(0))
          for y in row * factor..<min((row + 1) * factor, height) {
            for x in column * factor..<min((column + 1) * factor, width) {
              let value = image.scalars[(c * height + y) * width + x]
              sum += value.isNaN ? 0 : min(max(value, 0), 1)
              count += 1
            }
          }
          bytes.append(UInt8((sum / count * 255).rounded()))
        }
      }
    }
    self.init(width: columns, height: rows, channels: channels, bytes: bytes)
  }
}
