import LaneKernels

/// Every output is a weighted sum of every input.
///
///     y[n,o] = b[o] + Σ(f) w[o,f] · x[n,f]
///
/// Shapes: x [N, F] → y [N, O]; w [O, F]; b [O].
/// Source: seeds/003 eq 6–10; seeds/004 §4.
public struct Dense: Layer, Equatable {
  /// The number of outputs.
  public var outputs: Int

  /// Whether each output has a bias.
  public var bias: Bool

  /// What the weights hold before training; with all but PyTorch's default, biases start at 0.
  public var initialization: Initializer

  /// A layer of `outputs` neurons.
  public init(_ outputs: Int, bias: Bool = true, initialization: Initializer = .standard) {
    self.outputs = outputs
    self.bias = bias
    self.initialization = initialization
  }

  public var stem: String { "fc" }

  public var text: String {
    "dense \(outputs)" + (bias ? "" : " bias none") + initialization.option
  }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    _ = try inputs.only(rank: 1, axes: "[features]", advice: "put Flatten() before it")
    guard outputs >= 1, outputs <= Network.elementLimit else {
      throw ShapeMismatch(
        expected: "1 to \(Network.elementLimit) outputs", found: "\(outputs)",
        advice: "choose a number in that range")
    }
    try initialization.validate()
    return [outputs]
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    let features = inputs[0][0]
    let weight = ParameterDescription(
      name: "weight", shape: [outputs, features], initializer: initialization)
    guard bias else { return [weight] }
    return [
      weight,
      ParameterDescription(
        name: "bias", shape: [outputs], initializer: initialization.bias(fanIn: features)),
    ]
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    try outputShape(of: inputs)[0] * inputs[0][0]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (x, w) = (inputs[0], parameters[0])
    var y = ReferenceTensor(zeros: [x.shape[0], outputs])
    for n in 0..<x.shape[0] {
      for o in 0..<outputs {
        var sum = bias ? parameters[1][o] : 0
        for f in 0..<x.shape[1] { sum += w[o, f] * x[n, f] }
        y[n, o] = sum
      }
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let (x, w, dy) = (inputs[0], parameters[0], gradient)
    var dx = ReferenceTensor(zeros: x.shape)
    var dw = ReferenceTensor(zeros: w.shape)
    var db = ReferenceTensor(zeros: [outputs])
    for n in 0..<x.shape[0] {
      for o in 0..<outputs {
        db[o] += dy[n, o]
        for f in 0..<x.shape[1] {
          dw[o, f] += dy[n, o] * x[n, f]
          dx[n, f] += dy[n, o] * w[o, f]
        }
      }
    }
    return ReferenceGradients(inputs: [dx], parameters: bias ? [dw, db] : [dw])
  }
}

extension Dense: ProductSum {
  package func forEachProduct(
    of image: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    for o in 0..<outputs {
      for f in 0..<image[0] { body(o, o * image[0] + f, f) }
    }
  }
}

// MARK: Engine

extension Dense {
  /// The most weights that every block of images reads anew: they stay near. With more, some outputs are computed
  /// for all blocks at a time. In training the weights of the steps back and what their update keeps pass by as well.
  private static func weightsByBlock(isTraining: Bool) -> Int { isTraining ? 1 << 19 : 1 << 21 }

  /// Whether tasks have one block of images each. In training, where all cores read weights that others have updated,
  /// only where these are few beside what one layer hands to the next, or outputs too few to be shared out.
  private static func isByBlock(_ pass: DensePass, isTraining: Bool) -> Bool {
    let weights = pass.inputs * pass.outputs
    guard weights <= weightsByBlock(isTraining: isTraining) else { return false }
    return !isTraining || weights < 1 << 16 || pass.outputs < 8 * LayerSite.fewestTasks
      || pass.blocks * laneCount > 4 * pass.outputs
  }

  /// The tasks that share out the outputs: what one makes of the weights' gradient stays in the second-level cache.
  private static func parts(_ pass: DensePass) -> Int {
    let lots = (pass.outputs + 7) / 8
    return min(lots, max(2 * LayerSite.fewestTasks, pass.inputs * pass.outputs / 32_768))
  }

  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let (inputs, outputs, blocks) = (input.elements, output.elements, site.blocks)
    let all = DensePass(inputs: inputs, outputs: outputs, blocks: blocks, limits: site.limits)
    let one = DensePass(inputs: inputs, outputs: outputs, blocks: 1, limits: site.limits)
    let isByBlock = Dense.isByBlock(all, isTraining: site.isTraining)
    let weights = site.parameters[0].values
    let biases = bias ? site.parameters[1].values : site.allocate(1)
    let stride = bias ? 1 : 0
    // Eight outputs, whole tiles on every processor.
    let rows = (outputs + 7) / 8
    let rowsOf: @Sendable (Range<Int>) -> Range<Int> = { range in
      range.lowerBound * 8..<min(outputs, range.upperBound * 8)
    }
    if isByBlock {
      site.forEachPart(of: rows) { block, range in
        kernels.denseForward(
          one, rowsOf(range), input.values + block * input.blockStride, weights + 0, biases + 0,
          stride, output.values + block * output.blockStride)
      }
    } else {
      let parts = Dense.parts(all)
      site.forward(tasks: parts) { part in
        kernels.denseForward(
          all, rowsOf(rows * part / parts..<rows * (part + 1) / parts), input.values + 0,
          weights + 0, biases + 0, stride, output.values + 0)
      }
    }
    guard site.isTraining, let dy = output.gradient else { return }
    site.begin(.back)
    if let dw = site.parameters[0].gradient {
      addWeightGradient(to: &site, all, rowsOf, dy: dy, dw: dw)
    }
    if bias, let db = site.parameters[1].gradient {
      site.appendBiasGradient(dy: dy, to: db, count: outputs, pixels: 1)
    }
    if let dx = input.gradient {
      addInputGradient(to: &site, isByBlock ? one : all, isByBlock: isByBlock, dy: dy, dx: dx)
    }
  }

  private func addWeightGradient(
    to site: inout LayerSite, _ pass: DensePass,
    _ rowsOf: @escaping @Sendable (Range<Int>) -> Range<Int>, dy: Floats, dw: Floats
  ) {
    let (kernels, input) = (site.kernels, site.inputs[0])
    let stride = pass.blocks * laneCount * laneCount
    let panels = site.allocateOverwritten((pass.inputs + laneCount - 1) / laneCount * stride)
    site.add(.forward, tasks: pass.blocks, reach: .block) { block in
      kernels.lanesToPanels(
        pass.inputs, input.values + block * input.blockStride,
        panels + block * laneCount * laneCount, stride)
    }
    let rows = (pass.outputs + 7) / 8
    let parts = Dense.parts(pass)
    let starts = (0..<parts).map { rowsOf(rows * $0 / parts..<rows).lowerBound * pass.inputs }
    let ends = starts.dropFirst() + [(pass.outputs * pass.inputs).padded]
    site.addGradient(
      ParameterDivision(gradient: dw, parts: zip(starts, ends).map { $0..<$1 }),
      scratch: DensePass.spare
    ) { part, spare in
      kernels.denseWeightGradient(
        pass, rowsOf(rows * part / parts..<rows * (part + 1) / parts), panels + 0, dy + 0, spare,
        dw + 0)
    }
  }

  /// The pass is one of a block, or of all blocks.
  private func addInputGradient(
    to site: inout LayerSite, _ pass: DensePass, isByBlock: Bool, dy: Floats, dx: Floats
  ) {
    let (kernels, weights) = (site.kernels, site.parameters[0].values)
    let (blocks, input, output) = (site.blocks, site.inputs[0], site.output)
    let panels = (pass.inputs + DensePass.panel - 1) / DensePass.panel
    let lots = min(panels, LayerSite.fewestTasks)
    let parts = isByBlock ? site.parts(of: panels) : lots
    site.addOverwriting(
      .back, tasks: isByBlock ? blocks * parts : parts, reach: isByBlock ? .block : .everything,
      scratch: pass.copiesWeights ? DensePass.panelSpare : 0
    ) { task, spare in
      let (block, part) = task.quotientAndRemainder(dividingBy: parts)
      kernels.denseInputGradient(
        pass, panels * part / parts..<panels * (part + 1) / parts,
        dy + block * output.blockStride, weights + 0, spare, dx + block * input.blockStride)
    }
  }
}

extension Dense: NeedsMemory {
  /// The input in panels.
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    guard isTraining else { return 0 }
    return Double(inputs[0][0].padded) * Double(blocks * laneCount)
  }
  /// A tile of the weights' gradients, or the weights of two panels.
  func sharedMemory(inputs: [[Int]], output: [Int], isTraining: Bool) -> Double {
    isTraining ? Double(max(DensePass.spare, DensePass.panelSpare)) : 0
  }
}
