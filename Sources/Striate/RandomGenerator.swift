/// A random generator that gives the same numbers for the same seed on every machine.
///
/// xoshiro256**, seeded by SplitMix64. Source: Blackman & Vigna 2021, doi:10.1145/3460772.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Equatable {
  /// The whole state: a copy of it continues the sequence.
  public private(set) var state: [UInt64]

  /// A generator whose sequence depends on the seed alone.
  public init(seed: UInt64) {
    var mixer = seed
    state = (0..<4).map { _ in
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// A generator for one of many independent uses of a seed: one a stream number.
  public init(seed: UInt64, stream: UInt64) {
    var parent = SeededGenerator(seed: seed ^ (stream &* 0xD1B5_4A32_D192_ED03))
    self.init(seed: parent.next() ^ stream)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotated(state[1] &* 5, 7) &* 9
    let t = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= t
    state[3] = rotated(state[3], 45)
    return result
  }

  /// A number drawn evenly from 0 ≤ x < 1, in steps of 2⁻²⁴.
  public mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// A number drawn evenly from `range`.
  public mutating func uniform(in range: Range<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A normally distributed number of mean 0 and deviation 1, the same on every machine.
  ///
  /// A point of the unit disc gives two such numbers, of which this is one: no number is left over for the
  /// next call. The logarithm is made of additions, products and quotients alone, which every machine rounds
  /// alike.
  ///
  /// Source: Marsaglia & Bray 1964, doi:10.1137/1006063.
  public mutating func normal() -> Double {
    while true {
      let x = Double(next() >> 11) * 0x1p-52 - 1
      let y = Double(next() >> 11) * 0x1p-52 - 1
      let square = x * x + y * y
      if square > 0, square < 1 {
        return x * (-2 * naturalLogarithm(square) / square).squareRoot()
      }
    }
  }

  /// A number drawn evenly from 0 ..< bound, without bias.
  ///
  /// Source: Lemire 2019, doi:10.1145/3230636.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "SeededGenerator: expected a positive bound, found \(bound)")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    let threshold = (0 &- bound) % bound
    while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    return Int(product.high)
  }

  /// The numbers below `count` in random order. Source: Fisher & Yates; Durstenfeld 1964.
  public mutating func permutation(of count: Int) -> [Int] {
    var numbers = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      numbers.swapAt(last, integer(below: last + 1))
    }
    return numbers
  }
}

/// ln x for normal x > 0, to a few units of the last place.
///
///     x = m · 2ᵉ with √½ ≤ m < √2,  ln x = e · ln 2 + 2 · Σ z^(2k+1)/(2k+1) with z = (m − 1)/(m + 1)
package func naturalLogarithm(_ x: Double) -> Double {
  var (exponent, m) = (Double(x.exponent), x.significand)
  if m > 1.414_213_562_373_095_1 {
    m /= 2
    exponent += 1
  }
  let z = (m - 1) / (m + 1)
  // |z| ≤ 0.172: the first term left out is below 2⁻⁶⁰ of the first.
  var sum = 0.0
  for k in stride(from: 23, to: 0, by: -2) { sum = sum * z * z + 1 / Double(k) }
  return exponent * 0.693_147_180_559_945_3 + 2 * z * sum
}
