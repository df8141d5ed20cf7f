import LaneKernels
import Striate
import Testing

/// Blocks, branches, shared layers and several outputs: their graphs, names, numbers and gradients.
@Suite struct WiringTests {
  /// One network for each way of wiring.
  static func networks() throws -> [(name: String, network: Network)] {
    let tower = Shared(Conv2D(filters: 2, kernel: 3))
    return [
      (
        "residual with a shortcut",
        try Network(input: [2, 6, 6], seed: 1) {
          Residual {
            Conv2D(filters: 4, kernel: 3, stride: 2, padding: 1, bias: .none)
            BatchNorm2D()
            ReLU()
            Conv2D(filters: 4, kernel: 3, padding: 1)
          } shortcut: {
            Conv2D(filters: 4, kernel: 1, stride: 2)
          }
          ReLU()
          Flatten()
          Dense(3)
        }
      ),
      (
        "residual over the identity, left out now and then",
        try Network(input: [2, 5, 5], seed: 2) {
          Residual(survival: 0.5) {
            Conv2D(filters: 2, kernel: 3, padding: 1, bias: .none)
            BatchNorm2D()
          }
          Dropout2D(0.3)
          Tanh()
          Dropout(0.2)
          Flatten()
          Dense(2)
        }
      ),
      (
        "branches",
        try Network(
          text: """
            concat(conv 2 1x1 | conv 3 3x3 padding 1, relu | ), gate(conv 7 1x1, sigmoid),
            sum(identity | conv 7 1x1), repeat 2 (residual(conv 7 1x1 bias none, batchnorm, relu)), flatten,
            dense 3
            """, input: [2, 4, 3], seed: 3)
      ),
      (
        "gates of one number a channel",
        try Network(input: [2, 4, 5], seed: 6) {
          Conv2D(filters: 8, kernel: 3)
          SqueezeExcitation(reduction: 4)
          Gate {
            GlobalAveragePool2D()
            Conv2D(filters: 8, kernel: 1)
            Sigmoid()
          }
          Flatten()
          Dense(3)
        }
      ),
      (
        "a shared layer",
        try Network(inputs: [("left", [1, 5, 5]), ("right", [1, 5, 5])], seed: 4) { x in
          Dense(2)(Flatten()(Multiply()(Tanh()(tower(x[0])), tower(x[1]), tower(x[0]))))
        }
      ),
      (
        "several outputs, of which one is read again",
        try Network(
          inputs: [("x", [1, 4, 4])], seed: 5,
          outputs: { x in
            let trunk = ReLU()(BatchNorm2D()(Conv2D(filters: 3, kernel: 3, bias: .none)(x[0])))
            let scores = Dense(3)(Flatten()(trunk))
            return [scores, Dense(2)(Tanh()(scores)), trunk]
          })
      ),
    ]
  }

  @Test func theEngineAgreesWithTheReference() throws {
    for (name, network) in try Self.networks() {
      for images in [2, 17] {
        try EngineTrial(network, images: images).expectAgreement("\(name), \(images) images")
        try EngineTrial(network, images: images, training: RandomKey(seed: 7))
          .expectAgreement("\(name), \(images) images, in training")
      }
    }
  }

  @Test func centralDifferencesProveTheGradients() throws {
    for (name, network) in try Self.networks() {
      let key = RandomKey(seed: 8)
      let inputs = network.inputs.enumerated().map {
        awayFromKinks([3] + $1.shape, salt: 50 + $0, scale: 1)
      }
      let values = network.referenceForward(inputs, training: key)
      let above = awayFromKinks([3] + network.outputShape, salt: 60, scale: 1)
      let gradients = network.referenceBackward(
        above, inputs: inputs, values: values, training: key)
      for i in inputs.indices {
        let expected = centralDifferences(at: inputs[i]) { x in
          var changed = inputs
          changed[i] = x
          let values = network.referenceForward(changed, training: key)
          return innerProduct(above, network.output(of: values))
        }
        expectClose(gradients.inputs[i], expected, relative: 1e-5, "\(name), input \(i)")
      }
      for (i, parameter) in network.parameters.enumerated() where parameter.isLearned {
        let expected = centralDifferences(at: network.referenceParameters[i]) { w in
          var changed = network.referenceParameters
          changed[i] = w
          let values = network.referenceForward(inputs, parameters: changed, training: key)
          return innerProduct(above, network.output(of: values))
        }
        expectClose(gradients.parameters[i], expected, relative: 1e-5, "\(name), \(parameter.name)")
      }
    }
  }

  @Test func modelFilesAndArchitecturesKeepTheWiring() throws {
    for (name, network) in try Self.networks() {
      let again = try Network(architecture: network.architecture, seed: 9)
      #expect(again.architecture == network.architecture, "\(name)")
      #expect(again.parameters.map(\.name) == network.parameters.map(\.name), "\(name)")
      let folder = try TemporaryFolder()
      try network.save(to: folder.path("model.safetensors"))
      let loaded = try Network(contentsOf: folder.path("model.safetensors"))
      #expect(loaded.parameters == network.parameters, "\(name)")
      #expect(loaded.outputs == network.outputs, "\(name)")
    }
  }

  @Test func sharedLayersHaveOneSetOfParameters() throws {
    let network = try #require(try Self.networks().first { $0.name == "a shared layer" }).network
    #expect(
      network.parameters.map(\.name) == ["conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias"])
    #expect(
      network.architecture.layers.map(\.shares) == [
        nil, nil, "conv1", "conv1", nil, nil, nil,
      ])
  }

  @Test func allOutputsAreGivenAndTheFirstIsTheNetworks() throws {
    let network = try #require(try Self.networks().last).network
    var generator = SeededGenerator(seed: 1)
    let x = Tensor(random: [3, 1, 4, 4], scale: 1, using: &generator)
    let outputs = try network.allOutputs([x])
    #expect(outputs.map(\.shape) == [[3, 3], [3, 2], [3, 3, 2, 2]])
    #expect(try network(x) == outputs[0])
  }

  /// As x * gate in PyTorch, where a gate [N, C, 1, 1] is read for every pixel.
  @Test func aGateOfOneNumberAChannelMultipliesAllItsPixels() throws {
    let network = try Network(
      inputs: [("x", [2, 1, 3]), ("gate", [2, 1, 1])], seed: 1
    ) { Multiply()($0[0], $0[1]) }
    let x = Tensor(shape: [1, 2, 1, 3], scalars: [1, 2, 3, -4, 5, 6])
    let gate = Tensor(shape: [1, 2, 1, 1], scalars: [0.5, -2])
    #expect(try network([x, gate]).scalars == [0.5, 1, 1.5, 8, -10, -12])
    let found = try network.gradients(
      [x, gate], targets: Tensor(shape: [1, 2, 1, 3], scalars: [0.5, 0, 0.5, 6, -10, -13]),
      loss: .halfSquaredError)
    // ∂E/∂y = [0, 1, 1, 2, 0, 1].
    #expect(found.inputs[0].scalars == [0, 0.5, 0.5, -4, 0, -2])
    #expect(found.inputs[1].scalars == [5, -2])
  }

  @Test func theGateOfAChannelIsATextAndTrains() throws {
    let network = try Network(
      text: """
        conv 16 3x3, gate(globalavgpool, conv 16 1x1, sigmoid), flatten, dense 10
        """, input: [1, 6, 6], seed: 1)
    #expect(network.nodes.map(\.name).contains("multiply1"))
    #expect(network.outputShape == [10])
    var trained = try Network(input: [2, 5, 5], seed: 4) {
      Conv2D(filters: 8, kernel: 3)
      SqueezeExcitation(reduction: 2).named("se")
      Flatten()
      Dense(3)
    }
    #expect(trained.parameters.map(\.name).contains("se.fc2.weight"))
    let before = trained
    let data = try TrainingSample.images(60)
    let epochs = try TrainingSample.trainer(SGD(learningRate: 0.05, momentum: 0.9))
      .train(&trained, on: data, epochs: 12)
    #expect(epochs[11].loss < 0.3 * epochs[0].loss)
    for (new, old) in zip(trained.parameters, before.parameters) {
      #expect(new.tensor != old.tensor, "\(old.name)")
    }
  }

  /// A second output that no layer reads, and whose memory is that of a value that others read.
  @Test func anOutputThatNothingReadsLeavesNoGradient() throws {
    func network(isShown: Bool) throws -> Network {
      try Network(inputs: [("x", [2, 5, 5])], seed: 4) { x in
        let maps = Conv2D(filters: 3, kernel: 3)(x[0])
        let features = Flatten()(maps)
        let scores = Dense(3)(Flatten()(Tanh()(maps)))
        return isShown ? [scores, features] : [scores]
      }
    }
    let data = try TrainingSample.images(40)
    let trainer = TrainingSample.trainer()
    let found = try TrainingSample.train(trainer, network(isShown: true), on: data, epochs: 2)
    let expected = try TrainingSample.train(trainer, network(isShown: false), on: data, epochs: 2)
    #expect(found == expected)
  }

  @Test func namesFollowTheBlocks() throws {
    let network = try Network(input: [1, 4, 4], seed: 1) {
      Conv2D(filters: 2, kernel: 3, padding: 1).named("stem")
      Sequential {
        Residual {
          Conv2D(filters: 2, kernel: 1).named("conv1")
          BatchNorm2D().named("bn1")
        } shortcut: {
          Conv2D(filters: 2, kernel: 1).named("projection")
        }
        Sequential { Conv2D(filters: 2, kernel: 1) }
        ReLU()
        Conv2D(filters: 2, kernel: 1)
      }.named("layer1")
      Flatten()
      Dense(2)
    }
    #expect(
      network.parameters.map(\.name).filter { $0.hasSuffix("weight") } == [
        "stem.weight", "layer1.0.conv1.weight", "layer1.0.bn1.weight",
        "layer1.0.projection.weight", "layer1.1.0.weight", "layer1.3.weight", "fc1.weight",
      ])
  }

  @Test func aTrainingStepKeepsTheRunningStatisticsOfTheReference() throws {
    var network = try Network(input: [2, 3, 3], seed: 1) {
      BatchNorm2D(momentum: 0.3)
      Flatten()
      Dense(2)
    }
    let pixels: [Float] = (0..<19 * 18).map { k in Float((k * 37) % 101) / 25 - 1 }
    let data = try Dataset(
      imageShape: [2, 3, 3], pixels: .floats(pixels), labels: (0..<19).map { $0 % 2 },
      classNames: ["a", "b"])
    let before = network
    try Trainer(
      loss: .softmaxCrossEntropy, optimizer: GradientDescent(learningRate: 0.1), batchSize: 19,
      normalizes: false
    ).train(&network, on: data, epochs: 1)
    let x = ReferenceTensor(Tensor(shape: [19, 2, 3, 3], scalars: pixels))
    let layer = try #require(before.nodes[0].layer as? BatchNorm)
    let expected = layer.referenceTrained([x], parameters: Array(before.referenceParameters[0..<4]))
    for index in [2, 3] {
      expectClose(
        network.referenceParameters[index], expected[index], relative: 1e-5,
        "\(network.parameters[index].name)")
    }
  }

  @Test func frozenParametersStayAsTheyAre() throws {
    var network = try Network(input: [1, 5, 5], seed: 1) {
      Conv2D(filters: 2, kernel: 3)
      BatchNorm2D()
      ReLU()
      Flatten()
      Dense(2)
    }
    for index in network.parameters.indices where !network.parameters[index].name.hasPrefix("fc") {
      network.parameters[index].isFrozen = true
    }
    let before = network
    let data = try Dataset(
      imageShape: [1, 5, 5], pixels: .bytes((0..<20 * 25).map { UInt8($0 * 7 % 256) }),
      labels: (0..<20).map { $0 % 2 }, classNames: ["a", "b"])
    try Trainer(loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 8)
      .train(&network, on: data, epochs: 2)
    for (old, new) in zip(before.parameters, network.parameters) {
      #expect((old.tensor == new.tensor) == !old.name.hasPrefix("fc"), "\(old.name)")
    }
  }

  @Test func dropoutKeepsTheShareItSaysAndDependsOnTheKeyAlone() {
    let x = ReferenceTensor(shape: [50, 400], values: Array(repeating: 1, count: 20_000))
    for rate in [0.1, 0.5, 0.9] {
      let layer = Dropout(rate)
      let y = layer.referenceTrainingForward([x], parameters: [], key: RandomKey(seed: 1))
      let kept = y.values.filter { $0 != 0 }
      #expect(abs(Double(kept.count) / 20_000 - (1 - rate)) < 0.015)
      #expect(kept.allSatisfy { abs($0 - 1 / (1 - rate)) < 1e-12 })
      let again = layer.referenceTrainingForward([x], parameters: [], key: RandomKey(seed: 1))
      let other = layer.referenceTrainingForward([x], parameters: [], key: RandomKey(seed: 2))
      #expect(again == y)
      #expect(other != y)
    }
  }
}
