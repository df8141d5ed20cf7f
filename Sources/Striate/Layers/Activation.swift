import Foundation

/// A function of one number, applied to every element.
///
///     y = φ(x),  ∂E/∂x = ∂E/∂y · φ′(x)
///
/// Shapes: x [N, …] → y [N, …].
/// Source: seeds/000 §1.1; seeds/003 §1.2, eq 11–13, 23, 24.
public struct Activation: Layer, Equatable {
  /// The function.
  public var function: Function

  /// A layer that applies `function`.
  public init(_ function: Function) { self.function = function }

  public var stem: String { function.name.replacing("-", with: "") }

  public var text: String {
    ([function.name] + function.constants.map(\.short)).joined(separator: " ")
  }

  public var backwardNeeds: BackwardNeeds {
    switch function {
    case .identity, .step: []
    case .sigmoid, .tanh, .relu, .softplus: .output
    case .leakyReLU(let slope): slope >= 0 ? .output : .inputs
    case .arctan, .gaussian, .multiquadratic, .inverseMultiquadratic: .inputs
    }
  }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard function.constants.allSatisfy(\.isFinite) else {
      throw ShapeMismatch(
        expected: "finite constants", found: "\(function.constants)", advice: "choose numbers")
    }
    try function.radial?.function.validate()
    return shape
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    inputs[0].map(function.value)
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var dx = gradient
    for k in dx.values.indices { dx[k] *= function.derivative(at: inputs[0][k]) }
    return ReferenceGradients(inputs: [dx])
  }
}
