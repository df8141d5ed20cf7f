import Striate
import Testing

/// The training loop: order, mean gradients, schedules, stopping, and what it refuses.
@Suite struct TrainerTests {
  /// Images of three random pixels, each unlike every other.
  static func points(_ count: Int, seed: UInt64 = 2) throws -> Dataset {
    var generator = SeededGenerator(seed: seed)
    return try Dataset(
      imageShape: [3, 1, 1],
      pixels: .floats((0..<count * 3).map { _ in generator.uniform(in: -1..<1) }),
      labels: (0..<count).map { $0 % 2 }, classNames: ["even", "odd"])
  }

  static func network() throws -> Network {
    try Network(input: [3, 1, 1], seed: 6) {
      Flatten()
      Dense(4)
      Tanh()
      Dense(2)
    }
  }

  /// The parameters after plain gradient descent in Double, batch by batch in the trainer's order.
  static func descend(
    _ network: Network, _ data: Dataset, loss: Loss, rate: Double, batchSize: Int, seed: UInt64,
    epochs: Int, stopAfter: Int = .max,
    factor: (_ step: Int, _ steps: Int) -> Double = { _, _ in 1 }
  ) throws -> [ReferenceTensor] {
    var parameters = network.referenceParameters
    let steps = (data.count + batchSize - 1) / batchSize * epochs
    var step = 0
    for epoch in 1...epochs {
      var generator = SeededGenerator(seed: seed, stream: UInt64(epoch))
      let order = generator.permutation(of: data.count)
      for start in stride(from: 0, to: data.count, by: batchSize) {
        let batch = order[start..<min(start + batchSize, data.count)]
        // The mean of the gradients of the images, one by one.
        var mean = parameters.map { ReferenceTensor(zeros: $0.shape) }
        for index in batch {
          let image = ReferenceTensor(try data.image(at: index))
          let x = image.reshaped(to: [1] + image.shape)
          var target = ReferenceTensor(zeros: [1, 2])
          target[0, data.labels[index]] = 1
          let values = network.referenceForward([x], parameters: parameters)
          let gradients = network.referenceBackward(
            loss.referenceGradient(output: values[values.count - 1], target: target),
            inputs: [x], values: values, parameters: parameters)
          for (i, gradient) in gradients.parameters.enumerated() {
            for k in 0..<gradient.count { mean[i][k] += gradient[k] / Double(batch.count) }
          }
        }
        for i in parameters.indices {
          for k in 0..<parameters[i].count {
            parameters[i][k] -= rate * factor(step, steps) * mean[i][k]
          }
        }
        step += 1
        if step == stopAfter { return parameters }
      }
    }
    return parameters
  }

  /// 22 images in batches of 5 and of 17 (a block and one lane): the last batch is short.
  @Test(arguments: [1, 5, 17, 22, 100], [Loss.softmaxCrossEntropy, .halfSquaredError])
  func aStepFollowsTheMeanGradientOfItsImages(_ batchSize: Int, _ loss: Loss) throws {
    let (data, network) = (try Self.points(22), try Self.network())
    for schedule in [LearningRateSchedule.constant, .linear] {
      var trained = network
      try Trainer(
        loss: loss, optimizer: GradientDescent(learningRate: 0.25), batchSize: batchSize, seed: 9,
        threads: 2, schedule: schedule, normalizes: false
      ).train(&trained, on: data, epochs: 3)
      let expected = try Self.descend(
        network, data, loss: loss, rate: 0.25, batchSize: batchSize, seed: 9, epochs: 3
      ) { step, steps in
        schedule == .linear ? 1 - Double(step) / Double(steps) : 1
      }
      for (parameter, reference) in zip(trained.parameters, expected) {
        #expect(
          relativeError(parameter.tensor.scalars, reference.values) < 1e-5,
          "\(parameter.name), \(schedule)")
      }
    }
  }

  @Test func aSummedLossFollowsTheSumAndReportsTheMean() throws {
    let data = try Self.points(4)
    var (summed, mean) = (try Self.network(), try Self.network())
    var sum = Trainer(
      loss: Loss(.squaredError(scale: 1), reduction: .sum),
      optimizer: GradientDescent(learningRate: 0.0625), batchSize: 4, normalizes: false)
    var average = Trainer(
      loss: .meanSquaredError, optimizer: GradientDescent(learningRate: 0.25), batchSize: 4,
      normalizes: false)
    (sum.validation, average.validation) = (data, data)
    let first = try sum.train(&summed, on: data, epochs: 3)
    let second = try average.train(&mean, on: data, epochs: 3)
    for (a, b) in zip(first, second) {
      #expect(abs(a.loss - b.loss) < 1e-6 * b.loss)
      let (summed, mean) = try (#require(a.validation?.loss), #require(b.validation?.loss))
      #expect(abs(summed - mean) < 1e-6 * mean)
    }
    for (a, b) in zip(summed.parameters, mean.parameters) {
      #expect(relativeError(a.tensor.scalars, b.tensor.scalars.map(Double.init)) < 1e-5)
    }
  }

  /// With steps too small to change anything, the loss of a batch of one names its image.
  @Test func everyImageIsSeenOnceAnEpochAndInAnotherOrderEachTime() throws {
    let data = try Self.points(40)
    var network = try Self.network()
    var losses: [[Double]] = [[], [], []]
    var sum = 0.0
    try Trainer(
      loss: .halfSquaredError, optimizer: GradientDescent(learningRate: 1e-30), batchSize: 1,
      normalizes: false
    ).train(&network, on: data, epochs: 3) { progress in
      if progress.finished != nil {
        sum = 0
        return true
      }
      let total = progress.loss * Double(progress.images)
      losses[progress.epoch - 1].append(((total - sum) * 1e7).rounded())
      sum = total
      return true
    }
    #expect(Set(losses[0]).count == 40)
    #expect(losses[0].sorted() == losses[1].sorted())
    #expect(losses[0].sorted() == losses[2].sorted())
    #expect(losses[0] != losses[1])
    #expect(losses[1] != losses[2])
    #expect(losses[0] != losses[2])
  }

  @Test func anEpochReportsTheLossAndAccuracyOfItsImages() throws {
    let data = try Self.points(23)
    var network = try Self.network()
    let expected = try network.evaluate(
      on: data, loss: .softmaxCrossEntropy, keepsProbabilities: false)
    let epochs = try Trainer(
      loss: .softmaxCrossEntropy, optimizer: GradientDescent(learningRate: 1e-30), batchSize: 5,
      validation: data, normalizes: false
    ).train(&network, on: data, epochs: 2)
    #expect(epochs.map(\.number) == [1, 2])
    for epoch in epochs {
      #expect(epoch.images == 23)
      #expect(epoch.accuracy == expected.accuracy)
      #expect(abs(epoch.loss - (expected.loss ?? 0)) < 1e-6)
      #expect(epoch.validation == expected)
      #expect(epoch.description.hasPrefix("epoch \(epoch.number)  loss 0."))
      #expect(epoch.description.hasSuffix(" images/s"))
    }
  }

  @Test func trainingTakesOverTheDataStatisticsAndClassNames() throws {
    let data = try Self.points(30)
    var network = try Self.network()
    let trainer = Trainer(loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 8)
    try trainer.train(&network, on: data, epochs: 1)
    #expect(try network.preprocessing.mean == data.statistics().mean)
    #expect(try network.preprocessing.standardDeviation == data.statistics().standardDeviation)
    #expect(network.preprocessing.classNames == ["even", "odd"])
    // A network that has its own statistics keeps them.
    try trainer.train(&network, on: Self.points(30, seed: 8), epochs: 1)
    #expect(try network.preprocessing.mean == data.statistics().mean)
  }

  @Test func aConstantChannelIsNotDividedByZero() throws {
    let data = try Dataset(
      imageShape: [1, 2, 2], pixels: .bytes(Array(repeating: 7, count: 16)), labels: [0, 1, 0, 1],
      classNames: ["a", "b"])
    var network = try Network(input: [1, 2, 2], seed: 0) {
      Flatten()
      Dense(2)
    }
    let epochs = try Trainer(loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 2)
      .train(&network, on: data, epochs: 1)
    #expect(epochs[0].loss.isFinite)
    #expect(network.preprocessing.standardDeviation == [1])
  }
}
