import Foundation

extension Augmentation.Transform {
  /// How many changes one image gets from it; MixUp and CutMix come apart from the others.
  var changeCount: Int {
    switch self {
    case .color(let brightness, let contrast, let saturation, let hue):
      (brightness > 0 ? 1 : 0) + (contrast > 0 ? 1 : 0) + (saturation > 0 ? 1 : 0)
        + (hue > 0 ? 1 : 0)
    case .randAugment(let operations, _): operations
    case .mixUp, .cutMix: 0
    default: 1
    }
  }

  /// Draws the numbers of one image, and hands over `changeCount` changes.
  func draw(
    _ size: ImageSize, using draws: inout ImageDraws, _ take: (ImageChange) -> Void
  ) {
    let (width, height) = (Double(size.width), Double(size.height))
    switch self {
    case .crop(let padding, let border):
      take(
        .crop(
          left: draws.integer(in: -padding...padding), top: draws.integer(in: -padding...padding),
          border: border))
    case .flip(let direction): take(.flip(direction))
    case .rotate(let degrees):
      take(.map(.rotation(degrees: draws.uniform(-degrees, degrees), of: size)))
    case .shift(let x, let y):
      let move = (draws.uniform(-x, x) * width, draws.uniform(-y, y) * height)
      take(.map(PlaneMap(x: -move.0, y: -move.1)))
    case .scale(let from, let to):
      let factor = draws.uniform(from, to)
      take(.map(PlaneMap(xx: 1 / factor, yy: 1 / factor, aroundCentreOf: size)))
    case .shear(let x, let y):
      let slopes = (
        tan(draws.uniform(-x, x) * .pi / 180), tan(draws.uniform(-y, y) * .pi / 180)
      )
      take(.map(.shear(x: slopes.0, y: slopes.1, of: size)))
    case .elastic(let strength, let smoothness):
      let key = UInt32(truncatingIfNeeded: draws.next())
      take(.elastic(key: key, strength: strength, smoothness: smoothness))
    case .resizedCrop(let area, let aspect):
      take(.resizedCrop(area: area, aspect: aspect, of: size, using: &draws))
    case .color(let brightness, let contrast, let saturation, let hue):
      drawColours([brightness, contrast, saturation, hue], size, using: &draws, take)
    case .cutout(let side):
      let left = draws.integer(below: size.width) - side / 2
      let top = draws.integer(below: size.height) - side / 2
      take(
        .erase(
          columns: max(0, left)..<min(size.width, left + side),
          rows: max(0, top)..<min(size.height, top + side)))
    case .randAugment(let operations, let magnitude):
      for _ in 0..<operations {
        take(.randAugment(magnitude: magnitude, of: size, using: &draws))
      }
    case .mixUp, .cutMix: break
    }
  }

  /// Those of the four colour changes that are not 0, in random order.
  private func drawColours(
    _ ranges: InlineArray<4, Double>, _ size: ImageSize, using draws: inout ImageDraws,
    _ take: (ImageChange) -> Void
  ) {
    var waiting: InlineArray<4, Bool> = [
      ranges[0] > 0, ranges[1] > 0, ranges[2] > 0, ranges[3] > 0,
    ]
    for count in stride(from: changeCount, to: 0, by: -1) {
      var number = draws.integer(below: count)
      for kind in 0..<4 where waiting[kind] {
        guard number == 0 else {
          number -= 1
          continue
        }
        waiting[kind] = false
        let range = ranges[kind]
        let least = kind == 3 ? -range : max(0, 1 - range)
        take(.colour(kind, draws.uniform(least, kind == 3 ? range : 1 + range), size))
        break
      }
    }
  }
}

extension PlaneMap {
  /// Turns the image about its centre, against the clock for positive angles.
  package static func rotation(degrees: Double, of size: ImageSize) -> PlaneMap {
    let angle = degrees * .pi / 180
    return PlaneMap(
      xx: cos(angle), xy: -sin(angle), yx: sin(angle), yy: cos(angle), aroundCentreOf: size)
  }

  /// Shears the image about its centre: x moves by −x·y, then y by −y·x. Source: torchvision's affine.
  package static func shear(x: Double, y: Double, of size: ImageSize) -> PlaneMap {
    PlaneMap(xx: 1 + x * y, xy: x, yx: y, yy: 1, aroundCentreOf: size)
  }
}

extension ImageChange {
  /// Brightness, contrast, saturation or hue; the last two are of images with three channels.
  static func colour(_ kind: Int, _ factor: Double, _ size: ImageSize) -> ImageChange {
    switch kind {
    case 0: .brightness(factor)
    case 1: .contrast(factor)
    case 2: size.channels == 3 ? .saturation(factor) : .none
    default: size.channels == 3 ? .hue(factor) : .none
    }
  }

  /// A part of a random area and aspect ratio. After ten attempts that do not fit, the largest part in
  /// the middle whose aspect ratio is allowed. Source: torchvision's RandomResizedCrop.get_params.
  static func resizedCrop(
    area: ClosedRange<Double>, aspect: ClosedRange<Double>, of size: ImageSize,
    using draws: inout ImageDraws
  ) -> ImageChange {
    for _ in 0..<10 {
      let target = Double(size.area) * draws.uniform(area.lowerBound, area.upperBound)
      let ratio = exp(draws.uniform(log(aspect.lowerBound), log(aspect.upperBound)))
      let width = Int((target * ratio).squareRoot().rounded())
      let height = Int((target / ratio).squareRoot().rounded())
      guard width > 0, width <= size.width, height > 0, height <= size.height else { continue }
      return .window(
        left: draws.integer(below: size.width - width + 1),
        top: draws.integer(below: size.height - height + 1), width: width, height: height)
    }
    var (width, height) = (size.width, size.height)
    let ratio = Double(width) / Double(height)
    if ratio < aspect.lowerBound {
      height = max(1, Int((Double(width) / aspect.lowerBound).rounded()))
    } else if ratio > aspect.upperBound {
      width = max(1, Int((Double(height) * aspect.upperBound).rounded()))
    }
    return .window(
      left: (size.width - width) / 2, top: (size.height - height) / 2, width: width,
      height: height)
  }

  /// One of the fourteen operations of RandAugment, with torchvision's meaning of a magnitude from 0 to 30.
  static func randAugment(
    magnitude: Double, of size: ImageSize, using draws: inout ImageDraws
  ) -> ImageChange {
    let kind = draws.integer(below: 14)
    let share = magnitude / 30
    let signed = draws.uniform() < 0.5 ? -share : share
    switch kind {
    case 0: return .none
    // A shear leaves the image's first row or column where it is, a translation is of whole pixels.
    case 1: return .map(PlaneMap(xy: 0.3 * signed, x: 0.15 * signed))
    case 2: return .map(PlaneMap(yx: 0.3 * signed, y: 0.15 * signed))
    case 3:
      return .map(PlaneMap(x: (150.0 / 331 * Double(size.width) * signed).rounded(.towardZero)))
    case 4:
      return .map(PlaneMap(y: (150.0 / 331 * Double(size.height) * signed).rounded(.towardZero)))
    case 5: return .map(.rotation(degrees: 30 * signed, of: size))
    case 6: return .brightness(1 + 0.9 * signed)
    case 7: return .colour(2, 1 + 0.9 * signed, size)
    case 8: return .contrast(1 + 0.9 * signed)
    case 9: return .sharpness(1 + 0.9 * signed)
    case 10:
      let lost = Int((magnitude / 7.5).rounded(.toNearestOrEven))
      return lost == 0 ? .none : .posterize(bits: 8 - lost)
    case 11:
      // Between two bytes, so that no rounding decides.
      return .solarize(((255 * (30 - magnitude) / 30).rounded(.up) - 0.5) / 255)
    case 12: return .autocontrast
    default: return .equalize
    }
  }
}

extension Augmentation {
  /// How many changes every image gets.
  var changeCount: Int { steps.reduce(0) { $0 + $1.transform.changeCount } }

  /// Draws what happens to one image: `changeCount` changes, in order.
  package func drawChanges(
    seed: UInt64, epoch: Int, position: Int, size: ImageSize, _ take: (ImageChange) -> Void
  ) {
    var draws = ImageDraws(seed: seed, epoch: epoch, position: position, stream: .changes)
    for step in steps {
      if draws.happens(step.chance) {
        step.transform.draw(size, using: &draws, take)
      } else {
        for _ in 0..<step.transform.changeCount { take(.none) }
      }
    }
  }

  /// Draws how one image is mixed with its partner: by one of the steps that mix, each as likely.
  package func drawMixture(
    seed: UInt64, epoch: Int, position: Int, size: ImageSize
  ) -> ImageMixture {
    let count = steps.count { $0.transform.mixes }
    guard count > 0 else { return .none }
    var draws = ImageDraws(seed: seed, epoch: epoch, position: position, stream: .mixing)
    var number = draws.integer(below: count)
    for step in steps where step.transform.mixes {
      guard number == 0 else {
        number -= 1
        continue
      }
      guard draws.happens(step.chance) else { return .none }
      switch step.transform {
      case .mixUp(let alpha): return .blend(share: draws.beta(alpha))
      case .cutMix(let alpha): return .paste(alpha: alpha, size, using: &draws)
      default: return .none
      }
    }
    return .none
  }

  /// Whether images are mixed with each other.
  var mixes: Bool { steps.contains { $0.transform.mixes } }

  /// How many images further on in its block an image's partner stands, in a circle of `count` images
  /// from `position` on.
  package func drawPartnerOffset(seed: UInt64, epoch: Int, position: Int, count: Int) -> Int {
    guard count > 1 else { return 0 }
    var draws = ImageDraws(seed: seed, epoch: epoch, position: position, stream: .partners)
    return draws.integer(in: 1...(count - 1))
  }
}

extension Augmentation.Transform {
  fileprivate var mixes: Bool {
    switch self {
    case .mixUp, .cutMix: true
    default: false
    }
  }
}

extension ImageMixture {
  /// A rectangle around a random pixel that covers the share 1 − λ of the area, before what lies
  /// outside the image is cut off.
  fileprivate static func paste(
    alpha: Double, _ size: ImageSize, using draws: inout ImageDraws
  ) -> ImageMixture {
    let side = max(0, 1 - draws.beta(alpha)).squareRoot()
    let (width, height) = (Int(Double(size.width) * side), Int(Double(size.height) * side))
    let left = draws.integer(below: size.width) - width / 2
    let top = draws.integer(below: size.height) - height / 2
    let columns = max(0, left)..<min(size.width, left + width)
    let rows = max(0, top)..<min(size.height, top + height)
    let area = Double(columns.count * rows.count)
    return .paste(columns: columns, rows: rows, share: 1 - area / Double(size.area))
  }
}
