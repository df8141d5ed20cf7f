import LaneKernels
import Striate
import Testing

/// Inference where lanes hold channels, beside the Double reference: every layer that can, in batches of less than a
/// block, of a block and of several.
struct ChannelLaneTests {
  /// Networks in which every layer computes so, in all of its forms.
  static let networks: [(input: [Int], text: String)] = [
    ([1, 12, 12], "conv 8 5x5, relu, conv 8 5x5, maxpool 2, flatten, dense 13, relu, dense 3"),
    (
      [3, 17, 13],
      "conv 20 3x3 stride 2 padding 1, conv 33 3x3 padding 1, avgpool 2, flatten, dense 5"
    ),
    (
      [3, 10, 10],
      "conv 16 3x3 padding 1, conv 17 3x3 padding 1, relu, conv 32 3x3, flatten, dense 2"
    ),
    ([2, 9, 9], "conv 40 3x3, conv 24 1x1, conv 50 1x1 stride 2, flatten, relu, dense 4"),
    (
      [3, 12, 12], "conv 19 3x3 padding 1, batchnorm, relu, conv 19 3x3 padding 1, relu, batchnorm"
    ),
    ([3, 8, 8], "conv 24 1x1, residual(conv 24 3x3 padding 1, relu, conv 24 3x3 padding 1), relu"),
    ([3, 11, 9], "conv 18 1x1, depthwise 3x3 padding 1, depthwise 5x5 stride 2 padding 2, tanh"),
    ([4, 7, 7], "conv 16 3x3 dilation 2, globalavgpool, flatten, dropout 0.5, dense 3"),
    ([30], "dense 17, sigmoid, dense 40, relu, dense 1"),
    ([2, 5, 5], "flatten, dense 100, relu, dense 9"),
    ([3, 6, 6], "conv 20 3x3 padding 1, upsample 2, conv 7 3x3 padding 1 bias none"),
    ([5, 6, 7], "conv 20 3x3 padding 1 bias none, flatten"),
    (
      [3, 40, 36],
      "conv 32 3x3 padding 1, conv 16 3x3 padding 1, conv 64 3x3 padding 1, globalmaxpool"
    ),
  ]

  @Test(arguments: networks.indices, [1, 2, 3, 17])
  func agreesWithTheReference(_ index: Int, _ images: Int) throws {
    let (input, text) = Self.networks[index]
    var network = try Network(input: input, seed: 1, layers: try Network.blocks(text: text))
    network.disturb()
    var generator = SeededGenerator(seed: 2)
    let x = Tensor(random: [images] + input, scale: 1, using: &generator)
    let expected = network.output(of: network.referenceForward([ReferenceTensor(x)])).values
    for kernels in KernelTable.runnable {
      var exact = kernels
      exact.allowsWinograd = false
      for (kernels, most) in [(kernels, 2e-5), (exact, 1e-5)] {
        var first: Tensor?
        for threads in [1, 2, 3] {
          let plan = try Plan(
            network, batchSize: images, mode: .inference, threads: threads, kernels: kernels,
            marker: .nan, lanes: .channels)
          #expect(plan.lanesHoldChannels)
          let y = plan.run([x])
          #expect(
            relativeError(y.scalars, expected) <= most, "\(text) on \(kernels.name)")
          #expect(y.shape == [images] + network.outputShape)
          #expect(plan.run([x]) == y)
          #expect(first == nil || first == y, "\(text): \(threads) threads")
          first = y
        }
      }
    }
  }

  /// What is computed for an image does not depend on the others of its batch, nor on how many there are.
  @Test func batchesGiveTheSameBits() throws {
    let network = try NamedModel(named: "resnet20").network(seed: 3)
    var generator = SeededGenerator(seed: 4)
    let x = Tensor(random: [19, 3, 32, 32], scale: 1, using: &generator)
    func run(_ images: Tensor) throws -> [Float] {
      try Plan(
        network, batchSize: images.shape[0], mode: .inference, threads: 2, lanes: .channels
      ).run([images]).scalars
    }
    let all = try run(x)
    for image in [0, 7, 18] {
      let size = 3 * 32 * 32
      let one = Tensor(
        shape: [1, 3, 32, 32], scalars: Array(x.scalars[image * size..<(image + 1) * size]))
      #expect(try run(one) == Array(all[image * 10..<(image + 1) * 10]))
    }
  }

  /// Large weights serve all images at a time.
  @Test func largeWeightsAgreeWithTheReference() throws {
    let network = try Network(
      input: [3, 6, 6], seed: 5,
      layers: try Network.blocks(
        text: "conv 192 1x1, conv 192 3x3 padding 1, relu, conv 192 3x3 padding 1"))
    var generator = SeededGenerator(seed: 6)
    for images in [1, 5, 12] {
      let x = Tensor(random: [images, 3, 6, 6], scale: 1, using: &generator)
      let expected = network.output(of: network.referenceForward([ReferenceTensor(x)])).values
      for kernels in KernelTable.runnable {
        let plan = try Plan(
          network, batchSize: images, mode: .inference, threads: 2, kernels: kernels,
          marker: .nan, lanes: .channels)
        #expect(relativeError(plan.run([x]).scalars, expected) <= 2e-5, "\(kernels.name)")
      }
    }
  }

  /// The tests above would pass as well if the algorithm were never chosen.
  @Test func winogradIsChosenUnlessItIsForbidden() throws {
    let network = try Network(
      input: [1, 8, 8], seed: 7,
      layers: try Network.blocks(text: "conv 16 1x1, conv 16 3x3 padding 1"))
    var generator = SeededGenerator(seed: 8)
    let x = Tensor(random: [3, 1, 8, 8], scale: 1, using: &generator)
    for kernels in KernelTable.runnable {
      var exact = kernels
      exact.allowsWinograd = false
      let outputs = try [kernels, exact].map {
        try Plan(network, batchSize: 3, mode: .inference, kernels: $0, lanes: .channels).run([x])
      }
      #expect(outputs[0] != outputs[1], "\(kernels.name)")
    }
  }

  /// Layers that mix neighbouring numbers in another way are left to lanes of images.
  @Test(arguments: [
    "conv 8 3x3, softmax", "conv 8 3x3, layernorm", "conv 8 3x3, conv 8 3x3 groups 2",
    "maxpool 2, conv 8 3x3",
  ])
  func otherLayersHaveLanesOfImages(_ text: String) throws {
    let network = try Network(input: [4, 12, 12], seed: 1, layers: try Network.blocks(text: text))
    let plan = try Plan(network, batchSize: 1, mode: .inference, lanes: .channels)
    #expect(!plan.lanesHoldChannels)
  }
}

extension Network {
  /// Gives every parameter another value, so that no scale is 1 and no shift 0.
  fileprivate mutating func disturb() {
    var generator = SeededGenerator(seed: 9)
    for index in parameters.indices where parameters[index].tensor.shape.count == 1 {
      let scalars = parameters[index].tensor.scalars
      parameters[index].tensor.scalars = scalars.map { _ in generator.uniform(in: 0.5..<1.5) }
    }
  }
}
