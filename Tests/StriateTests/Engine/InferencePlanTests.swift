import LaneKernels
import Striate
import Testing

/// What plans for inference do otherwise than those for training: normalisations go into the weights before them,
/// and memory is used again.
@Suite struct InferencePlanTests {
  struct Trial: Sendable, CustomTestStringConvertible {
    var text: String
    var shape: [Int]
    var testDescription: String { text }
  }

  /// Every kind of bias and of layer before the normalisation, with and without a ReLU behind it; and
  /// normalisations that nothing can take in, because somebody else reads what they read.
  static let trials = [
    Trial(text: "conv 9 3x3 bias none, batchnorm", shape: [3, 7, 8]),
    Trial(text: "conv 9 3x3 bias none, batchnorm, relu, conv 8 1x1, batchnorm", shape: [3, 7, 8]),
    Trial(text: "conv 6 2x2 bias untied, batchnorm, relu", shape: [2, 5, 6]),
    Trial(text: "conv 16 3x3 padding 1, batchnorm affine none, sigmoid", shape: [8, 8, 8]),
    Trial(text: "conv 8 3x3 groups 2 padding 1, batchnorm, relu", shape: [4, 6, 6]),
    Trial(text: "depthwise 3x3 multiplier 2 bias none, batchnorm, relu", shape: [5, 6, 7]),
    Trial(text: "conv1d 7 3 bias none, batchnorm, relu", shape: [4, 20]),
    Trial(text: "conv3d 5 2x2x2, batchnorm", shape: [2, 4, 5, 6]),
    Trial(
      text: "flatten, dense 7, batchnorm, relu, dense 5 bias none, batchnorm", shape: [2, 3, 4]),
    Trial(text: "conv-transpose 6 3x3, batchnorm, relu", shape: [3, 5, 5]),
    Trial(text: "batchnorm, relu, batchnorm", shape: [3, 4, 4]),
    Trial(
      text: "conv 4 3x3 padding 1, residual(batchnorm, relu, conv 4 3x3 padding 1), batchnorm",
      shape: [2, 6, 6]),
    Trial(
      text: "conv 8 3x3 padding 1, batchnorm, relu, "
        + "repeat 3 (residual(conv 8 3x3 padding 1, batchnorm, relu, conv 8 3x3 padding 1, batchnorm), "
        + "relu), concat(conv 8 1x1 | relu | maxpool 1), globalavgpool, flatten, dense 3",
      shape: [3, 8, 8]),
  ]

  /// Scales, shifts and running statistics are those of a network that was trained.
  @Test(arguments: trials) func outputsAreTheReferences(_ trial: Trial) throws {
    var network = try Network(
      input: trial.shape, seed: 5, layers: try Network.blocks(text: trial.text))
    var generator = SeededGenerator(seed: 6)
    for index in network.parameters.indices {
      let isVariance = network.parameters[index].name.hasSuffix("running_var")
      let range: Range<Float> = isVariance ? 0.25..<4 : -1..<1
      network.parameters[index].tensor.scalars = network.parameters[index].tensor.scalars.map { _ in
        generator.uniform(in: range)
      }
    }
    for images in [1, 40] {
      try EngineTrial(network, images: images).expectAgreement(
        "\(trial.text), \(images) images", forward: 2e-5, backward: 2e-4)
    }
  }

  /// A clip is computed along with the layer before it, in lanes of images and of channels; on the way back it masks
  /// the gradient by itself.
  @Test(arguments: [
    "conv 9 3x3, CLIP", "conv 16 3x3 padding 1, CLIP, conv 16 3x3 padding 1 stride 2, CLIP",
    "conv 8 5x5 padding 2, batchnorm, CLIP, depthwise 3x3 padding 1, batchnorm, CLIP",
    "depthwise 3x3 stride 2, CLIP", "batchnorm, CLIP", "conv-transpose 6 3x3 stride 4, CLIP",
    "conv 130 1x1, CLIP, conv 20 1x1, CLIP",
    "conv 24 1x1, sum(conv 8 1x1 | conv 8 3x3 padding 1), CLIP",
    "flatten, dense 7, CLIP", "conv 4 1x1, CLIP, maxpool 2", "conv 4 1x1, relu, CLIP, maxpool 2",
  ])
  func aClipIsComputedAlongWithTheLayerBeforeIt(_ text: String) throws {
    let clips: KeyValuePairs<String, Float> = [
      "relu6": 8, "hard-tanh -0.25 0.5": 1, "hard-tanh 0.125 1": 1,
    ]
    for (clip, scale) in clips {
      let network = try Network(
        input: [3, 10, 9], seed: 7,
        layers: try Network.blocks(text: text.replacing("CLIP", with: clip)))
      for images in [1, 20] {
        try EngineTrial(network, images: images, seed: 8, scale: scale).expectAgreement(
          "\(text), \(clip), \(images) images", forward: 2e-5, backward: 2e-4)
      }
    }
  }

  /// Depthwise convolutions of every width of a tile, with borders that are read, in part or not at all.
  @Test(arguments: [
    ("depthwise 3x3 padding 1", [1, 3, 5, 9, 15]), ("depthwise 3x3 dilation 2 padding 2", [3, 11]),
    ("depthwise 1x1 stride 10 padding 3", [2, 9]),
    ("depthwise 3x2 stride 3x2 padding 1,2,3,0", [4, 17]),
  ])
  func depthwiseConvolutionsOfEveryWidth(_ text: String, _ widths: [Int]) throws {
    for width in widths {
      let network = try Network(
        input: [18, 6, width], seed: 9, layers: try Network.blocks(text: "\(text), relu6"))
      for images in [1, 3, 20] {
        try EngineTrial(network, images: images, seed: 10).expectAgreement(
          "\(text), \(width) wide, \(images) images")
      }
    }
  }

  /// A normalisation that has gone into the weights writes nothing: of the network's values there is one.
  @Test func aNormalisationNeedsNoMemoryOfItsOwn() throws {
    func size(_ text: String) throws -> Int {
      let network = try Network(
        input: [3, 16, 16], seed: 1, layers: try Network.blocks(text: text))
      return try Plan(network, batchSize: 64, mode: .inference, threads: 1, lanes: .images)
        .valueBytes
    }
    let one = 64 * 8 * 16 * 16 * 4
    #expect(try size("conv 8 3x3 padding 1, batchnorm, relu") == size("conv 8 3x3 padding 1"))
    #expect(try size("conv 8 3x3 padding 1") == one + 64 * 3 * 16 * 16 * 4)
  }

  /// A network twice as deep needs no more memory for its values.
  @Test func memoryDoesNotGrowWithDepth() throws {
    func size(depth: Int) throws -> Int {
      let network = try Network(
        input: [8, 16, 16], seed: 1,
        layers: try Network.blocks(
          text: "repeat \(depth) (residual(conv 8 3x3 padding 1, relu, conv 8 3x3 padding 1))"))
      return try Plan(network, batchSize: 32, mode: .inference, threads: 2, lanes: .images)
        .valueBytes
    }
    #expect(try size(depth: 12) == size(depth: 3))
  }

  /// A plan that has run gives the same again, for other images in between.
  @Test func aPlanCanRunAgain() throws {
    let network = try NamedModel(named: "resnet20").network(seed: 2)
    var generator = SeededGenerator(seed: 3)
    let images = (0..<2).map { _ in Tensor(random: [33, 3, 32, 32], scale: 1, using: &generator) }
    for threads in [1, 3] {
      let plan = try Plan(network, batchSize: 33, mode: .inference, threads: threads, marker: .nan)
      let first = plan.run([images[0]])
      let second = plan.run([images[1]])
      #expect(plan.run([images[0]]) == first)
      #expect(plan.run([images[1]]) == second)
      #expect(first != second)
    }
  }

  /// Sums that a convolution adds up in place are the sums of the reference, in lanes of images and of channels.
  @Test(arguments: [
    "conv 16 1x1, residual(conv 16 3x3 padding 1, relu, conv 16 3x3 padding 1), relu, conv 4 1x1",
    "conv 16 1x1, residual(conv 16 3x3 padding 1, batchnorm, relu, conv 16 3x3 padding 1, batchnorm), relu",
    "conv 16 1x1, residual(conv 20 3x3 stride 2 padding 1 | conv 20 1x1 stride 2, batchnorm), relu",
    "conv 16 1x1, residual(conv 16 3x3 padding 1), residual(conv 16 1x1, relu, conv 16 5x5 padding 2)",
    "conv 16 1x1, relu, residual(residual(conv 16 1x1, relu, conv 16 1x1), relu, conv 16 3x3 padding 1)",
    "residual(conv 3 3x3 padding 1, relu, conv 3 3x3 padding 1), flatten, dense 2",
    "conv 8 1x1, sum(conv 8 3x3 padding 1 | conv 8 1x1), sum(relu | conv 8 1x1), relu, dropout 0.5",
  ])
  func sumsInPlaceAreTheSums(_ text: String) throws {
    let network = try Network(input: [3, 9, 9], seed: 4, layers: try Network.blocks(text: text))
    for images in [1, 3, 20] {
      try EngineTrial(network, images: images, seed: 5).expectAgreement("\(text), \(images)")
    }
  }

  /// A convolution that adds up has no memory of its own.
  @Test func aSumInPlaceNeedsNoMemory() throws {
    func size(_ text: String) throws -> Int {
      let network = try Network(
        input: [3, 16, 16], seed: 1, layers: try Network.blocks(text: text))
      return try Plan(network, batchSize: 64, mode: .inference, threads: 1, lanes: .images)
        .valueBytes
    }
    #expect(
      try size("conv 8 1x1, residual(conv 4 1x1, conv 8 1x1)") == size("conv 8 1x1, conv 4 1x1"))
  }
}
