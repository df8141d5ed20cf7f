import LaneKernels

/// The product of two or more values, element by element (the Hadamard product). A gate is a value of one
/// number a channel, which all pixels of the channel are multiplied by.
///
///     y = x₁ · x₂ · …,  ∂E/∂xᵢ = ∂E/∂y · Π(j ≠ i) xⱼ
///
/// Of a gate, ∂E/∂xᵢ is the sum of that over the pixels of each channel.
///
/// Shapes: x₁ [N, C, …] and each other the same, or a gate [N, C, 1, …] of as many axes → y [N, C, …].
/// Source: seeds/004, chain rule; seeds/002 eq 18; Hu, Shen & Sun 2018, arXiv:1709.01507, eq 4 (gates).
public struct Multiply: Layer, Equatable {
  /// A product.
  public init() {}

  public var stem: String { "multiply" }

  public var text: String { "multiply" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    guard inputs.count >= 2, !inputs[0].isEmpty else { return try inputs.common() }
    let (shape, gate) = (inputs[0], inputs[0].gate)
    if let other = inputs.first(where: { $0 != shape && $0 != gate }) {
      throw ShapeMismatch(
        expected: "inputs of one shape, \(shape)" + (shape == gate ? "" : ", or gates \(gate)"),
        found: "\(other)", advice: "bring them to one shape first")
    }
    return shape
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    var y = inputs[0]
    for x in inputs.dropFirst() { y.multiply(by: x) }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(
      inputs: inputs.indices.map { i in
        var product = gradient
        for j in inputs.indices where j != i { product.multiply(by: inputs[j]) }
        guard inputs[i].shape != product.shape else { return product }
        var dx = ReferenceTensor(zeros: inputs[i].shape)
        for k in 0..<product.count { dx[k / product.shape.channelSize] += product[k] }
        return dx
      })
  }
}

extension [Int] {
  /// Of an image's shape [C, …], that of one number a channel: [C, 1, …].
  fileprivate var gate: [Int] { prefix(1) + dropFirst().map { _ in 1 } }
}

extension ReferenceTensor {
  /// Multiplies by a tensor of the same shape, element by element, or by a gate.
  fileprivate mutating func multiply(by other: ReferenceTensor) {
    let run = shape == other.shape ? 1 : shape.channelSize
    precondition(
      count == other.count * run, "ReferenceTensor: expected \(shape), found \(other.shape)")
    for k in values.indices { values[k] *= other[k / run] }
  }
}

// MARK: Engine

extension Multiply: NeedsMemory {
  public func compile(into site: inout LayerSite) {
    let (output, blocks) = (site.output, site.blocks)
    let product = ChannelProduct(of: site)
    site.forEachPart(of: product.channels) { block, channels in
      product.write(
        product.factors, block, channels, to: output.values + product.place(block, channels))
    }
    guard site.isTraining, let dy = output.gradient else { return }
    let upper = ChannelProduct.Factor(values: dy, isGate: false)
    site.begin(.back)
    for (index, input) in site.inputs.enumerated() {
      guard let dx = input.gradient else { continue }
      let others = product.factors.indices.filter { $0 != index }.map { product.factors[$0] }
      let parts = site.parts(of: product.channels)
      let isGate = product.factors[index].isGate
      // What a gate is summed over: with more than two values, the product of all but the first of them.
      let scratch = isGate && others.count > 1 ? product.channelStride : 0
      site.add(.back, tasks: blocks * parts, reach: .block, scratch: scratch) { task, scratch in
        let (block, part) = task.quotientAndRemainder(dividingBy: parts)
        let channels =
          product.channels * part / parts..<product.channels * (part + 1) / parts
        if isGate {
          product.sum(
            [upper] + others.dropFirst(), times: others[0].values, block, channels, scratch,
            to: dx + product.gatePlace(block, channels))
        } else {
          product.write([upper] + others, block, channels, to: dx + product.place(block, channels))
        }
      }
    }
  }

  /// A channel for each worker and each gate of several.
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    guard isTraining, inputs.count > 2 else { return 0 }
    return Double(inputs.count { $0 != output }) * Double(workers * laneCount)
      * Double(output.product / output[0])
  }
}

/// Products of values and gates, channel by channel.
private struct ChannelProduct: Sendable {
  /// What is multiplied: as large as the output, or one number a channel.
  struct Factor: Sendable {
    let values: Floats
    let isGate: Bool
  }

  let factors: [Factor]
  let channels: Int
  /// The Floats of a channel of a block.
  let channelStride: Int
  /// The Floats from one block to the next.
  private let blockStride: Int, gateStride: Int
  private let copy: @Sendable (Int, Int, LayerSite.Source, Int, LayerSite.Target, Int) -> Void
  private let multiply: @Sendable (Int, LayerSite.Source, LayerSite.Target) -> Void
  private let multiplyRows: @Sendable (Int, Int, LayerSite.Source, LayerSite.Target) -> Void
  private let sumProducts:
    @Sendable (Int, Int, LayerSite.Source, LayerSite.Source, LayerSite.Target) -> Void

  /// The inputs of a layer; the first of them is no gate.
  init(of site: LayerSite) {
    let (output, kernels) = (site.output, site.kernels)
    factors = site.inputs.map {
      Factor(values: $0.values, isGate: $0.elements != output.elements)
    }
    // Without a gate every number is a channel of its own.
    channels = factors.contains(where: \.isGate) ? output.shape[0] : output.elements
    channelStride = output.blockSize / channels
    blockStride = output.blockStride
    gateStride = zip(site.inputs, factors).first { $1.isGate }?.0.blockStride ?? 0
    (copy, multiply) = (kernels.copyRows, kernels.multiply)
    (multiplyRows, sumProducts) = (kernels.multiplyRows, kernels.sumProducts)
  }

  /// Where the first of some channels of a block begins.
  func place(_ block: Int, _ range: Range<Int>) -> Int {
    block * blockStride + range.lowerBound * channelStride
  }

  /// Where its number begins in a gate.
  func gatePlace(_ block: Int, _ range: Range<Int>) -> Int {
    block * gateStride + range.lowerBound * laneCount
  }

  /// The product of factors, of which the first is no gate.
  func write(
    _ factors: [Factor], _ block: Int, _ range: Range<Int>, to target: LayerSite.Target
  ) {
    let (place, count) = (place(block, range), range.count * channelStride)
    copy(1, count, factors[0].values + place, count, target, count)
    for factor in factors.dropFirst() {
      if factor.isGate {
        multiplyRows(
          range.count, channelStride, factor.values + gatePlace(block, range), target)
      } else {
        multiply(count, factor.values + place, target)
      }
    }
  }

  /// For each channel, the sum over its pixels of the product of factors, of which the first is no gate,
  /// times a value as large as the output. `scratch` holds a channel, where there is more than one factor.
  func sum(
    _ factors: [Factor], times value: Floats, _ block: Int, _ range: Range<Int>,
    _ scratch: LayerSite.Target, to target: LayerSite.Target
  ) {
    guard factors.count > 1 else {
      let place = place(block, range)
      return sumProducts(
        range.count, channelStride, factors[0].values + place, value + place, target)
    }
    for channel in range {
      let one = channel..<channel + 1
      write(factors, block, one, to: scratch)
      sumProducts(
        1, channelStride, scratch, value + place(block, one),
        target + (channel - range.lowerBound) * laneCount)
    }
  }
}
