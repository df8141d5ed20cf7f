/// The axes of each image in another order.
///
///     y[n, i₀, …, iₖ] = x[n, j₀, …, jₖ],  j[axes[a]] = iₐ
///
/// Shapes: x [N, …] → y [N, …] with the extents in that order.
/// Source: PyTorch's permute.
public struct Transpose: Layer, Equatable {
  /// For each axis of the output the axis of the input that it is; the batch does not count.
  public var axes: [Int]

  /// A layer that exchanges axes.
  public init(_ axes: [Int]) { self.axes = axes }

  public var stem: String { "transpose" }

  public var text: String { "transpose \(axes.text)" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard axes.sorted() == Array(shape.indices) else {
      throw ShapeMismatch(
        expected: "each axis from 0 to \(shape.count - 1) once", found: "\(axes.text)",
        advice: "name every axis of \(shape)")
    }
    return axes.map { shape[$0] }
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let x = inputs[0]
    return x.picked(sources(Array(x.shape.dropFirst())), shape: axes.map { x.shape[$0 + 1] })
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
  private func sources(_ shape: [Int]) -> [Int] {
    let strides = shape.rowMajorStrides
    return ElementOrder.sources(shape: axes.map { shape[$0] }, strides: axes.map { strides[$0] })
  }
}

// MARK: Engine

extension Transpose {
  public func compile(into site: inout LayerSite) {
    site.appendPicking(sources(site.inputs[0].shape))
  }
}
