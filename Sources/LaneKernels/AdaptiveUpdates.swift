/// More optimizer steps over `count` Floats, a multiple of 16, in PyTorch's order of operations.

/// g ← g + λw; v ← v + g²; w ← w − α·g/(√(v₀ + v) + ε).
@export(implementation) @inline(__always)
func updateAdagrad<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, square: UnsafeMutablePointer<Float>, learningRate: Float,
  initial: Float, epsilon: Float, weightDecay: Float
) {
  let rate = Lanes(repeating: -learningRate)
  let decay = Lanes(repeating: weightDecay)
  var k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    let g = ISA.multiplyAdd(decay, w, (gradient + k).load(Lanes.self))
    let v = ISA.multiplyAdd(g, g, UnsafePointer(square + k).load(Lanes.self))
    (square + k).store(v)
    (weights + k).store(ISA.multiplyAdd(rate, g / ((v + initial).squareRoot() + epsilon), w))
    k += laneCount
  }
}

/// g ← g + λw; v ← ρv + (1−ρ)g²; d = g·√(u + ε)/√(v + ε); u ← ρu + (1−ρ)d²; w ← w − αd.
@export(implementation) @inline(__always)
func updateAdadelta<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, square: UnsafeMutablePointer<Float>,
  change: UnsafeMutablePointer<Float>, learningRate: Float, smoothing: Double, epsilon: Float,
  weightDecay: Float
) {
  let rate = Lanes(repeating: -learningRate)
  let decay = Lanes(repeating: weightDecay)
  let (rho, rest) = (
    Lanes(repeating: Float(smoothing)), Lanes(repeating: Float(1 - smoothing))
  )
  var k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    let g = ISA.multiplyAdd(decay, w, (gradient + k).load(Lanes.self))
    let v = ISA.multiplyAdd(rho, UnsafePointer(square + k).load(Lanes.self), rest * g * g)
    let u = UnsafePointer(change + k).load(Lanes.self)
    let d = (u + epsilon).squareRoot() / (v + epsilon).squareRoot() * g
    (square + k).store(v)
    (change + k).store(ISA.multiplyAdd(rho, u, rest * d * d))
    (weights + k).store(ISA.multiplyAdd(rate, d, w))
    k += laneCount
  }
}

/// m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − (a·g + b·m)/(√(v/c) + ε).
///
/// Weight decay is added to the gradient, or multiplies w by `keep` first. a, b and c hold the learning rate
/// and the corrections of the step.
@export(implementation) @inline(__always)
func updateNAdam<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
  square: UnsafeMutablePointer<Float>, gradientFactor: Float, meanFactor: Float, beta1: Double,
  beta2: Double, epsilon: Float, weightDecay: Float, keep: Float, correction2: Float
) {
  let (a, b) = (Lanes(repeating: gradientFactor), Lanes(repeating: meanFactor))
  let decay = Lanes(repeating: weightDecay)
  let (b1, r1) = (Lanes(repeating: Float(beta1)), Lanes(repeating: Float(1 - beta1)))
  let (b2, r2) = (Lanes(repeating: Float(beta2)), Lanes(repeating: Float(1 - beta2)))
  let scale = Lanes(repeating: 1 / correction2.squareRoot())
  let e = Lanes(repeating: epsilon)
  var k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    let g = ISA.multiplyAdd(decay, w, (gradient + k).load(Lanes.self))
    let m = ISA.multiplyAdd(b1, UnsafePointer(mean + k).load(Lanes.self), r1 * g)
    let v = ISA.multiplyAdd(b2, UnsafePointer(square + k).load(Lanes.self), r2 * g * g)
    (mean + k).store(m)
    (square + k).store(v)
    let step = ISA.multiplyAdd(a, g, b * m) / ISA.multiplyAdd(v.squareRoot(), scale, e)
    (weights + k).store(w * keep - step)
    k += laneCount
  }
}

/// w ← keep·w − α·sign(β₁m + (1−β₁)g); m ← β₂m + (1−β₂)g.
@export(implementation) @inline(__always)
func updateLion<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, momentum: UnsafeMutablePointer<Float>, learningRate: Float,
  beta1: Double, beta2: Double, keep: Float
) {
  let rate = Lanes(repeating: -learningRate)
  let (b1, r1) = (Lanes(repeating: Float(beta1)), Lanes(repeating: Float(1 - beta1)))
  let (b2, r2) = (Lanes(repeating: Float(beta2)), Lanes(repeating: Float(1 - beta2)))
  var k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    let g = (gradient + k).load(Lanes.self)
    let m = UnsafePointer(momentum + k).load(Lanes.self)
    let c = ISA.multiplyAdd(b1, m, r1 * g)
    (momentum + k).store(ISA.multiplyAdd(b2, m, r2 * g))
    (weights + k).store(ISA.multiplyAdd(rate, stepOf(c) - stepOf(-c), w * keep))
    k += laneCount
  }
}
