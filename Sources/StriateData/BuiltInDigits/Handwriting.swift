import Striate

/// The hand that writes a skeleton: everything that differs from one writer and one moment to the
/// next.
struct Handwriting {
  /// The standard deviation of each knot, as a share of the digit's height.
  static let jitter: Float = 0.04

  /// Straight pieces a span between two knots.
  static let piecesPerSpan = 5

  /// The image of a digit, 784 bytes, white on black.
  static func draw(_ digit: Int, using generator: inout SeededGenerator) -> [UInt8] {
    let skeleton = Skeleton.choose(from: Skeletons.all[digit], using: &generator)
    var strokes = skeleton.mixture(using: &generator)
    for stroke in strokes.indices {
      for knot in strokes[stroke].knots.indices {
        strokes[stroke].knots[knot] +=
          jitter * SIMD2(generator.bell(), generator.bell())
      }
    }
    let warp = Warp(using: &generator)
    let pen = Pen(using: &generator)
    var paths = strokes.map { stroke in
      let points = stroke.points(perSpan: piecesPerSpan).map { warp($0) }
      return Path(points: points, radii: pen.radii(count: points.count, using: &generator))
    }
    fit(&paths)
    var canvas = Canvas(softness: generator.uniform(in: 1..<1.6))
    for path in paths { canvas.draw(path) }
    canvas.addNoise(using: &generator)
    let box = DigitFrame.boxSide
    return DigitFrame.bytes(DigitFrame.centred(canvas.ink, width: box, height: box))
  }

  /// Scales the paths, pen and all, so that the longer side of their box fills 20 pixels.
  ///
  /// Radii are given in pixels of the final image, so the points are first scaled alone.
  private static func fit(_ paths: inout [Path]) {
    let side = Float(DigitFrame.boxSide)
    let bare = Box(paths, withRadii: false)
    let radius = paths[0].radii.reduce(0, +) / Float(paths[0].radii.count)
    let scale = (side - 2 * radius) / max(bare.extent.max(), 0.01)
    for path in paths.indices {
      for point in paths[path].points.indices { paths[path].points[point] *= scale }
    }
    let inked = Box(paths, withRadii: true)
    let correction = side / inked.extent.max()
    let centre = (inked.lower + inked.upper) / 2
    for path in paths.indices {
      for point in paths[path].points.indices {
        paths[path].points[point] = (paths[path].points[point] - centre) * correction + side / 2
        paths[path].radii[point] *= correction
      }
    }
  }

  /// The smallest box around some paths.
  private struct Box {
    var lower = SIMD2<Float>(repeating: .infinity)
    var upper = SIMD2<Float>(repeating: -.infinity)
    var extent: SIMD2<Float> { upper - lower }

    init(_ paths: [Path], withRadii: Bool) {
      for path in paths {
        for (point, radius) in zip(path.points, path.radii) {
          let margin = withRadii ? radius : 0
          lower = pointwiseMin(lower, point - margin)
          upper = pointwiseMax(upper, point + margin)
        }
      }
    }
  }
}

/// A stroke as drawn: points, and the pen's radius at each.
struct Path {
  var points: [SIMD2<Float>]
  var radii: [Float]
}

/// The pen's width and the unsteadiness of its pressure.
struct Pen {
  /// Half the stroke's width in pixels of the final image.
  let radius: Float

  init(using generator: inout SeededGenerator) {
    let width = generator.uniform()
    radius = 0.85 + 1.1 * width * width + 0.3 * generator.uniform()
  }

  /// The radius at each of `count` points: the pressure changes slowly along the stroke.
  func radii(count: Int, using generator: inout SeededGenerator) -> [Float] {
    let presses = (0..<4).map { _ in 1 + 0.1 * generator.bell() }
    return (0..<count).map { index in
      let place = Float(index) / Float(max(count - 1, 1)) * 3
      let lower = min(Int(place), 2)
      let share = place - Float(lower)
      return radius * (presses[lower] * (1 - share) + presses[lower + 1] * share)
    }
  }
}

extension SeededGenerator {
  /// A number with mean 0 and standard deviation 1 between −3 and 3: the sum of three even ones.
  mutating func bell() -> Float {
    2 * (uniform() + uniform() + uniform()) - 3
  }
}
