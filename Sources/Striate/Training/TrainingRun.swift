import Foundation
import LaneKernels

/// One call of `Trainer.train`: the plan, the optimizer's state and the loop.
///
/// Unchecked: the tasks of a step read `step` and `optimizer`, which change between steps only.
final class TrainingRun: @unchecked Sendable {
  let plan: Plan
  private let trainer: Trainer
  private let dataset: Dataset
  private let epochs: Int
  private let loader: BatchLoader
  private let lossStep: LossStep
  private let states: Storage
  private let evaluator: Evaluator?
  private var network: Network
  private var step = 0
  private var place = (epoch: 1, step: 1)
  private var lastLoss = 0.0
  private let steps: Int
  /// The rule, with the learning rate of the step under way.
  private var optimizer: any Optimizer
  private var program = Program([])

  init(_ trainer: Trainer, _ network: Network, _ dataset: Dataset, epochs: Int) throws {
    self.trainer = trainer
    self.dataset = dataset
    self.epochs = epochs
    self.network = network
    plan = try Plan(
      network, batchSize: min(trainer.batchSize, dataset.count),
      mode: .gradients(ofInputs: false), threads: trainer.threads)
    optimizer = trainer.optimizer
    let (steps, isTooLarge) = ((dataset.count + plan.batchSize - 1) / plan.batchSize)
      .multipliedReportingOverflow(by: epochs)
    self.steps = isTooLarge ? .max : steps
    loader = BatchLoader(
      dataset, preprocessing: network.preprocessing, plan: plan,
      augmentation: trainer.augmentation, seed: trainer.seed)
    lossStep = try LossStep(trainer.loss, plan: plan)
    states = Storage(count: plan.parameters.count * trainer.optimizer.stateCount)
    evaluator = try trainer.validation.map { validation in
      let plan = try Plan(
        network, batchSize: min(max(1, validation.count), Network.inferenceBatch),
        mode: .inference, threads: trainer.threads)
      return try Evaluator(
        validation, preprocessing: network.preprocessing, plan: plan, loss: trainer.loss)
    }
    let first = Phase(groups: [loader.tasks(targets: lossStep.targets)] + plan.prepare)
    program = Program(
      [first] + plan.forward + [lossStep.phase] + plan.backward + [updatePhase()])
  }

  /// The optimizer's step, over parts of the parameters.
  private func updatePhase() -> Phase {
    guard let gradients = plan.gradients, plan.parameters.count > 0 else { return Phase() }
    let (total, part) = (plan.parameters.count, TrainingRun.updatePart)
    let (weights, gradient, state) = (
      plan.parameters.floats, gradients.floats, states.floats
    )
    return Phase(groups: [
      Tasks(count: (total + part - 1) / part) { [unowned self, kernels = plan.kernels] task in
        let start = task * part
        optimizer.update(
          ParameterSlice(
            count: min(part, total - start), weights: weights + start,
            gradient: gradient + start, kernels: kernels, states: state + start,
            stateStride: total),
          step: step)
      }
    ])
  }

  /// Parameters that one task updates: 16 KiB, so that a slice stays in the first-level cache.
  private static let updatePart = 4096

  /// Trains to the end, until patience runs out or until `progress` returns false.
  func run(_ progress: (Trainer.Progress) -> Bool) throws -> [Trainer.Epoch] {
    try loader.withPixels(of: dataset) {
      var reports: [Trainer.Epoch] = []
      var best = Double.infinity
      var waited = 0
      for number in 1...epochs {
        guard let report = try runEpoch(number, progress) else { return reports }
        reports.append(report)
        let goesOn = progress(
          Trainer.Progress(
            epoch: number, epochs: epochs, images: dataset.count, total: dataset.count,
            loss: report.loss, accuracy: report.accuracy, finished: report))
        if let loss = report.validation?.loss, let patience = trainer.patience {
          waited = loss < best ? 0 : waited + 1
          best = min(best, loss)
          if waited >= patience { return reports }
        }
        if !goesOn { return reports }
      }
      return reports
    }
  }

  /// One pass over the shuffled data; nil where `progress` stopped it.
  private func runEpoch(
    _ number: Int, _ progress: (Trainer.Progress) -> Bool
  ) throws -> Trainer.Epoch? {
    var generator = SeededGenerator(seed: trainer.seed, stream: UInt64(number))
    let order = generator.permutation(of: dataset.count)
    var (sum, right, seen) = (0.0, 0, 0)
    var seconds = 0.0
    let clock = ContinuousClock()
    for (index, start) in stride(from: 0, to: order.count, by: plan.batchSize).enumerated() {
      let began = clock.now
      let batch = order[start..<min(start + plan.batchSize, order.count)]
      loader.choose(batch, epoch: number, position: start)
      lossStep.setCount(batch.count)
      optimizer.learningRate =
        trainer.optimizer.learningRate * trainer.schedule.factor(step: step, of: steps)
      step += 1
      plan.pool.run(program)
      let result = lossStep.result()
      seconds += (clock.now - began) / .seconds(1)
      place = (number, index + 1)
      guard result.meanLoss.isFinite else { throw divergence(loss: result.meanLoss) }
      lastLoss = result.meanLoss
      sum += result.meanLoss * Double(batch.count)
      right += result.right
      seen += batch.count
      let goesOn = progress(
        Trainer.Progress(
          epoch: number, epochs: epochs, images: seen, total: order.count,
          loss: sum / Double(seen), accuracy: Double(right) / Double(seen), finished: nil))
      if !goesOn { return nil }
    }
    return Trainer.Epoch(
      number: number, loss: sum / Double(seen), accuracy: Double(right) / Double(seen),
      validation: validate(), seconds: seconds, images: seen)
  }

  /// Throws where the last step, whose effect no loss has shown, left a parameter that is not finite.
  func checkParameters() throws {
    let parameters = UnsafeBufferPointer(start: plan.parameters.base, count: plan.parameters.count)
    guard parameters.allSatisfy(\.isFinite) else { throw divergence(loss: lastLoss) }
  }

  private func divergence(loss: Double) -> TrainingDiverged {
    TrainingDiverged(
      epoch: place.epoch, step: place.step, loss: loss, learningRate: optimizer.learningRate)
  }

  private func validate() -> Evaluation? {
    guard let evaluator else { return nil }
    plan.store(into: &network)
    evaluator.plan.load(network)
    return evaluator.evaluate()
  }
}
