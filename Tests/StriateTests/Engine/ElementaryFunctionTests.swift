import LaneKernels
import Striate
import Testing

/// Functions of positive numbers, and what the others give where they have no ordinary value.
@Suite struct ElementaryFunctionTests {
  static let functions: [(ActivationKernel, Activation.Function, Float)] = [
    (.logarithm, .logarithm, 0), (.squareRoot, .squareRoot, 0), (.reciprocal, .reciprocal, 0),
    (.exponential, .exponential, 0), (.errorFunction, .erf, 0), (.power, .power(0.5), 0.5),
    (.power, .power(1.5), 1.5), (.power, .power(-2.5), -2.5), (.power, .power(3), 3),
  ]

  /// From 1/64 to 16: where powers and exponentials keep their digits.
  static let arguments = (1...1024).map { Float($0) / 64 }

  @Test(arguments: functions)
  func valuesAndGradientsAreThoseOfTheReference(
    _ kernel: ActivationKernel, _ function: Activation.Function, _ constant: Float
  ) {
    for kernels in KernelTable.runnable {
      let x = LaneMemory(Self.arguments)
      let (y, dx) = (LaneMemory(count: x.count), LaneMemory(count: x.count))
      let dy = LaneMemory([Float](repeating: 0.5, count: x.count))
      kernels.activate(kernel, constant, 0, x.count / 16, x.base, y.base)
      kernels.activationGradient(
        kernel, constant, 0, x.count / 16, x.base, y.base, dy.base, dx.base)
      var worst = (0.0, 0.0)
      for i in 0..<x.count {
        let place = Double(x.base[i])
        let (value, slope) = (function.value(place), 0.5 * function.derivative(at: place))
        worst.0 = max(worst.0, abs(Double(y.base[i]) - value) / abs(value))
        // The error function is flat far out, where no digit of its slope counts.
        worst.1 = max(worst.1, abs(Double(dx.base[i]) - slope) / max(abs(slope), 1e-10))
      }
      #expect(worst.0 < 2e-6 && worst.1 < 4e-6, "\(function) on \(kernels.name): \(worst)")
      #expect(y.isGuarded && dx.isGuarded)
    }
  }

  @Test(arguments: functions.filter { $0.0 != .errorFunction })
  func centralDifferencesProveTheDerivatives(
    _ kernel: ActivationKernel, _ function: Activation.Function, _ constant: Float
  ) {
    for x in [0.1, 0.5, 1, 2, 3.7] {
      let step = 1e-6 * x
      let difference = (function.value(x + step) - function.value(x - step)) / (2 * step)
      #expect(
        abs(function.derivative(at: x) - difference) <= 1e-6 * abs(difference),
        "\(function) at \(x)")
    }
  }

  @Test func whatIsNoOrdinaryNumberComesOutAsInIEEE754() {
    let x: [Float] =
      [0, -1, .infinity, -.infinity, .nan, 200, -200, 3] + Array(repeating: 1, count: 8)
    for kernels in KernelTable.runnable {
      func values(_ kernel: ActivationKernel, _ constant: Float = 0) -> [Float] {
        let (input, output) = (LaneMemory(x), LaneMemory(count: 16))
        kernels.activate(kernel, constant, 0, 1, input.base, output.base)
        return (0..<8).map { output.base[$0] }
      }
      let log = values(.logarithm)
      #expect(
        log[0] == -.infinity && log[1].isNaN && log[2] == .infinity && log[3].isNaN && log[4].isNaN)
      let exp = values(.exponential)
      #expect(
        exp[0] == 1 && exp[2] == .infinity && exp[3] == 0 && exp[4].isNaN && exp[5] == .infinity)
      #expect(exp[6] == 0)
      let cube = values(.power, 3)
      #expect(cube[1] == -1 && cube[7] == 27 && cube[4].isNaN && values(.power, 2)[1] == 1)
      #expect(values(.power, 0.5)[1].isNaN && values(.power, -1)[0] == .infinity)
      let erf = values(.errorFunction)
      #expect(erf[0] == 0 && erf[5] == 1 && erf[6] == -1 && erf[4].isNaN)
    }
  }

  @Test func numbersAreRoundedToTheEvenNeighbour() {
    let x: [Float] = [
      0.5, 1.5, 2.5, -0.5, -1.5, 0.49, 1e9, -8_388_609, 4_194_303.5, 2.501, .infinity, 0, 7, -7,
      0.75, -0.75,
    ]
    for kernels in KernelTable.runnable {
      let (input, output) = (LaneMemory(x), LaneMemory(count: 16))
      kernels.activate(.rounding, 0, 0, 1, input.base, output.base)
      for i in 0..<16 {
        #expect(output.base[i] == x[i].rounded(.toNearestOrEven), "\(x[i]) on \(kernels.name)")
      }
    }
  }
}
