import LaneKernels

/// The loss in the engine: compares a plan's output with targets and starts the way back.
///
/// Unchecked: it is used by the owner of its plan only, between and in the runs of that plan.
final class LossStep: @unchecked Sendable {
  private let plan: Plan
  private let loss: Loss
  /// What each image's loss is multiplied by; 0 for lanes without an image that counts.
  private let weights: Storage
  /// Where images have weights: each one's, and 1 for those that count.
  private let counts: Storage
  private let results: Storage
  private let outputWeights: Storage?
  let targets: LaneValue
  private let targetStorage: Storage
  private var count = 0

  /// Throws `InvalidLoss` where a number of the loss is outside its range, and `InvalidInput` where the
  /// loss has no meaning for the shape of the output.
  init(_ loss: Loss, plan: Plan) throws {
    let output = plan.output
    try loss.check(outputs: output.shape)
    self.plan = plan
    self.loss = loss
    weights = Storage(count: plan.blocks * laneCount)
    counts = Storage(count: plan.blocks * 2 * laneCount)
    results = Storage(count: plan.blocks * 2 * laneCount)
    let numbers = loss.kind.outputWeights
    outputWeights = numbers.isEmpty ? nil : Storage(count: output.elements)
    if let outputWeights {
      for k in 0..<output.elements { outputWeights.base[k] = Float(numbers.value(at: k)) }
    }
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
        targets.values.base[block * targets.blockStride + k * laneCount + lane] =
          tensor.scalars[image * size + k]
      }
    }
  }

  /// Loss and gradient of every block; before them, where the targets say what an image counts for, the
  /// weights of all images.
  var phases: [Phase] {
    guard loss.kind.weighsImages else { return [lossPhase] }
    return [
      countPhase, Phase(groups: [Tasks(count: 1) { [unowned self] _ in weigh() }]), lossPhase,
    ]
  }

  private var countPhase: Phase {
    let (compute, target, count) = (plan.kernels.targetWeights, targets.values, counts.floats)
    let (stride, elements) = (targets.blockStride, targets.elements)
    return Phase(groups: [
      Tasks(count: plan.blocks, reach: .block) { [outputWeights] block in
        compute(
          elements, outputWeights.map { UnsafePointer($0.base) }, target + block * stride,
          count + block * 2 * laneCount)
      }
    ])
  }

  /// What each image's loss is multiplied by, from what all of them count for.
  private func weigh() {
    let total = loss.reduction == .mean ? Float(countedImages) : 1
    for image in 0..<plan.blocks * laneCount {
      let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
      let isCounted = image < count && counts.base[(block * 2 + 1) * laneCount + lane] != 0
      weights.base[image] = isCounted && total > 0 ? 1 / total : 0
    }
  }

  /// The sum of the images' weights: their number, but where their targets say otherwise.
  var countedImages: Double {
    guard loss.kind.weighsImages else { return Double(count) }
    var sum = 0.0
    for image in 0..<count {
      let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
      sum += Double(counts.base[block * 2 * laneCount + lane])
    }
    return sum
  }

  private var lossPhase: Phase {
    let (compute, output) = (plan.kernels.loss, plan.output)
    let pass = loss.kind.pass(
      outputs: output.elements, threshold: plan.network.outputMeaning.threshold)
    let (target, weight, result) = (targets.values, weights.floats, results.floats)
    // A network without parameters has no gradient; its loss still has one.
    let spare = output.gradient == nil ? Storage(count: plan.blocks * output.blockStride) : nil
    let gradient = output.gradient ?? spare?.floats ?? output.values
    return Phase(groups: [
      Tasks(count: plan.blocks, reach: .block) { [spare, outputWeights] block in
        _ = spare
        let place = block * output.blockStride
        compute(
          pass, outputWeights.map { UnsafePointer($0.base) }, output.values + place, target + place,
          weight + block * laneCount, gradient + place, result + block * 2 * laneCount)
      }
    ])
  }

  /// What a batch came to.
  struct Result {
    /// The loss, reduced as it says.
    let loss: Double
    /// The mean of the images, each as much as it counts for.
    let meanLoss: Double
    /// What the images count for together: their number, but where classes have weights.
    let weight: Double
    /// How many images were classified rightly.
    let right: Int
  }

  /// What the batch came to.
  func result() -> Result {
    var sum = 0.0
    var right: Float = 0
    for block in 0..<plan.blocks {
      for lane in 0..<laneCount {
        sum += Double(results.base[block * 2 * laneCount + lane])
        right += results.base[(block * 2 + 1) * laneCount + lane]
      }
    }
    let weight = countedImages
    let mean = weight == 0 ? 0 : sum / weight
    return Result(
      loss: loss.reduction == .mean ? mean : sum, meanLoss: mean, weight: weight,
      right: Int(right))
  }
}

extension Loss.Kind {
  /// The kernel and its numbers, for outputs of which a single one says yes from a threshold on.
  package func pass(outputs: Int, threshold: Float = 0.5) -> LossPass {
    let (kernel, a, b): (LossKernel, Double, Double) =
      switch self {
      case .crossEntropy(let smoothing, _, _): (.crossEntropy, smoothing, 0)
      case .negativeLogLikelihood: (.negativeLogLikelihood, 0, 0)
      case .squaredError(let scale): (.squaredError, scale, 0)
      case .absoluteError: (.absoluteError, 0, 0)
      case .huber(let delta): (.huber, delta, 0)
      case .smoothL1(let beta): (.smoothL1, beta, 0)
      case .binaryCrossEntropy: (.binaryCrossEntropy, 0, 0)
      case .binaryCrossEntropyWithLogits: (.binaryCrossEntropyWithLogits, 0, 0)
      case .focal(let gamma, _): (.focal, gamma, 0)
      // A negative α is none.
      case .binaryFocal(let gamma, let alpha): (.binaryFocal, gamma, alpha ?? -1)
      case .hinge: (.hinge, 0, 0)
      case .multiMargin(let power, let margin): (.multiMargin, margin, Double(power))
      case .klDivergence: (.klDivergence, 0, 0)
      }
    return LossPass(
      kernel: kernel, outputs: outputs, a: Float(a), b: Float(b), threshold: threshold)
  }
}
