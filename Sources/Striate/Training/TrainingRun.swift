import Foundation
import LaneKernels

/// One call of `Trainer.train`: the plan, what a step consists of, and the loop.
final class TrainingRun {
  let plan: Plan
  let trainer: Trainer
  let updater: UpdateSteps
  var network: Network
  var position = TrainingPosition()
  /// The batch that was trained on last, for the error that it may end with.
  private var lastBatch = (epoch: 1, number: 0)
  /// What the learning rate of each step is, where it does not follow the schedule.
  var learningRates: ((_ step: Int) -> Float)?
  /// The place of the last checkpoint: the same is not written twice.
  var savedPlace: TrainingPosition.Place?
  /// Why the last checkpoint, and the best network, could not be written; nil where they could.
  var checkpointFailure: AtomicFile.Failure?
  var bestFailure: AtomicFile.Failure?
  /// The best network, where its file does not hold it yet.
  var unsavedBest: Network?
  /// What a checkpoint says about the training; empty where there is none.
  let setting: [String: String]

  private let dataset: Dataset
  private let epochs: Int
  private let loader: BatchLoader
  private let lossStep: LossStep
  private let evaluator: Evaluator?
  private let validating: (_ done: Int, _ total: Int) -> Void
  /// A batch whose gradients are only added up, and one that a step follows.
  private let gathering: Program
  private let stepping: Program

  init(
    _ trainer: Trainer, _ network: Network, _ dataset: Dataset, epochs: Int,
    validating: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    self.validating = validating
    self.trainer = trainer
    self.dataset = dataset
    self.epochs = epochs
    self.network = network
    position.learningRate = trainer.optimizer.learningRate
    let batchSize = min(trainer.batchSize, dataset.count)
    try NotEnoughMemory.check(
      network, batchSize: batchSize, isTraining: true, workers: trainer.threads,
      besides: UpdateSteps.memory(trainer, network)
        + BatchLoader.memory(dataset, trainer.augmentation, workers: trainer.threads))
    plan = try Plan(
      network, batchSize: batchSize,
      mode: .gradients(ofInputs: false, inTraining: true), threads: trainer.threads)
    loader = BatchLoader(
      dataset, preprocessing: network.preprocessing, plan: plan,
      augmentation: trainer.augmentation, seed: trainer.seed)
    lossStep = try LossStep(trainer.loss, plan: plan)
    updater = UpdateSteps(trainer, plan: plan, lossStep: lossStep)
    evaluator = try trainer.validation.map { validation in
      let plan = try Plan(
        network, batchSize: min(max(1, validation.count), Network.inferenceBatch),
        mode: .inference, threads: trainer.threads, lanes: .images)
      return try Evaluator(
        validation, preprocessing: network.preprocessing, plan: plan, loss: trainer.loss)
    }
    setting =
      trainer.checkpoints == nil ? [:] : try trainer.setting(network, dataset, epochs: epochs)
    let load = Phase(groups: [
      loader.tasks(targets: lossStep.targets, ignoring: trainer.loss.ignoredIndex)
    ])
    let phases =
      [Phase(groups: plan.prepare)]
      + plan.byBlock([load] + plan.forward + lossStep.phases + plan.backward)
      + plan.sums + updater.accumulation
    gathering = plan.program(phases)
    stepping = plan.program(updater.phases(after: phases))
    try resume()
    if let checkpoints = trainer.checkpoints, !checkpoints.onlyWhenStopped {
      let numbers =
        network.parameters.reduce(0) { $0 + $1.tensor.count } + updater.states.count
        + updater.average.count
      try AtomicFile.checkWritable(
        checkpoints.path, size: numbers * MemoryLayout<Float>.stride)
    }
  }

  /// The batches of one pass over the data, and the steps they make.
  var extent: TrainingPosition.Extent {
    let batches = (dataset.count + plan.batchSize - 1) / plan.batchSize
    return TrainingPosition.Extent(
      images: dataset.count, batchSize: plan.batchSize, batches: batches,
      stepsPerEpoch: (batches + trainer.accumulation - 1) / trainer.accumulation,
      accumulation: trainer.accumulation, epochs: epochs)
  }

  // MARK: Epochs

  /// Trains to the end, until patience runs out or until `progress` returns false.
  func run(_ progress: (Trainer.Progress) -> Bool) throws -> [Trainer.Epoch] {
    try loader.withPixels(of: dataset) {
      while !position.isFinished {
        guard try runEpoch(progress) else {
          try saveCheckpoint()
          // The epoch's own report came before.
          if checkpointFailure != nil { _ = progress(report(finished: nil)) }
          break
        }
      }
    }
    return position.epochs
  }

  /// One step with these images, whatever the position.
  func timedStep(_ batch: ArraySlice<Int>) throws { try runBatch(batch, isStep: true) }

  /// Lends the data set's memory to the loader while `body` runs.
  func withPixels<Result>(_ body: () throws -> Result) rethrows -> Result {
    try loader.withPixels(of: dataset, body)
  }

  /// What is left of an epoch; false where `progress` stopped it.
  private func runEpoch(_ progress: (Trainer.Progress) -> Bool) throws -> Bool {
    var generator = SeededGenerator(seed: trainer.seed, stream: UInt64(position.epoch))
    let order = generator.permutation(of: dataset.count)
    let starts = Array(stride(from: 0, to: order.count, by: plan.batchSize))
    if position.batch < starts.count {
      loader.expect(Array(order[starts[position.batch]...]))
    }
    var isStopping = false
    while position.batch < starts.count {
      let start = starts[position.batch]
      let isStep =
        (position.batch + 1) % trainer.accumulation == 0 || position.batch + 1 == starts.count
      try runBatch(order[start..<min(start + plan.batchSize, order.count)], isStep: isStep)
      if !progress(report(finished: nil)) { isStopping = true }
      // Between the batches of one step there is nothing to return to.
      guard isStep else { continue }
      if isStopping { return false }
      if isCheckpointDue, position.batch < starts.count {
        try saveCheckpoint()
        if checkpointFailure != nil, !progress(report(finished: nil)) { return false }
      }
    }
    return try endEpoch(progress)
  }

  /// One batch, and the step that follows it where enough of them have been gathered.
  private func runBatch(_ batch: ArraySlice<Int>, isStep: Bool) throws {
    let clock = ContinuousClock()
    let began = clock.now
    try loader.choose(
      batch, epoch: position.epoch, position: position.batch * plan.batchSize)
    lossStep.setCount(batch.count)
    plan.step.setImages(batch.count)
    plan.step.setKey(
      RandomKey(seed: trainer.seed).derived(position.epoch).derived(position.batch))
    updater.isFirstOfStep = position.batch % trainer.accumulation == 0
    if isStep {
      position.learningRate =
        learningRates?(position.step)
        ?? trainer.optimizer.learningRate
        * trainer.schedule.factor(at: schedulePosition, state: position.schedule)
      updater.setLearningRate(position.learningRate)
      position.step += 1
      updater.step = position.step
    }
    plan.pool.run(isStep ? stepping : gathering)
    let result = lossStep.result()
    position.batch += 1
    lastBatch = (position.epoch, position.batch)
    position.batchLoss = result.meanLoss
    position.seconds += (clock.now - began) / .seconds(1)
    guard result.meanLoss.isFinite else { throw divergence }
    position.loss += result.meanLoss * result.weight
    position.weight += result.weight
    position.right += result.right
    position.seen += batch.count
  }

  /// Validation, the epoch's report, and whether training goes on.
  private func endEpoch(_ progress: (Trainer.Progress) -> Bool) throws -> Bool {
    let validation = try validate()
    let report = Trainer.Epoch(
      number: position.epoch, loss: position.meanLoss,
      accuracy: Double(position.right) / Double(position.seen), validation: validation,
      learningRate: position.learningRate, seconds: position.seconds, images: position.seen)
    var shown = self.report(finished: report)
    if let loss = validation?.loss {
      trainer.schedule.observe(loss, at: schedulePosition, state: &position.schedule)
      let isBest = loss < position.best ?? .infinity
      position.waited = isBest ? 0 : position.waited + 1
      if isBest {
        position.best = loss
        if trainer.checkpoints?.best != nil { unsavedBest = trained() }
      }
    }
    try saveBest()
    position.endEpoch(report)
    let isOutOfPatience = trainer.patience.map { position.waited >= $0 } ?? false
    position.isFinished = position.epoch > epochs || isOutOfPatience
    if trainer.checkpoints?.onlyWhenStopped == false { try saveCheckpoint() }
    shown.checkpointFailure = checkpointFailure ?? bestFailure
    return progress(shown) || position.isFinished
  }

  private func report(finished: Trainer.Epoch?) -> Trainer.Progress {
    Trainer.Progress(
      epoch: position.epoch, epochs: epochs, step: position.step, images: position.seen,
      total: dataset.count, loss: position.meanLoss,
      accuracy: Double(position.right) / Double(max(1, position.seen)),
      batchLoss: position.batchLoss, learningRate: position.learningRate, finished: finished,
      checkpointFailure: checkpointFailure ?? bestFailure)
  }

  /// Where the training stands, for its schedule.
  private var schedulePosition: SchedulePosition {
    SchedulePosition(
      step: position.step, stepsPerEpoch: extent.stepsPerEpoch, epochs: epochs)
  }

  private func validate() throws -> Evaluation? {
    guard let evaluator else { return nil }
    updater.store(into: &network)
    evaluator.plan.load(network)
    return try evaluator.evaluate(progress: validating)
  }

  // MARK: Results

  /// The network as it is now: with the running means of its parameters where they are kept.
  func trained() -> Network {
    updater.store(into: &network)
    return network
  }

  /// Throws where the last step, whose effect no loss has shown, left a parameter that is not finite.
  func checkParameters() throws {
    let parameters = UnsafeBufferPointer(start: plan.parameters.base, count: plan.parameters.count)
    guard parameters.allSatisfy(\.isFinite) else { throw divergence }
  }

  private var divergence: TrainingDiverged {
    TrainingDiverged(
      epoch: lastBatch.epoch, step: lastBatch.number, loss: position.batchLoss,
      learningRate: position.learningRate)
  }
}
