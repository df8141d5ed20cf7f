import Striate
import Testing

/// The worked numbers of Jiayi Li, Convolutional Neural Networks, COMP4121 major project, 2019.
@Suite("Li, Convolutional Neural Networks (COMP4121)")
struct GoldenS0Tests {
  @Test("§1.1: step function, sigmoid and ReLU")
  func activationFunctions() {
    #expect([-1, 0, 0.5].map(Activation.Function.step.value) == [0, 0, 1])
    #expect(Activation.Function.sigmoid.value(0) == 0.5)
    #expect([-3, 3].map(Activation.Function.relu.value) == [0, 3])
  }

  @Test("§1.1: a perceptron draws a straight line, so it learns AND and OR but never XOR")
  func perceptron() {
    let corners: [[Double]] = [[0, 0], [0, 1], [1, 0], [1, 1]]
    func learned(_ targets: [Double]) -> (rounds: Int?, answers: [Double]) {
      var unit = Perceptron(inputs: 2)
      let examples = zip(corners, targets).map { (inputs: $0, target: $1) }
      let rounds = unit.train(on: examples, rounds: 100)
      return (rounds, corners.map(unit.fire))
    }
    #expect(learned([0, 0, 0, 1]).answers == [0, 0, 0, 1])
    #expect(learned([0, 1, 1, 1]).answers == [0, 1, 1, 1])
    #expect(learned([0, 1, 1, 1]).rounds != nil)
    #expect(learned([0, 1, 1, 0]).rounds == nil)
  }

  @Test("§1.3 and §1.6: the cost of the figure's ten activations is 4.10")
  func costOfOneInput() {
    let a = matrix([[0.5, 0.8, 0.2, 1.0, 0.4, 0.6, 1.0, 0.0, 0.2, 0.1]])
    let y = matrix([[0, 0, 1, 0, 0, 0, 0, 0, 0, 0]])
    let loss = Loss.meanSquaredError
    expectClose(loss.referenceValue(output: a, target: y), 4.10, relative: 1e-12)
    expectClose(
      loss.referenceGradient(output: a, target: y),
      matrix([[1.0, 1.6, -1.6, 2.0, 0.8, 1.2, 2.0, 0, 0.4, 0.2]]), relative: 1e-12)
  }

  @Test("§1.4: a small learning rate is slow, a good one converges, a large one diverges")
  func learningRates() throws {
    func distances(_ learningRate: Double) -> [Double] {
      gradientDescent(from: [5], learningRate: learningRate, steps: 50) { w in
        [2 * (w[0] - 3)]
      }.map { abs($0[0] - 3) }
    }
    let (slow, good, wild) = (distances(0.001), distances(0.3), distances(1.1))
    #expect(slow[50] < slow[0] && slow[50] > 0.9 * slow[0])
    #expect(good[50] < 1e-9)
    #expect(zip(wild, wild.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("§1.5: a mini-batch's gradient is the mean of its examples' gradients")
  func miniBatch() throws {
    let network = try Network(text: "dense 4, sigmoid, dense 2, sigmoid", input: [3], seed: 5)
    let x = Fixture.formula([5, 3], salt: Fixture.Salt.input)
    let y = Fixture.formula([5, 2], salt: Fixture.Salt.target)
    let whole = network.gradients(.meanSquaredError, for: x, target: y).parameters
    var mean = whole.map { ReferenceTensor(zeros: $0.shape) }
    for n in 0..<5 {
      let one = network.gradients(
        .meanSquaredError,
        for: ReferenceTensor(shape: [1, 3], values: Array(x.values[3 * n..<3 * n + 3])),
        target: ReferenceTensor(shape: [1, 2], values: Array(y.values[2 * n..<2 * n + 2])))
      for p in mean.indices {
        for i in 0..<mean[p].count { mean[p][i] += one.parameters[p][i] / 5 }
      }
    }
    for (actual, expected) in zip(whole, mean) { expectClose(actual, expected, relative: 1e-12) }
  }

  @Test("§1.7: back-propagation through one neuron a layer")
  func oneNeuronALayer() throws {
    let network = try Network(text: "dense 1, sigmoid", input: [1], seed: 2)
    let (previous, y) = (0.7, 0.25)
    let (w, b) = (network.referenceParameters[0][0], network.referenceParameters[1][0])
    let z = w * previous + b
    let function = Activation.Function.sigmoid
    let common = -2 * (y - function.value(z)) * function.derivative(at: z)
    let (x, target) = (matrix([[previous]]), matrix([[y]]))
    let found = network.gradients(.meanSquaredError, for: x, target: target)
    expectClose(found.parameters[0][0], common * previous, relative: 1e-12, "∂C/∂w")
    expectClose(found.parameters[1][0], common, relative: 1e-12, "∂C/∂b")
    expectClose(found.inputs[0][0], common * w, relative: 1e-12, "∂C/∂a")
    network.expectGradientsToBeSlopes(.meanSquaredError, for: x, target: target)
  }

  @Test("§1.7: back-propagation through many neurons a layer")
  func manyNeuronsALayer() throws {
    let network = try Network(
      text: "dense 4, sigmoid, dense 3, sigmoid, dense 2, sigmoid", input: [3], seed: 3)
    let x = Fixture.formula([1, 3], salt: Fixture.Salt.input)
    let y = matrix([[1, 0]])
    let values = network.referenceForward([x])
    let found = network.gradients(.meanSquaredError, for: x, target: y)
    let parameters = network.referenceParameters
    // ∂C/∂a of the last layer, then back through the layers as the formulas say.
    var slope = (0..<2).map { -2 * (y[0, $0] - values[5][0, $0]) }
    for layer in [2, 1, 0] {
      let (z, w) = (values[2 * layer], parameters[2 * layer])
      let previous = layer == 0 ? x : values[2 * layer - 1]
      let delta = slope.indices.map {
        slope[$0] * Activation.Function.sigmoid.derivative(at: z[0, $0])
      }
      expectClose(found.parameters[2 * layer + 1].values, delta, relative: 1e-12, "∂C/∂b")
      expectClose(
        found.parameters[2 * layer].values,
        delta.flatMap { d in previous.values.map { d * $0 } }, relative: 1e-12, "∂C/∂w")
      slope = previous.values.indices.map { k in
        delta.indices.reduce(0) { $0 + w[$1, k] * delta[$1] }
      }
    }
    expectClose(found.inputs[0].values, slope, relative: 1e-12, "∂C/∂a of the input")
    network.expectGradientsToBeSlopes(.meanSquaredError, for: x, target: y)
  }

  @Test("fig 12: a 3x3 kernel over a 5x5 image")
  func convolutionExample() throws {
    let x = Tensor([
      [1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0],
    ])
    let k = Tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    #expect(try crossCorrelate(x, k) == Tensor([[4, 3, 4], [2, 4, 3], [2, 3, 4]]))
  }

  @Test("figs 13 to 16: a curve's kernel answers 6600 on the curve and 0 on the ear")
  func curveDetector() throws {
    let kernel = Tensor([
      [0, 0, 0, 0, 0, 30, 0], [0, 0, 0, 0, 30, 0, 0], [0, 0, 0, 30, 0, 0, 0],
      [0, 0, 0, 30, 0, 0, 0], [0, 0, 0, 30, 0, 0, 0], [0, 0, 0, 30, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0],
    ])
    let back = Tensor([
      [0, 0, 0, 0, 0, 0, 30], [0, 0, 0, 0, 50, 50, 50], [0, 0, 0, 20, 50, 0, 0],
      [0, 0, 0, 50, 50, 0, 0], [0, 0, 0, 50, 50, 0, 0], [0, 0, 0, 50, 50, 0, 0],
      [0, 0, 0, 50, 50, 0, 0],
    ])
    let ear = Tensor([
      [0, 0, 0, 0, 0, 0, 0], [0, 40, 0, 0, 0, 0, 0], [40, 0, 40, 0, 0, 0, 0],
      [40, 20, 0, 0, 0, 0, 0], [0, 50, 0, 0, 0, 0, 0], [0, 0, 50, 0, 0, 0, 0],
      [25, 25, 0, 50, 0, 0, 0],
    ])
    #expect(try crossCorrelate(back, kernel) == Tensor([[6600]]))
    #expect(try crossCorrelate(ear, kernel) == Tensor([[0]]))
  }

  @Test("§2.2: three maps of 24x24 with one shared bias each")
  func convolutionalLayer() throws {
    let network = try Network(text: "conv 3 5x5, relu", input: [1, 28, 28], seed: 7)
    #expect(network.outputShape == [3, 24, 24])
    #expect(network.parameters.map(\.tensor.shape) == [[3, 1, 5, 5], [3]])
    let a = Fixture.formula([1, 1, 28, 28], salt: Fixture.Salt.input)
    let (w, b) = (network.referenceParameters[0], network.referenceParameters[1])
    var expected = ReferenceTensor(zeros: [1, 3, 24, 24])
    for map in 0..<3 {
      for j in 0..<24 {
        for k in 0..<24 {
          var sum = b[map]
          for l in 0...4 {
            for m in 0...4 { sum += w[map, 0, l, m] * a[0, 0, j + l, k + m] }
          }
          expected[0, map, j, k] = max(0, sum)
        }
      }
    }
    expectClose(network.referenceForward([a])[1], expected, relative: 1e-12)
  }

  @Test("§2.3 and §2.4: pooling halves the maps, and ten neurons see all of them")
  func wholeNetwork() throws {
    for pool in ["maxpool", "avgpool"] {
      let network = try Network(
        text: "conv 3 5x5, relu, \(pool) 2, flatten, dense 10", input: [1, 28, 28], seed: 1)
      #expect(
        network.nodes.map(\.shape) == [[3, 24, 24], [3, 24, 24], [3, 12, 12], [432], [10]])
    }
  }
}
