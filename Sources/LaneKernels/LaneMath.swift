/// Elementary functions of 16 numbers at a time, from their classic range reductions and polynomials
/// (Moshier, Cephes Mathematical Library, 1992). Largest relative errors are near 2⁻²³.

/// `yes` where the mask holds, else `no`.
@inlinable @inline(__always)
func select(_ mask: SIMDMask<SIMD16<Int32>>, _ yes: Lanes, _ no: Lanes) -> Lanes {
  no.replacing(with: yes, where: mask)
}

@inlinable @inline(__always)
func select(_ mask: SIMDMask<SIMD16<Int32>>, _ yes: Float, _ no: Lanes) -> Lanes {
  no.replacing(with: Lanes(repeating: yes), where: mask)
}

@inlinable @inline(__always)
func select(_ mask: SIMDMask<SIMD16<Int32>>, _ yes: Lanes, _ no: Float) -> Lanes {
  Lanes(repeating: no).replacing(with: yes, where: mask)
}

@inlinable @inline(__always)
func select(_ mask: SIMDMask<SIMD16<Int32>>, _ yes: Float, _ no: Float) -> Lanes {
  Lanes(repeating: no).replacing(with: Lanes(repeating: yes), where: mask)
}

@inlinable @inline(__always)
func absolute(_ x: Lanes) -> Lanes {
  Lanes(bitPattern: SIMD16<UInt32>(bitPattern: x) & SIMD16(repeating: 0x7FFF_FFFF))
}

extension SIMD16<UInt32> {
  @inlinable @inline(__always)
  init(bitPattern x: Lanes) { self = unsafeBitCast(x, to: SIMD16<UInt32>.self) }
}

extension SIMD16<Float> {
  @inlinable @inline(__always)
  init(bitPattern x: SIMD16<UInt32>) { self = unsafeBitCast(x, to: SIMD16<Float>.self) }
}

/// eˣ, held between e⁻⁸⁷ and e⁸⁸; NaN stays NaN.
@inlinable @inline(__always)
func exponential<ISA: InstructionSet>(_ isa: ISA.Type, _ argument: Lanes) -> Lanes {
  let low = Lanes(repeating: -87.33)
  let high = Lanes(repeating: 88.37)
  var x = select(argument .< low, low, argument)
  x = select(x .> high, high, x)
  // Adding 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
  let magic = Lanes(repeating: 12_582_912)
  let shifted = ISA.multiplyAdd(x, Lanes(repeating: 1.442_695_04), magic)
  let n = shifted - magic
  var r = ISA.multiplyAdd(n, Lanes(repeating: -0.693_359_375), x)
  r = ISA.multiplyAdd(n, Lanes(repeating: 2.121_944_4e-4), r)
  var p = Lanes(repeating: 1.987_569_15e-4)
  p = ISA.multiplyAdd(p, r, Lanes(repeating: 1.398_199_95e-3))
  p = ISA.multiplyAdd(p, r, Lanes(repeating: 8.333_451_91e-3))
  p = ISA.multiplyAdd(p, r, Lanes(repeating: 4.166_579_59e-2))
  p = ISA.multiplyAdd(p, r, Lanes(repeating: 1.666_666_55e-1))
  p = ISA.multiplyAdd(p, r, Lanes(repeating: 0.5))
  p = ISA.multiplyAdd(p, r * r, r) + 1
  let exponent =
    SIMD16<UInt32>(bitPattern: shifted) &- SIMD16<UInt32>(bitPattern: magic)
    &+ SIMD16(repeating: 127)
  return p * Lanes(bitPattern: exponent &<< SIMD16(repeating: 23))
}

/// ln x for normal x > 0.
@inlinable @inline(__always)
func logarithm<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let bits = SIMD16<UInt32>(bitPattern: x)
  // x = m · 2ᵉ with m in [√½, √2).
  let shifted = bits &- SIMD16(repeating: 0x3F35_04F3)
  // e + 127, a small integer n, in the low bits of 1.5 · 2²³ is the number 1.5 · 2²³ + n. A conversion
  // of the standard library would be one function that all instruction sets share.
  let biased = (shifted &+ SIMD16(repeating: 0x3F80_0000)) &>> SIMD16(repeating: 23)
  let e = Lanes(bitPattern: biased &+ SIMD16(repeating: 0x4B40_0000)) - 12_583_039
  let mantissa = (shifted & SIMD16(repeating: 0x007F_FFFF)) &+ SIMD16(repeating: 0x3F35_04F3)
  let f = Lanes(bitPattern: mantissa) - 1
  var p = Lanes(repeating: 7.037_683_63e-2)
  p = ISA.multiplyAdd(p, f, Lanes(repeating: -1.151_461_03e-1))
  p = ISA.multiplyAdd(p, f, Lanes(repeating: 1.167_699_87e-1))
  p = ISA.multiplyAdd(p, f, Lanes(repeating: -1.242_014_08e-1))
  p = ISA.multiplyAdd(p, f, Lanes(repeating: 1.424_932_28e-1))
  p = ISA.multiplyAdd(p, f, Lanes(repeating: -1.666_805_77e-1))
  p = ISA.multiplyAdd(p, f, Lanes(repeating: 2.000_071_48e-1))
  p = ISA.multiplyAdd(p, f, Lanes(repeating: -2.499_999_40e-1))
  p = ISA.multiplyAdd(p, f, Lanes(repeating: 3.333_333_11e-1))
  let square = f * f
  var y = square * f * p
  y = ISA.multiplyAdd(e, Lanes(repeating: -2.121_944_4e-4), y)
  y = ISA.multiplyAdd(square, Lanes(repeating: -0.5), y)
  return ISA.multiplyAdd(e, Lanes(repeating: 0.693_359_375), f + y)
}

/// ln(1 + t) for t ≥ 0, exact for small t too (Kahan's correction).
@inlinable @inline(__always)
func logarithmOfOnePlus<ISA: InstructionSet>(_ isa: ISA.Type, _ t: Lanes) -> Lanes {
  let u = 1 + t
  return logarithm(isa, u) + (t - (u - 1)) / u
}

/// 1 / (1 + e⁻ˣ).
@inlinable @inline(__always)
func logistic<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  Lanes(repeating: 1) / (1 + exponential(isa, -x))
}

@inlinable @inline(__always)
func hyperbolicTangent<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let a = absolute(x)
  let square = x * x
  var p = Lanes(repeating: -5.704_988_72e-3)
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 2.063_908_88e-2))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -5.373_971_24e-2))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 1.333_144_22e-1))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -3.333_328_19e-1))
  let near = ISA.multiplyAdd(p * square, x, x)
  let far = 1 - 2 / (exponential(isa, a + a) + 1)
  let signed = select(x .< 0, -far, far)
  return select(a .< 0.625, near, signed)
}

@inlinable @inline(__always)
func arcTangent<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let a = absolute(x)
  let large = a .> 2.414_213_56
  let middle = a .> 0.414_213_56
  let middleArgument = select(middle, (a - 1) / (a + 1), a)
  let r = select(large, Lanes(repeating: -1) / select(large, a, 1), middleArgument)
  let offset = select(large, 1.570_796_33, select(middle, 0.785_398_16, 0))
  let square = r * r
  var p = Lanes(repeating: 8.053_744_5e-2)
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -1.387_768_57e-1))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 1.997_771_08e-1))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -3.333_294_92e-1))
  let y = offset + ISA.multiplyAdd(p * square, r, r)
  return select(x .< 0, -y, y)
}
