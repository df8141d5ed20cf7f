/// The sum of two or more values, element by element.
///
///     y = x₁ + x₂ + …,  ∂E/∂xᵢ = ∂E/∂y
///
/// Shapes: each x [N, …] → y [N, …].
/// Source: seeds/004, chain rule.
public struct Add: Layer, Equatable {
  /// A sum.
  public init() {}

  public var stem: String { "add" }

  public var text: String { "add" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] { try inputs.common() }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    var y = inputs[0]
    for x in inputs.dropFirst() { y.add(x) }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(inputs: inputs.map { _ in gradient })
  }
}
