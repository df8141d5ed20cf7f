/// Floating-point numbers of 16 bits: IEEE 754's binary16, and the upper half of a Float.
///
/// Source: IEEE 754-2019 §3.6; ties go to the even neighbour.
package enum HalfPrecision {
  /// The number that 16 bits stand for.
  package static func float(_ bits: UInt16) -> Float {
    let sign = UInt32(bits >> 15) << 31
    let exponent = UInt32(bits >> 10) & 31
    let fraction = UInt32(bits) & 1023
    switch exponent {
    case 0: return (sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// The 16 bits nearest to a number.
  package static func bits(_ value: Float) -> UInt16 {
    let sign = UInt16(value.bitPattern >> 16) & 0x8000
    let magnitude = value.magnitude
    guard !value.isNaN else { return sign | 0x7E00 }
    // Halfway from the largest number to the next power of two.
    guard magnitude < 65520 else { return sign | 0x7C00 }
    guard magnitude >= 0x1p-14 else {
      return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    let bits = magnitude.bitPattern
    let rounded = (bits + 0x0FFF + (bits >> 13 & 1)) >> 13
    return sign | UInt16(rounded - (112 << 10))
  }

  /// The number of 16 bits that is nearest.
  package static func rounded(_ value: Float) -> Float { float(bits(value)) }

  /// The Float without its last 16 bits that is nearest.
  package static func roundedToBrain(_ value: Float) -> Float {
    guard !value.isNaN else { return value }
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }
}
