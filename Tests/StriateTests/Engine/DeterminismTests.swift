import Striate
import Testing

/// The same seed gives the same bits, whatever else happens.
@Suite struct DeterminismTests {
  /// Two classes of noisy stripes on 8×8 pixels: quick to learn and never twice the same.
  static func stripes(_ count: Int, seed: UInt64 = 1) throws -> Dataset {
    var generator = SeededGenerator(seed: seed)
    let pixels = (0..<count * 64).map { k -> UInt8 in
      let (image, pixel) = k.quotientAndRemainder(dividingBy: 64)
      let isLight = (image % 2 == 0 ? pixel % 8 : pixel / 8) % 2 == 0
      return UInt8((isLight ? 120 : 20) + generator.integer(below: 100))
    }
    return try Dataset(
      imageShape: [1, 8, 8], pixels: .bytes(pixels), labels: (0..<count).map { $0 % 2 },
      classNames: ["upright", "level"])
  }

  static func network() throws -> Network {
    try Network(input: [1, 8, 8], seed: 3) {
      Conv2D(filters: 5, kernel: 3, padding: 1)
      ReLU()
      MaxPool2D(2)
      Conv2D(filters: 6, kernel: 2)
      Tanh()
      Flatten()
      Dense(12)
      ReLU()
      Dense(2)
    }
  }

  static func train(batchSize: Int, threads: Int, epochs: Int = 2) throws -> String {
    var network = try network()
    try Trainer(
      loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-2), batchSize: batchSize,
      seed: 7, threads: threads
    ).train(&network, on: stripes(70), epochs: epochs)
    return network.parametersSHA256
  }

  /// 70 images: every batch size but 1 and 10 ends an epoch with a short batch.
  @Test(arguments: [1, 10, 16, 32, 40])
  func trainingGivesTheSameBitsOnAnyNumberOfThreads(_ batchSize: Int) throws {
    let expected = try Self.train(batchSize: batchSize, threads: 1)
    #expect(try Self.network().parametersSHA256 != expected)
    for threads in [1, 2, 3, 5, 5] {
      #expect(
        try Self.train(batchSize: batchSize, threads: threads) == expected, "\(threads) threads")
    }
  }

  /// Layers whose tasks use memory of the worker that runs them, or add across blocks.
  @Test func everyKindOfConvolutionAndNormalisationGivesTheSameBitsOnAnyNumberOfThreads() throws {
    let fresh = try Network(
      text: """
        conv 6 3x3 padding same padding-mode reflect, layernorm channels, relu
        depthwise 3x3 stride 2 padding 1 multiplier 2, groupnorm 3, relu
        conv-transpose 4 3x3 stride 2 padding 1 output-padding 1, instancenorm affine yes
        depthwise 3x3 padding 1, layernorm, flatten, dense 2
        """, input: [1, 8, 8], seed: 3)
    try Self.expectTheSameBits(fresh, batchSize: 40)
  }

  /// Sums in parts, blocks that pass through steps in one go or do not, branches that meet, views, layers that
  /// are used twice.
  @Test(arguments: [16, 32, 40, 64, 70])
  func modernNetworksGiveTheSameBitsOnAnyNumberOfThreads(_ batchSize: Int) throws {
    let fresh = try Network(
      text: """
        conv 16 3x3 padding 1 bias none, batchnorm, relu
        residual(conv 16 3x3 padding 1, batchnorm, relu, conv 16 5x5 padding 2), relu
        concat(conv 8 3x3 padding 1, prelu | maxpool 3 stride 1 padding 1 | ), batchnorm, relu, maxpool 2
        conv 70 3x3 padding 1, relu, globalavgpool, flatten, dense 20, batchnorm, relu, radial 6 gaussian 1, dense 2
        """, input: [1, 8, 8], seed: 3)
    try Self.expectTheSameBits(fresh, batchSize: batchSize)
  }

  private static func expectTheSameBits(_ fresh: Network, batchSize: Int) throws {
    let hashes = try [1, 2, 3, 5].map { threads in
      var network = fresh
      var trainer = Trainer(
        loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-2), batchSize: batchSize,
        seed: 7, threads: threads)
      trainer.averaging = 0.9
      try trainer.train(&network, on: stripes(70), epochs: 1)
      return network.parametersSHA256
    }
    #expect(Set(hashes).count == 1)
    #expect(hashes[0] != fresh.parametersSHA256)
  }

  @Test func trainingsAtTheSameTimeGiveTheSameBits() async throws {
    let expected = try Self.train(batchSize: 16, threads: 2)
    let found = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<6 { group.addTask { try Self.train(batchSize: 16, threads: 2) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(found == Array(repeating: expected, count: 6))
  }

  @Test func aHundredTasksThatPredictGetTheBitsOfOne() async throws {
    let network = try Self.network()
    var generator = SeededGenerator(seed: 4)
    let batches = (1...100).map {
      Tensor(random: [$0 % 37 + 1, 1, 8, 8], scale: 1, using: &generator)
    }
    let expected = try batches.map { try network($0) }
    let found = try await withThrowingTaskGroup(of: (Int, Tensor).self) { group in
      for (index, batch) in batches.enumerated() {
        group.addTask { (index, try network(batch)) }
      }
      var outputs = batches
      for try await (index, output) in group { outputs[index] = output }
      return outputs
    }
    #expect(found == expected)
  }

  @Test func anImageGetsTheSameBitsInEveryLaneOfEveryBatch() throws {
    let network = try Self.network()
    var generator = SeededGenerator(seed: 5)
    let image = Tensor(random: [1, 1, 8, 8], scale: 1, using: &generator)
    let alone = try network(image).scalars
    for count in [2, 16, 33, 129] {
      let copies = Tensor(
        shape: [count, 1, 8, 8],
        scalars: Array(repeating: image.scalars, count: count).flatMap { $0 })
      #expect(
        try network(copies).scalars
          == Array(repeating: alone, count: count).flatMap { $0 })
    }
  }

  @Test func evaluationIsTheSameOnAnyNumberOfThreads() throws {
    let network = try Self.network()
    let data = try Self.stripes(150)
    let expected = try network.evaluate(on: data, loss: .softmaxCrossEntropy, threads: 1)
    for threads in [2, 3, 5] {
      #expect(
        try network.evaluate(on: data, loss: .softmaxCrossEntropy, threads: threads) == expected)
    }
  }
}
