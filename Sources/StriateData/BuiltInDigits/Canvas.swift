import Striate

/// A square of 20×20 pixels that paths are drawn on.
struct Canvas {
  private static let side = DigitFrame.boxSide

  /// The ink of each pixel from 0 to 1.
  private(set) var ink = [Float](repeating: 0, count: side * side)

  /// The width in pixels of the ramp from paper to ink at a stroke's edge.
  let softness: Float

  init(softness: Float) {
    self.softness = softness
  }

  /// Draws a path: a pixel's ink falls with its centre's distance from the nearest segment,
  ///
  ///     ink = ½ + (radius − distance) / softness, from 0 to 1.
  mutating func draw(_ path: Path) {
    for index in 0..<(path.points.count - 1) {
      draw(
        from: path.points[index], to: path.points[index + 1], radius: path.radii[index],
        growth: path.radii[index + 1] - path.radii[index])
    }
  }

  private mutating func draw(
    from a: SIMD2<Float>, to b: SIMD2<Float>, radius: Float, growth: Float
  ) {
    let reach = max(radius, radius + growth) + softness / 2
    let lower = pointwiseMin(a, b) - reach - 0.5
    let upper = pointwiseMax(a, b) + reach - 0.5
    let rows = max(Int(lower.y), 0)..<max(min(Int(upper.y) + 1, Self.side), 0)
    let columns = max(Int(lower.x), 0)..<max(min(Int(upper.x) + 1, Self.side), 0)
    let along = b - a
    let scale = 1 / max((along * along).sum(), 1e-12)
    for row in rows {
      for column in columns {
        let centre = SIMD2(Float(column) + 0.5, Float(row) + 0.5) - a
        let share = min(max((centre * along).sum() * scale, 0), 1)
        let offset = centre - along * share
        let square = (offset * offset).sum()
        guard square < reach * reach else { continue }
        let cover = 0.5 + (radius + growth * share - square.squareRoot()) / softness
        let index = row * Self.side + column
        ink[index] = min(max(ink[index], cover), 1)
      }
    }
  }

  /// Grains in the ink: inked pixels lose a random share, seldom much.
  mutating func addNoise(using generator: inout SeededGenerator) {
    let strength = 0.25 * generator.uniform() * generator.uniform()
    for index in ink.indices where ink[index] > 0 {
      ink[index] *= 1 - strength * generator.uniform()
    }
  }
}
