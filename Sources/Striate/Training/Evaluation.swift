import LaneKernels

/// How well a network classifies a data set.
public struct Evaluation: Sendable, Equatable {
  /// The class given to each image.
  public let predictions: [Int]

  /// `confusion[t][p]` is the number of images of class t that were taken for class p.
  public let confusion: [[Int]]

  /// The mean loss, where a loss was asked for.
  public let loss: Double?

  /// What the classes are called.
  public let classNames: [String]

  init(predictions: [Int], labels: [Int], classNames: [String], loss: Double?) {
    var confusion = Array(
      repeating: Array(repeating: 0, count: classNames.count), count: classNames.count)
    for (prediction, label) in zip(predictions, labels) { confusion[label][prediction] += 1 }
    self.predictions = predictions
    self.confusion = confusion
    self.loss = loss
    self.classNames = classNames
  }

  /// The number of images.
  public var count: Int { predictions.count }

  /// The number of images whose class was found.
  public var right: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

  /// The share of images whose class was found, from 0 to 1.
  public var accuracy: Double { count == 0 ? 0 : Double(right) / Double(count) }

  /// The mean of the 0–1 loss: the share of images whose class was missed.
  public var zeroOneLoss: Double { 1 - accuracy }

  /// For each class, the share of its images that were found; nil where it has none.
  public var recall: [Double?] {
    confusion.enumerated().map { index, row in
      let total = row.reduce(0, +)
      return total == 0 ? nil : Double(row[index]) / Double(total)
    }
  }
}

extension Network {
  /// Classifies every image of a data set, after the network's own preprocessing.
  ///
  /// Throws `InvalidInput` where images or classes do not fit the network, and what the source of a
  /// streamed data set throws.
  public func evaluate(
    on dataset: Dataset, loss: Loss? = nil, threads: Int = Engine.defaultThreads
  ) throws -> Evaluation {
    try check(dataset)
    guard dataset.count > 0 else {
      return Evaluation(predictions: [], labels: [], classNames: dataset.classNames, loss: nil)
    }
    let plan = try Plan(
      self, batchSize: min(dataset.count, Network.inferenceBatch), mode: .inference,
      threads: threads)
    let evaluator = try Evaluator(dataset, preprocessing: preprocessing, plan: plan, loss: loss)
    return try evaluator.evaluate()
  }

  /// Throws where the preprocessing has not one number a channel.
  func checkPreprocessing() throws {
    let channels = inputs[0].shape[0]
    for (name, numbers) in [
      ("mean", preprocessing.mean), ("standard deviation", preprocessing.standardDeviation),
    ] where !numbers.isEmpty && numbers.count != channels {
      throw InvalidInput(
        description:
          "preprocessing: expected \(channels) channels, found \(name) of \(numbers.count)")
    }
  }

  /// Throws where a data set's images or classes, or the preprocessing, do not fit the network.
  func check(_ dataset: Dataset) throws {
    guard inputs.count == 1, inputs[0].shape == dataset.imageShape else {
      let found = inputs.map { "\($0.shape)" }.joined(separator: ", ")
      throw InvalidInput(
        description: "data set: expected images \(found), found \(dataset.imageShape): "
          + "use data of the shape that the network was made for")
    }
    try checkPreprocessing()
    guard outputShape.count == 1, outputShape[0] >= dataset.classNames.count else {
      throw InvalidInput(
        description: "data set: expected at most \(outputShape) classes, found "
          + "\(dataset.classNames.count): end the network with Dense(\(dataset.classNames.count))")
    }
  }
}

/// Runs a plan over a whole data set.
struct Evaluator {
  let dataset: Dataset
  let plan: Plan
  let loader: BatchLoader
  let lossStep: LossStep?
  let program: Program

  init(
    _ dataset: Dataset, preprocessing: Preprocessing, plan: Plan, loss: Loss?
  ) throws {
    self.dataset = dataset
    self.plan = plan
    loader = BatchLoader(dataset, preprocessing: preprocessing, plan: plan)
    lossStep = try loss.map { try LossStep($0, plan: plan) }
    let load = Phase(groups: [
      loader.tasks(targets: lossStep?.targets, ignoring: loss?.ignoredIndex)
    ])
    program = Program([load] + plan.forward + (lossStep?.phases ?? []))
  }

  /// Throws where a streamed image cannot be read.
  func evaluate() throws -> Evaluation {
    var predictions: [Int] = []
    predictions.reserveCapacity(dataset.count)
    var (sum, weight) = (0.0, 0.0)
    try loader.withPixels(of: dataset) {
      let all = Array(0..<dataset.count)
      loader.expect(all)
      for start in stride(from: 0, to: dataset.count, by: plan.batchSize) {
        let batch = all[start..<min(start + plan.batchSize, dataset.count)]
        try loader.choose(batch)
        lossStep?.setCount(batch.count)
        plan.pool.run(program)
        if let result = lossStep?.result() {
          sum += result.meanLoss * result.weight
          weight += result.weight
        }
        for image in 0..<batch.count { predictions.append(prediction(image)) }
      }
    }
    return Evaluation(
      predictions: predictions, labels: dataset.labels, classNames: dataset.classNames,
      loss: lossStep == nil ? nil : weight == 0 ? 0 : sum / weight)
  }

  /// The class of the largest output, of those that the data have.
  private func prediction(_ image: Int) -> Int {
    let output = plan.output
    let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
    let values = output.values + (block * output.blockStride + lane)
    var best = 0
    for k in 1..<dataset.classNames.count where values[k * laneCount] > values[best * laneCount] {
      best = k
    }
    return best
  }
}
