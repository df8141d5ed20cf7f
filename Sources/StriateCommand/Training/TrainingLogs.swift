import Striate
import StriateExplain
import StriateFormats

/// What a training writes down while it goes on. A log that cannot be written is told once and stops nothing.
struct TrainingLogs {
  static let options = [TensorBoardLog.option, EpochLog.option]

  private var events: TensorBoardLog?
  private var rows: EpochLog?
  private let batchSize: Int
  /// The steps that have been made.
  private var step = 0
  /// Whether a log could not be written.
  private(set) var failed = false

  init(_ arguments: Arguments, batchSize: Int, files: inout FileNames) throws {
    self.batchSize = batchSize
    guard !arguments.has("find-lr") else {
      for option in ["tensorboard", "log"] where arguments.has(option) {
        throw Usage.Mistake("option --\(option): nothing is trained with --find-lr: leave one out")
      }
      return
    }
    rows = try EpochLog(arguments, files: &files)
    events = try TensorBoardLog(arguments, files: &files)
  }

  /// Does what may fail without stopping the training.
  private mutating func attempt(_ action: (inout TrainingLogs) throws -> Void) {
    guard !failed else { return }
    do {
      try action(&self)
    } catch {
      failed = true
      Console.error("striate train: \(error)\ntraining goes on; no more is written down")
    }
  }

  mutating func begin(_ facts: [(String, String)], _ network: Network) {
    attempt { try $0.events?.begin(facts, network) }
  }

  mutating func show(_ now: Trainer.Progress, _ network: () -> Network) {
    step = now.step
    attempt { logs in
      try logs.events?.show(now, batchSize: logs.batchSize, network)
      if let epoch = now.finished { try logs.rows?.add(epoch, step: now.step) }
    }
  }

  mutating func end(_ evaluation: Evaluation, on dataset: Dataset) {
    attempt { try $0.events?.end(evaluation, on: dataset, step: $0.step) }
  }
}
