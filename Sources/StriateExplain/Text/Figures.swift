import Striate

extension Double {
  /// A share as a percentage: "96.52 %".
  var percentage: String { (self * 100).fixed(2) + " %" }
}

extension Double? {
  /// A share as a percentage, or a dot where there is none.
  var percentage: String { self?.percentage ?? "·" }

  /// The number with a fixed number of digits, or a dot where there is none.
  func fixed(_ count: Int) -> String { self?.fixed(count) ?? "·" }
}
