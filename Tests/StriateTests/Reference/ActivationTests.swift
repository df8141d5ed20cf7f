import Striate
import Testing

/// The functions where they are delicate: far from 0, at a kink, for NaN.
@Suite struct ActivationTests {
  static let all: [Activation.Function] = [
    .identity, .step, .sigmoid, .tanh, .arctan, .relu, .leakyReLU(slope: 0.01), .softplus,
    .gaussian(centre: 0, width: 1), .multiquadratic(centre: 0, offset: 1),
    .inverseMultiquadratic(centre: 0, offset: 1),
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
