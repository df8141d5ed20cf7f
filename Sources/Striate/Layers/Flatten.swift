/// All features of an image in one row: channel by channel, row by row.
///
///     y[n, (c·H + i)·W + j] = x[n,c,i,j]
///
/// Shapes: x [N, …] → y [N, product of the other axes].
/// Source: seeds/002 §4.
public struct Flatten: Layer, Equatable {
  /// A layer that only renames elements.
  public init() {}

  public var stem: String { "flatten" }

  public var text: String { "flatten" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    [try inputs.only().reduce(1, *)]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let shape = inputs[0].shape
    return inputs[0].reshaped(to: [shape[0], shape.dropFirst().reduce(1, *)])
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(inputs: [gradient.reshaped(to: inputs[0].shape)])
  }
}
