import Striate
import Testing

/// The functions where they are delicate: far from 0, at a kink, for NaN.
@Suite struct ActivationTests {
  static let all: [Activation.Function] = [
    .identity, .step, .sigmoid, .tanh, .arctan, .relu, .leakyReLU(slope: 0.01), .softplus,
    .gaussian(centre: 0, width: 1), .multiquadratic(centre: 0, offset: 1),
    .inverseMultiquadratic(centre: 0, offset: 1), .elu(alpha: 1), .elu(alpha: -0.5), .selu,
    .celu(alpha: 0.5), .gelu, .geluTanh, .silu, .mish, .hardSwish, .hardSigmoid,
    .hardTanh(lowest: -1, highest: 1), .hardTanh(lowest: 0, highest: 6), .softsign, .logSigmoid,
    .softshrink(lambda: 0.5), .hardshrink(lambda: 0.5), .tanhshrink, .threshold(0.5, value: 0.5),
    .threshold(0.5, value: 2), .absolute, .erf, .round, .affine(scale: 2, shift: -1), .power(2),
  ]

  @Test(arguments: all, [-1000, -50, -1, 0, 1, 50, 1000.0])
  func valuesAndDerivativesAreFinite(_ function: Activation.Function, x: Double) {
    #expect(function.value(x).isFinite)
    #expect(function.derivative(at: x).isFinite)
  }

  @Test func farFromZeroTheFunctionsReachTheirLimits() {
    let (sigmoid, softplus) = (Activation.Function.sigmoid, Activation.Function.softplus)
    #expect(sigmoid.value(1000) == 1 && sigmoid.value(-1000) == 0)
    #expect(sigmoid.derivative(at: 1000) == 0 && sigmoid.derivative(at: -1000) == 0)
    #expect(softplus.value(1000) == 1000 && softplus.value(-1000) == 0)
    #expect(softplus.derivative(at: 1000) == 1 && softplus.derivative(at: -1000) == 0)
    // e⁻⁴⁰ is far below the spacing of numbers around 1, and must survive all the same.
    expectClose(softplus.value(-40), 4.248354255291589e-18, relative: 1e-12)
    expectClose(sigmoid.value(-40), 4.248354255291589e-18, relative: 1e-12)
    expectClose(sigmoid.derivative(at: 40), 4.248354255291589e-18, relative: 1e-12)
  }

  @Test func atZeroTheKinksTakeTheLeftDerivative() {
    #expect(Activation.Function.step.value(0) == 0)
    #expect(Activation.Function.relu.derivative(at: 0) == 0)
    #expect(Activation.Function.leakyReLU(slope: 0.25).derivative(at: 0) == 0.25)
    #expect(Activation.Function.elu(alpha: 0.25).derivative(at: 0) == 0.25)
  }

  /// The kinks' derivatives are those of PyTorch's hardtanh, hardsigmoid, hardswish and threshold.
  @Test func atTheirOtherKinksFunctionsTakePyTorchsDerivative() {
    let tanh = Activation.Function.hardTanh(lowest: -1, highest: 1)
    #expect(tanh.derivative(at: -1) == 0 && tanh.derivative(at: 1) == 0)
    let sigmoid = Activation.Function.hardSigmoid
    #expect(sigmoid.derivative(at: -3) == 0 && sigmoid.derivative(at: 3) == 0)
    let swish = Activation.Function.hardSwish
    #expect(swish.derivative(at: -3) == 0 && swish.derivative(at: 3) == 1)
    let threshold = Activation.Function.threshold(0.5, value: 2)
    #expect(threshold.value(0.5) == 2 && threshold.derivative(at: 0.5) == 0)
    let shrink = Activation.Function.softshrink(lambda: 0.5)
    #expect(shrink.value(0.5) == 0 && shrink.derivative(at: 0.5) == 0)
  }

  @Test(arguments: all)
  func nanIsNotHidden(_ function: Activation.Function) {
    #expect(function.value(.nan).isNaN)
  }

  /// A layer that says it needs only its output must be right: one output, one derivative.
  @Test(arguments: all + [.leakyReLU(slope: 0), .leakyReLU(slope: -1)])
  func theOutputTellsTheDerivativeWhereTheLayerSaysSo(_ function: Activation.Function) {
    let needs = Activation(function).backwardNeeds
    var derivatives: [Double: Double] = [:]
    var isTold = true
    for x in stride(from: -4.0, through: 4, by: 0.5) {
      let (y, slope) = (function.value(x), function.derivative(at: x))
      if derivatives[y, default: slope] != slope { isTold = false }
      derivatives[y] = slope
    }
    if needs == .output { #expect(isTold) }
    if needs.isEmpty { #expect(Set(derivatives.values).count == 1) }
    if !isTold { #expect(needs == .inputs) }
  }
}
