/// Losses of one class among several: the outputs of an image depend on one another. Each returns the
/// losses of a block of images and writes their gradients, times what each image counts for.

/// L = −Σ w·q·ln p, dz = (p · Σ w·q − w·q), with p = softmax(z) and q = (1 − ε)·t + ε/C · Σt.
@export(implementation) @inline(__always)
func crossEntropy<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: LossPass, _ classWeights: UnsafePointer<Float>?,
  _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>, _ weight: Lanes,
  _ dy: UnsafeMutablePointer<Float>
) -> Lanes {
  softmax(isa, channels: pass.outputs, pixels: 1, from: y, to: dy)
  let shift = largest(pass.outputs, y)
  let keep = Lanes(repeating: 1 - pass.a)
  let share = pass.a == 0 ? .zero : sum(pass.outputs, t) * (pass.a / Float(pass.outputs))
  var (exponentials, mass, loss) = (Lanes.zero, Lanes.zero, Lanes.zero)
  for k in 0..<pass.outputs {
    let z = (y + k &* laneCount).load(Lanes.self) - shift
    var q = ISA.multiplyAdd(keep, (t + k &* laneCount).load(Lanes.self), share)
    if let classWeights { q *= classWeights[k] }
    exponentials += exponential(isa, z)
    mass += q
    loss = ISA.multiplyAdd(-q, z, loss)
  }
  for k in 0..<pass.outputs {
    let p = UnsafePointer(dy + k &* laneCount).load(Lanes.self)
    var q = ISA.multiplyAdd(keep, (t + k &* laneCount).load(Lanes.self), share)
    if let classWeights { q *= classWeights[k] }
    (dy + k &* laneCount).store((p * mass - q) * weight)
  }
  return ISA.multiplyAdd(mass, logarithm(isa, exponentials), loss)
}

/// L = −Σ a·t·r^γ·ln p with p = softmax(z), r = 1 − p; dz = g − p · Σg with
/// g = a·t·(γ·p·r^(γ−1)·ln p − r^γ).
@export(implementation) @inline(__always)
func focalLoss<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: LossPass, _ alpha: UnsafePointer<Float>?,
  _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>, _ weight: Lanes,
  _ dy: UnsafeMutablePointer<Float>
) -> Lanes {
  let shift = largest(pass.outputs, y)
  var exponentials = Lanes.zero
  for k in 0..<pass.outputs {
    exponentials += exponential(isa, (y + k &* laneCount).load(Lanes.self) - shift)
  }
  let logarithmOfSum = logarithm(isa, exponentials)
  var (loss, total) = (Lanes.zero, Lanes.zero)
  for k in 0..<pass.outputs {
    let z = (y + k &* laneCount).load(Lanes.self) - shift
    let target = (t + k &* laneCount).load(Lanes.self) * (alpha?[k] ?? 1)
    let e = exponential(isa, z)
    let (p, logarithmOfP) = (e / exponentials, z - logarithmOfSum)
    let (power, below) = powers(isa, (exponentials - e) / exponentials, pass.a)
    loss -= target * power * logarithmOfP
    let g = target * (p * below * logarithmOfP * pass.a - power)
    (dy + k &* laneCount).store(g)
    total += g
  }
  for k in 0..<pass.outputs {
    let p = exponential(isa, (y + k &* laneCount).load(Lanes.self) - shift) / exponentials
    let g = UnsafePointer(dy + k &* laneCount).load(Lanes.self)
    (dy + k &* laneCount).store((g - p * total) * weight)
  }
  return loss
}

/// L = 1/n · Σ (1 − t)·max(0, d)^p with d = m + z − Σ t·z; dz = g − t · Σg with
/// g = 1/n · (1 − t)·p·max(0, d)^(p−1).
@export(implementation) @inline(__always)
func multiMargin<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: LossPass, _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>,
  _ weight: Lanes, _ dy: UnsafeMutablePointer<Float>
) -> Lanes {
  let share = 1 / Float(pass.outputs)
  let isLinear = pass.b == 1
  var score = Lanes.zero
  for k in 0..<pass.outputs {
    score = ISA.multiplyAdd(
      (y + k &* laneCount).load(Lanes.self), (t + k &* laneCount).load(Lanes.self), score)
  }
  var (loss, total) = (Lanes.zero, Lanes.zero)
  for k in 0..<pass.outputs {
    let rest = (1 - (t + k &* laneCount).load(Lanes.self)) * share
    let distance = (y + k &* laneCount).load(Lanes.self) + pass.a - score
    let positive = select(distance .< 0, 0, distance)
    loss += rest * (isLinear ? positive : positive * positive)
    let g = rest * (isLinear ? stepOf(distance) : positive + positive)
    (dy + k &* laneCount).store(g)
    total += g
  }
  for k in 0..<pass.outputs {
    let g = UnsafePointer(dy + k &* laneCount).load(Lanes.self)
    let target = (t + k &* laneCount).load(Lanes.self)
    (dy + k &* laneCount).store((g - target * total) * weight)
  }
  return loss
}

/// The largest of `count` values; NaN only where the first is.
@inlinable @inline(__always)
func largest(_ count: Int, _ x: UnsafePointer<Float>) -> Lanes {
  var result = x.load(Lanes.self)
  for k in 1..<max(1, count) {
    let value = (x + k &* laneCount).load(Lanes.self)
    result = select(value .> result, value, result)
  }
  return result
}

/// The sum of `count` values.
@inlinable @inline(__always)
func sum(_ count: Int, _ x: UnsafePointer<Float>) -> Lanes {
  var result = Lanes.zero
  for k in 0..<count { result += (x + k &* laneCount).load(Lanes.self) }
  return result
}

/// r^γ and r^(γ−1) for 0 ≤ r ≤ 1; the second is what is multiplied by something that vanishes with r, and
/// 0 where r is.
@export(implementation) @inline(__always)
func powers<ISA: InstructionSet>(
  _ isa: ISA.Type, _ r: Lanes, _ gamma: Float
) -> (power: Lanes, below: Lanes) {
  let isTiny = r .< 1e-30
  let safe = select(isTiny, 1e-30, r)
  let power = exponential(isa, logarithm(isa, safe) * gamma)
  let atZero: Float = gamma == 0 ? 1 : 0
  return (select(isTiny, atZero, power), select(isTiny, 0, power / safe))
}

/// 1 above 0, else 0; NaN stays NaN.
@inlinable @inline(__always)
func stepOf(_ x: Lanes) -> Lanes {
  select(x .== x, select(x .> 0, 1, 0), x)
}
