/// How one axis of a picture is resized: what each new pixel takes from which old ones.
///
/// Bilinear with antialiasing: a triangle as wide as two new pixels, but at least two old ones.
///
///     y[i] = Σ(j) w[j] x[j] / Σ(j) w[j]
///     w[j] = max(0, 1 − |j + ½ − (i + ½)·s| / max(s, 1))        s = old / new
///
/// Weights are whole multiples of 2⁻²² and every axis rounds to bytes, so that every machine gives the
/// same; the bytes are those of Pillow's `Image.resize(BILINEAR)`, which torchvision's `Resize` calls.
/// Source: Turkowski 1990, "Filters for Common Resampling Tasks", Graphics Gems.
struct Resampling {
  /// Bits behind the point of a weight.
  private static let precision: Int32 = 22

  /// The old pixels of a new one: `count` of them from `start`, and where their weights begin.
  private struct Part {
    let start: Int
    let count: Int
    let weight: Int
  }

  private var parts: [Part] = []
  private var weights: [Int32] = []

  /// The part `kept` of an axis of `new` pixels that is made from `old` ones.
  init(from old: Int, to new: Int, keeping kept: Range<Int>) {
    let step = Double(old) / Double(new)
    let reach = max(step, 1)
    for i in kept {
      let centre = (Double(i) + 0.5) * step
      let start = max(Int(centre - reach + 0.5), 0)
      let end = min(Int(centre + reach + 0.5), old)
      let shares = (start..<end).map { max(0, 1 - abs((Double($0) - centre + 0.5) * (1 / reach))) }
      let sum = shares.reduce(0, +)
      parts.append(Part(start: start, count: shares.count, weight: weights.count))
      weights += shares.map { Int32($0 / sum * Double(1 << Resampling.precision) + 0.5) }
    }
  }

  /// The old pixels that count.
  var range: Range<Int> {
    guard let first = parts.first, let last = parts.last else { return 0..<0 }
    return first.start..<last.start + last.count
  }

  /// Rows resized, each of `old` pixels of `channels` bytes: [row][new pixel][channel].
  func resized(_ bytes: [UInt8], rows: Range<Int>, old: Int, channels: Int) -> [UInt8] {
    let (bytes, table) = (bytes.span, weights.span)
    var result: [UInt8] = []
    result.reserveCapacity(rows.count * parts.count * channels)
    for row in rows {
      for part in parts {
        let first = (row * old + part.start) * channels
        for c in 0..<channels {
          var place = first + c
          var sum: Int32 = 1 << (Resampling.precision - 1)
          for k in part.weight..<part.weight + part.count {
            sum &+= Int32(bytes[place]) &* table[k]
            place += channels
          }
          result.append(UInt8(clamping: sum >> Resampling.precision))
        }
      }
    }
    return result
  }

  /// Columns resized, `width` pixels of `channels` bytes side by side, the first row being that where
  /// `range` begins: [channel][new pixel][column].
  func resizedToPlanes(_ bytes: [UInt8], width: Int, channels: Int) -> [UInt8] {
    let (bytes, table) = (bytes.span, weights.span)
    let (top, stride) = (range.lowerBound, width * channels)
    var result: [UInt8] = []
    result.reserveCapacity(parts.count * stride)
    for c in 0..<channels {
      for part in parts {
        for column in 0..<width {
          var place = (part.start - top) * stride + column * channels + c
          var sum: Int32 = 1 << (Resampling.precision - 1)
          for k in part.weight..<part.weight + part.count {
            sum &+= Int32(bytes[place]) &* table[k]
            place += stride
          }
          result.append(UInt8(clamping: sum >> Resampling.precision))
        }
      }
    }
    return result
  }
}
