/// The product of two or more values, element by element (the Hadamard product).
///
///     y = x₁ · x₂ · …,  ∂E/∂xᵢ = ∂E/∂y · Π(j ≠ i) xⱼ
///
/// Shapes: each x [N, …] → y [N, …].
/// Source: seeds/004, chain rule; seeds/002 eq 18.
public struct Multiply: Layer, Equatable {
  /// A product.
  public init() {}

  public var stem: String { "multiply" }

  public var text: String { "multiply" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] { try inputs.common() }

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
        var dx = gradient
        for j in inputs.indices where j != i { dx.multiply(by: inputs[j]) }
        return dx
      })
  }
}

extension ReferenceTensor {
  /// Multiplies by a tensor of the same shape, element by element.
  fileprivate mutating func multiply(by other: ReferenceTensor) {
    precondition(
      shape == other.shape, "ReferenceTensor: expected \(shape), found \(other.shape)")
    for k in values.indices { values[k] *= other[k] }
  }
}
