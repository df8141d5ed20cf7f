import LaneKernels
import Striate
import Testing

/// Maximum poolings in training that a normalisation before them computes along.
@Suite struct PooledNormTests {
  struct Trial: Sendable, CustomTestStringConvertible {
    var text: String
    var shape = [2, 8, 6]
    var testDescription: String { text }
  }

  /// Each as the layers before `flatten, dense 3`. Before a normalisation stands no bias, whose gradient would be 0.
  static let trials = [
    Trial(text: "conv 4 3x3 padding 1 bias none, batchnorm, relu, maxpool 2"),
    Trial(text: "conv 4 3x3 padding 1 bias none, batchnorm, maxpool 2"),
    Trial(text: "batchnorm, relu, maxpool 2, conv 4 1x1"),
    // A number of pixels that is not a power of two, one of more than 128 KiB a block, and two in a row.
    Trial(text: "conv 3 1x1 bias none, batchnorm, relu, maxpool 2", shape: [2, 14, 10]),
    Trial(text: "conv 4 1x1 bias none, batchnorm, relu, maxpool 2", shape: [2, 24, 24]),
    Trial(
      text: "conv 9 3x3 padding 1 bias none, batchnorm, relu, maxpool 2, "
        + "conv 16 3x3 padding 1 bias none, batchnorm, relu, maxpool 2", shape: [2, 8, 8]),
    // Before the normalisation what does not leave its outputs' place to their gradient.
    Trial(text: "conv 4 1x1, tanh, batchnorm, relu, maxpool 2"),
    Trial(text: "conv 4 1x1, relu, batchnorm, relu, maxpool 2"),
    Trial(text: "conv 4 1x1, gelu, batchnorm, maxpool 2"),
    Trial(text: "conv 4 1x1 bias none, instancenorm, batchnorm, relu, maxpool 2"),
    Trial(text: "conv 4 1x1 bias none, residual(conv 4 1x1 bias none), batchnorm, relu, maxpool 2"),
    Trial(
      text:
        "conv 4 1x1 bias none, residual(conv 4 1x1 bias none, instancenorm), batchnorm, maxpool 2"),
    Trial(text: "conv 4 1x1, concat(identity | batchnorm, relu, maxpool 2, upsample 2)"),
    Trial(text: "conv 4 1x1 bias none, avgpool 2, batchnorm, relu, maxpool 2", shape: [2, 8, 12]),
    Trial(text: "conv 4 1x1 bias none, maxpool 2, batchnorm, relu, maxpool 2", shape: [2, 8, 12]),
    Trial(text: "conv 4 1x1, tanh, reshape 4x6x8, batchnorm, relu, maxpool 2"),
    // Poolings that are not computed along.
    Trial(text: "conv 4 1x1 bias none, batchnorm, relu, maxpool 2", shape: [2, 7, 6]),
    Trial(text: "conv 4 1x1 bias none, batchnorm, relu6, maxpool 2"),
    Trial(text: "conv 4 1x1 bias none, batchnorm, tanh, maxpool 2"),
    Trial(text: "conv 4 1x1 bias none, batchnorm, relu, maxpool 3 stride 2 padding 1"),
    Trial(text: "conv 4 1x1 bias none, batchnorm, relu, maxpool 2 stride 1"),
    Trial(text: "conv 4 1x1 bias none, batchnorm, concat(maxpool 2 | relu, maxpool 2)"),
    Trial(text: "conv 4 1x1, residual(conv 4 1x1 bias none, batchnorm), relu, maxpool 2"),
  ]

  static func network(_ trial: Trial) throws -> Network {
    var network = try Network(text: trial.text + ", flatten, dense 3", input: trial.shape, seed: 3)
    // Scales of both signs, and shifts.
    var generator = SeededGenerator(seed: 4)
    for index in network.parameters.indices
    where network.parameters[index].name.hasPrefix("bn") && network.parameters[index].isLearned {
      let shape = network.parameters[index].tensor.shape
      network.parameters[index].tensor = Tensor(random: shape, scale: 1, using: &generator)
    }
    return network
  }

  @Test(arguments: trials) func gradientsAreTheReferences(_ trial: Trial) throws {
    let network = try Self.network(trial)
    for images in [3, 17, 40] {
      try EngineTrial(network, images: images, training: RandomKey(seed: 7))
        .expectAgreement("\(images) images", forward: 2e-5, backward: 5e-4)
    }
  }

  /// Of equal pixels the first has the gradient.
  @Test func ofEqualPixelsTheFirstHasTheGradient() throws {
    let network = try Network(
      text: "batchnorm, maxpool 2, flatten, dense 3", input: [2, 4, 4], seed: 1)
    var generator = SeededGenerator(seed: 2)
    var images = Tensor(random: [20, 2, 4, 4], scale: 1, using: &generator)
    for k in images.scalars.indices { images.scalars[k] = images.scalars[k] > 0 ? 1 : 0 }
    let targets = Tensor(random: [20, 3], scale: 1, using: &generator)
    try EngineTrial(
      network, inputs: [images], targets: targets, loss: .halfSquaredError,
      training: RandomKey(seed: 1)
    ).expectAgreement("two numbers")
  }

  /// Steps, the last of an epoch with two images in three blocks, are the reference's.
  @Test(arguments: [
    "conv 4 2x2 bias none, batchnorm, relu, maxpool 2",
    "conv 4 2x2 bias none, batchnorm, maxpool 2",
    "conv 4 2x2 bias none, pad 2, maxpool 2, batchnorm, relu, maxpool 2",
    "conv 4 2x2, residual(tanh, conv 4 1x1 bias none), batchnorm, relu, maxpool 2",
  ])
  func stepsAreTheReferences(_ text: String) throws {
    let network = try Self.network(Trial(text: text, shape: [2, 5, 5]))
    let data = try TrainingSample.images(42)
    var trainer = TrainingSample.trainer(SGD(learningRate: 0.02))
    trainer.batchSize = 40
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(
      trainer, network, data, epochs: 2, training: RandomKey(seed: 1))
    for (index, parameter) in network.parameters.enumerated() where parameter.isLearned {
      #expect(
        relativeError(found[index].scalars, expected.parameters[index].values) < 1e-3,
        "\(parameter.name)")
    }
  }

  /// A normalisation that is frozen computes with its running statistics, and the pooling on its own.
  @Test func frozenNormalisationsAreNotPooled() throws {
    var network = try Self.network(Self.trials[0])
    try network.freeze("bn1")
    let plan = try Plan(
      network, batchSize: 20, mode: .gradients(ofInputs: false, inTraining: true), threads: 1)
    #expect(plan.valueBytes > (2 + 2 * 4) * 48 * 32 * MemoryLayout<Float>.stride)
  }

  /// Neither what is normalised nor its gradient nor that of the normalisation's input takes memory.
  @Test func aPooledNormalisationTakesNoMemory() throws {
    func bytes(_ text: String) throws -> Int {
      let network = try Network(text: text, input: [4, 32, 32], seed: 1)
      return try Plan(
        network, batchSize: 64, mode: .gradients(ofInputs: false, inTraining: true), threads: 1
      ).bytes
    }
    let value = 64 * 4 * 32 * 32 * MemoryLayout<Float>.stride
    let convolution = try bytes("conv 4 1x1")
    let pooled = try bytes("conv 4 1x1, batchnorm, relu, maxpool 2")
    // The maxima and their gradient are half a value, and the convolution's gradient lies over its outputs.
    let expected = convolution - value / 2
    #expect(abs(pooled - expected) < value / 8, "\(pooled) and \(expected)")
  }
}
