import Striate
import Testing

/// Optimizers in a training: whole networks, any number of threads.
@Suite struct OptimizerTrainingTests {
  static let rules: [any Optimizer] = [
    SGD(learningRate: 0.05, momentum: 0.9), Adagrad(learningRate: 0.05),
    Adadelta(learningRate: 2), NAdam(learningRate: 0.02), Lion(learningRate: 0.003),
    LAMB(learningRate: 0.02, weightDecay: 0.01), Muon(learningRate: 0.02),
    Muon(learningRate: 0.01, adjustment: .matchRMSAdamW, vectorFactor: 0.5),
  ]

  static func train(_ rule: any Optimizer, threads: Int) throws -> Network {
    var network = try DeterminismTests.network()
    try Trainer(
      loss: .softmaxCrossEntropy, optimizer: rule, batchSize: 20, seed: 7, threads: threads
    ).train(&network, on: DeterminismTests.stripes(70), epochs: 2)
    return network
  }

  @Test(arguments: rules) func trainingGivesTheSameBitsOnAnyNumberOfThreads(
    _ rule: any Optimizer
  ) throws {
    let expected = try Self.train(rule, threads: 1).parametersSHA256
    #expect(try DeterminismTests.network().parametersSHA256 != expected)
    for threads in [2, 5] {
      #expect(try Self.train(rule, threads: threads).parametersSHA256 == expected)
    }
  }

  /// Whole parameters are handed over with their shapes, and parts of them in any cut.
  @Test(arguments: rules) func threeStepsOfATrainingAgreeWithTheReference(
    _ rule: any Optimizer
  ) throws {
    let network = try DeterminismTests.network()
    var trained = network
    let data = try DeterminismTests.stripes(20)
    try Trainer(
      loss: .softmaxCrossEntropy, optimizer: rule, batchSize: 20, threads: 2, normalizes: false
    ).train(&trained, on: data, epochs: 3)

    let images = try (0..<data.count).map { ReferenceTensor(try data.image(at: $0)) }
    let x = ReferenceTensor(shape: [20, 1, 8, 8], values: images.flatMap(\.values))
    var target = ReferenceTensor(zeros: [20, 2])
    for (n, label) in data.labels.enumerated() { target[n, label] = 1 }
    var parameters = network.referenceParameters
    var states = parameters.map { parameter in
      Array(repeating: Array(repeating: 0.0, count: parameter.count), count: rule.stateCount)
    }
    for step in 1...3 {
      let values = network.referenceForward([x], parameters: parameters)
      let gradients = network.referenceBackward(
        Loss.softmaxCrossEntropy.referenceGradient(
          output: values[values.count - 1], target: target),
        inputs: [x], values: values, parameters: parameters
      ).parameters
      for i in parameters.indices {
        rule.referenceUpdate(
          &parameters[i].values, shape: parameters[i].shape, gradient: gradients[i].values,
          state: &states[i], step: step)
      }
    }
    for (parameter, expected) in zip(trained.parameters, parameters) {
      #expect(
        relativeError(parameter.tensor.scalars, expected.values) < 1e-3, "\(parameter.name)")
    }
  }

  @Test func whatIsNotLearnedIsNotUpdated() throws {
    for rule: any Optimizer in [
      SGD(learningRate: 0.01, weightDecay: 1), LAMB(learningRate: 0.01, weightDecay: 1),
    ] {
      var network = try Network(input: [1, 8, 8], seed: 3) {
        Conv2D(filters: 3, kernel: 3)
        BatchNorm(momentum: 0)
        Flatten()
        Dense(2)
      }
      let before = network.parameters
      try Trainer(
        loss: .softmaxCrossEntropy, optimizer: rule, batchSize: 20, threads: 2
      ).train(&network, on: DeterminismTests.stripes(20), epochs: 2)
      for (old, new) in zip(before, network.parameters) {
        #expect((old.tensor == new.tensor) == old.name.contains("running"), "\(old.name)")
      }
    }
  }
}
