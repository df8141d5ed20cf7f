import Testing

@Suite struct ExpectCloseTests {
  @Test func equalNumbersAreClose() {
    #expect(difference([1, -2], [1, -2], relative: 0) == nil)
    #expect(difference([0, 0], [0, 0], relative: 0) == nil)
  }

  @Test func theToleranceIsRelativeToTheLargestExpectedElement() {
    #expect(difference([1000.9, 0.5], [1000, 0], relative: 1e-3) == nil)
    #expect(difference([1001.1, 0], [1000, 0], relative: 1e-3) != nil)
  }

  @Test func nanAndInfinityAreNeverClose() {
    #expect(difference([.nan], [.nan], relative: 1) != nil)
    #expect(difference([.nan, 1], [0, 1], relative: 1) != nil)
    #expect(difference([0, 1], [.nan, 1], relative: 1) != nil)
    #expect(difference([.infinity], [.infinity], relative: 1) != nil)
    #expect(difference([.infinity], [1], relative: 1) != nil)
  }

  @Test func differentLengthsAreNotClose() {
    #expect(difference([1], [1, 1], relative: 1) != nil)
  }

  @Test func nothingButZeroIsCloseToZero() {
    #expect(difference([1e-300], [0], relative: 1) != nil)
  }
}
