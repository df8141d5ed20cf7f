import StriateExplain
import Testing

@Suite struct AxisTests {
  static let values: [[Double]] = [
    [0, 1], [0.113, 2.31], [1, 1], [0], [], [-3, 7], [1e-9, 3e-9], [1e9, 5e9], [0.9981, 0.9997],
    [.nan, 2, 3], [-.infinity, 1, .infinity], [1e300, 4],
  ]

  @Test(arguments: values) func anAxisHoldsItsValuesAndFewRoundMarks(values: [Double]) {
    let axis = Axis(over: values)
    for value in values where abs(value) < 1e15 {
      #expect(axis.share(value) >= -1e-9 && axis.share(value) <= 1 + 1e-9)
    }
    #expect((2...8).contains(axis.ticks.count))
    #expect(zip(axis.ticks, axis.ticks.dropFirst()).allSatisfy { $0 < $1 })
    #expect(axis.ticks.allSatisfy { axis.share($0) >= -1e-9 && axis.share($0) <= 1 + 1e-9 })
    #expect(Set(axis.ticks.map { axis.label($0) }).count == axis.ticks.count)
  }

  @Test func sharesStayBetweenNoneAndAll() {
    let axis = Axis(over: [0.97, 1], within: 0...1)
    #expect(axis.range.upperBound == 1 && axis.range.lowerBound >= 0.9)
    #expect(axis.percentLabel(1) == "100 %" || axis.percentLabel(1) == "100.0 %")
    #expect(Axis(over: [1, 1], within: 0...1).range.upperBound == 1)
    #expect(Axis(over: [0, 0], within: 0...1).range.lowerBound == 0)
  }

  @Test(arguments: [[0, 1], [-1, 1], [0, 1e-9], [-1e7, 1e7]]) func noughtHasNoSign(values: [Double])
  {
    let axis = Axis(over: values)
    for tick in axis.ticks where tick == 0 {
      #expect(tick.sign == .plus)
      #expect(!axis.label(tick).hasPrefix("-") && !axis.percentLabel(tick).hasPrefix("-"))
    }
    #expect(axis.ticks.contains(0))
  }

  @Test func epochsAreWholeNumbers() {
    for last in 1...40 {
      let axis = Axis(over: (1...last).map { Double($0) }, count: 8, isWhole: true)
      #expect(axis.ticks.allSatisfy { $0 == $0.rounded() })
      #expect(axis.ticks.count >= 2)
    }
  }
}
