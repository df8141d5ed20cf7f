/// Some places of one axis: every so many from one on, backwards, or the same one again and again.
///
///     y[n, …, i, …] = x[n, …, start + step · i, …],  0 ≤ i < count
///
/// With a step of 0 the place is repeated. Where places are read several times, their gradients add.
///
/// Shapes: x [N, …] → y [N, …] with `count` places on that axis.
/// Source: Python's slices, PyTorch's expand.
public struct Slice: Layer, Equatable {
  /// The axis; the batch does not count.
  public var axis: Int

  /// The first place.
  public var start: Int

  /// The number of places.
  public var count: Int

  /// From one place to the next.
  public var step: Int

  /// A slice of `axis`.
  public init(axis: Int, start: Int, count: Int, step: Int = 1) {
    (self.axis, self.start, self.count, self.step) = (axis, start, count, step)
  }

  public var stem: String { "slice" }

  public var text: String {
    "slice \(axis) \(start) \(count)"
      + (step == 1 ? "" : step >= 0 ? " step \(step)" : " back \(step.magnitude)")
  }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    var shape = try inputs.only()
    let (reach, overflow) = step.multipliedReportingOverflow(by: max(0, count - 1))
    guard shape.indices.contains(axis), (1...Network.elementLimit).contains(count),
      (0..<shape[axis]).contains(start), !overflow,
      (-Network.elementLimit...Network.elementLimit).contains(step),
      (-start..<shape[axis] - start).contains(reach)
    else {
      throw ShapeMismatch(
        expected: "places of one axis of \(shape)",
        found: "axis \(axis), \(count) from \(start) in steps of \(step)",
        advice: "choose places that are there")
    }
    shape[axis] = count
    return shape
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    var shape = Array(inputs[0].shape.dropFirst())
    let sources = sources(shape)
    shape[axis] = count
    return inputs[0].picked(sources, shape: shape)
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let shape = inputs[0].shape
    return ReferenceGradients(
      inputs: [gradient.putBack(sources(Array(shape.dropFirst())), shape: shape)])
  }

  /// For each element of an output image the element of the input that it is.
  private func sources(_ image: [Int]) -> [Int] {
    var (shape, strides) = (image, image.rowMajorStrides)
    let first = start * strides[axis]
    shape[axis] = count
    strides[axis] *= step
    return ElementOrder.sources(shape: shape, strides: strides, first: first)
  }
}

// MARK: Engine

extension Slice {
  public func compile(into site: inout LayerSite) {
    site.appendPicking(sources(site.inputs[0].shape))
  }
}
