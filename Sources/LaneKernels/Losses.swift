/// The losses that have kernels.
@frozen
public enum LossKernel: Sendable {
  /// −Σ w · q · ln softmax(z), of logits; q are the targets smoothed by a.
  case crossEntropy
  /// −Σ t · ln y, of probabilities.
  case negativeLogLikelihood
  /// a · Σ (t − y)².
  case squaredError
  /// mean |t − y|.
  case absoluteError
  /// The mean of a parabola up to the distance a and a line beyond.
  case huber
  /// That of width a, divided by a.
  case smoothL1
  /// −mean(t · ln y + (1 − t) · ln(1 − y)), of probabilities.
  case binaryCrossEntropy
  /// The same of the logits' sigmoids, with weights w for t.
  case binaryCrossEntropyWithLogits
  /// −Σ w · t · (1 − p)ᵃ · ln p with p = softmax(z).
  case focal
  /// The same of the logits' sigmoids; t weighs b and 1 − t weighs 1 − b, or both 1 where b < 0.
  case binaryFocal
  /// mean max(0, 1 − (2t − 1) · y).
  case hinge
  /// mean (1 − t) · max(0, a + y − Σ t · y)ᵇ.
  case multiMargin
  /// Σ t · (ln t − y).
  case klDivergence
}

/// A loss of so many outputs, with its numbers.
@frozen
public struct LossPass: Sendable {
  /// Which loss.
  public var kernel: LossKernel
  /// The outputs of one image.
  public var outputs: Int
  /// The numbers of the loss, as its case tells.
  public var a: Float, b: Float
  /// The least value of a single output that says yes: of a probability or of a score.
  public var threshold: Float

  @inlinable
  public init(
    kernel: LossKernel, outputs: Int, a: Float = 0, b: Float = 0, threshold: Float = 0.5
  ) {
    (self.kernel, self.outputs) = (kernel, outputs)
    (self.a, self.b, self.threshold) = (a, b, threshold)
  }
}

/// The loss of one block of images, its gradient, and which images were classified rightly.
///
/// `outputWeights` are the w of the loss, one an output, or nil for 1. `weight` is what each image's loss
/// counts for: 0 in lanes without an image. `result` receives the losses and then 1 for each right answer,
/// both times 1 or 0 for lanes with and without an image.
@export(implementation) @inline(__always)
func loss<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: LossPass, outputWeights: UnsafePointer<Float>?,
  output y: UnsafePointer<Float>, target t: UnsafePointer<Float>,
  weight: UnsafePointer<Float>, gradient dy: UnsafeMutablePointer<Float>,
  result: UnsafeMutablePointer<Float>
) {
  let w = weight.load(Lanes.self)
  let value =
    switch pass.kernel {
    case .crossEntropy: crossEntropy(isa, pass, outputWeights, y, t, w, dy)
    case .focal: focalLoss(isa, pass, outputWeights, y, t, w, dy)
    case .multiMargin: multiMargin(isa, pass, y, t, w, dy)
    default: outputLoss(isa, pass, outputWeights, y, t, w, dy)
    }
  result.store(select(w .== 0, 0, value))
  (result + laneCount).store(
    select(w .== 0, 0, rightAnswers(pass.outputs, y, t, threshold: pass.threshold)))
}

/// What each image of a block counts for, from its targets: the mean weight of its classes, and then 1,
/// or 0 and 0 where all its targets are 0.
@export(implementation) @inline(__always)
func targetWeights<ISA: InstructionSet>(
  _ isa: ISA.Type, outputs: Int, outputWeights: UnsafePointer<Float>?,
  target t: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  var (sum, total) = (Lanes.zero, Lanes.zero)
  for k in 0..<outputs {
    let target = (t + k &* laneCount).load(Lanes.self)
    sum = ISA.multiplyAdd(Lanes(repeating: outputWeights?[k] ?? 1), target, sum)
    total += target
  }
  let isEmpty = total .== 0
  result.store(select(isEmpty, 0, sum / select(isEmpty, 1, total)))
  (result + laneCount).store(select(isEmpty, 0, 1))
}

/// 1 where the largest output is where the largest target is (or, of a single output, where the output is
/// on the side of the threshold that the target names), else 0.
@inlinable @inline(__always)
func rightAnswers(
  _ outputs: Int, _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>, threshold: Float
) -> Lanes {
  if outputs == 1 {
    let said = select(y.load(Lanes.self) .>= threshold, 1, 0)
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
