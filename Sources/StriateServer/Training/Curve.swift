import StriateExplain

/// Loss and accuracy over the steps of a training: a bounded number of points, each the mean of the steps since the
/// one before.
struct Curve: Sendable {
  struct Point: Sendable {
    var step: Int
    var loss: Double
    var accuracy: Double
    /// The steps that it is the mean of.
    var steps: Int
  }

  private(set) var points: [Point] = []
  /// Raised whenever points that were there have changed.
  private(set) var edition = 0
  /// Points that are kept.
  static let most = 2000

  mutating func append(_ point: Point) {
    points.append(point)
    guard points.count > Self.most else { return }
    // Two become one.
    points = stride(from: 0, to: points.count, by: 2).map { i in
      guard i + 1 < points.count else { return points[i] }
      let (a, b) = (points[i], points[i + 1])
      let steps = Double(max(1, a.steps + b.steps))
      func mean(_ value: (Point) -> Double) -> Double {
        (value(a) * Double(a.steps) + value(b) * Double(b.steps)) / steps
      }
      return Point(
        step: b.step, loss: mean(\.loss), accuracy: mean(\.accuracy), steps: a.steps + b.steps)
    }
    edition += 1
  }

  /// [[step, loss, accuracy], …] from a point on.
  func json(from first: Int) -> JSON {
    .array(
      points.dropFirst(first).map {
        .array([.integer($0.step), .number($0.loss), .number($0.accuracy)])
      })
  }
}
