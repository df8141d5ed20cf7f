import Striate

/// One way to write a digit: the path of the pen, as the convex hull of a few exemplars.
///
/// Exemplars have equally many strokes, knots and corners, so that any mixture of them is a path
/// too: between a narrow and a wide nought lie all noughts.
struct Skeleton: Sendable {
  /// A path of the pen through knots: smooth, but for the corners.
  struct Stroke: Sendable {
    var knots: [SIMD2<Float>]
    let corners: [Bool]

    /// A stroke through knots written x, y, x, y, … in hundredths of the digit's height, y
    /// downward. A knot written twice is a corner.
    init(_ coordinates: [Int]) {
      var knots: [SIMD2<Float>] = []
      var corners: [Bool] = []
      for index in stride(from: 0, to: coordinates.count - 1, by: 2) {
        let knot = SIMD2(Float(coordinates[index]), Float(coordinates[index + 1])) / 100
        if knots.last == knot {
          corners[corners.count - 1] = true
        } else {
          knots.append(knot)
          corners.append(false)
        }
      }
      self.knots = knots
      self.corners = corners
    }
  }

  /// How often this way is chosen, relative to the digit's other ways.
  let weight: Float

  /// Each exemplar is a list of strokes.
  let exemplars: [[Stroke]]

  init(weight: Float, _ exemplars: [[Int]]...) {
    self.weight = weight
    self.exemplars = exemplars.map { $0.map { Stroke($0) } }
    let structure = self.exemplars[0].map(\.corners)
    precondition(
      self.exemplars.allSatisfy { $0.map(\.corners) == structure },
      "Skeleton: expected exemplars of one structure, found \(exemplars)")
  }

  /// A random mixture of the exemplars, mostly near one of them.
  func mixture(using generator: inout SeededGenerator) -> [Stroke] {
    var shares = exemplars.map { _ in
      let share = generator.uniform()
      return share * share + 0.02
    }
    let sum = shares.reduce(0, +)
    for index in shares.indices { shares[index] /= sum }
    var strokes = exemplars[0]
    for stroke in strokes.indices {
      for knot in strokes[stroke].knots.indices {
        strokes[stroke].knots[knot] = zip(exemplars, shares).reduce(.zero) {
          $0 + $1.1 * $1.0[stroke].knots[knot]
        }
      }
    }
    return strokes
  }

  /// One of `skeletons`, chosen by weight.
  static func choose(
    from skeletons: [Skeleton], using generator: inout SeededGenerator
  ) -> Skeleton {
    var rest = generator.uniform() * skeletons.reduce(0) { $0 + $1.weight }
    for skeleton in skeletons.dropLast() {
      rest -= skeleton.weight
      if rest < 0 { return skeleton }
    }
    return skeletons[skeletons.count - 1]
  }
}

extension Skeleton.Stroke {
  /// Points along the stroke: a Catmull–Rom spline through the knots, broken at the corners.
  ///
  /// Source: Catmull & Rom 1974, doi:10.1016/B978-0-12-079050-0.50020-5.
  func points(perSpan: Int) -> [SIMD2<Float>] {
    var points: [SIMD2<Float>] = []
    points.reserveCapacity((knots.count - 1) * perSpan + 1)
    for index in 0..<(knots.count - 1) {
      let (a, b) = (knots[index], knots[index + 1])
      let before = index > 0 && !corners[index] ? knots[index - 1] : a - (b - a)
      let isLast = index + 2 == knots.count || corners[index + 1]
      let after = isLast ? b + (b - a) : knots[index + 2]
      let (slopeA, slopeB) = ((b - before) / 2, (after - a) / 2)
      for step in 0..<perSpan {
        let t = Float(step) / Float(perSpan)
        let u = 1 - t
        let value = a * (u * u * (1 + 2 * t)) + b * (t * t * (3 - 2 * t))
        points.append(value + slopeA * (t * u * u) - slopeB * (t * t * u))
      }
    }
    if let last = knots.last { points.append(last) }
    return points
  }
}
