import Striate
import Testing

/// What happens to gradients before a step and to parameters after it, against the same in Double.
@Suite struct UpdateRulesTests {
  static let decaying: [any Optimizer] = [
    SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 0.2),
    AdamW(learningRate: 0.01, weightDecay: 2),
    LAMB(learningRate: 0.02, weightDecay: 0.5), Muon(learningRate: 0.02, weightDecay: 1),
    Lion(learningRate: 0.003, weightDecay: 1),
  ]

  // MARK: Groups

  @Test(arguments: decaying.indices)
  func biasesAreSparedFromDecayWhereAGroupSaysSo(_ index: Int) throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(Self.decaying[index])
    let all = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    trainer.groups = [.withoutDecay]
    let spared = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 2) {
      .init(decays: !$0.name.hasSuffix("bias"))
    }
    expectClose(spared, expected.parameters, relative: 2e-5, of: network)
    #expect(spared != all)
  }

  @Test(arguments: decaying.indices)
  func aGroupHasALearningRateOfItsOwn(_ index: Int) throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(Self.decaying[index])
    trainer.groups = [
      ParameterGroup("conv*", learningRateFactor: 0.25),
      ParameterGroup("fc1", learningRateFactor: 2),
      ParameterGroup("fc2.bias", learningRateFactor: 0),
    ]
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 2) {
      .init(
        factor: $0.name.hasPrefix("conv")
          ? 0.25
          : $0.name.hasPrefix("fc1") ? 2 : $0.name == "fc2.bias" ? 0 : 1)
    }
    expectClose(found, expected.parameters, relative: 2e-5, of: network)
  }

  @Test func aParameterOfSeveralGroupsFollowsAllOfThem() throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(AdamW(learningRate: 0.01, weightDecay: 2))
    trainer.groups = [
      .withoutDecay, ParameterGroup("conv*", learningRateFactor: 0.5),
      ParameterGroup("*.bias", learningRateFactor: 0.5),
    ]
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 2) {
      let isBias = $0.name.hasSuffix("bias")
      return .init(
        factor: ($0.name.hasPrefix("conv") ? 0.5 : 1) * (isBias ? 0.5 : 1), decays: !isBias)
    }
    expectClose(found, expected.parameters, relative: 1e-5, of: network)
  }

  @Test func everyNumberOfAllParametersIsInOneGroup() throws {
    // More than one part of each kind: a dense layer of 9,000 numbers between small ones.
    let network = try Network(input: [2, 5, 5], seed: 1) {
      Flatten()
      Dense(180)
      Tanh()
      Dense(3)
    }
    let data = try TrainingSample.images(20)
    var trainer = TrainingSample.trainer(SGD(learningRate: 1, weightDecay: 0.5))
    // Without gradients a step is the decay alone: each number is halved, or kept.
    trainer.loss = Loss(.squaredError(scale: 1e-12))
    trainer.batchSize = 20
    for (groups, halves) in [
      ([], { (_: String) in true }), ([ParameterGroup.withoutDecay], { $0.hasSuffix("weight") }),
      ([ParameterGroup("fc1.weight", decays: false)], { $0 != "fc1.weight" }),
      ([ParameterGroup("fc2.*", decays: false)], { !$0.hasPrefix("fc2") }),
    ] as [([ParameterGroup], (String) -> Bool)] {
      trainer.groups = groups
      let found = try TrainingSample.train(trainer, network, on: data, epochs: 1)
      for (tensor, parameter) in zip(found, network.parameters) {
        let factor: Float = halves(parameter.name) ? 0.5 : 1
        expectClose(
          tensor.scalars.map(Double.init), parameter.tensor.scalars.map { Double($0 * factor) },
          relative: 1e-6, parameter.name)
      }
    }
  }

  // MARK: Clipping

  static let clipped: [any Optimizer] = [
    SGD(learningRate: 0.5, momentum: 0.9), LAMB(learningRate: 0.02), Muon(learningRate: 0.02),
  ]

  @Test(
    arguments: clipped.indices, [GradientClipping.norm(0.1), .norm(1e6), .value(0.01), .value(10)])
  func gradientsAreClippedAsInTheReference(_ index: Int, _ clipping: GradientClipping) throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(Self.clipped[index])
    let free = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    trainer.clipping = clipping
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 2)
    expectClose(found, expected.parameters, relative: 3e-5, of: network)
    // A limit that no gradient reaches changes no bit.
    #expect((found == free) == (clipping.limitForTests > 1))
  }

  @Test func theNormIsThatOfAllTrainedParametersInAllGroups() throws {
    var network = try TrainingSample.network()
    try network.freeze("conv1")
    let data = try TrainingSample.images(22)
    var trainer = TrainingSample.trainer(SGD(learningRate: 0.5, weightDecay: 0.1))
    trainer.clipping = .norm(0.2)
    trainer.groups = [.withoutDecay, ParameterGroup("fc*", learningRateFactor: 0.5)]
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 2) {
      .init(
        factor: $0.name.hasPrefix("fc") ? 0.5 : 1, decays: $0.name.hasSuffix("weight"),
        isTrained: !$0.name.hasPrefix("conv1"))
    }
    expectClose(found, expected.parameters, relative: 1e-5, of: network)
  }

  // MARK: Running means

  @Test(arguments: [0, 0.1, 0.5, 0.999])
  func theTrainedNetworkHasTheRunningMeansWithTensorFlowsDecay(_ decay: Double) throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(AdamW(learningRate: 0.01))
    trainer.averaging = decay
    // The first step is copied.
    trainer.batchSize = 22
    var expected = try ReferenceTraining(trainer, network, data, epochs: 1)
    expectClose(
      try TrainingSample.train(trainer, network, on: data, epochs: 1), expected.parameters,
      relative: 1e-5, of: network)
    trainer.batchSize = 5
    expected = try ReferenceTraining(trainer, network, data, epochs: 3)
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 3)
    expectClose(found, expected.averages, relative: 1e-5, of: network)
    trainer.averaging = nil
    let plain = try TrainingSample.train(trainer, network, on: data, epochs: 3)
    if decay > 0 { #expect(found != plain) }
  }

  /// The statistics of a normalisation are averaged like its weights, with 3/12 and 4/13 for the second and third step.
  @Test func statisticsHaveARunningMeanToo() throws {
    let (network, data) = (try FreezingTests.network(), try TrainingSample.images(40))
    var trainer = TrainingSample.trainer(SGD(learningRate: 0.02))
    trainer.batchSize = 40
    let steps = try (1...3).map {
      try TrainingSample.train(trainer, network, on: data, epochs: $0)
    }
    trainer.averaging = 0.9
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 3)
    for index in network.parameters.indices {
      let expected = steps[0][index].scalars.indices.map { k in
        let values = steps.map { Double($0[index].scalars[k]) }
        let second = values[0] * 3 / 12 + values[1] * 9 / 12
        return second * 4 / 13 + values[2] * 9 / 13
      }
      #expect(
        relativeError(found[index].scalars, expected) < 1e-6, "\(network.parameters[index].name)")
    }
    #expect(network.parameters.contains { !$0.isLearned })
  }

  @Test func validationMeasuresTheRunningMeans() throws {
    let data = try TrainingSample.images(22)
    var trainer = TrainingSample.trainer(AdamW(learningRate: 0.01))
    (trainer.averaging, trainer.validation) = (0.9, data)
    var network = try TrainingSample.network()
    let epochs = try trainer.train(&network, on: data, epochs: 2)
    let expected = try network.evaluate(on: data, loss: .softmaxCrossEntropy)
    #expect(epochs[1].validation?.predictions == expected.predictions)
    #expect(epochs[1].validation?.loss == expected.loss)
  }

  // MARK: Accumulation

  static let losses = [
    Loss.softmaxCrossEntropy, Loss(.softmaxCrossEntropy, reduction: .sum),
    Loss(.crossEntropy(smoothing: 0.1, classWeights: [1, 4, 0.25], ignoredIndex: nil)),
    Loss(.crossEntropy(smoothing: 0, classWeights: [], ignoredIndex: 1)), .halfSquaredError,
  ]

  /// 22 images in batches of 2, three a step: the last step of an epoch has two batches, 11 % 3.
  @Test(arguments: losses, [2, 3, 100])
  func batchesOfOneStepAreOneBatch(_ loss: Loss, _ accumulation: Int) throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(SGD(learningRate: 0.02, momentum: 0.9))
    trainer.loss = loss
    (trainer.batchSize, trainer.accumulation) = (2, accumulation)
    let parts = try TrainingSample.train(trainer, network, on: data, epochs: 3)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 3)
    expectClose(parts, expected.parameters, relative: 1e-5, of: network)
    (trainer.batchSize, trainer.accumulation) = (2 * accumulation, 1)
    let whole = try TrainingSample.train(trainer, network, on: data, epochs: 3)
    expectClose(parts, whole.map { ReferenceTensor($0) }, relative: 1e-5, of: network)
  }

  @Test(arguments: clipped.indices)
  func accumulationClippingGroupsAndMeansGoTogether(_ index: Int) throws {
    let (network, data) = (try TrainingSample.network(), try TrainingSample.images(22))
    var trainer = TrainingSample.trainer(Self.clipped[index])
    (trainer.batchSize, trainer.accumulation, trainer.averaging) = (2, 3, 0.7)
    trainer.clipping = .norm(0.2)
    trainer.groups = [ParameterGroup("fc*", learningRateFactor: 0.5)]
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 2) {
      .init(factor: $0.name.hasPrefix("fc") ? 0.5 : 1)
    }
    expectClose(found, expected.averages, relative: 3e-5, of: network)
  }

  @Test func theScheduleCountsStepsAndNotBatches() throws {
    let data = try TrainingSample.images(22)
    var trainer = TrainingSample.trainer()
    (trainer.batchSize, trainer.accumulation, trainer.schedule) = (2, 3, .linear)
    var network = try TrainingSample.network()
    var rates: [Float] = []
    var steps: [Int] = []
    try trainer.train(&network, on: data, epochs: 2) {
      if $0.finished == nil { steps.append($0.step) }
      if $0.finished == nil, $0.step > rates.count { rates.append($0.learningRate) }
      return true
    }
    let expected: [Float] = (0..<8).map { step in 0.1 * (1 - Float(step) / 8) }
    #expect(rates == expected)
    #expect(steps == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 8])
  }

  // MARK: Refusals

  static let refusals: [(change: @Sendable (inout Trainer) -> Void, message: String)] = [
    ({ $0.accumulation = 0 }, "accumulation: expected 1 to 1048576 batches, found 0"),
    ({ $0.averaging = 1 }, "averaging: expected a decay from 0 to 1, 1 left out, found 1"),
    ({ $0.averaging = .nan }, "averaging: expected a decay from 0 to 1, 1 left out, found nan"),
    ({ $0.clipping = .norm(0) }, "clipping: expected a positive limit, found norm 0"),
    ({ $0.clipping = .value(.infinity) }, "clipping: expected a positive limit, found value inf"),
    (
      { $0.groups = [ParameterGroup("a*", learningRateFactor: -1)] },
      "parameter group: expected a learning-rate factor of at least 0, found a* ×-1.0"
    ),
  ]

  @Test(arguments: refusals.indices)
  func numbersThatMakeNoSenseAreRefused(_ index: Int) throws {
    var trainer = TrainingSample.trainer()
    Self.refusals[index].change(&trainer)
    var network = try TrainingSample.network()
    let error = try #require(throws: InvalidTraining.self) {
      try trainer.train(&network, on: TrainingSample.images(6), epochs: 1)
    }
    #expect(error.description == Self.refusals[index].message)
  }
}

extension GradientClipping {
  fileprivate var limitForTests: Float {
    switch self {
    case .norm(let limit), .value(let limit): limit
    }
  }
}
