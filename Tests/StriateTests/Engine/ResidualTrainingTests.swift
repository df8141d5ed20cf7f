import LaneKernels
import Striate
import Testing

/// Sums of branches in training: normalisations that add the other branch, convolutions that add their input's gradient
/// to that of the next reader, and gradients that lie in one place.
@Suite struct ResidualTrainingTests {
  struct Trial: Sendable, CustomTestStringConvertible {
    var text: String
    var shape = [2, 5, 5]
    /// What is frozen.
    var frozen: [String] = []
    var testDescription: String { text + frozen.map { ", frozen " + $0 }.joined() }
  }

  /// Each as the layers before `flatten, dense 3`. Before a normalisation stands no bias, whose gradient would be 0.
  static let trials = [
    Trial(text: "conv 4 3x3 padding 1, residual(conv 4 3x3 padding 1 bias none, batchnorm), relu"),
    Trial(text: "conv 4 3x3 padding 1, residual(conv 4 3x3 padding 1 bias none, batchnorm)"),
    Trial(text: "conv 4 1x1, residual(conv 4 3x3 padding 1 bias none, batchnorm), relu6"),
    Trial(text: "conv 4 1x1, residual(conv 4 3x3 padding 1 bias none, batchnorm), tanh"),
    Trial(text: "residual(conv 2 3x3 padding 1 bias none, batchnorm), relu"),
    Trial(
      text: "conv 4 1x1, residual(batchnorm, relu, conv 4 3x3 padding 1 bias none, batchnorm), relu"
    ),
    // Normalisations in both branches; and a pooling behind, which masks the gradient of the ReLU.
    Trial(
      text: "conv 4 1x1, residual(conv 6 3x3 stride 2 padding 1 bias none, batchnorm, relu, "
        + "conv 6 3x3 padding 1 bias none, batchnorm | conv 6 1x1 stride 2 bias none, batchnorm), relu, maxpool 2"
    ),
    // A pixel that a convolution does not reach, which has the other branch's gradient alone.
    Trial(
      text:
        "conv 4 1x1, residual(conv 4 1x1 stride 3 bias none, batchnorm | maxpool 2 stride 3), relu"),
    Trial(text: "conv 4 1x1, residual(conv 5 2x2 stride 3 | conv 5 1x1 stride 3)"),
    // Winograd's algorithm, and products of matrices.
    Trial(
      text:
        "conv 16 1x1, residual(conv 16 3x3 padding 1 bias none, batchnorm, relu, conv 16 1x1 bias none, batchnorm), "
        + "relu, residual(conv 16 1x1, relu, conv 16 5x5 padding 2)", shape: [2, 8, 7]),
    Trial(
      text: "conv 8 1x1, sum(conv 8 3x3 padding 1 groups 2 bias none, batchnorm | identity), relu"),
    Trial(text: "conv 4 1x1, sum(conv 4 3x3 padding 1 padding-mode replicate | identity), relu"),
    Trial(text: "conv 4 1x1, sum(depthwise 3x3 padding 1 bias none, batchnorm | identity), relu"),
    // Three readers, and more than two summands.
    Trial(text: "conv 4 1x1, sum(conv 4 3x3 padding 1 | identity | tanh), relu"),
    Trial(text: "conv 4 1x1, sum(identity | conv 4 1x1 bias none, batchnorm | batchnorm), relu"),
    Trial(text: "conv 4 1x1, sum(batchnorm | conv 4 1x1), relu"),
    Trial(text: "conv 4 1x1, sum(identity | identity), relu"),
    Trial(text: "conv 4 1x1 bias none, batchnorm, sum(identity | identity), relu"),
    Trial(text: "conv 4 1x1, gelu, sum(gelu | batchnorm, silu), batchnorm"),
    Trial(text: "conv 4 1x1, concat(conv 2 1x1 | conv 3 3x3 padding 1 | batchnorm | identity)"),
    // Normalisations that are frozen, and of which nothing before learns, beside a branch that learns.
    Trial(
      text: "residual(conv 4 3x3 padding 1 bias none, batchnorm | conv 4 1x1), relu",
      frozen: ["conv1", "bn1"]),
    Trial(
      text: "residual(conv 4 1x1 | conv 4 3x3 padding 1 bias none, batchnorm), relu",
      frozen: ["conv2", "bn1"]),
    Trial(
      text: "residual(conv 4 1x1 | conv 4 3x3 padding 1 bias none, batchnorm), relu",
      frozen: ["conv1"]),
    Trial(
      text: "conv 4 1x1, residual(conv 4 3x3 padding 1 bias none, batchnorm), relu", frozen: ["bn1"]
    ),
  ]

  static func network(_ trial: Trial) throws -> Network {
    var network = try Network(
      text: trial.text + ", flatten, dense 3", input: trial.shape, seed: 3)
    for pattern in trial.frozen { try network.freeze(pattern) }
    return network
  }

  /// The reference has gradients for what is frozen.
  @Test(arguments: trials.filter { $0.frozen.isEmpty })
  func gradientsAreTheReferences(_ trial: Trial) throws {
    let network = try Self.network(trial)
    for images in [1, 3, 17, 40] {
      try EngineTrial(network, images: images).expectAgreement("\(images) images")
      // A mean of few numbers is not well conditioned.
      guard images > 1 else { continue }
      try EngineTrial(network, images: images, training: RandomKey(seed: 7))
        .expectAgreement("\(images) images, in training", forward: 2e-5, backward: 5e-4)
    }
  }

  /// What one step leaves behind is not in the way of the next.
  @Test(arguments: trials.filter { $0.shape == [2, 5, 5] })
  func stepsAreTheReferences(_ trial: Trial) throws {
    let network = try Self.network(trial)
    let data = try TrainingSample.images(42)
    var trainer = TrainingSample.trainer(SGD(learningRate: 0.02))
    trainer.batchSize = 21
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let learned = Set(network.parameters.filter { $0.isLearned && !$0.isFrozen }.map(\.name))
    // The reference computes with the statistics of the batch in all layers or in none.
    let isFrozen = trial.frozen.contains("bn1")
    let expected = try ReferenceTraining(
      trainer, network, data, epochs: 2, training: isFrozen ? nil : RandomKey(seed: 1)
    ) { .init(isTrained: learned.contains($0.name)) }
    for (index, parameter) in network.parameters.enumerated() where parameter.isLearned {
      #expect(
        relativeError(found[index].scalars, expected.parameters[index].values) < 1e-3,
        "\(parameter.name)")
    }
  }

  /// The first place of a shared layer computes even where nobody reads it: it passes nothing back, in no step.
  @Test func whatNobodyReadsPassesNothingBack() throws {
    for kind in [BatchNorm() as any Layer, Activation(.relu)] {
      let layer = Shared(kind)
      let network = try Network(inputs: [("x", [2, 5, 5])], seed: 4) { x in
        let h = Conv2D(filters: 4, kernel: 1, bias: .none)(x[0])
        _ = layer(h)
        return Dense(3)(Flatten()(layer(Tanh()(h))))
      }
      var trainer = TrainingSample.trainer(SGD(learningRate: 0.05))
      trainer.batchSize = 21
      let data = try TrainingSample.images(42)
      let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
      let expected = try ReferenceTraining(
        trainer, network, data, epochs: 2, training: RandomKey(seed: 1))
      for (index, parameter) in network.parameters.enumerated() where parameter.isLearned {
        #expect(
          relativeError(found[index].scalars, expected.parameters[index].values) < 1e-3,
          "\(kind.text): \(parameter.name)")
      }
    }
  }

  /// The gradients of further outputs, of which layers would write over the one and nobody reads the other, twice with
  /// one plan.
  @Test func gradientsOfFurtherOutputsAreTheReferences() throws {
    let network = try Network(
      inputs: [("x", [2, 5, 5])], seed: 5,
      outputs: { x in
        let first = Conv2D(filters: 4, kernel: 3, padding: 1)(x[0])
        let branch = BatchNorm()(Conv2D(filters: 4, kernel: 3, padding: 1)(first))
        let sum = ReLU()(Add()(first, branch))
        let unread = BatchNorm()(first)
        return [Dense(3)(Flatten()(Tanh()(BatchNorm()(sum)))), sum, unread, first]
      })
    let gradients = try ScoreGradients(network, output: 1, threads: 1)
    for seed in 1...2 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let x = Tensor(random: [7, 2, 5, 5], scale: 1, using: &generator)
      let found = try gradients(x)
      let input = ReferenceTensor(x)
      let values = network.referenceForward([input])
      var slope = ReferenceTensor(zeros: [7, 3])
      for n in 0..<7 { slope[n, 1] = 1 }
      let expected = network.referenceGradients(slope, inputs: [input], values: values)
      #expect(relativeError(found.inputs.scalars, expected.gradients.inputs[0].values) < 1e-5)
      for (layer, output) in zip(found.layers, network.outputs.dropFirst()) {
        guard case .node(let index) = output else { continue }
        #expect(
          relativeError(layer.gradient.scalars, expected.nodes[index].values) < 1e-5,
          "\(network.nodes[index].name), \(seed)")
      }
    }
  }

  /// With a normalisation before it a sum needs less memory than without: the sum and its gradient lie where those of
  /// the normalisation and of the other branch lie.
  @Test func aNormalisationBeforeASumSavesMemory() throws {
    func bytes(_ text: String) throws -> Int {
      let network = try Network(text: text, input: [4, 32, 32], seed: 1)
      return try Plan(
        network, batchSize: 64, mode: .gradients(ofInputs: false, inTraining: true), threads: 1
      ).bytes
    }
    let value = 64 * 4 * 32 * 32 * MemoryLayout<Float>.stride
    let small = value / 4
    let convolutions = try bytes("conv 4 1x1, conv 4 1x1")
    // Values of the normalisation, which are the sum's.
    let sum = try bytes("conv 4 1x1, residual(conv 4 1x1, batchnorm), relu")
    #expect(abs(sum - convolutions - value) < small, "\(sum - convolutions) and \(value)")
    // Values of the sum; the gradient is that of its first summand.
    let alone = try bytes("conv 4 1x1, residual(conv 4 1x1), relu")
    #expect(abs(alone - convolutions - value) < small, "\(alone - convolutions) and \(value)")
  }
}
