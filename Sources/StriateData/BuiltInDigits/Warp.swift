import Striate

/// The shape of a whole digit: width, slant, rotation and an elastic distortion.
struct Warp {
  private let columns: (SIMD2<Float>, SIMD2<Float>)
  private let displacements: [SIMD2<Float>]

  /// Knots of the elastic grid a side.
  private static let gridSide = 4

  /// The elastic grid's standard deviation, as a share of the digit's height.
  private static let elasticity: Float = 0.035

  init(using generator: inout SeededGenerator) {
    let width = 1 + 0.18 * generator.bell()
    let slant = 0.14 + 0.2 * generator.bell()
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
    let moved = point + displacement(at: point)
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
