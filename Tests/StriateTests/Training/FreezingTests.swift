import Striate
import Testing

/// Parameters that training leaves as they are.
@Suite struct FreezingTests {
  static func network() throws -> Network {
    try Network(
      text: """
        conv 4 3x3 padding 1, batchnorm, relu, conv 4 3x3 padding 1, batchnorm, relu, flatten, \
        dense 6, relu, dense 3
        """, input: [2, 5, 5], seed: 4)
  }

  @Test(arguments: ["sgd", "muon", "lamb", "adamw"])
  func frozenParametersKeepTheirBitsAndTheOthersLearn(_ name: String) throws {
    var network = try Self.network()
    #expect(try network.freeze("conv1") == 2)
    #expect(try network.freeze("fc1.bias") == 1)
    var trainer = TrainingSample.trainer(
      try namedOptimizer(
        name, learningRate: 0.01, momentum: nil, nesterov: false, weightDecay: 0.1))
    (trainer.clipping, trainer.averaging, trainer.accumulation) = (.norm(1), 0.9, 2)
    let data = try TrainingSample.images(40)
    let trained = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    for (tensor, parameter) in zip(trained, network.parameters) {
      #expect((tensor == parameter.tensor) == parameter.isFrozen, "\(parameter.name)")
    }
    #expect(
      network.parameters.filter(\.isFrozen).map(\.name) == [
        "conv1.weight", "conv1.bias", "fc1.bias",
      ])
  }

  @Test func aFrozenBatchNormalisationUsesAndKeepsItsStatistics() throws {
    let data = try TrainingSample.images(40)
    let trainer = TrainingSample.trainer(SGD(learningRate: 0.05))
    var network = try Self.network()
    try trainer.train(&network, on: data, epochs: 1)
    try network.freeze("bn1")
    let before = network
    try trainer.train(&network, on: data, epochs: 1)
    for (new, old) in zip(network.parameters, before.parameters) {
      #expect((new.tensor == old.tensor) == old.name.hasPrefix("bn1"), "\(old.name)")
    }
  }

  /// A step with a frozen normalisation is a step of the network in which a layer of constants stands in
  /// its place: the reference computes with the running statistics.
  @Test func aStepThroughAFrozenNormalisationFollowsItsRunningStatistics() throws {
    var network = try Network(
      text: "conv 3 3x3, batchnorm, tanh, flatten, dense 3", input: [2, 5, 5], seed: 4)
    let data = try TrainingSample.images(20)
    var trainer = TrainingSample.trainer(SGD(learningRate: 0.5))
    try trainer.train(&network, on: data, epochs: 1)
    try network.freeze("bn1")
    trainer.seed = 3
    let found = try TrainingSample.train(trainer, network, on: data, epochs: 2)
    let expected = try ReferenceTraining(trainer, network, data, epochs: 2) {
      .init(isTrained: !$0.name.hasPrefix("bn1"))
    }
    expectClose(found, expected.parameters, relative: 1e-5, of: network)
  }

  @Test func aNormalisationWithOneFrozenParameterStillLearnsItsStatistics() throws {
    var network = try Self.network()
    try network.freeze("bn1.bias")
    let before = network
    try TrainingSample.trainer(SGD(learningRate: 0.05))
      .train(&network, on: TrainingSample.images(40), epochs: 1)
    for (new, old) in zip(network.parameters, before.parameters) where old.name.hasPrefix("bn1") {
      #expect((new.tensor == old.tensor) == (old.name == "bn1.bias"), "\(old.name)")
    }
  }

  /// What is frozen has no gradient; all others stay what they are, to the bit.
  @Test(arguments: LayerCase.all.filter { !$0.layer.parameters(of: $0.shapes).isEmpty })
  func aFrozenParameterChangesNoOtherGradient(_ trial: LayerCase) throws {
    var generator = SeededGenerator(seed: 12)
    let network = try Network(trial.layer, on: trial.shapes, seed: 3)
    let inputs = trial.inputs.map { Tensor(random: $0, scale: 1, using: &generator) }
    let targets = Tensor(
      random: [trial.inputs[0][0]] + network.outputShape, scale: 1, using: &generator)
    func gradients(_ network: Network) throws -> (inputs: [Tensor], parameters: [Tensor]) {
      let all = try network.gradients(
        inputs, targets: targets, loss: .halfSquaredError, kernels: .best, marker: .nan)
      return (all.inputs, all.parameters)
    }
    let expected = try gradients(network)
    let choices = network.parameters.indices.map { [$0] } + [Array(network.parameters.indices)]
    for choice in choices {
      var frozen = network
      for index in choice { frozen.parameters[index].isFrozen = true }
      let found = try gradients(frozen)
      #expect(found.inputs == expected.inputs, "\(choice)")
      for index in network.parameters.indices {
        let gradient = found.parameters[index]
        if choice.contains(index) {
          #expect(gradient.scalars.allSatisfy { $0 == 0 })
        } else {
          #expect(gradient == expected.parameters[index], "\(choice): \(index)")
        }
      }
    }
  }

  @Test func theLayersBeforeAFrozenOneLearn() throws {
    for text in ["prelu per-channel", "groupnorm 2", "layernorm"] {
      var network = try Network(
        text: "conv 4 3x3, \(text), flatten, dense 3", input: [2, 5, 5], seed: 4)
      try network.freeze(network.nodes[1].name)
      let before = network
      try TrainingSample.trainer()
        .train(&network, on: TrainingSample.images(20), epochs: 1)
      for (new, old) in zip(network.parameters, before.parameters) {
        #expect((new.tensor == old.tensor) == old.isFrozen, "\(text): \(old.name)")
      }
    }
  }

  @Test func aNormalisationThatLearnsNothingIsFrozenWithItsStatistics() throws {
    let text = "conv 4 3x3, batchnorm affine none, relu, flatten, dense 3"
    var network = try Network(text: text, input: [2, 5, 5], seed: 4)
    #expect(try network.freeze("bn1") == 2)
    let before = network
    try TrainingSample.trainer(SGD(learningRate: 0.05))
      .train(&network, on: TrainingSample.images(40), epochs: 1)
    for (new, old) in zip(network.parameters, before.parameters) {
      #expect((new.tensor == old.tensor) == old.name.hasPrefix("bn1"), "\(old.name)")
    }
  }

  @Test func statisticsOfALayerThatLearnsAreNotFrozenAlone() throws {
    var network = try Self.network()
    for pattern in ["bn1.running_mean", "*.running_*"] {
      let error = try #require(throws: InvalidInput.self) { try network.freeze(pattern) }
      #expect(
        error.description.hasPrefix(
          "freeze: expected a pattern that fits what is learned, found \"\(pattern)\", which fits "
            + "bn1.running_mean"))
      #expect(error.description.contains("running statistics are frozen with their layer, bn1"))
    }
    #expect(network.parameters.allSatisfy { !$0.isFrozen })
    var plain = try Network(
      text: "conv 4 3x3, batchnorm affine none, flatten, dense 3", input: [2, 5, 5], seed: 4)
    #expect(throws: InvalidInput.self) { try plain.freeze("bn1.running_mean") }
    #expect(try plain.freeze("bn1.running_*") == 2)
  }

  static let patterns: [(pattern: String, names: [String])] = [
    ("a", ["a.weight", "a.bias"]),
    ("a.weight", ["a.weight"]),
    ("layer1", ["layer1.0.weight", "layer1.0.bias", "layer1.1.weight"]),
    ("layer1.0", ["layer1.0.weight", "layer1.0.bias"]),
    ("layer1.*", ["layer1.0.weight", "layer1.0.bias", "layer1.1.weight"]),
    ("*.bias", ["a.bias", "layer1.0.bias"]),
    ("layer*.weight", ["layer1.0.weight", "layer1.1.weight"]),
    ("l*1*0*t", ["layer1.0.weight"]),
    ("*", ["a.weight", "a.bias", "layer1.0.weight", "layer1.0.bias", "layer1.1.weight"]),
  ]

  @Test(arguments: patterns.indices) func aPatternNamesParametersLayersAndBlocks(_ index: Int)
    throws
  {
    let (pattern, names) = Self.patterns[index]
    var network = try Network(input: [4], seed: 1) {
      Dense(4).named("a")
      Sequential {
        Dense(4)
        Dense(2, bias: false)
      }.named("layer1")
    }
    #expect(try network.freeze(pattern) == names.count)
    #expect(network.parameters.filter(\.isFrozen).map(\.name) == names)
  }

  @Test func aPatternThatFitsNothingSaysWhatThereIs() throws {
    var network = try Self.network()
    for pattern in ["conv3", "", "conv", "*x", "con*x*1", "bn1.weight.x"] {
      let error = try #require(throws: InvalidInput.self) { try network.freeze(pattern) }
      #expect(
        error.description
          == "freeze: expected a pattern that fits a parameter, found \"\(pattern)\": "
          + "the layers with parameters are conv1, bn1, conv2, bn2, fc1, fc2")
    }
    #expect(network.parameters.allSatisfy { !$0.isFrozen })
  }

  @Test func aNetworkWithNothingToLearnIsRefused() throws {
    var network = try Self.network()
    try network.freeze("*")
    let error = try #require(throws: InvalidTraining.self) {
      try TrainingSample.trainer().train(&network, on: TrainingSample.images(6), epochs: 1)
    }
    #expect(
      error.description == "parameters: expected at least one to train, found all of them frozen")
  }
}
