/// Optimizer steps over one whole parameter of `count` Floats, a multiple of 16.

/// One step of LAMB: m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; r = (m/c₁)/(√(v/c₂) + ε) + λw;
/// w ← w − α·(‖w‖/‖r‖)·r, the ratio being 1 where either norm is 0.
///
/// r is computed twice, from the same numbers, instead of being stored.
@export(implementation) @inline(__always)
func updateLAMB<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
  square: UnsafeMutablePointer<Float>, learningRate: Float, beta1: Double, beta2: Double,
  epsilon: Float, weightDecay: Float, correction1: Float, correction2: Float
) {
  let (b1, r1) = (Lanes(repeating: Float(beta1)), Lanes(repeating: Float(1 - beta1)))
  let (b2, r2) = (Lanes(repeating: Float(beta2)), Lanes(repeating: Float(1 - beta2)))
  let first = Lanes(repeating: 1 / correction1)
  let scale = Lanes(repeating: 1 / correction2.squareRoot())
  let decay = Lanes(repeating: weightDecay)
  let e = Lanes(repeating: epsilon)
  var (weightSquares, stepSquares) = (Lanes.zero, Lanes.zero)
  var k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    let g = (gradient + k).load(Lanes.self)
    let m = ISA.multiplyAdd(b1, UnsafePointer(mean + k).load(Lanes.self), r1 * g)
    let v = ISA.multiplyAdd(b2, UnsafePointer(square + k).load(Lanes.self), r2 * g * g)
    (mean + k).store(m)
    (square + k).store(v)
    let r = ISA.multiplyAdd(decay, w, m * first / ISA.multiplyAdd(v.squareRoot(), scale, e))
    weightSquares = ISA.multiplyAdd(w, w, weightSquares)
    stepSquares = ISA.multiplyAdd(r, r, stepSquares)
    k += laneCount
  }
  let weightNorm = sumOfLanes(weightSquares).squareRoot()
  let stepNorm = sumOfLanes(stepSquares).squareRoot()
  let ratio = weightNorm > 0 && stepNorm > 0 ? weightNorm / stepNorm : 1
  let rate = Lanes(repeating: -learningRate * ratio)
  k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    let m = UnsafePointer(mean + k).load(Lanes.self)
    let v = UnsafePointer(square + k).load(Lanes.self)
    let r = ISA.multiplyAdd(decay, w, m * first / ISA.multiplyAdd(v.squareRoot(), scale, e))
    (weights + k).store(ISA.multiplyAdd(rate, r, w))
    k += laneCount
  }
}

/// m ← μm + (1−μ)g; d = (1−μ)g + μm, or m without Nesterov: what `Muon` makes orthogonal.
@export(implementation) @inline(__always)
func updateMomentum<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, gradient: UnsafePointer<Float>,
  momentum: UnsafeMutablePointer<Float>, direction: UnsafeMutablePointer<Float>, factor: Double,
  nesterov: Bool
) {
  let (mu, rest) = (Lanes(repeating: Float(factor)), Lanes(repeating: Float(1 - factor)))
  var k = 0
  while k < count {
    let g = (gradient + k).load(Lanes.self)
    let m = ISA.multiplyAdd(mu, UnsafePointer(momentum + k).load(Lanes.self), rest * g)
    (momentum + k).store(m)
    (direction + k).store(nesterov ? ISA.multiplyAdd(mu, m, rest * g) : m)
    k += laneCount
  }
}
