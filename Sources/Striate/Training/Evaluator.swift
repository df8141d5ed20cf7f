import LaneKernels

extension Network {
  /// Classifies every image of a data set, after the network's own preprocessing.
  ///
  /// A network of one output tells two classes apart: see `probabilities(_:)`.
  ///
  /// - Parameters:
  ///   - dataset: The images and their classes.
  ///   - loss: What to measure besides; nil for nothing.
  ///   - keepsProbabilities: Whether the evaluation holds the probability of every class for every
  ///     image, 4 bytes each, which most of its measures need.
  ///   - threads: How many threads compute.
  ///   - progress: Called with the number of images classified, and of all.
  ///
  /// Throws `InvalidInput` where images or classes do not fit the network, and what the source of a
  /// streamed data set throws.
  public func evaluate(
    on dataset: Dataset, loss: Loss? = nil, keepsProbabilities: Bool = true,
    threads: Int = Engine.defaultThreads,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Evaluation {
    try check(dataset)
    guard dataset.count > 0 else {
      return Evaluation(
        predictions: [], labels: [], probabilities: keepsProbabilities ? [] : nil,
        classNames: dataset.classNames, loss: nil)
    }
    let plan = try Plan(
      self, batchSize: min(dataset.count, Network.inferenceBatch), mode: .inference,
      threads: threads, lanes: loss == nil ? nil : .images)
    let evaluator = try Evaluator(dataset, preprocessing: preprocessing, plan: plan, loss: loss)
    return try evaluator.evaluate(keepsProbabilities: keepsProbabilities, progress: progress)
  }

  /// Throws where the preprocessing has not one number a channel.
  package func checkPreprocessing() throws {
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
    let classes = dataset.classNames.count
    // One output is enough for two classes.
    guard outputShape.count == 1, max(outputShape[0], 2) >= classes else {
      throw InvalidInput(
        description: "data set: expected at most \(outputShape) classes, found "
          + "\(classes): end the network with Dense(\(classes))")
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
    program = plan.program(plan.byBlock([load] + plan.forward + (lossStep?.phases ?? [])))
  }

  /// Throws where a streamed image cannot be read.
  func evaluate(
    keepsProbabilities: Bool = false, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Evaluation {
    let classes = dataset.classNames.count
    var predictions: [Int?] = []
    predictions.reserveCapacity(dataset.count)
    var probabilities: [Float] = []
    if keepsProbabilities { probabilities.reserveCapacity(dataset.count * classes) }
    var (sum, weight) = (0.0, 0.0)
    try loader.withPixels(of: dataset) {
      let all = Array(0..<dataset.count)
      loader.expect(all)
      for start in stride(from: 0, to: dataset.count, by: plan.batchSize) {
        let batch = all[start..<min(start + plan.batchSize, dataset.count)]
        let result = try compute(batch) { outputs in
          if keepsProbabilities {
            let reading = plan.network.reading(outputs, classes: classes)
            predictions.append(reading.classIndex)
            probabilities += reading.probabilities
          } else {
            predictions.append(plan.network.classIndex(outputs, classes: classes))
          }
        }
        if let result {
          sum += result.meanLoss * result.weight
          weight += result.weight
        }
        progress(predictions.count, dataset.count)
      }
    }
    return Evaluation(
      predictions: predictions, labels: dataset.labels,
      probabilities: keepsProbabilities ? probabilities : nil, classNames: dataset.classNames,
      loss: lossStep == nil ? nil : weight == 0 ? 0 : sum / weight)
  }

  /// Runs a batch while the loader has the data set's memory, and gives each image's outputs in turn.
  func compute(
    _ batch: ArraySlice<Int>, _ body: (_ outputs: [Float]) -> Void
  ) throws -> LossStep.Result? {
    try loader.choose(batch)
    lossStep?.setCount(batch.count)
    plan.pool.run(program)
    var outputs = [Float](repeating: 0, count: plan.network.outputShape.product)
    for image in 0..<batch.count {
      plan.readOutput(of: image, into: &outputs)
      body(outputs)
    }
    return lossStep?.result()
  }
}
