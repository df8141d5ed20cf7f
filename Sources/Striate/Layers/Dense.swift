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

// MARK: Engine

extension Dense {
  /// The most weights that every block of images reads anew: they stay in the second-level cache. With
  /// more, some outputs are computed for all blocks at a time.
  private static let weightsByBlock = 1 << 18

  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let (inputs, outputs, blocks) = (input.elements, output.elements, site.blocks)
    let pass = DensePass(inputs: inputs, outputs: outputs, blocks: blocks, floor: site.floor)
    let weights = site.parameters[0].values
    let biases = bias ? site.parameters[1].values : site.allocate(1)
    let stride = bias ? 1 : 0
    let rows = (outputs + 3) / 4
    let parts = min(rows, LayerSite.fewestTasks)
    // Four outputs make a tile, and a task is a number of tiles.
    let chunk: @Sendable (Int) -> Range<Int> = { part in
      rows * part / parts * 4..<min(outputs, rows * (part + 1) / parts * 4)
    }
    let isSmall = inputs * outputs <= Dense.weightsByBlock
    let block = DensePass(inputs: inputs, outputs: outputs, blocks: 1, floor: site.floor)
    if isSmall {
      site.forEachPart(of: rows) { n, range in
        kernels.denseForward(
          block, range.lowerBound * 4..<min(outputs, range.upperBound * 4),
          input.values + n * input.blockStride, weights + 0, biases + 0, stride,
          output.values + n * output.blockStride)
      }
    } else {
      site.forward(tasks: parts) { part in
        kernels.denseForward(
          pass, chunk(part), input.values + 0, weights + 0, biases + 0, stride, output.values + 0)
      }
    }
    guard site.isTraining, let dy = output.gradient else { return }
    site.begin(.back)
    if let dw = site.parameters[0].gradient {
      let rowStride = (inputs + laneCount - 1) / laneCount * laneCount
      let transposed = site.allocateOverwritten(blocks * laneCount * rowStride)
      site.add(.forward, tasks: blocks, reach: .block) { block in
        kernels.lanesToRows(
          inputs, input.values + block * input.blockStride,
          transposed + block * laneCount * rowStride, rowStride)
      }
      site.add(.back, tasks: parts, reach: .parameters) { part in
        kernels.denseWeightGradient(
          pass, chunk(part), transposed + 0, rowStride, dy + 0, dw + 0)
      }
    }
    if bias, let db = site.parameters[1].gradient {
      site.appendBiasGradient(dy: dy, to: db, count: outputs, pixels: 1)
    }
    guard let dx = input.gradient else { return }
    let columns = (inputs + 7) / 8
    if isSmall {
      let parts = site.parts(of: columns)
      site.add(.back, tasks: blocks * parts, reach: .block) { task in
        let (n, part) = task.quotientAndRemainder(dividingBy: parts)
        kernels.denseInputGradient(
          block, columns * part / parts * 8..<min(inputs, columns * (part + 1) / parts * 8),
          dy + n * output.blockStride, weights + 0, dx + n * input.blockStride)
      }
      return
    }
    let columnParts = min(columns, LayerSite.fewestTasks)
    site.add(.back, tasks: columnParts) { part in
      kernels.denseInputGradient(
        pass,
        columns * part / columnParts * 8..<min(inputs, columns * (part + 1) / columnParts * 8),
        dy + 0, weights + 0, dx + 0)
    }
  }
}
