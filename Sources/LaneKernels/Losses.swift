/// The losses that have kernels.
@frozen
public enum LossKernel: Sendable {
  /// −Σ t · ln softmax(z), of logits.
  case softmaxCrossEntropy
  /// −Σ t · ln y, of probabilities.
  case negativeLogLikelihood
  /// scale · Σ (t − y)².
  case squaredError
  /// −mean(t · ln y + (1 − t) · ln(1 − y)), of probabilities.
  case binaryCrossEntropy
}

/// The loss of one block of images, its gradient, and which images were classified rightly.
///
/// `weight` is what each image's loss counts for: 0 in lanes without an image. `result` receives the
/// losses and then 1 for each right answer, both times 1 or 0 for lanes with and without an image.
@inlinable @inline(__always)
func loss<ISA: InstructionSet>(
  _ isa: ISA.Type, _ kind: LossKernel, scale: Float, outputs: Int,
  output y: UnsafePointer<Float>, target t: UnsafePointer<Float>,
  weight: UnsafePointer<Float>, gradient dy: UnsafeMutablePointer<Float>,
  result: UnsafeMutablePointer<Float>
) {
  let w = weight.load(Lanes.self)
  var loss = Lanes.zero
  let floor = Lanes(repeating: -100)
  switch kind {
  case .softmaxCrossEntropy:
    softmax(isa, channels: outputs, pixels: 1, from: y, to: dy)
    var largest = y.load(Lanes.self)
    for k in 1..<max(1, outputs) {
      let z = (y + k &* laneCount).load(Lanes.self)
      largest = select(z .> largest, z, largest)
    }
    var sum = Lanes.zero
    var total = Lanes.zero
    for k in 0..<outputs {
      let z = (y + k &* laneCount).load(Lanes.self) - largest
      let target = (t + k &* laneCount).load(Lanes.self)
      sum += exponential(isa, z)
      total += target
      loss = ISA.multiplyAdd(-target, z, loss)
    }
    loss = ISA.multiplyAdd(total, logarithm(isa, sum), loss)
    for k in 0..<outputs {
      let p = UnsafePointer(dy + k &* laneCount).load(Lanes.self)
      let target = (t + k &* laneCount).load(Lanes.self)
      (dy + k &* laneCount).store((p * total - target) * w)
    }
  case .negativeLogLikelihood:
    for k in 0..<outputs {
      let p = (y + k &* laneCount).load(Lanes.self)
      let target = (t + k &* laneCount).load(Lanes.self)
      let safe = select(p .< 1e-12, 1e-12, p)
      loss = ISA.multiplyAdd(-target, boundedLogarithm(isa, p, floor), loss)
      (dy + k &* laneCount).store(-target / safe * w)
    }
  case .squaredError:
    for k in 0..<outputs {
      let difference =
        (y + k &* laneCount).load(Lanes.self) - (t + k &* laneCount).load(Lanes.self)
      loss = ISA.multiplyAdd(difference * scale, difference, loss)
      (dy + k &* laneCount).store(difference * w * (2 * scale))
    }
  case .binaryCrossEntropy:
    let share = 1 / Float(outputs)
    for k in 0..<outputs {
      let p = (y + k &* laneCount).load(Lanes.self)
      let target = (t + k &* laneCount).load(Lanes.self)
      let yes = boundedLogarithm(isa, p, floor)
      let no = boundedLogarithm(isa, 1 - p, floor)
      loss -= (target * yes + (1 - target) * no) * share
      let width = p * (1 - p)
      (dy + k &* laneCount).store(
        (p - target) / select(width .< 1e-12, 1e-12, width) * w * share)
    }
  }
  let counted = select(w .== 0, 0, 1)
  result.store(select(w .== 0, 0, loss))
  (result + laneCount).store(counted * rightAnswers(outputs, y, t))
}

/// ln p, not below `floor` (p = 0 included); NaN stays NaN.
@inlinable @inline(__always)
func boundedLogarithm<ISA: InstructionSet>(
  _ isa: ISA.Type, _ p: Lanes, _ floor: Lanes
) -> Lanes {
  let tiny = p .< Float.leastNormalMagnitude
  let value = select(tiny, floor, logarithm(isa, select(tiny, 1, p)))
  return select(p .!= p, p, select(value .< floor, floor, value))
}

/// 1 where the largest output is where the largest target is (or, of a single output, where both are on
/// the same side of ½), else 0.
@inlinable @inline(__always)
func rightAnswers(
  _ outputs: Int, _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>
) -> Lanes {
  if outputs == 1 {
    let said = select(y.load(Lanes.self) .>= 0.5, 1, 0)
    let meant = select(t.load(Lanes.self) .>= 0.5, 1, 0)
    return select(said .== meant, 1, 0)
  }
  var (best, bestTarget) = (y.load(Lanes.self), t.load(Lanes.self))
  var (said, meant) = (Lanes.zero, Lanes.zero)
  for k in 1..<outputs {
    let value = (y + k &* laneCount).load(Lanes.self)
    let target = (t + k &* laneCount).load(Lanes.self)
    said = select(value .> best, Float(k), said)
    meant = select(target .> bestTarget, Float(k), meant)
    best = select(value .> best, value, best)
    bestTarget = select(target .> bestTarget, target, bestTarget)
  }
  return select((said .== meant) .& (best .== best), 1, 0)
}
