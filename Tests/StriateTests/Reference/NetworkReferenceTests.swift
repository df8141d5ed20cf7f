import Striate
import Testing

/// Whole networks in Double: the chain rule over chains, forks and joins.
@Suite struct NetworkReferenceTests {
  /// Networks small enough for central differences on every number.
  static func smallNetworks() throws -> [Network] {
    [
      try Network(input: [1, 6, 6], seed: 1) {
        Conv2D(filters: 2, kernel: 3)
        ReLU()
        MaxPool2D(2)
        Flatten()
        Dense(3)
      },
      try Network(input: [2, 5, 5], seed: 2) {
        Conv2D(filters: 4, kernel: 3, padding: 1, bias: .untied)
        Maxout(2)
        L2Pool2D(3, stride: 2)
        Tanh()
        Flatten()
        Dense(4)
        Sigmoid()
        Dense(3)
        Softmax()
      },
      try Network(input: [2, 8], seed: 3) {
        Conv1D(filters: 4, kernel: 3, stride: 2)
        Softplus()
        Flatten()
        RadialBasis(units: 3, function: .gaussian(width: 1))
      },
      // One value read three times, and an input that reaches the output on two ways.
      try Network(inputs: [("x", [3]), ("y", [3])], seed: 4) { values in
        let hidden = Tanh()(Dense(3)(values[0]))
        let product = Multiply()(hidden, values[1], hidden)
        return Dense(2)(Add()(product, hidden, values[0]))
      },
    ]
  }

  @Test func centralDifferencesProveWholeNetworks() throws {
    for network in try Self.smallNetworks() {
      let inputs = network.inputs.enumerated().map {
        awayFromKinks([2] + $1.shape, salt: 50 + $0, scale: 1)
      }
      let parameters = network.referenceParameters
      let values = network.referenceForward(inputs)
      let above = awayFromKinks([2] + network.outputShape, salt: 60, scale: 1)
      let gradients = network.referenceBackward(above, inputs: inputs, values: values)
      func loss(_ inputs: [ReferenceTensor], _ parameters: [ReferenceTensor]) -> Double {
        let values = network.referenceForward(inputs, parameters: parameters)
        return innerProduct(above, values[values.count - 1])
      }
      for i in inputs.indices {
        let expected = centralDifferences(at: inputs[i]) { x in
          var changed = inputs
          changed[i] = x
          return loss(changed, parameters)
        }
        expectClose(gradients.inputs[i], expected, relative: 1e-6, network.inputs[i].name)
      }
      for i in parameters.indices {
        let expected = centralDifferences(at: parameters[i]) { w in
          var changed = parameters
          changed[i] = w
          return loss(inputs, changed)
        }
        expectClose(
          gradients.parameters[i], expected, relative: 1e-6, network.parameters[i].name)
      }
    }
  }

  @Test func aValueThatIsReadTwiceAddsItsGradients() throws {
    let network = try Network(inputs: [("x", [1])], seed: 0) { values in
      Multiply()(values[0], Add()(values[0], values[0]))
    }
    let x = ReferenceTensor(shape: [1, 1], values: [3])
    let values = network.referenceForward([x])
    #expect(values[values.count - 1].values == [18])  // 2x²
    let gradients = network.referenceBackward(
      ReferenceTensor(shape: [1, 1], values: [1]), inputs: [x], values: values)
    #expect(gradients.inputs[0].values == [12])  // 4x
  }

  /// What PyTorch computed for the network of seeds/002 §4.
  private struct WholeNetwork: Decodable {
    struct Gradient: Decodable {
      let every: Int
      let values: [Double]
      let norm: Double
    }
    let fans: [Double]
    let labels: [Int]
    let output: [Double]
    let loss: Double
    let gradients: [Gradient]
  }

  @Test func theNetworkOfTheSourceDocumentAgreesWithPyTorch() throws {
    let fixture = try Fixture.load("numpy-cnn", as: WholeNetwork.self)
    let network = try Network(input: [1, 28, 28], seed: 0) {
      Conv2D(filters: 8, kernel: 5)
      ReLU()
      Conv2D(filters: 8, kernel: 5)
      ReLU()
      MaxPool2D(2)
      Flatten()
      Dense(128)
      ReLU()
      Dense(10)
    }
    #expect(fixture.fans.count == network.parameters.count)
    let parameters = zip(network.parameters, fixture.fans).enumerated().map { i, pair in
      Fixture.formula(
        pair.0.tensor.shape, salt: i + 10, scale: 1 / pair.1.squareRoot())
    }
    let x = Fixture.formula([2, 1, 28, 28], salt: Fixture.Salt.input).map { ($0 + 1) / 2 }
    let values = network.referenceForward([x], parameters: parameters)
    let output = values[values.count - 1]
    expectClose(output.values, fixture.output, relative: 1e-9, "output")

    var target = ReferenceTensor(zeros: output.shape)
    for (n, label) in fixture.labels.enumerated() { target[n, label] = 1 }
    let loss = Loss.softmaxCrossEntropy
    expectClose(
      loss.referenceValue(output: output, target: target), fixture.loss, relative: 1e-9, "loss")
    let gradients = network.referenceBackward(
      loss.referenceGradient(output: output, target: target), inputs: [x], values: values,
      parameters: parameters)
    let names = ["input"] + network.parameters.map(\.name)
    let all = gradients.inputs + gradients.parameters
    #expect(all.count == fixture.gradients.count)
    for ((gradient, expected), name) in zip(zip(all, fixture.gradients), names) {
      let sample = stride(from: 0, to: gradient.count, by: expected.every).map { gradient[$0] }
      expectClose(sample, expected.values, relative: 1e-9, name)
      expectClose(
        innerProduct(gradient, gradient).squareRoot(), expected.norm, relative: 1e-9, name)
    }
  }
}
