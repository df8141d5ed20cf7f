import Striate
import Testing

/// Expects two tensors of one shape without a NaN, whose elements differ by at most `relative` times
/// the largest expected element.
func expectClose(
  _ actual: ReferenceTensor, _ expected: ReferenceTensor, relative: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record(
      "\(what): expected shape \(expected.shape), found \(actual.shape)",
      sourceLocation: sourceLocation)
    return
  }
  expectClose(
    actual.values, expected.values, relative: relative, what, sourceLocation: sourceLocation)
}

/// Expects two tensors of one shape without a NaN, whose elements differ by at most `relative` times
/// the largest expected element.
func expectClose(
  _ actual: Tensor, _ expected: Tensor, relative: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    ReferenceTensor(actual), ReferenceTensor(expected), relative: relative, what,
    sourceLocation: sourceLocation)
}

/// Expects the engine's tensor to agree with the reference's.
func expectClose(
  _ actual: Tensor, _ expected: ReferenceTensor, relative: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    ReferenceTensor(actual), expected, relative: relative, what, sourceLocation: sourceLocation)
}

/// Expects two lists of one length without a NaN, whose elements differ by at most `relative` times
/// the largest expected element.
func expectClose(
  _ actual: [Double], _ expected: [Double], relative: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if let complaint = difference(actual, expected, relative: relative) {
    Issue.record("\(what): \(complaint)", sourceLocation: sourceLocation)
  }
}

/// Expects two numbers that are not NaN and differ by at most `relative` times the expected one.
func expectClose(
  _ actual: Double, _ expected: Double, relative: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose([actual], [expected], relative: relative, what, sourceLocation: sourceLocation)
}

/// What keeps two lists from being close, or nil where they are.
func difference(_ actual: [Double], _ expected: [Double], relative: Double) -> String? {
  guard actual.count == expected.count else {
    return "expected \(expected.count) elements, found \(actual.count)"
  }
  let largest = expected.reduce(0) { max($0, abs($1)) }
  // A NaN on either side fails the comparison, and so does an infinity.
  guard
    let worst = actual.indices.first(where: {
      !(abs(actual[$0] - expected[$0]) <= relative * largest)
    })
  else { return nil }
  return "element \(worst): expected \(expected[worst]) within \(relative) of the largest, "
    + "\(largest); found \(actual[worst])"
}
