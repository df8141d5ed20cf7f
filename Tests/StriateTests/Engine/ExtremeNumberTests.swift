import Striate
import Testing

/// Numbers that are right in Double and nothing, or infinite, in the engine's Float.
@Suite struct ExtremeNumberTests {
  static let vanishing: [any Optimizer] = [
    Adam(moments: Moments(epsilon: 1e-46)), Adam(moments: Moments(beta2: 0.999999999999)),
    AdamW(weightDecay: 1e300), RMSprop(epsilon: 1e-40), RMSprop(smoothing: 0.999999999999),
    SGD(momentum: 0.999999999999), SGD(weightDecay: 1e39),
    SGD(learningRate: .leastNonzeroMagnitude),
  ]

  @Test(arguments: vanishing.indices)
  func anOptimizerRefusesThem(index: Int) {
    #expect(throws: InvalidOptimizer.self) { try Self.vanishing[index].validate() }
  }

  @Test(arguments: [
    "gaussian 0 1e-30", "multiquadratic 0 1e-30", "inverse-multiquadratic 0 1e-15",
    "inverse-multiquadratic 0 1e30", "leaky-relu 1e300", "gaussian 1e300 1",
  ])
  func anActivationRefusesThem(text: String) {
    #expect(throws: InvalidNetwork.self) { try Network(text: text, input: [1], seed: 1) }
  }

  @Test(arguments: [
    "gaussian 0 1e-12", "multiquadratic 0 1e-12", "inverse-multiquadratic 0 1e-12",
    "gaussian 0 1e12", "multiquadratic 0 1e12", "inverse-multiquadratic 0 1e12",
  ])
  func theGradientAtACentreIsZeroForTheNarrowestAndTheWidest(text: String) throws {
    let network = try Network(text: text, input: [1], seed: 1)
    let result = try network.gradients(
      [Tensor([[0]])], targets: Tensor([[0]]),
      loss: .init(
        .squaredError(scale: 1e-6)))
    #expect(result.inputs[0].scalars == [0])
  }

  @Test func trainingForAsManyEpochsAsThereAreIntegersCanBegin() throws {
    var network = try Network(input: [1], seed: 1, layers: [Dense(1)])
    let data = try Dataset(
      imageShape: [1], pixels: .floats([1, 2]), labels: [0, 0], classNames: ["a"])
    let trainer = Trainer(
      loss: .meanSquaredError, optimizer: SGD(), batchSize: 1, schedule: .linear)
    let reports = try trainer.train(&network, on: data, epochs: .max) { $0.finished == nil }
    #expect(reports.count == 1)
  }

  @Test func aSummaryOfTheLargestBatchDoesNotOverflow() throws {
    let network = try Network(input: [1], seed: 1, layers: [Dense(2)])
    #expect(network.summary(batchSize: .max).activationBytes == .max)
  }

  @Test func validationDataWithoutImagesAreRefused() throws {
    var network = try Network(input: [1], seed: 1, layers: [Dense(1)])
    let data = try Dataset(
      imageShape: [1], pixels: .floats([1, 2]), labels: [0, 0], classNames: ["a"])
    let trainer = Trainer(
      loss: .meanSquaredError, optimizer: SGD(), batchSize: 1, validation: data.subset([]))
    let error = try #require(throws: InvalidTraining.self) {
      try trainer.train(&network, on: data, epochs: 1)
    }
    #expect(error.description == "validation data: expected at least one image, found 0")
  }
}
