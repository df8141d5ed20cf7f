/// The activation functions that have kernels; `a` and `b` are their parameters.
@frozen
public enum ActivationKernel: Sendable {
  case identity, step, sigmoid, tanh, arctan, relu, softplus
  /// a is the slope below 0.
  case leakyReLU
  /// a is the centre, b the width σ.
  case gaussian
  /// a is the centre, b the offset.
  case multiquadratic, inverseMultiquadratic
  /// −a is the limit below, b the slope above 0.
  case elu
  /// −a is the limit below.
  case celu
  case gelu, geluTanh, silu, mish, hardSwish, hardSigmoid, softsign, logSigmoid, tanhshrink
  /// a is the least, b the largest output.
  case hardTanh
  /// Numbers from −a to a give 0.
  case softshrink, hardshrink
  /// Numbers up to a give b.
  case threshold
  case exponential, logarithm, squareRoot, absolute, reciprocal, errorFunction, rounding
  /// a is the scale, b the shift.
  case affine
  /// a is the exponent.
  case power
}

@inlinable @inline(__always)
func forEachLanes(
  _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ body: (Lanes) -> Lanes
) {
  for i in 0..<count {
    (y + i &* laneCount).store(body((x + i &* laneCount).load(Lanes.self)))
  }
}

/// `x` held between two numbers; NaN stays NaN.
@inlinable @inline(__always)
func clamp(_ x: Lanes, from low: Float, to high: Float) -> Lanes {
  let raised = select(x .< low, low, x)
  return select(raised .> high, high, raised)
}

/// y = f(x) for `count` pixels of lanes; y may be x.
@export(implementation) @inline(__always)
func activate<ISA: InstructionSet>(
  _ isa: ISA.Type, _ function: ActivationKernel, _ a: Float, _ b: Float, count: Int,
  from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  switch function {
  case .identity: forEachLanes(count, x, y) { $0 }
  case .step: forEachLanes(count, x, y) { select($0 .> 0, 1, select($0 .<= 0, 0, $0)) }
  case .sigmoid: forEachLanes(count, x, y) { logistic(isa, $0) }
  case .tanh: forEachLanes(count, x, y) { hyperbolicTangent(isa, $0) }
  case .arctan: forEachLanes(count, x, y) { arcTangent(isa, $0) }
  case .relu: forEachLanes(count, x, y) { select($0 .< 0, 0, $0) }
  case .leakyReLU: forEachLanes(count, x, y) { select($0 .< 0, $0 * a, $0) }
  case .softplus: forEachLanes(count, x, y) { softplus(isa, $0) }
  case .logSigmoid: forEachLanes(count, x, y) { -softplus(isa, -$0) }
  case .gaussian:
    let scale = -1 / (2 * b * b)
    forEachLanes(count, x, y) { exponential(isa, ($0 - a) * ($0 - a) * scale) }
  case .multiquadratic:
    forEachLanes(count, x, y) { (($0 - a) * ($0 - a) + b * b).squareRoot() }
  case .inverseMultiquadratic:
    forEachLanes(count, x, y) { 1 / (($0 - a) * ($0 - a) + b * b).squareRoot() }
  case .elu:
    forEachLanes(count, x, y) { select($0 .> 0, $0 * b, exponentialMinusOne(isa, $0) * a) }
  case .celu:
    let inverse = 1 / a
    forEachLanes(count, x, y) {
      select($0 .> 0, $0, exponentialMinusOne(isa, $0 * inverse) * a)
    }
  case .gelu: forEachLanes(count, x, y) { $0 * normalDistribution(isa, $0).cumulative }
  case .geluTanh:
    // Beyond −14 nothing is left.
    forEachLanes(count, x, y) {
      select($0 .< -14, 0, $0 * logistic(isa, tangentArgument(isa, $0).value))
    }
  case .silu:
    // Further down e⁻ˣ is held fast, and a tiny number times a huge one would not be 0.
    forEachLanes(count, x, y) { select($0 .< -88, 0, $0 * logistic(isa, $0)) }
  case .mish: forEachLanes(count, x, y) { select($0 .< -87, 0, $0 * mishGate(isa, $0).gate) }
  case .hardSwish:
    forEachLanes(count, x, y) {
      select($0 .<= -3, 0, select($0 .>= 3, $0, $0 * ($0 + 3) * (1 / 6)))
    }
  case .hardSigmoid: forEachLanes(count, x, y) { clamp(($0 + 3) * (1 / 6), from: 0, to: 1) }
  case .hardTanh: forEachLanes(count, x, y) { clamp($0, from: a, to: b) }
  case .softsign: forEachLanes(count, x, y) { $0 / (1 + absolute($0)) }
  case .tanhshrink:
    forEachLanes(count, x, y) {
      select(
        absolute($0) .< 0.625, -$0 * tangentCorrection(isa, $0), $0 - hyperbolicTangent(isa, $0))
    }
  case .softshrink:
    forEachLanes(count, x, y) {
      select(absolute($0) .<= a, 0, select($0 .< 0, $0 + a, $0 - a))
    }
  case .hardshrink: forEachLanes(count, x, y) { select(absolute($0) .<= a, 0, $0) }
  case .threshold: forEachLanes(count, x, y) { select($0 .<= a, b, $0) }
  case .exponential:
    // The square of half the power overflows and vanishes where eˣ does.
    forEachLanes(count, x, y) {
      let half = exponential(isa, $0 * 0.5)
      return half * half
    }
  case .logarithm:
    forEachLanes(count, x, y) {
      let isOrdinary = ($0 .>= Float.leastNormalMagnitude) .& ($0 .< .infinity)
      let rest = select($0 .< 0, .nan, select($0 .< 1, -.infinity, $0))
      return select(isOrdinary, logarithm(isa, select(isOrdinary, $0, 1)), rest)
    }
  case .squareRoot: forEachLanes(count, x, y) { $0.squareRoot() }
  case .absolute: forEachLanes(count, x, y) { absolute($0) }
  case .reciprocal: forEachLanes(count, x, y) { 1 / $0 }
  case .errorFunction: forEachLanes(count, x, y) { errorFunction(isa, $0) }
  case .rounding:
    // Adding 1.5 · 2²³ leaves no room for a fraction; from 2²² on there is none worth a half.
    let large: Float = 12_582_912
    forEachLanes(count, x, y) {
      select(absolute($0) .< 4_194_304, ($0 + large) - large, $0)
    }
  case .affine: forEachLanes(count, x, y) { $0 * a + b }
  case .power: forEachLanes(count, x, y) { power(isa, $0, a) }
  }
}

/// xᵖ for any x: NaN for a negative one whose power is no whole number.
@export(implementation) @inline(__always)
func power<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes, _ exponent: Float) -> Lanes {
  let magnitude = raised(isa, absolute(x), to: exponent.magnitude)
  let y = exponent < 0 ? 1 / magnitude : magnitude
  guard exponent.rounded(.down) == exponent else { return select(x .< 0, .nan, y) }
  let isOdd = (exponent * 0.5).rounded(.down) * 2 != exponent
  return isOdd ? select(x .< 0, -y, y) : y
}

/// 2/√π · ∫₀ˣ e^(−t²) dt: Taylor's series for |x| < 0.5, otherwise by the normal distribution.
@export(implementation) @inline(__always)
func errorFunction<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  let square = x * x
  var p = Lanes(repeating: 1.205_533_3e-4)
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -8.548_327e-4))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 5.223_977_6e-3))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -2.686_617e-2))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 0.112_837_917))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: -0.376_126_39))
  p = ISA.multiplyAdd(p, square, Lanes(repeating: 1.128_379_17))
  let far = normalDistribution(isa, x * 1.414_213_56).cumulative * 2 - 1
  return select(absolute(x) .< 0.5, x * p, far)
}

/// ln(1 + eˣ).
@export(implementation) @inline(__always)
func softplus<ISA: InstructionSet>(_ isa: ISA.Type, _ x: Lanes) -> Lanes {
  select(x .< 0, 0, x) + logarithmOfOnePlus(isa, exponential(isa, -absolute(x)))
}

/// √(8/π) · (x + 0.044715·x³), whose logistic function is nearly Φ(x), and its slope; x is held between
/// −14 and 14.
@export(implementation) @inline(__always)
func tangentArgument<ISA: InstructionSet>(
  _ isa: ISA.Type, _ argument: Lanes
) -> (value: Lanes, slope: Lanes) {
  let x = clamp(argument, from: -14, to: 14)
  let square = x * x
  let start = Lanes(repeating: 1.595_769_12)
  return (
    x * ISA.multiplyAdd(square, Lanes(repeating: 0.071_354_816_3), start),
    ISA.multiplyAdd(square, Lanes(repeating: 0.214_064_449), start)
  )
}

/// tanh(ln(1 + eˣ)) = n / (n + 2) with n = eˣ(eˣ + 2), and its derivative.
@export(implementation) @inline(__always)
func mishGate<ISA: InstructionSet>(
  _ isa: ISA.Type, _ x: Lanes
) -> (gate: Lanes, slope: Lanes) {
  // From 20 on the gate is 1.
  let e = exponential(isa, select(x .> 20, 20, x))
  let n = e * (e + 2)
  let inverse = 1 / (n + 2)
  return (n * inverse, 4 * e * (e + 1) * inverse * inverse)
}

@inlinable @inline(__always)
func forEachGradient(
  _ count: Int, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
  _ dx: UnsafeMutablePointer<Float>, _ slope: (Lanes) -> Lanes
) {
  for i in 0..<count {
    let k = i &* laneCount
    (dx + k).store(slope((x + k).load(Lanes.self)) * (dy + k).load(Lanes.self))
  }
}

/// dx = dy where `passes`, elsewhere 0.
@inlinable @inline(__always)
func forEachPassing(
  _ count: Int, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
  _ dx: UnsafeMutablePointer<Float>, _ passes: (Lanes) -> SIMDMask<SIMD16<Int32>>
) {
  for i in 0..<count {
    let k = i &* laneCount
    (dx + k).store(select(passes((y + k).load(Lanes.self)), (dy + k).load(Lanes.self), 0))
  }
}

/// dx = f′(x) · dy, where f′ follows from the input x or the output y; dx may be dy. Where the
/// derivative follows from y alone, x is not read.
@export(implementation) @inline(__always)
func activationGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ function: ActivationKernel, _ a: Float, _ b: Float, count: Int,
  input x: UnsafePointer<Float>, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  switch function {
  case .identity: forEachLanes(count, dy, dx) { $0 }
  case .step: forEachLanes(count, dy, dx) { _ in .zero }
  case .sigmoid: forEachGradient(count, y, dy, dx) { $0 * (1 - $0) }
  case .tanh: forEachGradient(count, y, dy, dx) { 1 - $0 * $0 }
  case .arctan: forEachGradient(count, x, dy, dx) { 1 / (1 + $0 * $0) }
  case .relu: forEachPassing(count, y, dy, dx) { $0 .> 0 }
  case .leakyReLU:
    // A slope that is not negative leaves the sign of x in y, which may lie where x lay.
    forEachGradient(count, x, dy, dx) { select($0 .> 0, 1, a) }
  case .softplus: forEachGradient(count, y, dy, dx) { -exponentialMinusOne(isa, -$0) }
  case .logSigmoid: forEachGradient(count, y, dy, dx) { -exponentialMinusOne(isa, $0) }
  case .gaussian:
    let scale = -1 / (b * b)
    forEachGradient(count, x, dy, dx) {
      exponential(isa, ($0 - a) * ($0 - a) * (scale / 2)) * ($0 - a) * scale
    }
  case .multiquadratic:
    forEachGradient(count, x, dy, dx) {
      ($0 - a) / (($0 - a) * ($0 - a) + b * b).squareRoot()
    }
  case .inverseMultiquadratic:
    forEachGradient(count, x, dy, dx) {
      let square = ($0 - a) * ($0 - a) + b * b
      return -($0 - a) / (square * square.squareRoot())
    }
  case .elu:
    if a >= 0 {
      forEachGradient(count, y, dy, dx) { select($0 .> 0, b, $0 + a) }
    } else {
      forEachGradient(count, x, dy, dx) { select($0 .> 0, b, exponential(isa, $0) * a) }
    }
  case .celu:
    let inverse = 1 / a
    forEachGradient(count, y, dy, dx) { select($0 .> 0, 1, $0 * inverse + 1) }
  case .gelu:
    forEachGradient(count, x, dy, dx) {
      let normal = normalDistribution(isa, $0)
      return ISA.multiplyAdd($0, normal.density, normal.cumulative)
    }
  case .geluTanh:
    forEachGradient(count, x, dy, dx) {
      let u = tangentArgument(isa, $0)
      let (y, rest) = logisticAndRest(isa, u.value)
      return ISA.multiplyAdd(clamp($0, from: -14, to: 14) * u.slope, y * rest, y)
    }
  case .silu:
    forEachGradient(count, x, dy, dx) {
      let (y, rest) = logisticAndRest(isa, $0)
      return ISA.multiplyAdd($0 * y, rest, y)
    }
  case .mish:
    forEachGradient(count, x, dy, dx) {
      let gate = mishGate(isa, $0)
      return ISA.multiplyAdd($0, gate.slope, gate.gate)
    }
  case .hardSwish:
    forEachGradient(count, x, dy, dx) {
      select($0 .<= -3, 0, select($0 .>= 3, 1, $0 * (1 / 3) + 0.5))
    }
  case .hardSigmoid:
    forEachGradient(count, y, dy, dx) { select(($0 .> 0) .& ($0 .< 1), 1 / 6, 0) }
  case .hardTanh: forEachPassing(count, y, dy, dx) { ($0 .> a) .& ($0 .< b) }
  case .softsign:
    forEachGradient(count, y, dy, dx) { (1 - absolute($0)) * (1 - absolute($0)) }
  case .tanhshrink:
    forEachGradient(count, x, dy, dx) {
      let y = hyperbolicTangent(isa, $0)
      return y * y
    }
  case .softshrink, .hardshrink: forEachPassing(count, y, dy, dx) { $0 .!= 0 }
  case .threshold:
    // Where b is not above a, y tells what x was, and may lie where x lay.
    forEachPassing(count, x, dy, dx) { $0 .> a }
  case .exponential: forEachGradient(count, y, dy, dx) { $0 }
  case .logarithm, .reciprocal:
    let isLogarithm = function == .logarithm
    forEachGradient(count, x, dy, dx) { isLogarithm ? 1 / $0 : -1 / ($0 * $0) }
  case .squareRoot: forEachGradient(count, y, dy, dx) { 0.5 / $0 }
  case .absolute:
    forEachGradient(count, x, dy, dx) { select($0 .> 0, 1, select($0 .< 0, -1, $0)) }
  case .errorFunction:
    forEachGradient(count, x, dy, dx) { exponential(isa, -$0 * $0) * 1.128_379_17 }
  case .rounding: forEachLanes(count, dy, dx) { _ in .zero }
  case .affine: forEachLanes(count, dy, dx) { $0 * a }
  case .power: forEachGradient(count, x, dy, dx) { power(isa, $0, a - 1) * a }
  }
}
