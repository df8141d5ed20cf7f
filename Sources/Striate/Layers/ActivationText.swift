extension Activation.Function {
  /// What the function is called in a network text.
  var name: String {
    switch self {
    case .identity: "identity"
    case .step: "step"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .arctan: "arctan"
    case .relu: "relu"
    case .leakyReLU: "leaky-relu"
    case .softplus: "softplus"
    case .gaussian: "gaussian"
    case .multiquadratic: "multiquadratic"
    case .inverseMultiquadratic: "inverse-multiquadratic"
    case .elu: "elu"
    case .selu: "selu"
    case .celu: "celu"
    case .gelu: "gelu"
    case .geluTanh: "gelu-tanh"
    case .silu: "silu"
    case .mish: "mish"
    case .hardSwish: "hard-swish"
    case .hardSigmoid: "hard-sigmoid"
    case .softsign: "softsign"
    case .logSigmoid: "log-sigmoid"
    case .softshrink: "softshrink"
    case .hardshrink: "hardshrink"
    case .tanhshrink: "tanhshrink"
    case .threshold: "threshold"
    case .exponential: "exp"
    case .logarithm: "log"
    case .squareRoot: "sqrt"
    case .absolute: "abs"
    case .reciprocal: "reciprocal"
    case .erf: "erf"
    case .round: "round"
    case .affine: "affine"
    case .power: "power"
    case .hardTanh(0, 6): "relu6"
    case .hardTanh: "hard-tanh"
    }
  }

  /// The numbers that follow the name in a network text.
  var constants: [Double] {
    switch self {
    case .leakyReLU(let slope): [slope]
    case .elu(let alpha), .celu(let alpha): [alpha]
    case .hardTanh(0, 6): []
    case .hardTanh(let lowest, let highest): [lowest, highest]
    case .softshrink(let lambda), .hardshrink(let lambda): [lambda]
    case .threshold(let threshold, let value): [threshold, value]
    case .affine(let scale, let shift): [scale, shift]
    case .power(let exponent): [exponent]
    default: radial.map { [$0.centre, $0.function.scale] } ?? []
    }
  }

  /// The function as one of the distance from a centre, where it is one.
  var radial: (function: RadialFunction, centre: Double)? {
    switch self {
    case .gaussian(let centre, let width): (.gaussian(width: width), centre)
    case .multiquadratic(let centre, let offset): (.multiquadratic(offset: offset), centre)
    case .inverseMultiquadratic(let centre, let offset):
      (.inverseMultiquadratic(offset: offset), centre)
    default: nil
    }
  }
}
