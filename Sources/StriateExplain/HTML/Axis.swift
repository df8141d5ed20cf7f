import Foundation

/// Values along one side of a diagram, and where their marks stand.
package struct Axis {
  package let range: ClosedRange<Double>
  package let ticks: [Double]
  private let step: Double

  /// An axis over values whose marks are round numbers, at most `count` + 1 of them.
  ///
  /// - Parameters:
  ///   - values: What is drawn; numbers that are not finite are left out.
  ///   - limits: What the axis may not go beyond.
  ///   - isWhole: Whether only whole numbers get a mark.
  package init(
    over values: [Double], within limits: ClosedRange<Double>? = nil, count: Int = 5,
    isWhole: Bool = false
  ) {
    // Beyond these, sums of steps are no longer exact enough to count by.
    let finite = values.filter { abs($0) < 1e15 }
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if high - low <= abs(high) * 1e-9 {
      let margin = max(abs(high) / 2, isWhole ? 1 : 1e-6)
      (low, high) = (low - margin, high + margin)
      if let limits {
        (low, high) = (max(low, limits.lowerBound), min(high, limits.upperBound))
        if low >= high { (low, high) = (limits.lowerBound, limits.upperBound) }
      }
    }
    // 1, 2 or 5 times a power of ten.
    let raw = (high - low) / Double(count)
    let power = pow(10, log10(raw).rounded(.down))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= raw * (1 - 1e-9) } ?? 10
    step = isWhole ? max(1, (factor * power).rounded()) : factor * power
    var first = (low / step + 1e-9).rounded(.down) * step
    var last = (high / step - 1e-9).rounded(.up) * step
    if let limits { (first, last) = (max(first, limits.lowerBound), min(last, limits.upperBound)) }
    range = first...max(last, first + step)
    let start = (first / step - 1e-9).rounded(.up)
    let end = (range.upperBound / step + 1e-9).rounded(.down)
    ticks = stride(from: start, through: end, by: 1).map { [step] in
      // The sum makes a zero with a sign one without.
      $0 * step + 0.0
    }
  }

  /// How far along the axis a value stands, from 0 to 1; what lies beyond its ends stands there.
  package func share(_ value: Double) -> Double {
    min(1, max(0, (value - range.lowerBound) / (range.upperBound - range.lowerBound)))
  }

  /// The number at a mark, with as many digits as tell it from its neighbours.
  package func label(_ tick: Double) -> String {
    guard step >= 1e-4, abs(tick) < 1e6 else { return tick.significant(3) }
    let digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return tick == 0 ? "0" : tick.fixed(digits)
  }

  /// The same as a percentage.
  package func percentLabel(_ tick: Double) -> String {
    let digits = max(0, Int((-log10(step) - 2 - 1e-9).rounded(.up)))
    return (tick * 100).fixed(min(digits, 4)) + " %"
  }
}
