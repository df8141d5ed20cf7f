import LaneKernels
import Striate
import Testing

/// Whole networks in the engine: in-place activations, fused ReLUs, forks, joins and views.
@Suite struct EngineNetworkTests {
  /// So many weights that they do not pass by for every block: tasks then have some outputs of all blocks.
  @Test func aLargeDenseLayerAgreesWithTheReference() throws {
    let network = try Network(Dense(1_051), on: [[2_003]], seed: 2)
    // Two blocks of images are a pair, a third is computed alone.
    for images in [18, 40] {
      try EngineTrial(network, images: images)
        .expectAgreement("dense 1051 on 2003, \(images) images")
    }
  }

  @Test(arguments: ["numpy-cnn", "lenet", "sigmoid-cnn", "nielsen", "mlp", "convnet"])
  func namedModelsAgreeWithTheReference(_ name: String) throws {
    let model = try NamedModel(named: name)
    let network = try model.network(input: [1, 16, 16], seed: 5)
    try EngineTrial(network, images: 3, loss: model.loss).expectAgreement(name)
  }

  /// Graphs in which values share memory, or must not.
  static let graphs: [(name: String, make: @Sendable () throws -> Network)] = [
    (
      "fork, join and in-place activations",
      {
        try Network(inputs: [("x", [2, 6, 6])], seed: 1) { x in
          let trunk = ReLU()(Conv2D(filters: 4, kernel: 3, padding: 1)(x[0]))
          let left = Sigmoid()(Conv2D(filters: 4, kernel: 3, padding: 1)(trunk))
          let right = Tanh()(Conv2D(filters: 4, kernel: 1)(trunk))
          let sum = Add()(left, trunk, right)
          return Dense(3)(Flatten()(Multiply()(ReLU()(sum), left, trunk)))
        }
      }
    ),
    (
      "an activation beside a flattened view of the same value",
      {
        try Network(inputs: [("x", [1, 4, 4])], seed: 2) { x in
          let maps = Conv2D(filters: 2, kernel: 2)(x[0])
          let flat = Flatten()(maps)
          let active = Flatten()(Tanh()(maps))
          return Dense(2)(Add()(Sigmoid()(flat), flat, active))
        }
      }
    ),
    (
      "views of an input and of a view",
      {
        try Network(inputs: [("x", [2, 3, 3])], seed: 3) { x in
          let flat = Flatten()(x[0])
          let twice = Flatten()(Sigmoid()(flat))
          return Add()(ReLU()(flat), twice, ReLU()(Flatten()(flat)))
        }
      }
    ),
    (
      "an activation directly on the input",
      {
        try Network(inputs: [("x", [2, 5, 5])], seed: 4) { x in
          let active = Tanh()(x[0])
          return Dense(4)(Flatten()(Conv2D(filters: 3, kernel: 2)(active)))
        }
      }
    ),
    (
      "pools after in-place activations and activations after pools",
      {
        try Network(input: [1, 12, 12], seed: 5) {
          Conv2D(filters: 3, kernel: 3)
          ReLU()
          MaxPool2D(2)
          Tanh()
          AveragePool2D(2, stride: 1)
          Sigmoid()
          L2Pool2D(2)
          ReLU()
          Flatten()
          Dense(3)
        }
      }
    ),
    (
      "activations that need their input",
      {
        try Network(input: [3, 7, 7], seed: 6) {
          Conv2D(filters: 5, kernel: 3, bias: .untied)
          LeakyReLU(-0.5)
          Conv2D(filters: 4, kernel: 2, groups: 1)
          Arctan()
          Sigmoid()
          Conv2D(filters: 6, kernel: 2)
          Gaussian(centre: 0.2, width: 1)
          ReLU()
          Maxout(3)
          Flatten()
          RadialBasis(units: 4, function: .multiquadratic(offset: 0.5))
          Softmax()
        }
      }
    ),
    (
      "chains of activations",
      {
        try Network(input: [6], seed: 7) {
          Dense(9)
          ReLU()
          Sigmoid()
          LeakyReLU(0.3)
          Identity()
          Softplus()
          Dense(5, bias: false)
          LeakyReLU(0)
          Softmax()
          Tanh()
        }
      }
    ),
    (
      "a value that is multiplied by itself",
      {
        try Network(inputs: [("x", [3]), ("y", [3])], seed: 8) { x in
          let hidden = ReLU()(Dense(3)(x[0]))
          return Multiply()(hidden, Add()(hidden, hidden, x[1]), hidden)
        }
      }
    ),
    (
      "sequences",
      {
        try Network(input: [3, 12], seed: 9) {
          Conv1D(filters: 6, kernel: 3, stride: 2, padding: 1, groups: 3)
          ReLU()
          Conv1D(filters: 4, kernel: 2, dilation: 2)
          Softplus()
          Fold(.mean, pieces: 2)
          Flatten()
          Dense(2)
        }
      }
    ),
    (
      "layers without parameters",
      {
        try Network(inputs: [("a", [4]), ("b", [4]), ("c", [4])], seed: 0) { x in
          Multiply()(Add()(x[0], x[1]), x[2])
        }
      }
    ),
  ]

  @Test(arguments: graphs.indices)
  func graphsAgreeWithTheReference(_ index: Int) throws {
    let (name, make) = Self.graphs[index]
    for images in [1, 16, 19] {
      try EngineTrial(make(), images: images, seed: UInt64(images)).expectAgreement(name)
    }
  }

  @Test func parametersGetTheSameGradientsWithAndWithoutThoseOfTheInputs() throws {
    for (name, make) in Self.graphs {
      let network = try make()
      guard network.inputs.count == 1, network.outputShape.count == 1 else { continue }
      let classes = network.outputShape[0]
      var generator = SeededGenerator(seed: 9)
      let image = Tensor(random: [1] + network.inputs[0].shape, scale: 1, using: &generator)
      let dataset = try Dataset(
        imageShape: network.inputs[0].shape, pixels: .floats(image.scalars), labels: [0],
        classNames: (0..<classes).map(String.init))
      var trained = network
      _ = try Trainer(
        loss: .halfSquaredError, optimizer: GradientDescent(learningRate: 0.25), batchSize: 1,
        threads: 1, normalizes: false
      ).train(&trained, on: dataset, epochs: 1)
      var target = Tensor(repeating: 0, shape: [1, classes])
      target[0, 0] = 1
      let gradients = try network.gradients([image], targets: target, loss: .halfSquaredError)
      for ((before, after), gradient) in zip(
        zip(network.parameters, trained.parameters), gradients.parameters)
      {
        let expected = zip(before.tensor.scalars, gradient.scalars).map {
          Double($0) - 0.25 * Double($1)
        }
        #expect(relativeError(after.tensor.scalars, expected) < 1e-6, "\(name), \(before.name)")
      }
    }
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
    var network = try NamedModel(named: "numpy-cnn").network(seed: 0)
    for (i, fan) in fixture.fans.enumerated() {
      network.parameters[i].tensor.scalars = Fixture.formula(
        network.parameters[i].tensor.shape, salt: i + 10, scale: 1 / fan.squareRoot()
      ).values.map(Float.init)
    }
    let x = Fixture.formula([2, 1, 28, 28], salt: Fixture.Salt.input).map { ($0 + 1) / 2 }
    let images = Tensor(shape: x.shape, scalars: x.values.map(Float.init))
    var targets = Tensor(repeating: 0, shape: [2, 10])
    for (n, label) in fixture.labels.enumerated() { targets[n, label] = 1 }
    #expect(relativeError(try network(images).scalars, fixture.output) < 1e-5)
    for kernels in KernelTable.runnable {
      let found = try network.gradients(
        [images], targets: targets, loss: .softmaxCrossEntropy, kernels: kernels)
      #expect(relativeError([Float(found.loss)], [fixture.loss]) < 1e-5, "\(kernels.name)")
      let all = found.inputs + found.parameters
      #expect(all.count == fixture.gradients.count)
      for (gradient, expected) in zip(all, fixture.gradients) {
        let sample = stride(from: 0, to: gradient.count, by: expected.every).map {
          gradient.scalars[$0]
        }
        #expect(relativeError(sample, expected.values) < 1e-4, "\(kernels.name)")
        let norm = gradient.scalars.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(norm - expected.norm) < 1e-4 * expected.norm, "\(kernels.name)")
      }
    }
  }
}
