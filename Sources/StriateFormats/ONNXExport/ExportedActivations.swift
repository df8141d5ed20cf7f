import Striate

extension Activation: ONNXExportable {
  func export(into site: inout ONNXExport.Site) { function.export(into: &site) }
}

extension Activation.Function {
  /// The operator of that name, or the function's equation.
  fileprivate func export(into site: inout ONNXExport.Site) {
    let x = site.x
    if let (operation, attributes) = word(opset: site.opset) {
      return site.finish(operation, [x], attributes)
    }
    switch self {
    case .step:
      let isPositive = site.value("Greater", [x, site.scalar("zero", 0)])
      site.finish("Cast", [isPositive], [("to", .integer(1))])
    case .affine(let scale, let shift):
      let scaled = site.value("Mul", [x, site.scalar("scale", scale)])
      site.finish("Add", [scaled, site.scalar("shift", shift)])
    case .power(let exponent): site.finish("Pow", [x, site.scalar("exponent", exponent)])
    case .gaussian(let centre, let width):
      export(.gaussian(width: width), centre: centre, into: &site)
    case .multiquadratic(let centre, let offset):
      export(.multiquadratic(offset: offset), centre: centre, into: &site)
    case .inverseMultiquadratic(let centre, let offset):
      export(.inverseMultiquadratic(offset: offset), centre: centre, into: &site)
    case .gelu:
      let scaled = site.value("Mul", [x, site.scalar("root", 0.5.squareRoot())])
      let error = site.value("Erf", [scaled])
      let sum = site.value("Add", [error, site.scalar("one", 1)])
      let half = site.value("Mul", [x, site.scalar("half", 0.5)])
      site.finish("Mul", [half, sum])
    case .geluTanh:
      // x · sigmoid(2u): 1 + tanh u has few digits left where u is far below 0.
      let square = site.value("Mul", [x, x])
      let cubic = site.value("Mul", [square, site.scalar("cubic", 0.044715)])
      let sum = site.value("Add", [cubic, site.scalar("one", 1)])
      let factor = 2 * (2 / Double.pi).squareRoot()
      let scaled = site.value("Mul", [x, site.scalar("factor", factor)])
      let gate = site.value("Sigmoid", [site.value("Mul", [scaled, sum])])
      site.finish("Mul", [x, gate])
    case .silu: site.finish("Mul", [x, site.value("Sigmoid", [x])])
    case .mish:
      let softplus = site.value("Softplus", [x])
      site.finish("Mul", [x, site.value("Tanh", [softplus])])
    case .hardSwish:
      let gate = site.value(
        "HardSigmoid", [x], [("alpha", .float(1.0 / 6)), ("beta", .float(0.5))])
      site.finish("Mul", [x, gate])
    case .hardTanh(let lowest, let highest):
      site.finish("Clip", [x, site.scalar("lowest", lowest), site.scalar("highest", highest)])
    case .logSigmoid:
      let negative = site.value("Neg", [x])
      site.finish("Neg", [site.value("Softplus", [negative])])
    case .tanhshrink: site.finish("Sub", [x, site.value("Tanh", [x])])
    case .threshold(let threshold, let value):
      let isLow = site.value("LessOrEqual", [x, site.scalar("threshold", threshold)])
      site.finish("Where", [isLow, site.scalar("value", value), x])
    default: preconditionFailure("Activation: expected a word for \(self)")
    }
  }

  /// φ of (x − centre)².
  private func export(
    _ function: RadialFunction, centre: Double, into site: inout ONNXExport.Site
  ) {
    let difference = site.value("Sub", [site.x, site.scalar("centre", centre)])
    let square = site.value("Mul", [difference, difference])
    function.export(squaredDistance: square, into: &site)
  }

  /// The one operator that computes the function; nil where there is none.
  private func word(opset: Int) -> (String, [(String, ONNXExport.Attribute)])? {
    switch self {
    case .identity: ("Identity", [])
    case .sigmoid: ("Sigmoid", [])
    case .tanh: ("Tanh", [])
    case .arctan: ("Atan", [])
    case .relu: ("Relu", [])
    case .leakyReLU(let slope): ("LeakyRelu", [("alpha", .float(slope))])
    case .softplus: ("Softplus", [])
    case .elu(let alpha): ("Elu", [("alpha", .float(alpha))])
    case .selu: ("Selu", [])
    case .celu(let alpha): ("Celu", [("alpha", .float(alpha))])
    case .hardSigmoid: ("HardSigmoid", [("alpha", .float(1.0 / 6)), ("beta", .float(0.5))])
    case .softsign: ("Softsign", [])
    case .softshrink(let lambda):
      ("Shrink", [("lambd", .float(lambda)), ("bias", .float(lambda))])
    case .hardshrink(let lambda): ("Shrink", [("lambd", .float(lambda)), ("bias", .float(0))])
    case .exponential: ("Exp", [])
    case .logarithm: ("Log", [])
    case .squareRoot: ("Sqrt", [])
    case .absolute: ("Abs", [])
    case .reciprocal: ("Reciprocal", [])
    case .erf: ("Erf", [])
    case .round: ("Round", [])
    case .gelu where opset >= 20: ("Gelu", [])
    case .geluTanh where opset >= 20: ("Gelu", [("approximate", .string("tanh"))])
    case .mish where opset >= 18: ("Mish", [])
    case .hardSwish where opset >= 14: ("HardSwish", [])
    case .step, .affine, .power, .gaussian, .multiquadratic, .inverseMultiquadratic, .gelu,
      .geluTanh, .silu,
      .mish, .hardSwish, .hardTanh, .logSigmoid, .tanhshrink, .threshold:
      nil
    }
  }
}
