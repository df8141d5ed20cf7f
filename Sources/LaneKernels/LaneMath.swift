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

/// x = n·ln 2 + r with |r| ≤ ½ ln 2, for x held between −87.33 and 88.37: eʳ − 1 and 2ⁿ. NaN stays NaN
/// in the first.
@export(implementation) @inline(__always)
func reducedExponential<ISA: InstructionSet>(
  _ isa: ISA.Type, _ argument: Lanes
) -> (fraction: Lanes, power: Lanes) {
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
  let exponent =
    SIMD16<UInt32>(bitPattern: shifted) &- SIMD16<UInt32>(bitPattern: magic)
    &+ SIMD16(repeating: 127)
  return (
    ISA.multiplyAdd(p, r * r, r), Lanes(bitPattern: exponent &<< SIMD16(repeating: 23))
  )
}

/// eˣ, held between e⁻⁸⁷ and e⁸⁸; NaN stays NaN.
@export(implementation) @inline(__always)
func exponential<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let (fraction, power) = reducedExponential(isa, x)
  return (fraction + 1) * power
}

/// eˣ − 1, exact for small x too; NaN stays NaN.
@export(implementation) @inline(__always)
func exponentialMinusOne<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let (fraction, power) = reducedExponential(isa, x)
  return ISA.multiplyAdd(power, fraction, power - 1)
}

/// ln x for normal x > 0.
@export(implementation) @inline(__always)
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
@export(implementation) @inline(__always)
func logarithmOfOnePlus<ISA: InstructionSet>(_ isa: ISA.Type, _ t: Lanes) -> Lanes {
  let u = 1 + t
  return logarithm(isa, u) + (t - (u - 1)) / u
}

/// xᵖ for x ≥ 0; NaN stays NaN. Below the normal numbers x counts as 0.
@export(implementation) @inline(__always)
func raised<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes, to power: Float) -> Lanes {
  if power == 0.5 { return x.squareRoot() }
  let whole = power.rounded(.down)
  if whole == power, power >= 0, power <= 8 {
    var y = Lanes(repeating: 1)
    for _ in 0..<Int(whole) { y *= x }
    return y
  }
  let isOrdinary = (x .>= Float.leastNormalMagnitude) .& (x .< .infinity)
  let y = exponential(isa, logarithm(isa, select(isOrdinary, x, 1)) * power)
  return select(isOrdinary, y, select(x .< 1, 0, x))
}

/// The normal distribution: its cumulative function Φ(x) and the bell e^(−x²/2) / √2π.
///
/// For z = |x|, 1 − Φ(z) = e^(−z²/2) · t · P(t) with t = 1 / (1 + 0.34375·z) and a polynomial P of degree
/// 8, fitted to the least relative error for z from 0 to 14. z² is split into a part with half as many
/// digits, whose square is exact, and a small rest.
@export(implementation) @inline(__always)
func normalDistribution<ISA: InstructionSet>(
  _ isa: ISA.Type, _ x: Lanes
) -> (cumulative: Lanes, density: Lanes) {
  let limit = Lanes(repeating: 14)
  let a = absolute(x)
  let z = select(a .> limit, limit, a)
  let high = Lanes(bitPattern: SIMD16<UInt32>(bitPattern: z) & SIMD16(repeating: 0xFFFF_F000))
  let rest = (z - high) * (z + high) * -0.5
  var correction = ISA.multiplyAdd(
    rest, Lanes(repeating: 4.166_666_67e-2), Lanes(repeating: 1.666_666_67e-1))
  correction = ISA.multiplyAdd(correction, rest, Lanes(repeating: 0.5))
  correction = ISA.multiplyAdd(correction, rest, Lanes(repeating: 1))
  correction = ISA.multiplyAdd(correction, rest, Lanes(repeating: 1))
  let bell = exponential(isa, high * high * -0.5) * correction
  let t = 1 / ISA.multiplyAdd(z, Lanes(repeating: 0.34375), Lanes(repeating: 1))
  var p = Lanes(repeating: -0.027_808_861)
  p = ISA.multiplyAdd(p, t, Lanes(repeating: 0.143_847_002))
  p = ISA.multiplyAdd(p, t, Lanes(repeating: -0.271_709_896))
  p = ISA.multiplyAdd(p, t, Lanes(repeating: 0.190_916_636))
  p = ISA.multiplyAdd(p, t, Lanes(repeating: -0.039_304_415_3))
  p = ISA.multiplyAdd(p, t, Lanes(repeating: 0.112_656_917))
  p = ISA.multiplyAdd(p, t, Lanes(repeating: 0.116_740_705))
  p = ISA.multiplyAdd(p, t, Lanes(repeating: 0.137_542_246))
  p = ISA.multiplyAdd(p, t, Lanes(repeating: 0.137_119_674))
  let tail = select(a .> limit, 0, bell * (p * t))
  return (select(x .< 0, tail, 1 - tail), select(a .> limit, 0, bell * 0.398_942_280))
}

/// 1 / (1 + e⁻ˣ).
@export(implementation) @inline(__always)
func logistic<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  Lanes(repeating: 1) / (1 + exponential(isa, -x))
}

/// 1 / (1 + e⁻ˣ) and what is left of 1, both in every digit.
@export(implementation) @inline(__always)
func logisticAndRest<ISA: InstructionSet>(
  _ isa: ISA.Type, _ x: Lanes
) -> (value: Lanes, rest: Lanes) {
  let e = exponential(isa, -absolute(x))
  let large = Lanes(repeating: 1) / (1 + e)
  let small = e * large
  return (select(x .< 0, small, large), select(x .< 0, large, small))
}

/// (tanh x) / x − 1 for |x| < 0.625.
@export(implementation) @inline(__always)
func tangentCorrection<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let square = x * x
  var p = Lanes(repeating: -5.704_988_72e-3)
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 2.063_908_88e-2))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -5.373_971_24e-2))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 1.333_144_22e-1))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -3.333_328_19e-1))
  return p * square
}

@export(implementation) @inline(__always)
func hyperbolicTangent<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let a = absolute(x)
  let near = ISA.multiplyAdd(tangentCorrection(isa, x), x, x)
  let far = 1 - 2 / (exponential(isa, a + a) + 1)
  let signed = select(x .< 0, -far, far)
  return select(a .< 0.625, near, signed)
}

@export(implementation) @inline(__always)
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
