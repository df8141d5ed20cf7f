import LaneKernels

/// A dense layer in training whose weights are cut into rectangles, a task each: half of the inputs and some outputs.
///
/// The same worker has the same weights on the way forward, on the way back and in their update, so that they stay in
/// one core's cache. What cores exchange is what half of the inputs says about each image, and its gradient: for few
/// images far less than the weights.
///
///     y = (Σ(i < half) w[o,i] · x[n,i] + b[o]) + Σ(i ≥ half) w[o,i] · x[n,i]
struct DenseInParts: Sendable {
  private var pass: DensePass
  /// The rectangles of each half.
  private let parts: Int
  /// Outputs in lots of eight, whole tiles on every processor.
  private let lots: Int

  /// Nil where the weights are few, or outputs more than inputs, or where rows do not begin with a line of the cache.
  init?(_ pass: DensePass) {
    let weights = pass.inputs * pass.outputs
    guard weights >= 1 << 16, pass.inputs >= max(512, pass.outputs),
      pass.inputs % laneCount == 0
    else { return nil }
    self.pass = pass
    self.pass.limits = .none
    lots = (pass.outputs + 7) / 8
    // A rectangle stays in the second-level cache from its gradient to its update.
    parts = min(lots, max(LayerSite.fewestTasks, weights / 2 / 32_768))
  }

  private var half: Int { pass.inputs / 2 / laneCount * laneCount }

  /// Half of the inputs.
  private func inputs(_ index: Int) -> Range<Int> {
    index == 0 ? 0..<half : half..<pass.inputs
  }

  /// The inputs and outputs of a task.
  private func rectangle(_ task: Int) -> (half: Int, inputs: Range<Int>, outputs: Range<Int>) {
    let (index, part) = task.quotientAndRemainder(dividingBy: parts)
    let outputs = lots * part / parts * 8..<min(pass.outputs, lots * (part + 1) / parts * 8)
    return (index, inputs(index), outputs)
  }

  private var tasks: Int { 2 * parts }

  /// The parts of the weights' memory.
  private var rectangles: [ParameterDivision.Rectangle] {
    (0..<tasks).map { task in
      let (_, inputs, outputs) = rectangle(task)
      return ParameterDivision.Rectangle(
        start: outputs.lowerBound * pass.inputs + inputs.lowerBound, rows: outputs.count,
        count: inputs.count, stride: pass.inputs)
    }
  }

  /// Compiles the layer; where there is no bias, `biases` is a zero and `biasStride` 0.
  func compile(into site: inout LayerSite, biases: Floats, biasStride: Int) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let (weights, zero) = (site.parameters[0].values, site.allocate(1))
    let stride = output.blockStride
    let rest = site.allocateOverwritten(site.blocks * stride)
    site.forward(tasks: tasks) { [self] task in
      let (half, inputs, outputs) = rectangle(task)
      kernels.denseForward(
        pass.part(inputs: inputs.count), outputs, input.values + inputs.lowerBound * laneCount,
        weights + inputs.lowerBound, half == 0 ? biases + 0 : zero + 0, half == 0 ? biasStride : 0,
        (half == 0 ? output.values : rest) + 0)
    }
    let panels = addPanels(to: &site)
    let limits = site.limits
    site.forEachPart(of: pass.outputs) { block, range in
      let place = block * stride + range.lowerBound * laneCount
      kernels.sum(
        range.count * laneCount, limits, output.values + place, rest + place,
        output.values + place)
    }
    guard let dy = output.gradient else { return }
    site.begin(.back)
    if let dw = site.parameters[0].gradient {
      addWeightGradient(to: &site, panels: panels, dy: dy, dw: dw)
    }
    if biasStride > 0, let db = site.parameters[1].gradient {
      site.appendBiasGradient(dy: dy, to: db, count: pass.outputs, pixels: 1)
    }
    if let dx = input.gradient { addInputGradient(to: &site, dy: dy, dx: dx) }
  }

  private var panelStride: Int { pass.blocks * laneCount * laneCount }

  /// Adds to the last step forward the input in panels, which the gradient of the weights reads.
  private func addPanels(to site: inout LayerSite) -> Floats {
    let (kernels, input, stride) = (site.kernels, site.inputs[0], panelStride)
    let count = pass.inputs / laneCount
    let panels = site.allocateOverwritten(count * stride)
    let lots = min(count, LayerSite.fewestTasks)
    site.alsoForward(tasks: lots) { [blocks = pass.blocks] lot in
      let range = count * lot / lots..<count * (lot + 1) / lots
      for block in 0..<blocks {
        kernels.lanesToPanels(
          range.count * laneCount,
          input.values + (block * input.blockStride + range.lowerBound * laneCount * laneCount),
          panels + (range.lowerBound * stride + block * laneCount * laneCount), stride)
      }
    }
    return panels
  }

  private func addWeightGradient(
    to site: inout LayerSite, panels: Floats, dy: Floats, dw: Floats
  ) {
    let kernels = site.kernels
    site.addGradient(
      ParameterDivision(gradient: dw, rectangles: rectangles), scratch: DensePass.spare
    ) { [self] task, spare in
      let (_, inputs, outputs) = rectangle(task)
      kernels.denseWeightGradient(
        pass.part(inputs: inputs.count), outputs,
        panels + inputs.lowerBound / laneCount * panelStride, dy + 0, spare,
        dw + inputs.lowerBound)
    }
  }

  private func addInputGradient(to site: inout LayerSite, dy: Floats, dx: Floats) {
    let (kernels, weights) = (site.kernels, site.parameters[0].values)
    let count = LayerSite.fewestTasks / 2
    site.addOverwriting(
      .back, tasks: 2 * count, scratch: pass.copiesWeights ? DensePass.panelSpare : 0
    ) { [self] task, spare in
      let (half, part) = task.quotientAndRemainder(dividingBy: count)
      let inputs = inputs(half)
      let panels = inputs.count / DensePass.panel
      kernels.denseInputGradient(
        pass.part(inputs: inputs.count), panels * part / count..<panels * (part + 1) / count,
        dy + 0, weights + inputs.lowerBound, spare, dx + inputs.lowerBound * laneCount)
    }
  }
}

/// The parts of a parameter that the tasks of its gradient write: who computes one can update it at once.
struct ParameterDivision: Sendable {
  /// Rows of a parameter's memory, `stride` Floats apart.
  struct Rectangle: Sendable {
    var start: Int, rows: Int, count: Int, stride: Int
  }

  /// The gradient of the whole parameter.
  let gradient: Floats
  /// One for each task; their counts are multiples of 16.
  let rectangles: [Rectangle]
}
