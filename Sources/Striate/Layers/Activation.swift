import Foundation
import LaneKernels

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
    case .identity, .step, .affine, .round: []
    case .sigmoid, .tanh, .relu, .softplus, .selu, .celu, .hardSigmoid, .hardTanh, .softsign,
      .logSigmoid, .softshrink, .hardshrink, .exponential, .squareRoot:
      .output
    case .leakyReLU(let slope): slope >= 0 ? .output : .inputs
    case .elu(let alpha): alpha >= 0 ? .output : .inputs
    case .threshold(let threshold, let value): value <= threshold ? .output : .inputs
    case .arctan, .gaussian, .multiquadratic, .inverseMultiquadratic, .gelu, .geluTanh, .silu,
      .mish, .hardSwish, .tanhshrink, .logarithm, .absolute, .reciprocal, .erf, .power:
      .inputs
    }
  }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard function.constants.allSatisfy({ Float($0).isFinite }) else {
      throw ShapeMismatch(
        expected: "finite constants", found: "\(function.constants)", advice: "choose numbers")
    }
    try function.validate()
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

extension Activation.Function {
  /// Throws where a constant makes no sense.
  fileprivate func validate() throws {
    switch self {
    case .celu(let alpha):
      // It and its reciprocal are ordinary Floats.
      guard alpha >= 1e-12, alpha <= 1e12 else {
        throw ShapeMismatch(
          expected: "a positive alpha, from 1e-12 to 1e12", found: alpha.short,
          advice: "choose a number in that range")
      }
    case .hardTanh(let lowest, let highest):
      guard lowest < highest else {
        throw ShapeMismatch(
          expected: "a lowest number below the highest",
          found: "\(lowest.short) and \(highest.short)", advice: "exchange them")
      }
    case .softshrink(let lambda), .hardshrink(let lambda):
      guard lambda >= 0 else {
        throw ShapeMismatch(
          expected: "a number that is not negative", found: lambda.short,
          advice: "choose 0 or more")
      }
    default: try radial?.function.validate()
    }
  }
}

// MARK: Engine

extension Activation.Function {
  /// Where outputs end, for a function that changes nothing between.
  var limits: OutputLimits? {
    switch self {
    case .relu: .relu
    case .hardTanh(let lowest, let highest):
      OutputLimits(lowest: Float(lowest), highest: Float(highest))
    default: nil
    }
  }
}

extension Activation {
  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let (kernel, a, b) = function.kernel
    site.forEachPart(of: output.elements) { block, range in
      let place = block * output.blockStride + range.lowerBound * laneCount
      kernels.activate(kernel, a, b, range.count, input.values + place, output.values + place)
    }
    guard site.isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    site.forEachPart(of: output.elements, onTheWayBack: true) { block, range in
      let place = block * output.blockStride + range.lowerBound * laneCount
      kernels.activationGradient(
        kernel, a, b, range.count, input.values + place, output.values + place, dy + place,
        dx + place)
    }
  }
}

extension Activation.Function {
  /// The engine's name for the function, with its constants.
  fileprivate var kernel: (ActivationKernel, Float, Float) {
    switch self {
    case .identity: (.identity, 0, 0)
    case .step: (.step, 0, 0)
    case .sigmoid: (.sigmoid, 0, 0)
    case .tanh: (.tanh, 0, 0)
    case .arctan: (.arctan, 0, 0)
    case .relu: (.relu, 0, 0)
    case .leakyReLU(let slope): (.leakyReLU, Float(slope), 0)
    case .softplus: (.softplus, 0, 0)
    case .gaussian(let centre, let width): (.gaussian, Float(centre), Float(width))
    case .multiquadratic(let centre, let offset):
      (.multiquadratic, Float(centre), Float(offset))
    case .inverseMultiquadratic(let centre, let offset):
      (.inverseMultiquadratic, Float(centre), Float(offset))
    case .elu(let alpha): (.elu, Float(alpha), 1)
    case .selu: (.elu, Float(Self.lambda * Self.alpha), Float(Self.lambda))
    case .celu(let alpha): (.celu, Float(alpha), 0)
    case .gelu: (.gelu, 0, 0)
    case .geluTanh: (.geluTanh, 0, 0)
    case .silu: (.silu, 0, 0)
    case .mish: (.mish, 0, 0)
    case .hardSwish: (.hardSwish, 0, 0)
    case .hardSigmoid: (.hardSigmoid, 0, 0)
    case .hardTanh(let lowest, let highest): (.hardTanh, Float(lowest), Float(highest))
    case .softsign: (.softsign, 0, 0)
    case .logSigmoid: (.logSigmoid, 0, 0)
    case .softshrink(let lambda): (.softshrink, Float(lambda), 0)
    case .hardshrink(let lambda): (.hardshrink, Float(lambda), 0)
    case .tanhshrink: (.tanhshrink, 0, 0)
    case .threshold(let threshold, let value): (.threshold, Float(threshold), Float(value))
    case .exponential: (.exponential, 0, 0)
    case .logarithm: (.logarithm, 0, 0)
    case .squareRoot: (.squareRoot, 0, 0)
    case .absolute: (.absolute, 0, 0)
    case .reciprocal: (.reciprocal, 0, 0)
    case .erf: (.errorFunction, 0, 0)
    case .round: (.rounding, 0, 0)
    case .affine(let scale, let shift): (.affine, Float(scale), Float(shift))
    case .power(let exponent): (.power, Float(exponent), 0)
    }
  }
}
