import LaneKernels

/// The loss in the engine: compares a plan's output with targets and starts the way back.
///
/// Unchecked: it is used by the owner of its plan only, between and in the runs of that plan.
final class LossStep: @unchecked Sendable {
  private let plan: Plan
  private let loss: Loss
  private let weights: Storage
  private let results: Storage
  let targets: LaneValue
  private let targetStorage: Storage
  private var count = 0

  /// Throws `InvalidInput` where the loss has no meaning for the shape of the output.
  init(_ loss: Loss, plan: Plan) throws {
    let output = plan.output
    guard loss.kind != .softmaxCrossEntropy || output.shape.count == 1 else {
      throw InvalidInput(
        description: "cross-entropy: expected outputs [classes], found \(output.shape): "
          + "end the network with Flatten() and Dense(classes)")
    }
    self.plan = plan
    self.loss = loss
    weights = Storage(count: plan.blocks * laneCount)
    results = Storage(count: plan.blocks * 2 * laneCount)
    targetStorage = Storage(count: plan.blocks * output.blockStride)
    targets = LaneValue(shape: output.shape, values: targetStorage.floats, gradient: nil)
  }

  /// How many images the batch holds; the lanes after them count for nothing.
  func setCount(_ count: Int) {
    guard count != self.count else { return }
    self.count = count
    let weight = loss.reduction == .mean ? 1 / Float(count) : 1
    for image in 0..<plan.blocks * laneCount {
      weights.base[image] = image < count ? weight : 0
    }
  }

  /// Writes targets [N, …].
  func write(targets tensor: Tensor) {
    let size = targets.elements
    for image in 0..<tensor.shape[0] {
      let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
      for k in 0..<size {
        targets.values.base[(block * size + k) * laneCount + lane] =
          tensor.scalars[image * size + k]
      }
    }
  }

  /// Loss and gradient of every block.
  var phase: Phase {
    let (kernel, scale): (LossKernel, Float) =
      switch loss.kind {
      case .softmaxCrossEntropy: (.softmaxCrossEntropy, 1)
      case .negativeLogLikelihood: (.negativeLogLikelihood, 1)
      case .squaredError(let scale): (.squaredError, Float(scale))
      case .binaryCrossEntropy: (.binaryCrossEntropy, 1)
      }
    let (compute, output) = (plan.kernels.loss, plan.output)
    let (target, weight, result) = (targets.values, weights.floats, results.floats)
    // A network without parameters has no gradient; its loss still has one.
    let spare = output.gradient == nil ? Storage(count: plan.blocks * output.blockStride) : nil
    let gradient = output.gradient ?? spare?.floats ?? output.values
    return Phase(groups: [
      Tasks(count: plan.blocks) { [spare] block in
        _ = spare
        let place = block * output.blockStride
        compute(
          kernel, scale, output.elements, output.values + place, target + place,
          weight + block * laneCount, gradient + place, result + block * 2 * laneCount)
      }
    ])
  }

  /// The loss of the batch, reduced as it says, the mean of its images, and how many images were
  /// classified rightly.
  func result() -> (loss: Double, meanLoss: Double, right: Int) {
    var sum = 0.0
    var right: Float = 0
    for block in 0..<plan.blocks {
      for lane in 0..<laneCount {
        sum += Double(results.base[block * 2 * laneCount + lane])
        right += results.base[(block * 2 + 1) * laneCount + lane]
      }
    }
    let mean = sum / Double(count)
    return (loss.reduction == .mean ? mean : sum, mean, Int(right))
  }
}
