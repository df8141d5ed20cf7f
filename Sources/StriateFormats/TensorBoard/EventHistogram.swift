/// How numbers are distributed, in intervals of one width.
///
/// Numbers that are not finite are left out.
public struct EventHistogram: Sendable, Equatable {
  /// The least and the largest number; 0 where there is none.
  public let least: Double, largest: Double

  /// How many numbers there are.
  public let count: Int

  /// Their sum, and that of their squares.
  public let sum: Double, sumOfSquares: Double

  /// The upper end of each interval.
  public let limits: [Double]

  /// How many numbers lie in each interval.
  public let counts: [Double]

  /// The distribution of some numbers.
  ///
  /// - Precondition: there is at least one interval.
  public init(of numbers: some Sequence<Float>, intervals: Int = 40) {
    precondition(
      intervals > 0, "EventHistogram: expected at least one interval, found \(intervals)")
    let values = numbers.lazy.filter(\.isFinite).map(Double.init)
    var (least, largest, count) = (Double.infinity, -Double.infinity, 0)
    var (sum, squares) = (0.0, 0.0)
    for value in values {
      (least, largest) = (min(least, value), max(largest, value))
      count += 1
      sum += value
      squares += value * value
    }
    if count == 0 { (least, largest) = (0, 0) }
    (self.least, self.largest, self.count) = (least, largest, count)
    (self.sum, sumOfSquares) = (sum, squares)
    guard largest > least else {
      // One interval that holds the only value.
      (limits, counts) = ([largest], [Double(count)])
      return
    }
    let width = (largest - least) / Double(intervals)
    var counts = Array(repeating: 0.0, count: intervals)
    for value in values {
      counts[min(intervals - 1, max(0, Int((value - least) / width)))] += 1
    }
    limits = (1...intervals).map { $0 == intervals ? largest : least + Double($0) * width }
    self.counts = counts
  }

  var message: ProtobufWriter {
    var message = ProtobufWriter()
    message.add(1, least)
    message.add(2, largest)
    message.add(3, Double(count))
    message.add(4, sum)
    message.add(5, sumOfSquares)
    message.add(6, packed: limits)
    message.add(7, packed: counts)
    return message
  }
}
