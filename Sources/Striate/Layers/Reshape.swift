/// The same elements in the same order under another shape.
///
///     y[n, …] = x[n, …],  read row by row
///
/// Shapes: x [N, …] → y [N] + shape; both hold equally many elements.
/// Source: PyTorch's reshape.
public struct Reshape: Layer, Equatable {
  /// The shape of an image afterwards.
  public var shape: [Int]

  /// A layer that only renames elements.
  public init(_ shape: [Int]) { self.shape = shape }

  public var stem: String { "reshape" }

  public var text: String { "reshape \(shape.text)" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let found = try inputs.only()
    guard !shape.isEmpty, Network.isReasonable(shape), shape.product == found.product else {
      throw ShapeMismatch(
        expected: "\(shape.count == 0 ? "at least one axis" : "the elements of \(shape)")",
        found: "\(found)", advice: "choose a shape of \(found.product) elements")
    }
    return shape
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor { inputs[0].reshaped(to: [inputs[0].shape[0]] + shape) }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(inputs: [gradient.reshaped(to: inputs[0].shape)])
  }
}

extension [Int] {
  /// The numbers as a network text writes a shape: "3x4".
  var text: String { map(String.init).joined(separator: "x") }
}

// MARK: Engine

extension Reshape {
  /// The same numbers in the same place.
  public var isView: Bool { true }

  public func compile(into site: inout LayerSite) {}
}
