import Striate
import StriateData

/// The colours of signed numbers: blue above zero, orange below, which colour-blind readers tell apart, and nearly
/// white at zero. They are those of the page of `striate serve`.
///
/// Source: Okabe & Ito 2008, "Color Universal Design".
package struct MapColours: Sendable, Equatable {
  /// What the strongest colour stands for.
  package let reach: Float
  /// Whether numbers below zero have colours too.
  package let isSigned: Bool

  private static let zero: [Float] = [246, 246, 243]
  private static let (above, below): ([Float], [Float]) = ([0, 92, 158], [196, 78, 0])

  /// The colours for numbers of these sizes; infinities and what is no number count for nothing.
  package init(over values: some Sequence<Float>) {
    var (least, most) = (Float(0), Float(0))
    for value in values where value.isFinite {
      least = min(least, value)
      most = max(most, value)
    }
    let size = max(most, -least)
    (reach, isSigned) = (size > 0 ? size : 1, least < 0)
  }

  /// Red, green and blue of a number.
  package func bytes(_ value: Float) -> [UInt8] {
    let share = value.isNaN ? 0 : min(max(value / reach, -1), 1)
    // Small numbers stay visible: the root of the root of the share, cubed.
    let depth = (abs(share) * abs(share).squareRoot()).squareRoot()
    let end = share < 0 ? Self.below : Self.above
    return (0..<3).map { UInt8((Self.zero[$0] + (end[$0] - Self.zero[$0]) * depth).rounded()) }
  }

  /// How strong the colour of a number is, from 0 to 1.
  func depth(_ value: Float) -> Float { value.isNaN ? 0 : min(abs(value) / reach, 1) }

  /// All colours from the least number to the greatest, a row of pixels.
  package var bar: Picture {
    let width = 101
    let bytes = (0..<width).flatMap { (x: Int) -> [UInt8] in
      let share = isSigned ? Float(x - 50) / 50 : Float(x) / 100
      return self.bytes(share * reach)
    }
    return Picture(width: width, height: 1, channels: 3, bytes: bytes)
  }

  /// What stands at the bar's two ends.
  package var ends: (least: String, most: String) {
    (isSigned ? "−" + reach.short : "0", (isSigned ? "+" : "") + reach.short)
  }
}

extension Float {
  /// Three digits, as people write them.
  package var short: String {
    guard isFinite else { return isNaN ? "·" : self < 0 ? "−∞" : "∞" }
    let size = abs(self)
    let text: String
    switch size {
    case 0: return "0"
    case 1e5..., ..<1e-3:
      let exponent = Int(size.exponent10)
      text = (Double(size) / Double.power10(exponent)).fixed(1) + "e\(exponent)"
    case 100...: text = Double(size).fixed(0)
    case 10...: text = Double(size).fixed(1)
    case 1...: text = Double(size).fixed(2)
    default: text = Double(size).fixed(size < 0.1 ? 4 : 3)
    }
    return (self < 0 ? "−" : "") + text.replacing("-", with: "−")
  }

  /// The largest e with 10ᵉ ≤ |x|.
  private var exponent10: Float {
    var (e, x) = (Float(0), Double(abs(self)))
    while x >= 10 { (x, e) = (x / 10, e + 1) }
    while x < 1 { (x, e) = (x * 10, e - 1) }
    return e
  }
}

extension Double {
  fileprivate static func power10(_ e: Int) -> Double {
    (0..<abs(e)).reduce(1) { product, _ in e > 0 ? product * 10 : product / 10 }
  }
}
