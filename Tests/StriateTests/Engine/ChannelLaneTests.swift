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
      [3, 9, 8],
      "conv 32 1x1, conv 64 3x3 stride 2 padding 1 groups 2, relu, conv 32 1x1 groups 2, "
        + "residual(conv 32 3x3 padding 1 groups 2), relu"
    ),
    (
      [3, 8, 9],
      "conv 16 1x1, concat(conv 16 1x1, relu | conv 32 3x3 padding 1 | maxpool 3 stride 1 padding 1 | "
        + "conv 5 1x1), relu, conv 20 3x3, globalavgpool, flatten, dense 4"
    ),
    // All groups are put together.
    (
      [3, 7, 6],
      "conv 16 1x1, conv 16 3x3 groups 2, batchnorm, relu, conv 16 3x3 padding 1 groups 4"
    ),
    ([3, 6, 7], "conv 48 1x1, conv 48 3x3 groups 2, depthwise 3x3 multiplier 16 bias none"),
    ([3, 7, 9], "conv 24 1x1, conv 48 3x3 padding 1 groups 3, relu6, conv 96 2x2 groups 3"),
    (
      [3, 8, 7],
      "conv 32 1x1, conv 32 3x3 padding 1 groups 4, conv 32 3x3 groups 8 bias none, relu"
    ),
    // Rows of runs of 7 and of 8 pixels for one register of filters; columns a stride apart, and more than the kernel
    // reads; images in bands.
    (
      [2, 56, 14],
      "conv 32 1x1, conv 32 3x3 padding 1 groups 2, conv 32 3x3 stride 2 padding 1 groups 2, "
        + "conv 16 1x1 stride 2, conv 16 3x3 padding 1, conv 16 2x2 stride 3"
    ),
    (
      [2, 64, 64],
      "conv 32 1x1, conv 32 3x3 stride 2 padding 1 groups 2, relu, conv 32 3x3 padding 1 groups 2, "
        + "conv 16 1x1, conv 48 1x1 stride 2, conv 16 1x1 bias none, maxpool 4"
    ),
    (
      [2, 21, 23],
      "conv 20 1x1, conv 24 1x1 stride 3 padding 2, conv 33 3x3 stride 2 dilation 2 padding 1, "
        + "conv 17 5x5 stride 4 padding 5"
    ),
    // Kernels and strides of one axis alone.
    (
      [3, 16, 18],
      "conv 16 1x1, conv 16 1x2 stride 2, conv 18 1x1, conv 17 1x3 stride 3, conv 20 2x1 stride 2"
    ),
    ([3, 12, 12], "conv 16 1x1, conv 20 1x2 stride 1x2, conv 16 1x1 stride 2x1"),
    (
      [3, 40, 36],
      "conv 32 3x3 padding 1, conv 16 3x3 padding 1, conv 64 3x3 padding 1, globalmaxpool"
    ),
  ]

  @Test(arguments: networks.indices, [1, 2, 3, 9, 17])
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

  /// What is computed for an image does not depend on the others of its batch, nor, without very large weights, on how
  /// many there are.
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
        text:
          "conv 192 1x1, conv 192 3x3 padding 1, relu, conv 192 3x3 padding 1, conv 384 5x5 groups 4, "
          + "flatten, dense 60"))
    var generator = SeededGenerator(seed: 6)
    for images in [1, 5, 12, 70] {
      let x = Tensor(random: [images, 3, 6, 6], scale: 1, using: &generator)
      let expected = network.output(of: network.referenceForward([ReferenceTensor(x)])).values
      for (kernels, isExact) in KernelTable.runnable.flatMap({ [($0, false), ($0, true)] }) {
        var kernels = kernels
        kernels.allowsWinograd = !isExact
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

  /// Graphs in which values of both kinds have several readers, and flattened values meet others.
  @Test func graphsAgreeWithTheReference() throws {
    let network = try Network(
      inputs: [("x", [3, 6, 6]), ("y", [8])], seed: 10,
      outputs: { inputs in
        let maps = Conv2D(filters: 20, kernel: 3)(inputs[0])
        let other = Conv2D(filters: 20, kernel: 3)(inputs[0])
        let small = Conv2D(filters: 2, kernel: 3)(Add()(maps, other))
        let flat = Flatten()(small)
        let dense = Dense(8)(flat)
        return [
          Add()(Dense(8)(inputs[1]), dense), maps, flat, Dense(5)(Flatten()(inputs[0])),
        ]
      })
    var generator = SeededGenerator(seed: 11)
    // Nine images have lanes of images, three of them lanes of channels.
    let inputs = network.inputs.map {
      Tensor(random: [9] + $0.shape, scale: 1, using: &generator)
    }
    for (batch, isOfChannels) in [(9, false), (3, true)] {
      let plan = try Plan(network, batchSize: batch, mode: .inference)
      #expect(plan.lanesHoldChannels == isOfChannels)
    }
    let all = try network.allOutputs(inputs)
    for first in [0, 3, 6] {
      let some = try network.allOutputs(
        inputs.map { input in
          let size = input.count / 9
          return Tensor(
            shape: [3] + input.shape.dropFirst(),
            scalars: Array(input.scalars[first * size..<(first + 3) * size]))
        })
      for (a, b) in zip(some, all) {
        let size = b.count / 9
        #expect(a.shape == [3] + b.shape.dropFirst())
        #expect(
          relativeError(
            a.scalars, b.scalars[first * size..<(first + 3) * size].map(Double.init)) <= 2e-5)
      }
    }
  }

  /// A product with a flattened value, whose numbers lie in another order, is left to lanes of images.
  @Test func productsWithFlattenedValuesAreRight() throws {
    let network = try Network(inputs: [("x", [1, 6, 6])], seed: 12) { inputs in
      let flat = Flatten()(Conv2D(filters: 2, kernel: 5)(inputs[0]))
      return Multiply()(Dense(8)(flat), flat)
    }
    try EngineTrial(network, images: 3).expectAgreement("product with a flattened value")
  }

  /// The rows of a depthwise convolution are more than near memory holds.
  @Test func longImagesAgreeWithLanesOfImages() throws {
    let network = try Network(
      input: [1, 50_000, 1], seed: 13,
      layers: try Network.blocks(text: "conv 2 1x1, depthwise 3x1 padding 1, conv 1 1x1"))
    var generator = SeededGenerator(seed: 14)
    let x = Tensor(random: [1, 1, 50_000, 1], scale: 1, using: &generator)
    let outputs = try [LaneContent.images, .channels].map {
      try Plan(network, batchSize: 1, mode: .inference, lanes: $0).run([x]).scalars
    }
    #expect(relativeError(outputs[1], outputs[0].map(Double.init)) <= 1e-5)
  }

  /// Narrow maps, which fill few lanes, keep lanes of images; wide and large ones do not.
  @Test func theLayoutFollowsFromShapes() throws {
    func holdsChannels(_ input: [Int], _ text: String, batch: Int) throws -> Bool {
      let network = try Network(input: input, seed: 1, layers: try Network.blocks(text: text))
      return try Plan(network, batchSize: batch, mode: .inference).lanesHoldChannels
    }
    #expect(try holdsChannels([1, 8, 8], "conv 1 3x3", batch: 8))
    #expect(try !holdsChannels([1, 8, 8], "conv 1 3x3", batch: 9))
    #expect(try !holdsChannels([1, 260, 260], "conv 1 3x3, conv 2 3x3", batch: 16))
    #expect(try holdsChannels([3, 70, 70], "conv 16 3x3, conv 16 3x3", batch: 16))
  }

  /// A residual network of many blocks is planned at once.
  @Test func deepNetworksArePlannedAtOnce() throws {
    let network = try Network(
      input: [1, 2, 2], seed: 1,
      layers: try Network.blocks(
        text: "conv 1 1x1, repeat 1000 (residual(conv 1 1x1, relu, conv 1 1x1), relu)"))
    #expect(network.nodes.count > 4_000)
    let x = Tensor(repeating: 0.5, shape: [1, 1, 2, 2])
    #expect(try network(x).shape == [1, 1, 2, 2])
  }

  /// Layers that mix neighbouring numbers in another way are left to lanes of images.
  @Test(arguments: [
    "conv 8 3x3, softmax", "conv 8 3x3, layernorm", "conv 8 3x3, conv 8 3x3 groups 2",
    "maxpool 2, conv 8 3x3", "conv 8 3x3, concat(conv 8 1x1 | conv 16 1x1)",
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
