import Foundation
import Striate
import Testing

/// The worked numbers and formulas of John Chidiac, Convolutional Neural Networks, 7 October 2023.
@Suite("Chidiac, Convolutional Neural Networks")
struct GoldenS3Tests {
  private let input = Tensor([[1, 6, 2], [5, 3, 1], [7, 0, 4]])
  private let kernel = Tensor([[1, 2], [-1, 0]])

  @Test("§1.1.2: a threshold logic unit is AND, OR or the majority of three")
  func thresholdLogicUnit() {
    let and = ThresholdLogicUnit(weights: [1, 1], threshold: 1.5)
    let or = ThresholdLogicUnit(weights: [1, 1], threshold: 0.5)
    let majority = ThresholdLogicUnit(weights: [1, 1, 1], threshold: 1.5)
    for a in [false, true] {
      for b in [false, true] {
        #expect(and.fire([a, b]) == (a && b))
        #expect(or.fire([a, b]) == (a || b))
        for c in [false, true] {
          #expect(majority.fire([a, b, c]) == ([a, b, c].count { $0 } >= 2))
        }
      }
    }
    #expect(!ThresholdLogicUnit(weights: [2], threshold: 2).fire([true]))
  }

  static let ridgeAndRadial: [(Activation.Function, @Sendable (Double) -> Double)] = [
    (.identity, { $0 }),
    (.relu, { max(0, $0) }),
    (.sigmoid, { 1 / (1 + exp(-$0)) }),
    (.gaussian(centre: 0.5, width: 2), { exp(-($0 - 0.5) * ($0 - 0.5) / 8) }),
    (.multiquadratic(centre: 0.5, offset: 2), { (($0 - 0.5) * ($0 - 0.5) + 4).squareRoot() }),
    (
      .inverseMultiquadratic(centre: 0.5, offset: 2),
      { 1 / (($0 - 0.5) * ($0 - 0.5) + 4).squareRoot() }
    ),
  ]

  @Test("§1.2.2: activation functions and their slopes", arguments: ridgeAndRadial.indices)
  func activationFunctions(_ index: Int) {
    let (function, formula) = GoldenS3Tests.ridgeAndRadial[index]
    for x in [-2.5, -1, -0.25, 0.75, 1.5, 3] {
      expectClose(function.value(x), formula(x), relative: 1e-14)
      let slope = (formula(x + 1e-5) - formula(x - 1e-5)) / 2e-5
      #expect(abs(function.derivative(at: x) - slope) <= 1e-9)
    }
  }

  @Test("§1.2.2: Heaviside's step is 1 above 0 only")
  func heaviside() {
    #expect([-1, 0, 1e-9].map(Activation.Function.step.value) == [0, 0, 1])
  }

  @Test("§1.2.2: radial units measure the distance from a centre")
  func radialUnits() {
    let (v, c) = (matrix([[1, 2]]), matrix([[4, 6]]))
    func value(_ function: RadialFunction) -> Double {
      RadialBasis(units: 1, function: function).referenceForward([v], parameters: [c])[0]
    }
    expectClose(value(.gaussian(width: 5)), exp(-25 / 50.0), relative: 1e-14)
    expectClose(value(.multiquadratic(offset: 12)), 13, relative: 1e-14)
    expectClose(value(.inverseMultiquadratic(offset: 12)), 1 / 13.0, relative: 1e-14)
  }

  @Test("§1.2.2: folding by maximum, by mean and by softmax")
  func folding() {
    let x = matrix([[1, 5, 4, 2]])
    #expect(Maxout(2).referenceForward([x], parameters: []) == matrix([[5, 4]]))
    #expect(Fold(.mean, pieces: 2).referenceForward([x], parameters: []) == matrix([[3, 3]]))
    let shares = Softmax().referenceForward([x], parameters: []).values
    expectClose(shares.reduce(0, +), 1, relative: 1e-14)
    expectClose(shares[1] / shares[2], exp(1), relative: 1e-14)
  }

  @Test("eq 1: with a small learning rate the function never rises")
  func gradientDescentFalls() {
    let f = { (x: [Double]) in x[0] * x[0] + 4 * x[1] * x[1] + x[0] * x[1] }
    let path = gradientDescent(from: [3, -2], learningRate: 0.05, steps: 200) { x in
      [2 * x[0] + x[1], 8 * x[1] + x[0]]
    }
    let values = path.map(f)
    #expect(path.count == 201)
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(values[200] < 1e-6)
  }

  @Test("eq 2, eq 3 and §2: squared error, 0–1 loss and half the squared error")
  func losses() {
    let (x, t) = (matrix([[0.25]]), matrix([[1]]))
    #expect(Loss.squaredError(scale: 3).referenceValue(output: x, target: t) == 3 * 0.5625)
    #expect(Loss.halfSquaredError.referenceValue(output: x, target: t) == 0.28125)
    #expect(Loss.halfSquaredError.referenceGradient(output: x, target: t) == matrix([[-0.75]]))
    #expect(zeroOneLoss(predictions: [1, 2, 3, 4], labels: [1, 2, 0, 4]) == 0.25)
  }

  @Test("eq 6 to 13: dense layer and activation layer, forward and back")
  func denseAndActivation() throws {
    let network = try Network(text: "dense 2, tanh", input: [3], seed: 9)
    let x = Fixture.formula([1, 3], salt: Fixture.Salt.input)
    let (w, b) = (network.referenceParameters[0], network.referenceParameters[1])
    let values = network.referenceForward([x])
    for j in 0..<2 {
      let sum = (0..<3).reduce(b[j]) { $0 + x[0, $1] * w[j, $1] }
      expectClose(values[0][0, j], sum, relative: 1e-14, "eq 6")
      expectClose(values[1][0, j], tanh(sum), relative: 1e-14, "eq 12")
    }
    let above = matrix([[0.3, -1.2]])
    let found = network.referenceBackward(above, inputs: [x], values: values)
    let dy = (0..<2).map { above[$0] * (1 - values[1][$0] * values[1][$0]) }  // eq 13
    expectClose(
      found.parameters[0].values, dy.flatMap { d in x.values.map { d * $0 } }, relative: 1e-14,
      "eq 9")
    expectClose(found.parameters[1].values, dy, relative: 1e-14, "eq 10")
    expectClose(
      found.inputs[0].values, (0..<3).map { k in w[0, k] * dy[0] + w[1, k] * dy[1] },
      relative: 1e-14, "eq 11")
    network.expectGradientsToBeSlopes(.halfSquaredError, for: x, target: matrix([[1, 0]]))
  }

  @Test("eq 14: valid cross-correlation")
  func validCrossCorrelation() throws {
    #expect(try crossCorrelate(input, kernel) == Tensor([[8, 7], [4, 5]]))
  }

  @Test("eq 15: convolution is cross-correlation with the kernel turned by 180 degrees")
  func convolution() throws {
    #expect(rotatedBy180Degrees(kernel) == Tensor([[0, -1], [2, 1]]))
    #expect(try convolve(input, kernel) == Tensor([[7, 5], [11, 3]]))
    #expect(try crossCorrelate(input, rotatedBy180Degrees(kernel)) == Tensor([[7, 5], [11, 3]]))
  }

  @Test("eq 16: full cross-correlation")
  func fullCrossCorrelation() throws {
    #expect(
      try crossCorrelate(input, kernel, mode: .full)
        == Tensor([[0, -1, -6, -2], [2, 8, 7, 1], [10, 4, 5, -3], [14, 7, 8, 4]]))
  }

  @Test("eq 17 to 20: a convolution with depth and a bias of the output's own shape")
  func convolutionalLayer() throws {
    let network = try Network(text: "conv 2 2x2 bias untied", input: [3, 4, 5], seed: 6)
    #expect(network.parameters.map(\.tensor.shape) == [[2, 3, 2, 2], [2, 3, 4]])
    let x = Fixture.formula([1, 3, 4, 5], salt: Fixture.Salt.input)
    let above = Fixture.formula([1, 2, 3, 4], salt: Fixture.Salt.above)
    let (k, b) = (network.referenceParameters[0], network.referenceParameters[1])
    let values = network.referenceForward([x])
    let found = network.referenceBackward(above, inputs: [x], values: values)
    #expect(found.parameters[1].values == above.values)  // eq 19
    for j in 0..<3 {
      var dx = Tensor(repeating: 0, shape: [4, 5])
      for i in 0..<2 {
        let dy = above.plane(i)
        expectClose(
          found.parameters[0].plane(i * 3 + j), try crossCorrelate(x.plane(j), dy),
          relative: 1e-6, "eq 18")
        // eq 20: the full convolution, not the full cross-correlation.
        let part = try convolve(dy, k.plane(i * 3 + j), mode: .full)
        for n in 0..<dx.count { dx.scalars[n] += part.scalars[n] }
      }
      expectClose(found.inputs[0].plane(j), dx, relative: 1e-6, "eq 20")
    }
    for i in 0..<2 {
      var y = ReferenceTensor(shape: [3, 4], values: Array(b.values[12 * i..<12 * i + 12]))
      for j in 0..<3 {
        let part = ReferenceTensor(try crossCorrelate(x.plane(j), k.plane(i * 3 + j)))
        for n in 0..<12 { y[n] += part[n] }
      }
      expectClose(values[0].plane(i), y, relative: 1e-6, "eq 17")
    }
    network.expectGradientsToBeSlopes(.halfSquaredError, for: x, target: above)
  }

  @Test("eq 21 and 22: binary cross-entropy, finite at 0 and 1")
  func binaryCrossEntropy() {
    let (y, t) = (matrix([[0.8, 0.4]]), matrix([[1, 0]]))
    let loss = Loss.binaryCrossEntropy
    expectClose(
      loss.referenceValue(output: y, target: t), -(log(0.8) + log(0.6)) / 2, relative: 1e-14)
    expectClose(
      loss.referenceGradient(output: y, target: t), matrix([[-0.5 / 0.8, 0.5 / 0.6]]),
      relative: 1e-14)
    let certain = matrix([[0, 1, 0, 1]])
    let truth = matrix([[0, 1, 1, 0]])
    #expect(loss.referenceValue(output: certain, target: truth).isFinite)
    let gradient = loss.referenceGradient(output: certain, target: truth).values
    #expect(gradient.allSatisfy { $0.isFinite })
    #expect(loss.referenceValue(output: certain, target: certain) == 0)
  }
}

extension ReferenceTensor {
  /// One matrix of a tensor whose last two axes are rows and columns, in Float.
  fileprivate func plane(_ index: Int) -> Tensor {
    let size = shape.suffix(2).reduce(1, *)
    return Tensor(
      shape: Array(shape.suffix(2)),
      scalars: values[index * size..<(index + 1) * size].map { Float($0) })
  }
}

/// Expects a plane in Float to agree with one in Double.
private func expectClose(
  _ actual: Tensor, _ expected: ReferenceTensor, relative: Double, _ what: String
) {
  expectClose(ReferenceTensor(actual), expected, relative: relative, what)
}
