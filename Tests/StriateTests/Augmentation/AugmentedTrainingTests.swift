import Striate
import Testing

/// Training with augmentation: the same bits whatever else happens, and only the training images.
@Suite struct AugmentedTrainingTests {
  /// Every transform at once.
  static let everything = """
    crop 2 reflect, flip, flip vertical, rotate 10, shift 0.1, scale 0.9-1.1, shear 5, elastic 8 2, \
    resized-crop 0.5-1, color 0.4 0.4 0.4 0.1, cutout 3, randaugment 2 9, mixup 0.2, cutmix 1
    """

  static func train(
    _ text: String?, channels: Int = 3, batchSize: Int, threads: Int, epochs: Int = 2
  ) throws -> (hash: String, epochs: [Trainer.Epoch]) {
    var generator = SeededGenerator(seed: 3)
    let data = try Dataset(
      imageShape: [channels, 8, 7],
      pixels: .bytes(
        (0..<70 * channels * 56).map { _ in UInt8(generator.integer(below: 256)) }),
      labels: (0..<70).map { $0 % 3 }, classNames: ["a", "b", "c"])
    var network = try Network(input: [channels, 8, 7], seed: 3) {
      Conv2D(filters: 5, kernel: 3, padding: 1)
      ReLU()
      Flatten()
      Dense(3)
    }
    var trainer = Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: batchSize, seed: 7,
      threads: threads, validation: data)
    trainer.augmentation = try text.map { try Augmentation(text: $0) }
    let epochs = try trainer.train(&network, on: data, epochs: epochs)
    return (network.parametersSHA256, epochs)
  }

  @Test(arguments: [1, 7, 16, 33, 70])
  func theNumberOfThreadsChangesNoBit(_ batchSize: Int) throws {
    for channels in [1, 3, 4] {
      let expected = try Self.train(
        Self.everything, channels: channels, batchSize: batchSize, threads: 1)
      for threads in [2, 3, 5] {
        #expect(
          try Self.train(
            Self.everything, channels: channels, batchSize: batchSize, threads: threads
          ).hash == expected.hash, "\(threads) threads")
      }
      #expect(
        try Self.train(nil, channels: channels, batchSize: batchSize, threads: 1).hash
          != expected.hash)
    }
  }

  @Test func theValidationImagesStayAsTheyAre() throws {
    let data = try DeterminismTests.stripes(40)
    var network = try DeterminismTests.network()
    var trainer = Trainer(
      loss: .softmaxCrossEntropy, optimizer: GradientDescent(learningRate: 1e-30), batchSize: 16,
      validation: data, normalizes: false)
    trainer.augmentation = try Augmentation(text: Self.everything)
    let expected = try network.evaluate(on: data, loss: .softmaxCrossEntropy)
    let epochs = try trainer.train(&network, on: data, epochs: 1)
    #expect(epochs[0].validation?.predictions == expected.predictions)
    #expect(epochs[0].validation?.loss == expected.loss)
    #expect(abs(epochs[0].loss - (expected.loss ?? 0)) > 1e-4)
  }

  @Test func anEmptyAugmentationChangesNoBit() throws {
    var plain = try DeterminismTests.network()
    var augmented = plain
    let data = try DeterminismTests.stripes(40)
    var trainer = Trainer(loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 16)
    try trainer.train(&plain, on: data, epochs: 1)
    trainer.augmentation = Augmentation()
    try trainer.train(&augmented, on: data, epochs: 1)
    #expect(plain.parametersSHA256 == augmented.parametersSHA256)
  }

  @Test func aTrainingThatCannotBeAugmentedIsRefused() throws {
    var network = try DeterminismTests.network()
    let trainer = Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 16,
      augmentation: Augmentation(.crop(padding: 8, border: .reflect)))
    let error = #expect(throws: InvalidAugmentation.self) {
      try trainer.train(&network, on: DeterminismTests.stripes(40), epochs: 1)
    }
    #expect(error?.description.contains("expected a padding below 8") == true)
  }

  /// Stripes with gaps, turned and recoloured, can still be told apart, and mixing does not hinder learning.
  @Test func augmentedTrainingLearns() throws {
    var network = try DeterminismTests.network()
    var trainer = Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-2), batchSize: 16)
    trainer.augmentation = try Augmentation(
      text: "crop 1, flip, rotate 10, brightness 0.2, cutout 2, mixup 0.2")
    let data = try DeterminismTests.stripes(200)
    try trainer.train(&network, on: data, epochs: 8)
    #expect(try network.evaluate(on: DeterminismTests.stripes(200, seed: 9)).accuracy > 0.95)
  }
}
