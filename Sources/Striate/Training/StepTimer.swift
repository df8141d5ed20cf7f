import Foundation
import LaneKernels

/// Repeats training steps or inferences on random images and says how long each takes.
///
/// A step begins with pixels in a data set's memory and ends with updated parameters, or with outputs in
/// rows: with all that training and evaluation do with one batch.
package final class StepTimer {
  private let run: TrainingRun?
  private let evaluator: Evaluator?
  private let dataset: Dataset
  private let plan: Plan

  /// How long a layer takes, in seconds.
  package struct LayerTime: Sendable {
    package let name: String
    package let text: String
    package let multiplyAdds: Int
    package var forward = 0.0
    package var backward = 0.0
  }

  /// Throws `NotEnoughMemory`, and what a trainer throws that does not fit the network.
  ///
  /// - Precondition: the network has one input and one output of classes.
  package init(
    _ network: Network, trainer: Trainer, isTraining: Bool
  ) throws {
    let shape = network.inputs[0].shape
    let classes = max(2, network.outputShape[0])
    var generator = SeededGenerator(seed: trainer.seed)
    let count = trainer.batchSize
    // Before the pixels are made, a byte each.
    try NotEnoughMemory.check(
      network, batchSize: count, isTraining: isTraining, workers: trainer.threads,
      besides: Double(count) * Double(shape.product) / 4)
    let bytes = (0..<count * shape.product).map { _ in
      UInt8(truncatingIfNeeded: generator.next() >> 32)
    }
    dataset = try Dataset(
      imageShape: shape, pixels: .bytes(bytes), labels: (0..<count).map { $0 % classes },
      classNames: (0..<classes).map(String.init))
    var network = network
    let channels = shape[0]
    network.preprocessing.mean = Array(repeating: 0.5, count: channels)
    network.preprocessing.standardDeviation = Array(repeating: 0.25, count: channels)
    if isTraining {
      let run = try TrainingRun(trainer, network, dataset, epochs: 1)
      (self.run, evaluator, plan) = (run, nil, run.plan)
    } else {
      plan = try Plan(network, batchSize: count, mode: .inference, threads: trainer.threads)
      evaluator = try Evaluator(
        dataset, preprocessing: network.preprocessing, plan: plan, loss: nil)
      run = nil
    }
  }

  /// The seconds of each of `count` steps.
  package func time(steps count: Int) throws -> [Double] {
    let clock = ContinuousClock()
    let order = Array(0..<dataset.count)
    return try withPixels {
      try (0..<count).map { _ in
        let began = clock.now
        if let run {
          try run.timedStep(order[...])
        } else {
          _ = try evaluator?.compute(order[...]) { _ in }
        }
        return (clock.now - began) / .seconds(1)
      }
    }
  }

  /// What each layer takes of a step on average: its phases one by one, each waited for. What a step
  /// does before, packing and transforming weights, and after, updating them, belongs to no layer.
  package func timeLayers(steps count: Int) throws -> [LayerTime] {
    var layers = plan.network.nodes.map { node in
      let shapes = node.inputs.map { plan.network.shape(of: $0) }
      return LayerTime(
        name: node.name, text: node.layer.text,
        multiplyAdds: (try? node.layer.multiplyAdds(of: shapes)) ?? 0)
    }
    let clock = ContinuousClock()
    func seconds(_ phase: Phase) -> Double {
      let program = plan.program([phase])
      let began = clock.now
      plan.pool.run(program)
      return (clock.now - began) / .seconds(1) / Double(count)
    }
    _ = try time(steps: 1)
    for _ in 0..<count {
      for phase in plan.forward {
        if let layer = phase.layer { layers[layer].forward += seconds(phase) }
      }
      for phase in plan.backward {
        if let layer = phase.layer { layers[layer].backward += seconds(phase) }
      }
    }
    return layers
  }

  /// Multiply-adds of one step for one image, those that Winograd's algorithm saves included: forwards, and on the
  /// way back as many again for the gradients of weights and, where something before the layer learns, of inputs.
  package var multiplyAdds: Int {
    plan.network.nodes.enumerated().reduce(0) { sum, entry in
      let (index, node) = entry
      let shapes = node.inputs.map { plan.network.shape(of: $0) }
      let forward = (try? node.layer.multiplyAdds(of: shapes)) ?? 0
      guard run != nil, plan.values[index].gradient != nil else { return sum + forward }
      let inputs = node.inputs.contains { plan.read($0).gradient != nil }
      return sum + forward * (inputs ? 3 : 2)
    }
  }

  private func withPixels<Result>(_ body: () throws -> Result) rethrows -> Result {
    try run?.withPixels(body) ?? evaluator?.loader.withPixels(of: dataset, body) ?? body()
  }

  /// Multiply-adds a second, in registers alone, of so many threads together: the most that the processor
  /// does.
  package static func peakMultiplyAdds(threads: Int) -> Double {
    let (kernels, clock) = (KernelTable.best, ContinuousClock())
    let (rounds, pool) = (2_000_000, ThreadPool.shared(threads: threads))
    let phase = Phase(groups: [
      Tasks(count: threads) { _ in
        // The result is used, so that the work is done.
        if kernels.multiplyAddRounds(rounds).isNaN { preconditionFailure("multiply-add: NaN") }
      }
    ])
    let program = Program([phase], workers: pool.threads)
    let times = (0..<5).map { _ in
      let began = clock.now
      pool.run(program)
      return (clock.now - began) / .seconds(1)
    }
    return Double(rounds * KernelTable.multiplyAddsOfRound * threads) / (times.min() ?? 1)
  }
}
