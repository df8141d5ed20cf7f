import Striate
import Testing

/// Training that begins with what another network has learned.
@Suite struct TransferTests {
  static let text = """
    conv 4 3x3 padding 1, batchnorm, relu, maxpool 2, conv 6 3x3, relu, flatten, dense 8, relu, dense 5
    """

  static func source() throws -> Network {
    var network = try Network(text: text, input: [1, 8, 8], seed: 2)
    network.preprocessing.mean = [0.25]
    network.preprocessing.standardDeviation = [0.5]
    network.preprocessing.classNames = ["a", "b", "c", "d", "e"]
    network.preprocessing.fitting = .centreCrop
    return network
  }

  @Test func theLastLayerIsNewAndTheRestIsKept() throws {
    let source = try Self.source()
    let network = try Network(from: source, classes: 2, seed: 7)
    #expect(network.outputShape == [2])
    #expect(network.nodes.map(\.name) == source.nodes.map(\.name))
    for (new, old) in zip(network.parameters, source.parameters) {
      #expect(new.name == old.name)
      #expect((new.tensor == old.tensor) == !new.name.hasPrefix("fc2"), "\(new.name)")
    }
    #expect(network.preprocessing.mean == [0.25])
    #expect(network.preprocessing.standardDeviation == [0.5])
    #expect(network.preprocessing.fitting == .centreCrop)
    #expect(network.preprocessing.classNames == [])
    // The same number of classes are other classes all the same.
    let same = try Network(from: source, classes: 5, seed: 7)
    #expect(same.parameters.last?.tensor.shape == [5])
    #expect(same.parameters.suffix(2).map(\.tensor) != source.parameters.suffix(2).map(\.tensor))
    // What is new depends on the seed alone.
    #expect(
      try Network(from: source, classes: 2, seed: 7).parametersSHA256 == network.parametersSHA256)
    #expect(
      try Network(from: source, classes: 2, seed: 8).parametersSHA256 != network.parametersSHA256)
  }

  @Test func whatIsFrozenStaysSoButForTheNewLayer() throws {
    var source = try Self.source()
    try source.freeze("conv1")
    try source.freeze("fc2")
    let network = try Network(from: source, classes: 2, seed: 7)
    #expect(
      network.parameters.filter(\.isFrozen).map(\.name) == ["conv1.weight", "conv1.bias"])
  }

  @Test func aConvolutionBeforeGlobalPoolingCanBeTheLastLayer() throws {
    let source = try Network(
      text: "conv 4 3x3, relu, conv 6 1x1, batchnorm, globalavgpool, flatten, softmax",
      input: [1, 8, 8], seed: 2)
    let network = try Network(from: source, classes: 3, seed: 1)
    #expect(network.outputShape == [3])
    #expect(network.parameters.map(\.tensor.shape).dropFirst(2).first == [3, 4, 1, 1])
    let kept = zip(network.parameters, source.parameters).filter { $0.tensor == $1.tensor }
    #expect(kept.map(\.0.name) == ["conv1.weight", "conv1.bias"])
    #expect(network.parameters.first { $0.name == "bn1.weight" }?.tensor.shape == [3])
  }

  static let refusals = [
    "flatten, radial 4 gaussian 1", "flatten, softmax", "flatten, dense 4, (dense 3 | dense 3)",
    "conv 4 3x3, flatten",
  ]

  @Test(arguments: refusals) func aNetworkThatEndsOtherwiseIsRefused(_ text: String) throws {
    let source = try Network(text: text, input: [1, 8, 8], seed: 2)
    let error = try #require(throws: InvalidNetwork.self) {
      try Network(from: source, classes: 7, seed: 1)
    }
    #expect(error.description.hasSuffix("write the network down anew and copy the parameters"))
  }

  @Test func parametersOfTheSameNameAndShapeAreCopied() throws {
    let source = try Self.source()
    var network = try Network(
      text: "conv 4 3x3 padding 1, batchnorm, relu, conv 6 5x5, flatten, dense 5",
      input: [1, 8, 8],
      seed: 5)
    let before = network
    let transfer = try network.copyParameters(from: source)
    #expect(
      transfer.copied == [
        "conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean",
        "bn1.running_var", "conv2.bias",
      ])
    #expect(transfer.fresh == ["conv2.weight", "fc1.weight", "fc1.bias"])
    for (index, parameter) in network.parameters.enumerated() {
      let expected =
        transfer.fresh.contains(parameter.name)
        ? before.parameters[index].tensor
        : source.parameters.first { $0.name == parameter.name }?.tensor
      #expect(parameter.tensor == expected, "\(parameter.name)")
    }
  }

  @Test func networksThatHaveNothingInCommonAreRefused() throws {
    var network = try Network(text: "flatten, dense 3", input: [1, 8, 8], seed: 5)
    let before = network.parameters
    let error = try #require(throws: InvalidInput.self) {
      try network.copyParameters(from: Self.source())
    }
    #expect(
      error.description == """
        parameters: expected some of the same name and shape in both networks, found conv1.weight \
        [4, 1, 3, 3], conv1.bias [4], bn1.weight [4], bn1.bias [4], … and fc1.weight [3, 64], \
        fc1.bias [3]: give both networks the same first layers
        """)
    #expect(network.parameters == before)
  }

  /// Stripes of four kinds: two are learned first, the other two with what was learned of them.
  @Test func whatWasLearnedOfSomeClassesHelpsWithOthers() throws {
    let trainer = Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), batchSize: 16, seed: 1,
      threads: 2)
    var source = try Network(text: Self.text, input: [1, 8, 8], seed: 2)
    source = try Network(from: source, classes: 2, seed: 2)
    try trainer.train(&source, on: DeterminismTests.stripes(120), epochs: 4)
    var network = try Network(from: source, classes: 2, seed: 3)
    for pattern in ["conv*", "bn1"] { try network.freeze(pattern) }
    let frozen = network.parameters.filter(\.isFrozen)
    let other = try Self.diagonals(120)
    let epochs = try trainer.train(&network, on: other, epochs: 6)
    #expect(network.parameters.filter(\.isFrozen) == frozen)
    #expect(frozen.map(\.name).contains("bn1.running_mean"))
    #expect(network.preprocessing.mean == source.preprocessing.mean)
    #expect(network.preprocessing.classNames == ["rising", "falling"])
    #expect(try #require(epochs.last).accuracy > 0.9)
  }

  /// Stripes from corner to corner.
  static func diagonals(_ count: Int) throws -> Dataset {
    var generator = SeededGenerator(seed: 11)
    let pixels = (0..<count * 64).map { k -> UInt8 in
      let (image, pixel) = k.quotientAndRemainder(dividingBy: 64)
      let place = image % 2 == 0 ? pixel % 8 + pixel / 8 : pixel % 8 - pixel / 8 + 8
      return UInt8((place % 4 < 2 ? 150 : 20) + generator.integer(below: 60))
    }
    return try Dataset(
      imageShape: [1, 8, 8], pixels: .bytes(pixels), labels: (0..<count).map { $0 % 2 },
      classNames: ["rising", "falling"])
  }
}
