import Striate
import Testing

/// A training in Double, image by image and straight from the definitions: the yardstick of `Trainer`.
///
/// It knows a mean or a summed loss, accumulation, clipping, running means, and what a test says about
/// single parameters; it knows neither groups nor threads nor kernels.
struct ReferenceTraining {
  /// How one parameter is trained.
  struct Treatment {
    var factor: Float = 1
    var decays = true
    var isTrained = true
  }

  private(set) var parameters: [ReferenceTensor]
  /// The running means, with TensorFlow's decay; empty without.
  private(set) var averages: [ReferenceTensor] = []
  private var state: [[[Double]]]
  private var step = 0

  init(
    _ trainer: Trainer, _ network: Network, _ data: Dataset, epochs: Int,
    training: RandomKey? = nil, treatment: (Network.Parameter) -> Treatment = { _ in Treatment() }
  ) throws {
    parameters = network.referenceParameters
    state = parameters.map { tensor in
      Array(
        repeating: Array(repeating: 0.0, count: tensor.count), count: trainer.optimizer.stateCount)
    }
    let treatments = network.parameters.map(treatment)
    for epoch in 1...epochs {
      var generator = SeededGenerator(seed: trainer.seed, stream: UInt64(epoch))
      let order = generator.permutation(of: data.count)
      let batches = stride(from: 0, to: data.count, by: trainer.batchSize).map { start in
        Array(order[start..<min(start + trainer.batchSize, data.count)])
      }
      for first in stride(from: 0, to: batches.count, by: trainer.accumulation) {
        let images = batches[first..<min(first + trainer.accumulation, batches.count)].flatMap {
          $0
        }
        var gradients = try Self.gradients(
          network, parameters, data, images, trainer.loss, training)
        for index in treatments.indices where !treatments[index].isTrained {
          gradients[index] = ReferenceTensor(zeros: gradients[index].shape)
        }
        Self.clip(&gradients, trainer.clipping)
        update(trainer, gradients, treatments)
      }
    }
  }

  /// The gradient of the loss of all these images together.
  private static func gradients(
    _ network: Network, _ parameters: [ReferenceTensor], _ data: Dataset, _ images: [Int],
    _ loss: Loss, _ training: RandomKey?
  ) throws -> [ReferenceTensor] {
    let pixels = try images.flatMap { try data.image(at: $0).scalars.map(Double.init) }
    let x = ReferenceTensor(shape: [images.count] + data.imageShape, values: pixels)
    var target = ReferenceTensor(zeros: [images.count] + network.outputShape)
    for (row, index) in images.enumerated() where data.labels[index] != loss.ignoredIndex {
      target[row, data.labels[index]] = 1
    }
    let values = network.referenceForward(
      [x], parameters: parameters, training: training)
    return network.referenceBackward(
      loss.referenceGradient(output: values[values.count - 1], target: target), inputs: [x],
      values: values, parameters: parameters, training: training
    ).parameters
  }

  private static func clip(_ gradients: inout [ReferenceTensor], _ clipping: GradientClipping?) {
    switch clipping {
    case .norm(let limit)?:
      let norm = gradients.flatMap(\.values).reduce(0) { $0 + $1 * $1 }.squareRoot()
      let factor = min(1, Double(limit) / (norm + 1e-6))
      gradients = gradients.map { $0.map { $0 * factor } }
    case .value(let limit)?:
      let limit = Double(limit)
      gradients = gradients.map { $0.map { min(max($0, -limit), limit) } }
    case nil: break
    }
  }

  private mutating func update(
    _ trainer: Trainer, _ gradients: [ReferenceTensor], _ treatments: [Treatment]
  ) {
    step += 1
    for index in parameters.indices where treatments[index].isTrained {
      var rule = trainer.optimizer
      rule.learningRate *= treatments[index].factor
      if !treatments[index].decays { rule.weightDecay = 0 }
      rule.referenceUpdate(
        &parameters[index].values, shape: parameters[index].shape,
        gradient: gradients[index].values, state: &state[index], step: step)
    }
    guard let decay = trainer.averaging else { return }
    if step == 1 {
      averages = parameters
    } else {
      let d = min(decay, Double(1 + step) / Double(10 + step))
      for index in parameters.indices {
        for k in 0..<parameters[index].count {
          averages[index][k] = d * averages[index][k] + (1 - d) * parameters[index][k]
        }
      }
    }
  }
}

/// Networks and data of the tests of training.
enum TrainingSample {
  /// Five kinds of parameters in 43 + 10 numbers and more: two convolutions, two dense layers, biases.
  static func network(seed: UInt64 = 6) throws -> Network {
    try Network(input: [2, 5, 5], seed: seed) {
      Conv2D(filters: 3, kernel: 3)
      Tanh()
      Conv2D(filters: 4, kernel: 2)
      Tanh()
      Flatten()
      Dense(6)
      Tanh()
      Dense(3)
    }
  }

  /// Images of noise around one of three pictures.
  static func images(_ count: Int, seed: UInt64 = 2) throws -> Dataset {
    var generator = SeededGenerator(seed: 99)
    let pictures = (0..<3).map { _ in (0..<50).map { _ in generator.uniform(in: -1..<1) } }
    var noise = SeededGenerator(seed: seed)
    let pixels = (0..<count).flatMap { image in
      pictures[image % 3].map { $0 + noise.uniform(in: -0.5..<0.5) }
    }
    return try Dataset(
      imageShape: [2, 5, 5], pixels: .floats(pixels), labels: (0..<count).map { $0 % 3 },
      classNames: ["a", "b", "c"])
  }

  /// 22 images in batches of 5: the last batch of an epoch is short.
  static func trainer(_ optimizer: any Optimizer = SGD(learningRate: 0.1)) -> Trainer {
    Trainer(
      loss: .softmaxCrossEntropy, optimizer: optimizer, batchSize: 5, seed: 9, threads: 1,
      normalizes: false)
  }

  /// Trains on 1, 2 and 3 threads, expects the same bits of all, and returns the parameters.
  static func train(
    _ trainer: Trainer, _ network: Network, on data: Dataset, epochs: Int
  ) throws -> [Tensor] {
    var results: [[Tensor]] = []
    for threads in 1...3 {
      var (trainer, network) = (trainer, network)
      trainer.threads = threads
      try trainer.train(&network, on: data, epochs: epochs)
      results.append(network.parameters.map(\.tensor))
    }
    guard results.allSatisfy({ $0 == results[0] }) else { throw DifferentBits() }
    return results[0]
  }

  struct DifferentBits: Error {}
}

/// Expects parameters to agree with those of a reference.
func expectClose(
  _ actual: [Tensor], _ expected: [ReferenceTensor], relative: Double, of network: Network,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for ((tensor, reference), parameter) in zip(zip(actual, expected), network.parameters) {
    expectClose(
      tensor, reference, relative: relative, parameter.name, sourceLocation: sourceLocation)
  }
}
