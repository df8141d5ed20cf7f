import LaneKernels

/// The engine's side of batch normalisation.
///
/// Forwards: sums of every block and channel; then what follows from the sums of all blocks; then the output.
/// Back: the same three steps, to the input's gradient. Sums of blocks are combined in Double and in the
/// blocks' order, so that any number of threads computes the same bits. A ReLU that follows is computed along,
/// both ways, and so is a sum with another value before it, or a maximum pooling of 2 × 2 behind it: see
/// `PlanLayout.addends` and `PlanLayout.pooledNorms`.
extension BatchNorm: MasksGradient {
  public func compile(into site: inout LayerSite) {
    let steps = BatchNormSteps(self, site: &site)
    if site.step == nil {
      steps.appendPreparation(to: &site)
      steps.appendForward(to: &site)
    } else {
      steps.appendStatistics(to: &site)
    }
    steps.appendGradients(to: &site)
  }
}

private struct BatchNormSteps: Sendable {
  let layer: BatchNorm
  let channels: Int, pixels: Int
  let blocks: Int
  let step: StepState?
  let kernels: KernelTable
  let isClamped: Bool, poolsQuads: Bool
  let input: LaneValue, output: LaneValue
  /// What is added to the outputs.
  let addend: Floats?
  let parameters: [ParameterPlace]
  /// Of each channel: centre, scale and shift.
  let numbers: Floats
  /// Of each channel: 1/√(σ² + ε).
  let inverseDeviations: Floats
  /// Of each block and channel: a shift, the sum and the sum of squares of the distances from it.
  let sums: Floats
  /// Of each block and channel: Σdy and Σdy·(x − μ).
  let gradientSums: Floats
  /// Of each channel: what makes the input's gradient.
  let gradientFactors: Floats

  init(_ layer: BatchNorm, site: inout LayerSite) {
    self.layer = layer
    (input, output, parameters) = (site.inputs[0], site.output, site.parameters)
    addend = site.addend?.values
    channels = output.shape[0]
    pixels = input.elements / channels
    blocks = site.blocks
    (step, kernels, isClamped) = (site.step, site.kernels, site.limits == .relu)
    poolsQuads = site.poolsQuads
    numbers = site.allocateOverwritten(channels * 3)
    inverseDeviations = site.allocateOverwritten(channels)
    sums = site.allocateOverwritten(site.step == nil ? 1 : blocks * channels * 3)
    gradientSums = site.allocateOverwritten(site.isTraining ? blocks * channels * 2 : 1)
    gradientFactors = site.allocateOverwritten(site.isTraining ? channels * 3 : 1)
  }

  /// Where a channel range of a block starts in the input.
  func place(_ block: Int, _ range: Range<Int>) -> Int {
    block * input.blockStride + range.lowerBound * pixels * laneCount
  }

  /// The same in the output, which is a quarter as large where it is pooled.
  func outputPlace(_ block: Int, _ range: Range<Int>) -> Int {
    block * output.blockStride + range.lowerBound * (output.elements / channels) * laneCount
  }

  private func scaleAndShift(_ c: Int) -> (scale: Float, shift: Float) {
    layer.isAffine ? (parameters[0].values.base[c], parameters[1].values.base[c]) : (1, 0)
  }

  private func set(_ c: Int, mean: Double, variance: Double) {
    let inverse = 1 / (variance + layer.epsilon).squareRoot()
    let (scale, shift) = scaleAndShift(c)
    inverseDeviations.base[c] = Float(inverse)
    numbers.base[c * 3] = Float(mean)
    numbers.base[c * 3 + 1] = Float(Double(scale) * inverse)
    // What the mean loses as a Float is made good here.
    numbers.base[c * 3 + 2] =
      shift - Float((mean - Double(Float(mean))) * Double(scale) * inverse)
  }

  /// Outside training: the numbers follow from the running statistics.
  func appendPreparation(to site: inout LayerSite) {
    let (mean, variance) = (parameters[parameters.count - 2], parameters[parameters.count - 1])
    site.prepare(tasks: 1) { [self] _ in
      for c in 0..<channels {
        set(
          c, mean: Double(mean.values.base[c]), variance: Double(variance.values.base[c]))
      }
    }
  }

  /// In training: sums of every block, combined by a step of their own that also keeps the running
  /// statistics, and then the output.
  func appendStatistics(to site: inout LayerSite) {
    site.forEachPart(of: channels) { [self] block, range in
      guard let step, step.images(ofBlock: block) > 0 else { return }
      kernels.normalization.batchStatistics(
        range.count, pixels, step.mask(ofBlock: block), input.values + place(block, range),
        sums + (block * channels + range.lowerBound) * 3)
    }
    let parts = min(channels, LayerSite.fewestTasks)
    site.forward(tasks: parts) { [self] part in
      for c in channels * part / parts..<channels * (part + 1) / parts { combine(c) }
    }
    appendForward(to: &site)
  }

  /// The statistics of a channel from those of its blocks (Chan, Golub & LeVeque 1983,
  /// doi:10.1080/00031305.1983.10483115, eq 2.1).
  private func combine(_ c: Int) {
    guard let step else { return }
    let count = Double(step.images * pixels)
    var mean = 0.0
    for block in 0..<blocks where step.images(ofBlock: block) > 0 {
      let s = sums + (block * channels + c) * 3
      let size = Double(step.images(ofBlock: block) * pixels)
      mean += (Double(s[0]) * size + Double(s[1])) / count
    }
    var squares = 0.0
    for block in 0..<blocks where step.images(ofBlock: block) > 0 {
      let s = sums + (block * channels + c) * 3
      let size = Double(step.images(ofBlock: block) * pixels)
      let distance = Double(s[0]) + Double(s[1]) / size - mean
      squares += max(0, Double(s[2]) - Double(s[1]) * Double(s[1]) / size)
      squares += size * distance * distance
    }
    set(c, mean: mean, variance: squares / count)
    let running = parameters[parameters.count - 2].values.base
    let runningVariance = parameters[parameters.count - 1].values.base
    let rate = Float(layer.momentum)
    running[c] += rate * (Float(mean) - running[c])
    runningVariance[c] += rate * (Float(squares / max(1, count - 1)) - runningVariance[c])
  }

  /// The output, from the numbers of every channel.
  func appendForward(to site: inout LayerSite) {
    let limits = site.limits
    if poolsQuads {
      let (rows, columns) = (output.shape[1], output.shape[2])
      site.forEachPart(of: channels) { [self] block, range in
        kernels.normalization.batchNormalizeQuads(
          range.count, rows, columns, numbers + range.lowerBound * 3, limits,
          input.values + place(block, range), output.values + outputPlace(block, range))
      }
      return
    }
    site.forEachPart(of: channels) { [self] block, range in
      let first = place(block, range)
      kernels.normalization.batchNormalize(
        range.count, pixels, numbers + range.lowerBound * 3, limits, input.values + first,
        addend.map { UnsafePointer($0 + first) }, output.values + first)
    }
  }

  func appendGradients(to site: inout LayerSite) {
    guard site.isTraining, let dy = output.gradient else { return }
    appendSums(of: dy, to: &site)
    let parts = min(channels, LayerSite.fewestTasks)
    site.backward(tasks: parts) { [self] part in
      for c in channels * part / parts..<channels * (part + 1) / parts { combineGradients(c) }
    }
    if let dx = input.gradient { appendInputGradient(dx, from: dy, to: &site) }
  }

  /// The first step masks the output's gradient where it lies: it is then that of the addend, too, which lies there.
  /// What maxima pass back is not stored.
  private func appendSums(of dy: Floats, to site: inout LayerSite) {
    if poolsQuads {
      let (rows, columns, limits) = (output.shape[1], output.shape[2], site.limits)
      site.forEachPart(of: channels, onTheWayBack: true) { [self] block, range in
        kernels.normalization.batchQuadGradientSums(
          range.count, rows, columns, numbers + range.lowerBound * 3, limits, isClamped,
          input.values + place(block, range), dy + outputPlace(block, range),
          gradientSums + (block * channels + range.lowerBound) * 2)
      }
      return
    }
    let clamped: Floats? = isClamped ? output.values : nil
    site.forEachPart(of: channels, onTheWayBack: true) { [self] block, range in
      let first = place(block, range)
      kernels.normalization.batchGradientSums(
        range.count, pixels, numbers + range.lowerBound * 3, input.values + first,
        clamped.map { UnsafePointer($0 + first) }, dy + first,
        gradientSums + (block * channels + range.lowerBound) * 2)
    }
  }

  private func appendInputGradient(_ dx: Floats, from dy: Floats, to site: inout LayerSite) {
    if poolsQuads {
      let (rows, columns, limits) = (output.shape[1], output.shape[2], site.limits)
      site.forEachPart(of: channels, onTheWayBack: true) { [self] block, range in
        let first = place(block, range)
        kernels.normalization.batchQuadInputGradient(
          range.count, rows, columns, numbers + range.lowerBound * 3,
          gradientFactors + range.lowerBound * 3, step?.mask(ofBlock: block), limits, isClamped,
          input.values + first, dy + outputPlace(block, range), dx + first)
      }
      return
    }
    site.forEachPart(of: channels, onTheWayBack: true) { [self] block, range in
      let first = place(block, range)
      kernels.normalization.batchInputGradient(
        range.count, pixels, numbers + range.lowerBound * 3,
        gradientFactors + range.lowerBound * 3, step?.mask(ofBlock: block), input.values + first,
        dy + first, dx + first)
    }
  }

  /// The gradients of a channel's scale and shift, and the factors of its input's gradient
  /// ∂E/∂x = a·∂E/∂y + b·(x − μ) + d.
  private func combineGradients(_ c: Int) {
    var (sum, product) = (0.0, 0.0)
    for block in 0..<blocks {
      let s = gradientSums + (block * channels + c) * 2
      sum += Double(s[0])
      product += Double(s[1])
    }
    let inverse = Double(inverseDeviations.base[c])
    if layer.isAffine {
      parameters[0].gradient?.base[c] = Float(product * inverse)
      parameters[1].gradient?.base[c] = Float(sum)
    }
    let a = Double(numbers.base[c * 3 + 1])
    let count = step.map { Double($0.images * pixels) }
    gradientFactors.base[c * 3] = Float(a)
    gradientFactors.base[c * 3 + 1] =
      count.map { Float(-a * inverse * inverse * product / $0) } ?? 0
    gradientFactors.base[c * 3 + 2] = count.map { Float(-a * sum / $0) } ?? 0
  }
}
