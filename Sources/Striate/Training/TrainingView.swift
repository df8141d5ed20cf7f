import LaneKernels

/// A training between two steps, for whoever watches it: what it has learned and which gradients it saw.
package struct TrainingView {
  /// Where it stands.
  package let progress: Trainer.Progress
  private let run: TrainingRun

  init(_ progress: Trainer.Progress, _ run: TrainingRun) {
    (self.progress, self.run) = (progress, run)
  }

  /// The network as it is now.
  package func network() -> Network { run.trained() }

  /// ‖∂E/∂w‖₂ of the last batch over all parameters of each layer that learns, in the order of the layers.
  package func gradientNorms() -> [(layer: String, norm: Double)] {
    run.plan.network.nodes.compactMap { node in
      var (sum, learns) = (0.0, false)
      for index in node.parameters where node.shares == nil {
        guard let gradient = run.plan.places[index].gradient else { continue }
        learns = true
        for i in 0..<run.plan.places[index].count {
          let value = Double(gradient.base[i])
          sum += value * value
        }
      }
      return learns ? (node.name, sum.squareRoot()) : nil
    }
  }
}

extension Trainer {
  /// Trains as `train(_:on:epochs:)` does, and shows the training after every batch and every epoch; it
  /// stops where `watcher` returns false.
  @discardableResult
  package func trainShowing(
    _ network: inout Network, on dataset: Dataset, epochs: Int,
    to watcher: (TrainingView) -> Bool
  ) throws -> [Epoch] {
    let run = try TrainingRun(
      self, try prepared(network, for: dataset, epochs: epochs), dataset, epochs: epochs)
    let reports = try run.run { watcher(TrainingView($0, run)) }
    try run.checkParameters()
    network = run.trained()
    return reports
  }
}
