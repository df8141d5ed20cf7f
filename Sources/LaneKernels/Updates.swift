public import CPUFeatures

/// Optimizer steps over `count` Floats, a multiple of 16. All follow PyTorch's order of operations.

/// g ← g + λw; m ← μm + g (at first m ← g); w ← w − α(g + μm), or w ← w − αm without Nesterov.
@export(implementation) @inline(__always)
func updateSGD<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, momentum: UnsafeMutablePointer<Float>?, learningRate: Float,
  factor: Float, weightDecay: Float, nesterov: Bool, isFirst: Bool
) {
  let rate = Lanes(repeating: -learningRate)
  let decay = Lanes(repeating: weightDecay)
  let mu = Lanes(repeating: factor)
  var k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    var g = ISA.multiplyAdd(decay, w, (gradient + k).load(Lanes.self))
    if let momentum {
      let m = isFirst ? g : ISA.multiplyAdd(mu, UnsafePointer(momentum + k).load(Lanes.self), g)
      (momentum + k).store(m)
      g = nesterov ? ISA.multiplyAdd(mu, m, g) : m
    }
    askForWeights(weights, after: k, of: count)
    (weights + k).store(ISA.multiplyAdd(rate, g, w))
    k += laneCount
  }
}

/// Asks for the weights 2 KiB further on, as long as they are among the `count`, to write them: other cores have read
/// them since the last update.
@export(implementation) @inline(__always)
func askForWeights(_ weights: UnsafeMutablePointer<Float>, after place: Int, of count: Int) {
  let next = place &+ 32 &* laneCount
  striate_prefetch_to_write(weights + (next < count ? next : place))
}

/// g ← g + λw; v ← αv + (1−α)g²; w ← w − η·g/(√v + ε), through a momentum buffer where there is one.
@export(implementation) @inline(__always)
func updateRMSprop<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, square: UnsafeMutablePointer<Float>,
  momentum: UnsafeMutablePointer<Float>?, learningRate: Float, smoothing: Double, epsilon: Float,
  factor: Float, weightDecay: Float
) {
  let rate = Lanes(repeating: -learningRate)
  let decay = Lanes(repeating: weightDecay)
  let alpha = Lanes(repeating: Float(smoothing))
  let rest = Lanes(repeating: Float(1 - smoothing))
  var k = 0
  while k < count {
    let w = UnsafePointer(weights + k).load(Lanes.self)
    let g = ISA.multiplyAdd(decay, w, (gradient + k).load(Lanes.self))
    let v = ISA.multiplyAdd(
      alpha, UnsafePointer(square + k).load(Lanes.self), rest * g * g)
    (square + k).store(v)
    var step = g / (v.squareRoot() + epsilon)
    if let momentum {
      step = ISA.multiplyAdd(
        Lanes(repeating: factor), UnsafePointer(momentum + k).load(Lanes.self), step)
      (momentum + k).store(step)
    }
    (weights + k).store(ISA.multiplyAdd(rate, step, w))
    k += laneCount
  }
}

/// m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − α·(m/c₁)/(√(v/c₂) + ε) with cᵢ = 1 − βᵢᵗ.
///
/// Weight decay is added to the gradient (Adam), or multiplies w by 1 − αλ first (AdamW).
@export(implementation) @inline(__always)
func updateAdam<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, weights: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
  square: UnsafeMutablePointer<Float>, learningRate: Float, beta1: Double, beta2: Double,
  epsilon: Float, weightDecay: Float, isDecoupled: Bool, correction1: Float, correction2: Float
) {
  let rate = Lanes(repeating: -learningRate / correction1)
  let decay = Lanes(repeating: isDecoupled ? 0 : weightDecay)
  let keep = Lanes(repeating: isDecoupled ? 1 - learningRate * weightDecay : 1)
  // 1 − β is rounded once: in Float, 1 − 0.999 would keep four digits.
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
    askForWeights(weights, after: k, of: count)
    let step = m / ISA.multiplyAdd(v.squareRoot(), scale, e)
    (weights + k).store(ISA.multiplyAdd(rate, step, w * keep))
    k += laneCount
  }
}
