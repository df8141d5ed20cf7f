import Foundation
import LaneKernels

/// One call of `Trainer.train`: the plan, what a step consists of, and the loop.
final class TrainingRun {
  let plan: Plan
  private let trainer: Trainer
  private let dataset: Dataset
  private let epochs: Int
  private let loader: BatchLoader
  private let lossStep: LossStep
  private let updater: UpdateSteps
  private let evaluator: Evaluator?
  private var network: Network
  private let setting: [String: String]
  private(set) var position = TrainingPosition()
  private var learningRate: Float
  private var lastLoss = 0.0
  /// A batch whose gradients are only added up, and one that a step follows.
  private let gathering: Program
  private let stepping: Program

  init(_ trainer: Trainer, _ network: Network, _ dataset: Dataset, epochs: Int) throws {
    self.trainer = trainer
    self.dataset = dataset
    self.epochs = epochs
    self.network = network
    learningRate = trainer.optimizer.learningRate
    plan = try Plan(
      network, batchSize: min(trainer.batchSize, dataset.count),
      mode: .gradients(ofInputs: false, inTraining: true), threads: trainer.threads)
    loader = BatchLoader(
      dataset, preprocessing: network.preprocessing, plan: plan,
      augmentation: trainer.augmentation, seed: trainer.seed)
    lossStep = try LossStep(trainer.loss, plan: plan)
    updater = UpdateSteps(trainer, plan: plan)
    evaluator = try trainer.validation.map { validation in
      let plan = try Plan(
        network, batchSize: min(max(1, validation.count), Network.inferenceBatch),
        mode: .inference, threads: trainer.threads)
      return try Evaluator(
        validation, preprocessing: network.preprocessing, plan: plan, loss: trainer.loss)
    }
    setting = trainer.setting(network, dataset, epochs: epochs)
    let load = Phase(
      groups: [loader.tasks(targets: lossStep.targets, ignoring: trainer.loss.ignoredIndex)]
        + plan.prepare)
    let phases =
      [load] + plan.forward + lossStep.phases + plan.backward + updater.accumulation
    gathering = Program(phases)
    stepping = Program(phases + updater.update)
    if let checkpoints = trainer.checkpoints, checkpoints.resumes,
      FileManager.default.fileExists(atPath: checkpoints.path)
    {
      try resume(from: checkpoints.path)
    }
  }

  // MARK: Epochs

  /// Trains to the end, until patience runs out or until `progress` returns false.
  func run(_ progress: (Trainer.Progress) -> Bool) throws -> [Trainer.Epoch] {
    try loader.withPixels(of: dataset) {
      while !position.isFinished {
        guard try runEpoch(progress) else {
          try saveCheckpoint()
          break
        }
      }
    }
    return position.epochs
  }

  /// What is left of an epoch; false where `progress` stopped it.
  private func runEpoch(_ progress: (Trainer.Progress) -> Bool) throws -> Bool {
    let number = position.epoch
    var generator = SeededGenerator(seed: trainer.seed, stream: UInt64(number))
    let order = generator.permutation(of: dataset.count)
    var isStopping = false
    let starts = Array(stride(from: 0, to: order.count, by: plan.batchSize))
    if position.batch < starts.count {
      loader.expect(Array(order[starts[position.batch]...]))
    }
    while position.batch < starts.count {
      let start = starts[position.batch]
      try runBatch(order[start..<min(start + plan.batchSize, order.count)], of: order.count)
      if !progress(report(finished: nil)) { isStopping = true }
      // Between the batches of one step there is nothing to return to.
      guard position.batch % trainer.accumulation == 0 || position.batch == starts.count else {
        continue
      }
      if isStopping { return false }
      if isCheckpointDue, position.batch < starts.count { try saveCheckpoint() }
    }
    return try endEpoch(progress)
  }

  /// One batch, and the step that follows it where enough of them have been gathered.
  private func runBatch(_ batch: ArraySlice<Int>, of total: Int) throws {
    let clock = ContinuousClock()
    let began = clock.now
    let gathered = position.batch % trainer.accumulation
    let first = (position.batch - gathered) * plan.batchSize
    let images = min(total - first, trainer.accumulation * plan.batchSize)
    let isLast =
      gathered + 1 == trainer.accumulation || batch.endIndex == total
    try loader.choose(
      batch, epoch: position.epoch, position: position.batch * plan.batchSize)
    lossStep.setCount(batch.count)
    plan.step.setImages(batch.count)
    plan.step.setKey(
      RandomKey(seed: trainer.seed).derived(position.epoch).derived(position.batch))
    updater.setBatch(isFirst: gathered == 0, share: Float(batch.count) / Float(images))
    if isLast {
      learningRate =
        trainer.optimizer.learningRate
        * trainer.schedule.factor(at: schedulePosition, state: position.schedule)
      updater.setLearningRate(learningRate)
      position.step += 1
      updater.step = position.step
    }
    plan.pool.run(isLast ? stepping : gathering)
    let result = lossStep.result()
    position.batch += 1
    position.seconds += (clock.now - began) / .seconds(1)
    guard result.meanLoss.isFinite else { throw divergence(loss: result.meanLoss) }
    lastLoss = result.meanLoss
    position.loss += result.meanLoss * result.weight
    position.weight += result.weight
    position.right += result.right
    position.seen += batch.count
  }

  /// Validation, the epoch's report, and whether training goes on.
  private func endEpoch(_ progress: (Trainer.Progress) -> Bool) throws -> Bool {
    let validation = try validate()
    let report = Trainer.Epoch(
      number: position.epoch, loss: position.loss / max(position.weight, .leastNormalMagnitude),
      accuracy: Double(position.right) / Double(position.seen), validation: validation,
      learningRate: learningRate, seconds: position.seconds, images: position.seen)
    let shown = self.report(finished: report)
    if let loss = validation?.loss {
      trainer.schedule.observe(loss, at: schedulePosition, state: &position.schedule)
      let isBest = position.best.map { loss < $0 } ?? true
      position.waited = isBest ? 0 : position.waited + 1
      if isBest {
        position.best = loss
        if let best = trainer.checkpoints?.best { try trained().save(to: best) }
      }
    }
    position.endEpoch(report)
    let isOutOfPatience = trainer.patience.map { position.waited >= $0 } ?? false
    position.isFinished = position.epoch > epochs || isOutOfPatience
    try saveCheckpoint()
    return progress(shown) || position.isFinished
  }

  private func report(finished: Trainer.Epoch?) -> Trainer.Progress {
    Trainer.Progress(
      epoch: position.epoch, epochs: epochs, images: position.seen, total: dataset.count,
      loss: position.loss / max(position.weight, .leastNormalMagnitude),
      accuracy: Double(position.right) / Double(max(1, position.seen)), batchLoss: lastLoss,
      learningRate: learningRate, finished: finished)
  }

  /// Where the training stands, for its schedule.
  private var schedulePosition: SchedulePosition {
    let batches = (dataset.count + plan.batchSize - 1) / plan.batchSize
    return SchedulePosition(
      step: position.step,
      stepsPerEpoch: (batches + trainer.accumulation - 1) / trainer.accumulation, epochs: epochs)
  }

  private func validate() throws -> Evaluation? {
    guard let evaluator else { return nil }
    updater.store(into: &network)
    evaluator.plan.load(network)
    return try evaluator.evaluate()
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
    guard parameters.allSatisfy(\.isFinite) else { throw divergence(loss: lastLoss) }
  }

  private func divergence(loss: Double) -> TrainingDiverged {
    TrainingDiverged(
      epoch: position.epoch, step: position.batch, loss: loss, learningRate: learningRate)
  }

  // MARK: Checkpoints

  private var isCheckpointDue: Bool {
    guard let every = trainer.checkpoints?.everySteps else { return false }
    return position.step % every == 0
  }

  private func saveCheckpoint() throws {
    guard let checkpoints = trainer.checkpoints else { return }
    plan.store(into: &network)
    let snapshot = TrainingSnapshot(
      network: network, position: position, setting: setting, states: updater.states.array,
      average: updater.average.array)
    try snapshot.save(to: checkpoints.path)
  }

  private func resume(from path: String) throws {
    let snapshot = try TrainingSnapshot(contentsOf: path, setting: setting)
    guard snapshot.states.count == updater.states.count,
      snapshot.average.count == updater.average.count,
      snapshot.network.parameters.map(\.tensor.shape) == network.parameters.map(\.tensor.shape)
    else {
      throw InvalidCheckpoint(
        description: "\(path): expected \(updater.states.count) numbers of the optimizer and "
          + "\(updater.average.count) running means, found \(snapshot.states.count) and "
          + "\(snapshot.average.count): the file is of another training")
    }
    for index in network.parameters.indices {
      network.parameters[index].tensor = snapshot.network.parameters[index].tensor
    }
    plan.load(network)
    updater.states.set(snapshot.states)
    updater.average.set(snapshot.average)
    position = snapshot.position
    updater.step = position.step
  }
}
