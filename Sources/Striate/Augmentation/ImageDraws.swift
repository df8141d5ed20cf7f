import Foundation

/// The random numbers of one image in one epoch: a sequence that follows from seed, epoch and position
/// alone, and that costs no memory.
///
/// SplitMix64. Source: Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195.
package struct ImageDraws {
  private var state: UInt64

  /// Independent sequences of one image.
  package enum Stream: UInt64 {
    /// For what happens to the image itself.
    case changes
    /// For how it is mixed with another.
    case mixing
    /// For which others the images of a block are mixed with.
    case partners
  }

  package init(seed: UInt64, epoch: Int, position: Int, stream: Stream) {
    state = Self.mixed(seed &+ (stream.rawValue &+ 0xA06) &* Self.golden)
    state = Self.mixed(state ^ UInt64(truncatingIfNeeded: epoch))
    state = Self.mixed(state ^ UInt64(truncatingIfNeeded: position))
  }

  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func mixed(_ bits: UInt64) -> UInt64 {
    var z = bits
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    state &+= Self.golden
    return Self.mixed(state)
  }

  /// A number drawn evenly from 0 ≤ x < 1, in steps of 2⁻⁵³.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number drawn evenly between two.
  package mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// A number drawn evenly from 0 ..< bound; the bias is below bound · 2⁻⁶⁴.
  package mutating func integer(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number drawn evenly from a range.
  package mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + integer(below: range.count)
  }

  /// Whether something happens that has a chance from 0 to 1.
  package mutating func happens(_ chance: Double) -> Bool { chance >= 1 || uniform() < chance }

  /// A number from 0 to 1 of the distribution Beta(α, α).
  ///
  /// Source: for α ≤ 1 Jöhnk 1964, in logarithms; for others two gamma-distributed numbers after
  /// Marsaglia & Tsang 2000, doi:10.1145/358407.358414.
  package mutating func beta(_ alpha: Double) -> Double {
    guard alpha <= 1 else {
      let (x, y) = (gamma(alpha), gamma(alpha))
      return x / (x + y)
    }
    while true {
      let x = log(1 - uniform()) / alpha
      let y = log(1 - uniform()) / alpha
      // ln(X + Y) for X = eˣ and Y = eʸ.
      let largest = max(x, y)
      let sum = largest + log(exp(x - largest) + exp(y - largest))
      if sum <= 0 { return exp(x - sum) }
    }
  }

  /// A number of the distribution Gamma(α, 1), for α ≥ 1.
  private mutating func gamma(_ alpha: Double) -> Double {
    let d = alpha - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let z = normal()
      let root = 1 + c * z
      guard root > 0 else { continue }
      let v = root * root * root
      if log(1 - uniform()) < z * z / 2 + d * (1 - v + log(v)) { return d * v }
    }
  }

  /// A number of the standard normal distribution. Source: Box & Muller 1958, doi:10.1214/aoms/1177706645.
  private mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}
