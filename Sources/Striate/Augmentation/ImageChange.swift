import Foundation

/// A straight map of the plane that says where each pixel of a result lies in the source.
///
///     x′ = xx·x + xy·y + x₀,  y′ = yx·x + yy·y + y₀
///
/// Coordinates count pixels from the centre of the first one.
package struct PlaneMap: Sendable, Equatable {
  package var xx = 1.0
  package var xy = 0.0
  package var x = 0.0
  package var yx = 0.0
  package var yy = 1.0
  package var y = 0.0

  /// Every pixel stays where it is.
  package static let identity = PlaneMap()

  /// A map that leaves the centre of an image where it is.
  package init(
    xx: Double = 1, xy: Double = 0, yx: Double = 0, yy: Double = 1,
    aroundCentreOf size: ImageSize
  ) {
    (self.xx, self.xy, self.yx, self.yy) = (xx, xy, yx, yy)
    let (cx, cy) = (Double(size.width - 1) / 2, Double(size.height - 1) / 2)
    x = cx - xx * cx - xy * cy
    y = cy - yx * cx - yy * cy
  }

  /// A map by its numbers.
  package init(
    xx: Double = 1, xy: Double = 0, x: Double = 0, yx: Double = 0, yy: Double = 1, y: Double = 0
  ) {
    (self.xx, self.xy, self.x, self.yx, self.yy, self.y) = (xx, xy, x, yx, yy, y)
  }

  /// Where a point comes to lie.
  package func callAsFunction(_ px: Double, _ py: Double) -> (x: Double, y: Double) {
    (xx * px + xy * py + x, yx * px + yy * py + y)
  }

  /// This map after `first`.
  func after(_ first: PlaneMap) -> PlaneMap {
    PlaneMap(
      xx: xx * first.xx + xy * first.yx, xy: xx * first.xy + xy * first.yy,
      x: xx * first.x + xy * first.y + x,
      yx: yx * first.xx + yy * first.yx, yy: yx * first.xy + yy * first.yy,
      y: yx * first.x + yy * first.y + y)
  }
}

extension PlaneMap {
  /// The map with numbers so small that no place is infinite, nor a difference of two of them no number: what
  /// lies that far away shows nothing anyway.
  var bounded: PlaneMap {
    func bounded(_ x: Double) -> Double { min(max(x, -1e24), 1e24) }
    return PlaneMap(
      xx: bounded(xx), xy: bounded(xy), x: bounded(x), yx: bounded(yx), yy: bounded(yy),
      y: bounded(y))
  }
}

/// Channels, rows and columns of an image.
package struct ImageSize: Sendable, Equatable {
  package let channels: Int
  package let height: Int
  package let width: Int

  package init(channels: Int, height: Int, width: Int) {
    (self.channels, self.height, self.width) = (channels, height, width)
  }

  /// The size of images [C, H, W].
  package init(shape: [Int]) { self.init(channels: shape[0], height: shape[1], width: shape[2]) }

  /// Pixels of one channel.
  package var area: Int { height * width }

  /// Numbers of an image.
  package var count: Int { channels * area }
}

/// What happens to one image in one step: a transform whose random numbers have been drawn.
package enum ImageChange: Sendable, Equatable {
  case none
  /// The result's first pixel is the source's pixel (left, top).
  case crop(left: Int, top: Int, border: Augmentation.Border)
  case flip(Augmentation.Direction)
  case map(PlaneMap)
  /// A part of the source, resized to the whole.
  case window(left: Int, top: Int, width: Int, height: Int)
  /// The field's random numbers follow from the key.
  case elastic(key: UInt32, strength: Double, smoothness: Double)
  /// A factor: 1 leaves the image as it is, 0 makes it black.
  case brightness(Double)
  /// A factor: 0 makes the image its mean brightness.
  case contrast(Double)
  /// A factor: 0 makes the image grey.
  case saturation(Double)
  /// Full circles.
  case hue(Double)
  /// A factor: 0 smooths.
  case sharpness(Double)
  /// The high bits of each byte that are kept.
  case posterize(bits: Int)
  /// The least value that is turned into its negative.
  case solarize(Double)
  case autocontrast
  case equalize
  case erase(columns: Range<Int>, rows: Range<Int>)

  /// Whether it moves pixels.
  package var isGeometric: Bool {
    switch self {
    case .crop, .flip, .map, .window, .elastic: true
    default: false
    }
  }
}

/// How one image is mixed with its partner.
package enum ImageMixture: Sendable, Equatable {
  case none
  /// share · image + (1 − share) · partner.
  case blend(share: Double)
  /// A rectangle comes from the partner; `share` is that of the area outside.
  case paste(columns: Range<Int>, rows: Range<Int>, share: Double)

  /// What the image's own target counts for.
  package var share: Double {
    switch self {
    case .none: 1
    case .blend(let share), .paste(_, _, let share): share
    }
  }
}
