import LaneKernels

/// Numbers that are learned, the same for every image: an operand for layers of several inputs.
///
///     y[n, …] = w[…],  ∂E/∂w = Σ(n) ∂E/∂y[n, …],  ∂E/∂x = 0
///
/// Of the input only the number of images counts.
///
/// Shapes: x [N, …] → y [N] + shape; w shape.
/// Source: PyTorch's Parameter.
public struct LearnedTensor: Layer, Equatable {
  /// The shape of the numbers.
  public var shape: [Int]

  /// Numbers of that shape, which start at 0.
  public init(_ shape: [Int]) { self.shape = shape }

  public var stem: String { "learned" }

  public var text: String { "learned \(shape.text)" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    _ = try inputs.only()
    guard !shape.isEmpty, Network.isReasonable(shape) else {
      throw ShapeMismatch(
        expected: "positive sizes with at most \(Network.elementLimit) elements",
        found: "\(shape)", advice: "choose a smaller shape")
    }
    return shape
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    [ParameterDescription(name: "weight", shape: shape, initializer: .constant(0))]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let images = inputs[0].shape[0]
    return ReferenceTensor(
      shape: [images] + shape, values: (0..<images).flatMap { _ in parameters[0].values })
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var dw = ReferenceTensor(zeros: shape)
    for k in 0..<gradient.count { dw[k % dw.count] += gradient[k] }
    return ReferenceGradients(
      inputs: [ReferenceTensor(zeros: inputs[0].shape)], parameters: [dw])
  }
}

// MARK: Engine

extension LearnedTensor {
  public func compile(into site: inout LayerSite) {
    let (input, output, weights) = (site.inputs[0], site.output, site.parameters[0].values)
    site.forEachPart(of: output.elements) { block, range in
      let place = output.values + (block * output.blockStride + range.lowerBound * laneCount)
      for (k, element) in range.enumerated() {
        (place + k * laneCount).update(repeating: weights.base[element], count: laneCount)
      }
    }
    guard site.isTraining else { return }
    site.begin(.back)
    if let dy = output.gradient, let dw = site.parameters[0].gradient {
      site.appendBiasGradient(dy: dy, to: dw, count: output.elements, pixels: 1)
    }
    if let dx = input.gradient {
      site.add(.back, tasks: site.blocks, reach: .block) { block in
        (dx + block * input.blockStride).update(repeating: 0, count: input.blockSize)
      }
    }
  }
}
