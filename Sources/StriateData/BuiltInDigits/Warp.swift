import Striate

/// The shape of a whole digit: width, slant, rotation, taper, sag and an elastic distortion.
struct Warp {
  private let columns: (SIMD2<Float>, SIMD2<Float>)

  /// How far the middle lies below (or above) the middle.
  private let sag: Float

  /// How much wider the foot is than the head.
  private let taper: Float

  /// The displacement at each knot of the elastic grid, row by row.
  private let displacements: [SIMD2<Float>]

  /// Knots of the elastic grid a side.
  private static let gridSide = 4

  /// The elastic grid's standard deviation, as a share of the digit's height.
  private static let elasticity: Float = 0.036

  init(using generator: inout SeededGenerator) {
    let width = max(1 + 0.22 * generator.bell(), 0.65)
    let slant = 0.16 + 0.25 * generator.bell()
    sag = 0.35 * generator.bell()
    taper = 0.35 * generator.bell()
    // A rotation by the angle whose half has the tangent t.
    let t = 0.045 * generator.bell()
    let (cosine, sine) = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
    columns = (
      width * SIMD2(cosine, sine),
      SIMD2(-slant * cosine - sine, -slant * sine + cosine)
    )
    displacements = (0..<(Self.gridSide * Self.gridSide)).map { _ in
      Self.elasticity * SIMD2(generator.bell(), generator.bell())
    }
  }

  /// Where a point of the skeleton comes to lie.
  func callAsFunction(_ point: SIMD2<Float>) -> SIMD2<Float> {
    var moved = point + displacement(at: point)
    moved.y += sag * moved.y * (1 - moved.y)
    moved.x = (moved.x - 0.35) * (1 + taper * (moved.y - 0.5))
    return columns.0 * moved.x + columns.1 * moved.y
  }

  /// The elastic grid between its knots, smooth to the first derivative.
  private func displacement(at point: SIMD2<Float>) -> SIMD2<Float> {
    let last = Self.gridSide - 1
    let place = (point * Float(last)).clamped(
      lowerBound: .zero, upperBound: SIMD2(repeating: Float(last)))
    let (column, row) = (min(Int(place.x), last - 1), min(Int(place.y), last - 1))
    let share = place - SIMD2(Float(column), Float(row))
    let smooth = share * share * (3 - 2 * share)
    let first = row * Self.gridSide + column
    let second = first + Self.gridSide
    let upper = displacements[first] * (1 - smooth.x) + displacements[first + 1] * smooth.x
    let lower = displacements[second] * (1 - smooth.x) + displacements[second + 1] * smooth.x
    return upper * (1 - smooth.y) + lower * smooth.y
  }
}
