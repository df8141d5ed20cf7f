/// A checksum of 64 bits that tells whether stored numbers are still what they were.
///
///     h ← (h ⊕ word) · 1099511628211        for every word of 32 bits
///
/// The prime is odd, so that a single changed word always changes the sum. Not made to resist anybody who
/// wants to deceive: that is what `SHA256` is for, at a fraction of the speed.
///
/// Source: Fowler, Noll & Vo, FNV-1a; the IETF draft of Eastlake et al., draft-eastlake-fnv, section 2.
struct Checksum {
  private var sum: UInt64 = 0xCBF2_9CE4_8422_2325

  private mutating func add(_ word: UInt32) {
    sum = (sum ^ UInt64(word)) &* 0x100_0000_01B3
  }

  /// Appends numbers, and how many they are.
  mutating func update(_ numbers: [Float]) {
    var copy = self
    for number in numbers { copy.add(number.bitPattern) }
    self = copy
    add(UInt32(truncatingIfNeeded: numbers.count))
  }

  /// Appends the bytes of a text, and how many they are.
  mutating func update(_ text: String) {
    for byte in text.utf8 { add(UInt32(byte)) }
    add(UInt32(truncatingIfNeeded: text.utf8.count))
  }

  /// 16 hexadecimal digits.
  var hexadecimal: String {
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
