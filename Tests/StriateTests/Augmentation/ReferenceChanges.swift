import Foundation
import Striate

/// Every change of an image in `Double`, straight from its definition and slow on purpose. Images are
/// [C, H, W].
struct ReferenceChanges {
  /// The colour of what is not part of the image, one number a channel.
  let fill: [Double]

  /// The image after a list of changes. Those of places that stand in one stage are read by one
  /// interpolation; each crop and flip that leads the list is a copy.
  func apply(
    _ changes: [ImageChange], stages: AugmentationStages, to image: ReferenceTensor,
    leadingFill: [Double]
  ) -> ReferenceTensor {
    var image = image
    for change in changes[stages.leading] {
      image = ReferenceChanges(fill: leadingFill).moved(image, by: [change])
    }
    for stage in stages.stages {
      let moves = changes[stage].filter(\.isGeometric)
      if !moves.isEmpty { image = moved(image, by: moves) }
      for change in changes[stage] where !change.isGeometric { image = changed(image, by: change) }
    }
    return image
  }

  // MARK: Places

  /// The image whose pixels are found where the changes, from the last to the first, say that they lie.
  func moved(_ image: ReferenceTensor, by changes: [ImageChange]) -> ReferenceTensor {
    let size = ImageSize(shape: image.shape)
    let fields = changes.map { change -> (x: [Double], y: [Double])? in
      guard case .elastic(let key, let strength, let smoothness) = change else { return nil }
      return displacement(size, key: key, strength: strength, smoothness: smoothness)
    }
    let reflects = changes.contains {
      if case .crop(_, _, .reflect) = $0 { true } else { false }
    }
    var result = ReferenceTensor(zeros: image.shape)
    for row in 0..<size.height {
      for column in 0..<size.width {
        let pixel = row * size.width + column
        var p = (x: Double(column), y: Double(row))
        for (change, field) in zip(changes, fields).reversed() {
          if let field {
            p = (p.x + field.x[pixel], p.y + field.y[pixel])
          } else {
            p = source(of: p, change, size)
          }
        }
        for c in 0..<size.channels {
          result[c * size.area + pixel] = value(image, c, p, size, reflects: reflects)
        }
      }
    }
    return result
  }

  /// Where a place of the result lies in the image before one change.
  private func source(
    of p: (x: Double, y: Double), _ change: ImageChange, _ size: ImageSize
  ) -> (x: Double, y: Double) {
    switch change {
    case .crop(let left, let top, _): return (p.x + Double(left), p.y + Double(top))
    case .flip(.horizontal): return (Double(size.width - 1) - p.x, p.y)
    case .flip(.vertical): return (p.x, Double(size.height - 1) - p.y)
    case .map(let map): return map(p.x, p.y)
    case .window(let left, let top, let width, let height):
      let x = (p.x + 0.5) * Double(width) / Double(size.width) - 0.5
      let y = (p.y + 0.5) * Double(height) / Double(size.height) - 0.5
      return (
        Double(left) + min(max(x, 0), Double(width - 1)),
        Double(top) + min(max(y, 0), Double(height - 1))
      )
    default: return p
    }
  }

  /// The image between pixels: the four around, each by the area on the opposite side.
  private func value(
    _ image: ReferenceTensor, _ c: Int, _ p: (x: Double, y: Double), _ size: ImageSize,
    reflects: Bool
  ) -> Double {
    func pixel(_ x: Int, _ y: Int) -> Double {
      var (x, y) = (x, y)
      if reflects {
        x = mirrored(x, size.width)
        y = mirrored(y, size.height)
      }
      guard x >= 0, x < size.width, y >= 0, y < size.height else { return fill[c] }
      return image[c, y, x]
    }
    let (x, y) = (Int(p.x.rounded(.down)), Int(p.y.rounded(.down)))
    let (u, v) = (p.x - Double(x), p.y - Double(y))
    return (1 - u) * (1 - v) * pixel(x, y) + u * (1 - v) * pixel(x + 1, y)
      + (1 - u) * v * pixel(x, y + 1) + u * v * pixel(x + 1, y + 1)
  }

  private func mirrored(_ place: Int, _ count: Int) -> Int {
    let k = abs(place)
    return k < count ? k : 2 * (count - 1) - k
  }

  /// α · (G_σ ∗ noise), for x and for y; the noise is 0 outside the image.
  func displacement(
    _ size: ImageSize, key: UInt32, strength: Double, smoothness: Double
  ) -> (x: [Double], y: [Double]) {
    let weights = Augmentation.gaussian(smoothness)
    let radius = weights.count / 2
    let fields = [0, 1].map { component in
      (0..<size.area).map { pixel -> Double in
        let (row, column) = pixel.quotientAndRemainder(dividingBy: size.width)
        var sum = 0.0
        for y in max(0, row - radius)...min(size.height - 1, row + radius) {
          for x in max(0, column - radius)...min(size.width - 1, column + radius) {
            sum +=
              weights[y - row + radius] * weights[x - column + radius]
              * noise(key, component * size.area + y * size.width + x)
          }
        }
        return strength * sum
      }
    }
    return (fields[0], fields[1])
  }

  /// Number `index` of a key's sequence, from −1 to 1.
  private func noise(_ key: UInt32, _ index: Int) -> Double {
    var h = key &+ UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9
    h = (h ^ (h >> 16)) &* 0x7FEB_352D
    h = (h ^ (h >> 15)) &* 0x846C_A68B
    h ^= h >> 16
    return Double(h >> 9) / 0x1p22 - 1
  }

  // MARK: Values

  /// The image after one change of values.
  func changed(_ image: ReferenceTensor, by change: ImageChange) -> ReferenceTensor {
    let size = ImageSize(shape: image.shape)
    switch change {
    case .brightness(let factor): return blended(image, factor) { _, _ in 0 }
    case .contrast(let factor):
      let mean = (0..<size.area).reduce(0) { $0 + grey(image, $1, size) } / Double(size.area)
      return blended(image, factor) { _, _ in mean }
    case .saturation(let factor): return blended(image, factor) { _, p in grey(image, p, size) }
    case .sharpness(let factor): return blended(image, factor) { smooth(image, $0, $1, size) }
    case .hue(let share): return hueTurned(image, by: share, size)
    case .posterize(let bits):
      return image.map { Double((Int(($0 * 255).rounded()) >> (8 - bits)) << (8 - bits)) / 255 }
    case .solarize(let threshold): return image.map { $0 >= threshold ? 1 - $0 : $0 }
    case .autocontrast: return eachChannel(image, size, stretched)
    case .equalize: return eachChannel(image, size, equalized)
    case .erase(let columns, let rows):
      var result = image
      for c in 0..<size.channels {
        for y in rows { for x in columns { result[c, y, x] = fill[c] } }
      }
      return result
    default: return image
    }
  }

  /// clamp(factor · x + (1 − factor) · d, 0, 1).
  private func blended(
    _ image: ReferenceTensor, _ factor: Double, with d: (_ c: Int, _ pixel: Int) -> Double
  ) -> ReferenceTensor {
    let area = image.shape[1] * image.shape[2]
    var result = image
    for k in 0..<image.count {
      let value = factor * image[k] + (1 - factor) * d(k / area, k % area)
      result[k] = min(max(value, 0), 1)
    }
    return result
  }

  private func grey(_ image: ReferenceTensor, _ pixel: Int, _ size: ImageSize) -> Double {
    let values = (0..<size.channels).map { image[$0 * size.area + pixel] }
    guard size.channels == 3 else { return values.reduce(0, +) / Double(values.count) }
    return 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2]
  }

  private func smooth(
    _ image: ReferenceTensor, _ c: Int, _ pixel: Int, _ size: ImageSize
  ) -> Double {
    let (y, x) = pixel.quotientAndRemainder(dividingBy: size.width)
    guard y > 0, y < size.height - 1, x > 0, x < size.width - 1 else { return image[c, y, x] }
    var sum = 4 * image[c, y, x]
    for dy in -1...1 { for dx in -1...1 { sum += image[c, y + dy, x + dx] } }
    return sum / 13
  }

  /// Through hue, saturation and value and back, case by case (Smith 1978, doi:10.1145/965139.807361).
  private func hueTurned(
    _ image: ReferenceTensor, by share: Double, _ size: ImageSize
  ) -> ReferenceTensor {
    var result = image
    for p in 0..<size.area {
      let (r, g, b) = (image[p], image[size.area + p], image[2 * size.area + p])
      let (v, least) = (max(r, g, b), min(r, g, b))
      guard v > least else { continue }
      let s = (v - least) / v
      var hue =
        v == r
        ? (g - b) / (v - least)
        : v == g ? 2 + (b - r) / (v - least) : 4 + (r - g) / (v - least)
      hue = (hue / 6 + share) - (hue / 6 + share).rounded(.down)
      let sector = (hue * 6).rounded(.down)
      let f = hue * 6 - sector
      let (low, falling, rising) = (v * (1 - s), v * (1 - s * f), v * (1 - s * (1 - f)))
      let colour =
        switch Int(sector) % 6 {
        case 0: (v, rising, low)
        case 1: (falling, v, low)
        case 2: (low, v, rising)
        case 3: (low, falling, v)
        case 4: (rising, low, v)
        default: (v, low, falling)
        }
      (result[p], result[size.area + p], result[2 * size.area + p]) = colour
    }
    return result
  }

  private func eachChannel(
    _ image: ReferenceTensor, _ size: ImageSize, _ change: ([Double]) -> [Double]
  ) -> ReferenceTensor {
    ReferenceTensor(
      shape: image.shape,
      values: (0..<size.channels).flatMap { c in
        change(Array(image.values[c * size.area..<(c + 1) * size.area]))
      })
  }

  private func stretched(_ channel: [Double]) -> [Double] {
    guard let least = channel.min(), let largest = channel.max(), largest > least else {
      return channel
    }
    return channel.map { ($0 - least) / (largest - least) }
  }

  private func equalized(_ channel: [Double]) -> [Double] {
    let bytes = channel.map { Int((min(max($0, 0), 1) * 255).rounded()) }
    let counts = (0..<256).map { value in bytes.count { $0 == value } }
    guard let last = bytes.max() else { return channel }
    let step = (bytes.count - counts[last]) / 255
    guard step > 0 else { return channel }
    return bytes.map { value in
      let below = counts[..<value].reduce(0, +)
      return Double(min((step / 2 + below) / step, 255)) / 255
    }
  }

  // MARK: Mixing

  /// share · a + (1 − share) · b, or a with a rectangle of b.
  func mixed(
    _ a: ReferenceTensor, _ b: ReferenceTensor, _ mixture: ImageMixture
  ) -> ReferenceTensor {
    var result = a
    switch mixture {
    case .none: break
    case .blend(let share):
      for k in 0..<a.count { result[k] = share * a[k] + (1 - share) * b[k] }
    case .paste(let columns, let rows, _):
      for c in 0..<a.shape[0] {
        for y in rows { for x in columns { result[c, y, x] = b[c, y, x] } }
      }
    }
    return result
  }
}
