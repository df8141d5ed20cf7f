import Striate
import Testing

/// Losses in the engine, whose images count for more or less, or not at all.
@Suite struct WeightedLossTests {
  static let losses: [Loss] = [Loss.Reduction.mean, .sum].flatMap { reduction in
    [
      Loss.crossEntropy(smoothing: 0.1, reduction: reduction),
      .crossEntropy(classWeights: [1, 3, 0.25], reduction: reduction),
      .crossEntropy(ignoredIndex: 1, reduction: reduction),
      .crossEntropy(
        smoothing: 0.2, classWeights: [1, 3, 0.25], ignoredIndex: 2, reduction: reduction),
    ]
  }

  private func network(outputs: Int = 3) throws -> Network {
    try Network(input: [5], seed: 4) {
      Dense(4)
      Tanh()
      Dense(outputs)
    }
  }

  /// One class an image, and none for images of the ignored class.
  private func targets(_ images: Int, ignoring ignored: Int?) -> Tensor {
    var targets = Tensor(repeating: 0, shape: [images, 3])
    for n in 0..<images where (n * n + 1) % 3 != ignored { targets[n, (n * n + 1) % 3] = 1 }
    return targets
  }

  @Test(arguments: losses, [1, 16, 33])
  func lossAndGradientsAgreeWithTheReference(_ loss: Loss, _ images: Int) throws {
    var generator = SeededGenerator(seed: 8)
    let x = Tensor(random: [images, 5], scale: 1, using: &generator)
    try EngineTrial(
      network(), inputs: [x], targets: targets(images, ignoring: loss.ignoredIndex), loss: loss
    ).expectAgreement("\(loss.name), \(images) images")
  }

  @Test(arguments: LossTests.kinds(channels: 6, outputs: 6).map(\.kind))
  func everyLossRunsInTheEngine(_ kind: Loss.Kind) throws {
    // Sigmoids are probabilities as well as scores.
    let network = try Network(input: [5], seed: 4) {
      Dense(6)
      Sigmoid()
    }
    var generator = SeededGenerator(seed: 9)
    let x = Tensor(random: [19, 5], scale: 1, using: &generator)
    let t = Tensor(oneHotOf: 19, classes: 6, using: &generator)
    for reduction in [Loss.Reduction.mean, .sum] {
      let loss = Loss(kind, reduction: reduction)
      try EngineTrial(network, inputs: [x], targets: t, loss: loss).expectAgreement(loss.name)
    }
  }

  @Test func aBatchOfIgnoredImagesHasNoLossAndNoGradient() throws {
    let network = try network()
    var generator = SeededGenerator(seed: 8)
    let found = try network.gradients(
      [Tensor(random: [3, 5], scale: 1, using: &generator)],
      targets: Tensor(repeating: 0, shape: [3, 3]), loss: .crossEntropy(ignoredIndex: 0))
    #expect(found.loss == 0)
    #expect(found.parameters.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
  }

  private func points(_ labels: [Int]) throws -> Dataset {
    var generator = SeededGenerator(seed: 11)
    return try Dataset(
      imageShape: [5, 1, 1],
      pixels: .floats((0..<labels.count * 5).map { _ in generator.uniform(in: -1..<1) }),
      labels: labels, classNames: ["a", "b", "c"])
  }

  private func flatNetwork() throws -> Network {
    try Network(input: [5, 1, 1], seed: 4) {
      Flatten()
      Dense(3)
    }
  }

  @Test func trainingSeesNothingOfTheIgnoredImages() throws {
    let data = try points((0..<30).map { $0 % 3 })
    let kept = data.subset((0..<30).filter { data.labels[$0] != 1 })
    var (all, few) = (try flatNetwork(), try flatNetwork())
    var trainer = Trainer(
      loss: .crossEntropy(ignoredIndex: 1), optimizer: SGD(learningRate: 0.5), batchSize: 30,
      normalizes: false)
    let first = try trainer.train(&all, on: data, epochs: 4)
    trainer.loss = .softmaxCrossEntropy
    let second = try trainer.train(&few, on: kept, epochs: 4)
    for (a, b) in zip(all.parameters, few.parameters) {
      #expect(relativeError(a.tensor.scalars, b.tensor.scalars.map(Double.init)) < 1e-5)
    }
    #expect(abs((first.last?.loss ?? 0) - (second.last?.loss ?? 1)) < 1e-5)
    #expect(all.parameters.map(\.tensor) != (try flatNetwork()).parameters.map(\.tensor))
  }

  /// 300 images are three batches, in which classes are not spread evenly.
  @Test func evaluationWeighsTheImagesOfAllBatches() throws {
    let data = try points((0..<300).map { $0 < 140 ? 0 : $0 % 3 })
    let network = try flatNetwork()
    let loss = Loss.crossEntropy(classWeights: [1, 5, 0.5], ignoredIndex: 2)
    let images = try (0..<300).flatMap { try data.image(at: $0).scalars.map(Double.init) }
    let values = network.referenceForward([
      ReferenceTensor(shape: [300, 5, 1, 1], values: images)
    ])
    var target = ReferenceTensor(zeros: [300, 3])
    for (n, label) in data.labels.enumerated() where label != 2 { target[n, label] = 1 }
    let expected = loss.referenceValue(output: values[values.count - 1], target: target)
    let found = try #require(network.evaluate(on: data, loss: loss).loss)
    #expect(abs(found - expected) < 1e-6 * expected)
  }

  @Test(arguments: [
    (
      Loss.crossEntropy(classWeights: [1, 2]),
      "cross-entropy: expected 3 weights, one for each output, found 2"
    ),
    (
      .binaryCrossEntropyWithLogits(positiveWeights: [1, 2, 3, 4]),
      "bce-logits: expected 3 weights, one for each output, found 4"
    ),
    (
      .crossEntropy(ignoredIndex: 3),
      "cross-entropy: expected an ignored class from 0 to 2, found 3"
    ),
  ])
  func aLossThatDoesNotFitTheOutputsIsRefused(_ loss: Loss, _ message: String) throws {
    let error = try #require(throws: InvalidInput.self) {
      try network().gradients(
        [Tensor(repeating: 1, shape: [1, 5])], targets: Tensor(repeating: 0, shape: [1, 3]),
        loss: loss)
    }
    #expect(error.description == message)
  }

  @Test(arguments: [Loss.softmaxCrossEntropy, .focal(), .multiMargin()])
  func aLossOfClassesNeedsOneAxisOfOutputs(_ loss: Loss) throws {
    let network = try Network(input: [1, 4, 4], seed: 1) { Conv2D(filters: 2, kernel: 3) }
    let error = try #require(throws: InvalidInput.self) {
      try network.gradients(
        [Tensor(repeating: 1, shape: [1, 1, 4, 4])],
        targets: Tensor(repeating: 0, shape: [1, 2, 2, 2]), loss: loss)
    }
    #expect(
      error.description
        == "\(loss.name): expected outputs [classes], found [2, 2, 2]: "
        + "end the network with Flatten() and Dense(classes)")
  }

  @Test func aNumberOutsideItsRangeIsRefusedBeforeTraining() throws {
    var network = try flatNetwork()
    let error = try #require(throws: InvalidLoss.self) {
      try Trainer(loss: .huber(delta: .nan), optimizer: SGD(), batchSize: 1)
        .train(&network, on: points([0, 1, 2]), epochs: 1)
    }
    #expect(error.description == "loss: delta: expected a number from 1e-12 to 1e12, found nan")
  }
}
