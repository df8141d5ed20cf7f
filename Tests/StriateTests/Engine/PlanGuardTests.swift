import Foundation
import Striate
import Testing

/// What a plan refuses before any kernel runs: memory that would be read outside its bounds, and
/// memory that the machine does not have.
@Suite struct PlanGuardTests {
  @Test func aParameterOfAnotherShapeIsRefused() throws {
    var network = try Network(input: [4], seed: 1, layers: [Dense(3)])
    network.parameters[0].tensor = Tensor([1, 2])
    let error = try #require(throws: InvalidInput.self) {
      try network(Tensor(repeating: 1, shape: [1, 4]))
    }
    #expect(
      error.description
        == "parameter \"fc1.weight\": expected [3, 4], found [2]: keep the shape of a parameter")
  }

  @Test func aNetworkWithoutOneOfItsParametersIsRefused() throws {
    var network = try Network(input: [4], seed: 1, layers: [Dense(3)])
    network.parameters.removeLast()
    #expect(throws: InvalidInput.self) { try network(Tensor(repeating: 1, shape: [1, 4])) }
  }

  @Test func aTensorKeepsAsManyScalarsAsItsShapeHas() async {
    await #expect(processExitsWith: .failure) {
      var tensor = Tensor(repeating: 1, shape: [2, 3])
      tensor.scalars.removeLast()
    }
  }

  @Test func bordersCountForTheMemoryThatANetworkNeeds() throws {
    let network = try Network(
      text: "conv 1 1x1 stride 65536 padding 65536, flatten, dense 1", input: [1, 1, 1], seed: 1)
    let image = Tensor(repeating: 1, shape: [1, 1, 1, 1])
    // Inference copies a row at a time; the steps back need the image with its border.
    // Of the nine outputs of the convolution one reads the pixel; the others are the bias.
    let numbers = network.parameters.map(\.tensor.scalars)
    let sums = (0..<9).map { numbers[1][0] + ($0 == 4 ? numbers[0][0] : 0) }
    let expected = zip(sums, numbers[2]).reduce(numbers[3][0]) { $0 + $1.0 * $1.1 }
    #expect(abs(try network(image).scalars[0] - expected) < 1e-5)
    #expect(throws: NotEnoughMemory.self) {
      try network.gradients(
        [image], targets: Tensor(repeating: 1, shape: [1, 1]), loss: .meanSquaredError)
    }
    // A row of outputs may read as much as the image with its border.
    let tall = try Network(
      text: "conv 1 65536x1 stride 65536 padding 65536", input: [1, 1, 1], seed: 1)
    #expect(throws: NotEnoughMemory.self) { try tall(image) }
  }

  @Test func theBorderOfAGradientCountsToo() throws {
    // One output for each filter, surrounded by the 12,000 zeros on each side that the gradient of
    // the image would read.
    let network = try Network(
      text: "conv 8192 2x2 dilation 12000", input: [1, 12001, 12001], seed: 1)
    #expect(throws: NotEnoughMemory.self) {
      try Plan(network, batchSize: 1, mode: .gradients(ofInputs: true))
    }
  }

  /// What each worker copies of a map with its border, the gradient of a border that holds pixels, and
  /// the memory in which transposed convolutions gather.
  @Test(arguments: [
    ("depthwise 65536x1 stride 65536 padding 65536", [2, 1, 1]),
    ("conv 1 1x1 stride 65536 padding 65536 padding-mode replicate", [1, 1, 1]),
    ("conv-transpose 1 2x2 dilation 12000 padding 6000", [8192, 1, 1]),
    ("conv3d 1 1x1x1 stride 2048 padding 2048", [1, 1, 1, 1]),
  ])
  func allBordersCountForTheMemoryThatANetworkNeeds(_ text: String, _ input: [Int]) throws {
    let network = try Network(text: text, input: input, seed: 1)
    #expect(throws: NotEnoughMemory.self) {
      try Plan(network, batchSize: 1, mode: .gradients(ofInputs: true))
    }
  }

  /// In inference each worker copies the rows that a band reads: the estimate counts just these.
  @Test(arguments: [
    ("conv 8 3x3 stride 2 padding 1", [4, 40, 40]),
    ("conv 8 5x5 dilation 2 groups 2 padding 4", [4, 60, 24]),
    ("conv 8 7x7 stride 3 padding 3", [16, 64, 16]),
  ])
  func whatWorkersCopyInInferenceCounts(_ text: String, _ input: [Int]) throws {
    let network = try Network(text: text, input: input, seed: 1)
    func allocated(_ workers: Int) throws -> Int {
      try Plan(network, batchSize: 3, mode: .inference, threads: workers, lanes: .images).bytes
    }
    func estimated(_ workers: Int) -> Int {
      Int(NotEnoughMemory.floats(network, batchSize: 3, isTraining: false, workers: workers))
        * MemoryLayout<Float>.stride
    }
    #expect(estimated(3) > estimated(1))
    #expect(try allocated(3) - allocated(1) == estimated(3) - estimated(1))
  }

  /// The largest batch whose memory is found to fit; nothing is allocated.
  private func largestBatch(_ text: String, inputs: [[Int]]) throws -> Double {
    let network = try Network(Network.layers(text: text)[0], on: inputs, seed: 1)
    var (low, high) = (1, 1 << 40)
    while high - low > 1 {
      let middle = (low + high) / 2
      do {
        try NotEnoughMemory.check(network, batchSize: middle, isTraining: true, workers: 2)
        low = middle
      } catch { high = middle }
    }
    return Double(low)
  }

  /// Beside three times as many numbers as inputs and outputs have: as many as outputs have.
  @Test func whatLayersKeepForTheWayBackCounts() throws {
    func expect(_ text: String, _ inputs: [[Int]], like other: String, _ ratio: Double) throws {
      let found = try largestBatch(text, inputs: inputs) / largestBatch(other, inputs: inputs)
      #expect(abs(found - ratio) < 1e-3, "\(text): \(found)")
    }
    try expect("lrn 5", [[8, 4, 4]], like: "tanh", 6.0 / 7)
    try expect("radial 64 gaussian 1", [[64]], like: "tanh", 6.0 / 7)
    try expect("dense 64", [[64]], like: "tanh", 6.0 / 7)
    let (image, pooled) = ([2, 9, 9], [2, 4, 4])
    let values = Double(3 * (2 * 81 + 2 * 16 + 2 * 81))
    let alone = try largestBatch("maxunpool 3 stride 2", inputs: [pooled, image])
    let disjoint = try largestBatch("maxunpool 2", inputs: [pooled, image])
    #expect(abs(alone / disjoint - values / (values + 2 * 81)) < 1e-3)
  }

  /// What each of very many threads would work in.
  @Test func whatWorkersOfATrainingNeedCounts() throws {
    func refusal(
      _ text: String, side: Int, _ change: (inout Trainer) throws -> Void
    ) throws -> String {
      var trainer = Trainer(
        loss: .softmaxCrossEntropy, optimizer: SGD(learningRate: 0.1), batchSize: 1,
        threads: Engine.maximumThreads, normalizes: false)
      try change(&trainer)
      var network = try Network(text: text, input: [1, side, side], seed: 1)
      let data = try Dataset(
        imageShape: [1, side, side], pixels: .bytes(Array(repeating: 1, count: side * side)),
        labels: [0], classNames: ["a", "b"])
      let error = try #require(throws: NotEnoughMemory.self) {
        try trainer.train(&network, on: data, epochs: 1)
      }
      return error.description
    }
    for message in [
      try refusal("flatten, dense 4096, dense 2", side: 64) { $0.optimizer = Muon() },
      try refusal("maxpool 64, flatten, dense 2", side: 2048) {
        $0.augmentation = try Augmentation(text: "elastic 8 4")
      },
    ] {
      #expect(message.hasPrefix("memory: expected at most "))
    }
  }

  /// No bordered copy is made of what goes through a worker's memory row by row.
  @Test func aDepthwiseConvolutionNeedsNoMemoryForItsBorder() throws {
    let network = try Network(
      text: "depthwise 1x1 stride 65536 padding 65536", input: [2, 1, 1], seed: 1)
    let output = try network(Tensor(repeating: 1, shape: [1, 2, 1, 1]))
    let bias = network.parameters[1].tensor.scalars
    let weight = network.parameters[0].tensor.scalars
    #expect(output.shape == [1, 2, 3, 3])
    var expected: [Float] = []
    for channel in 0..<2 {
      expected += Array(repeating: bias[channel], count: 9)
      expected[channel * 9 + 4] += weight[channel]
    }
    #expect(output.scalars == expected)
  }

  @Test func preprocessingOfOtherChannelsIsRefused() throws {
    var network = try Network(input: [2, 1, 1], seed: 1, layers: [Flatten(), Dense(2)])
    network.preprocessing.mean = [0.5]
    let data = try Dataset(
      imageShape: [2, 1, 1], pixels: .bytes([0, 1]), labels: [0], classNames: ["a", "b"])
    let error = try #require(throws: InvalidInput.self) { try network.evaluate(on: data) }
    #expect(error.description == "preprocessing: expected 2 channels, found mean of 1")
    #expect(throws: InvalidInput.self) {
      try network.classify(Tensor(repeating: 1, shape: [1, 2, 1, 1]))
    }
  }

  @Test func aPoolOfMoreThreadsThanAllowedIsAMistake() async {
    await #expect(processExitsWith: .failure) {
      let network = try Network(input: [1], seed: 1, layers: [Dense(1)])
      _ = try network.classify(Tensor([[1]]), threads: 1025)
    }
  }

  @Test func aPoolKeepsNothingOfAProgramThatHasRun() throws {
    weak var forgotten: Token?
    do {
      let token = Token()
      forgotten = token
      let network = try Network(input: [1], seed: 1, layers: [Holding(token: token)])
      _ = try Plan(network, batchSize: 1, mode: .inference, threads: 7).run([Tensor([[1]])])
    }
    // A worker may still be on its way out of the last wait.
    for _ in 0..<10_000 where forgotten != nil { usleep(1000) }
    #expect(forgotten == nil)
  }
}

private final class Token: Sendable {}

/// A layer whose task holds an object.
private struct Holding: Layer {
  let token: Token
  let stem = "holding"
  let text = "holding"
  let backwardNeeds: BackwardNeeds = []

  func outputShape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor { inputs[0] }

  func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients { ReferenceGradients(inputs: [gradient]) }

  func compile(into site: inout LayerSite) {
    site.forward(tasks: 2) { [token] _ in withExtendedLifetime(token) {} }
  }
}
