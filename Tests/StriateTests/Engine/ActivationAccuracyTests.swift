import LaneKernels
import Striate
import Testing

/// The elementary functions behind the activations, over everything a Float can be.
@Suite struct ActivationAccuracyTests {
  /// Functions that must be right in every digit that a Float has, small values included.
  static let functions: [(ActivationKernel, Activation.Function)] = [
    (.sigmoid, .sigmoid), (.tanh, .tanh), (.arctan, .arctan), (.softplus, .softplus),
    (.logSigmoid, .logSigmoid), (.gelu, .gelu), (.silu, .silu), (.mish, .mish),
    (.softsign, .softsign), (.hardSwish, .hardSwish),
  ]

  /// The same for functions with constants.
  static let withConstants: [(ActivationKernel, Activation.Function, Float, Float)] = [
    (.elu, .elu(alpha: 0.5), 0.5, 1), (.elu, .elu(alpha: -0.5), -0.5, 1),
    (.elu, .selu, 1.758_099_3, 1.050_701), (.celu, .celu(alpha: 2), 2, 0),
    (.hardTanh, .hardTanh(lowest: -2, highest: 0.5), -2, 0.5),
    (.softshrink, .softshrink(lambda: 0.5), 0.5, 0),
    (.hardshrink, .hardshrink(lambda: 0.5), 0.5, 0),
    (.threshold, .threshold(0.5, value: 2), 0.5, 2),
  ]

  /// Every sign and magnitude, thick where functions bend.
  static let arguments: [Float] = {
    var values: [Float] = [0]
    for i in 1...4096 { values += [Float(i) / 64, -Float(i) / 64] }
    var power: Float = 1e-30
    while power < 1e30 {
      values += [power, -power, power * 1.37, -power * 1.37]
      power *= 1.9
    }
    while values.count % 16 != 0 { values.append(1) }
    return values
  }()

  @Test(arguments: functions.map { ($0, $1, 0, 0) } + withConstants)
  func valuesAreRightInEveryDigit(
    _ kernel: ActivationKernel, _ function: Activation.Function, _ a: Float, _ b: Float
  ) {
    for kernels in KernelTable.runnable {
      let x = LaneMemory(Self.arguments)
      let y = LaneMemory(count: x.count)
      kernels.activate(kernel, a, b, x.count / 16, x.base, y.base)
      var worst = 0.0
      for i in 0..<x.count {
        let expected = function.value(Double(x.base[i]))
        // Below e⁻⁸⁷ there is only 0 or the least that an exponential gives.
        let error = abs(Double(y.base[i]) - expected) / max(abs(expected), 1e-31)
        worst = max(worst, error.isNaN ? .infinity : error)
      }
      #expect(worst < 1e-6, "\(function) on \(kernels.name)")
      #expect(y.isGuarded)
    }
  }

  static let all: [(ActivationKernel, Activation.Function, Float, Float)] =
    functions.map { ($0, $1, 0, 0) } + withConstants + [
      (.geluTanh, .geluTanh, 0, 0), (.hardSigmoid, .hardSigmoid, 0, 0),
      (.tanhshrink, .tanhshrink, 0, 0),
      (.identity, .identity, 0, 0), (.step, .step, 0, 0), (.relu, .relu, 0, 0),
      (.leakyReLU, .leakyReLU(slope: -0.5), -0.5, 0),
      (.gaussian, .gaussian(centre: 0.5, width: 2), 0.5, 2),
      (.multiquadratic, .multiquadratic(centre: 0.5, offset: 2), 0.5, 2),
      (.inverseMultiquadratic, .inverseMultiquadratic(centre: 0.5, offset: 2), 0.5, 2),
    ]

  @Test(arguments: all)
  func slopesAgreeWithTheReference(
    _ kernel: ActivationKernel, _ function: Activation.Function, _ a: Float, _ b: Float
  ) {
    let arguments = Self.arguments.map { max(-1e9, min(1e9, $0)) }
    for kernels in KernelTable.runnable {
      let x = LaneMemory(arguments)
      let (y, dx) = (LaneMemory(count: x.count), LaneMemory(count: x.count))
      let dy = LaneMemory(count: x.count, filledWith: -2)
      kernels.activate(kernel, a, b, x.count / 16, x.base, y.base)
      kernels.activationGradient(kernel, a, b, x.count / 16, x.base, y.base, dy.base, dx.base)
      let expected = arguments.map { -2 * function.derivative(at: Double($0)) }
      #expect(relativeError(dx.values, expected) < 1e-6, "\(function) on \(kernels.name)")
    }
  }

  @Test(arguments: all)
  func nanStaysNaN(
    _ kernel: ActivationKernel, _ function: Activation.Function, _ a: Float, _ b: Float
  ) {
    for kernels in KernelTable.runnable {
      let x = LaneMemory([.nan] + Array(repeating: 0.5, count: 15))
      let y = LaneMemory(count: 16, filledWith: 0)
      kernels.activate(kernel, a, b, 1, x.base, y.base)
      #expect(y.base[0].isNaN, "\(function) on \(kernels.name)")
      #expect(y.values.dropFirst().allSatisfy { $0.isFinite })
    }
  }

  /// Values of functions that lose digits near a zero or far below 0 are right as measured by their
  /// argument.
  @Test(arguments: [
    (ActivationKernel.geluTanh, Activation.Function.geluTanh), (.tanhshrink, .tanhshrink),
    (.hardSigmoid, .hardSigmoid),
  ])
  func otherValuesAreRightInEveryDigitOfTheirArgument(
    _ kernel: ActivationKernel, _ function: Activation.Function
  ) {
    for kernels in KernelTable.runnable {
      let x = LaneMemory(Self.arguments)
      let y = LaneMemory(count: x.count)
      kernels.activate(kernel, 0, 0, x.count / 16, x.base, y.base)
      var worst = 0.0
      for i in 0..<x.count {
        let argument = Double(x.base[i])
        let error = abs(Double(y.base[i]) - function.value(argument)) / max(1, abs(argument))
        worst = max(worst, error.isNaN ? .infinity : error)
      }
      #expect(worst < 1e-6, "\(function) on \(kernels.name)")
    }
  }

  @Test func softmaxOfHugeScoresIsACertainChoice() {
    for kernels in KernelTable.runnable {
      let x = LaneMemory((0..<48).map { [1e4, -1e4, 0][$0 / 16] })
      let y = LaneMemory(count: 48)
      kernels.softmax(3, 1, x.base, y.base)
      #expect(y.base[0] == 1 && y.base[16] < 1e-37 && y.base[32] < 1e-37)
      kernels.logSoftmax(3, 1, x.base, y.base)
      #expect(y.base[0] == 0 && y.base[16] == -2e4 && y.base[32] == -1e4)
    }
  }

  @Test func nanIsNotHiddenByLayersOverChannels() {
    for kernels in KernelTable.runnable {
      let x = LaneMemory(Array(repeating: .nan, count: 16) + Array(repeating: 1, count: 16))
      let y = LaneMemory(count: 32, filledWith: 0)
      kernels.logSoftmax(2, 1, x.base, y.base)
      #expect(y.values.allSatisfy { $0.isNaN }, "log-softmax on \(kernels.name)")
      let pass = ResponseNormPass(
        channels: 2, pixels: 1, before: 1, after: 1, scale: 1, exponent: 0.75, offset: 1)
      kernels.normalization.responseNorm(pass, 0..<2, x.base, y.base)
      #expect(y.values.allSatisfy { $0.isNaN }, "lrn on \(kernels.name)")
    }
  }
}
