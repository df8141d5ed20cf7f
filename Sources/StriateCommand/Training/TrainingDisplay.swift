import Striate
import StriateExplain

/// What `train` shows while it trains: a bar on a terminal, a line an epoch otherwise, or JSON.
struct TrainingDisplay {
  let isQuiet: Bool
  let isJSON: Bool
  let batchSize: Int
  private let draws: Bool
  private var bar = ProgressBar()
  private var start = ContinuousClock.now
  /// Why the last checkpoint could not be written; nil where it could.
  private(set) var checkpointFailure: AtomicFile.Failure?
  /// The images that a resumed training had seen before.
  private var imagesBefore: Int?

  init(_ arguments: Arguments, batchSize: Int) {
    isQuiet = arguments.has("quiet")
    isJSON = arguments.has("json")
    self.batchSize = batchSize
    draws = !isQuiet && Console.errorIsTerminal
  }

  /// Shows where training stands; called after every batch.
  mutating func show(_ progress: Trainer.Progress) {
    if imagesBefore == nil {
      let done = (progress.epoch - 1) * progress.total + progress.images
      imagesBefore = max(0, done - batchSize)
    }
    if let failure = progress.checkpointFailure, failure != checkpointFailure {
      bar.clear()
      Console.error(
        "striate train: \(failure)\ntraining goes on; the next checkpoint is another try")
    }
    checkpointFailure = progress.checkpointFailure
    if let epoch = progress.finished {
      bar.clear()
      if !isQuiet { Console.error(line(epoch, of: progress.epochs)) }
      if isJSON { Console.output(json(epoch)) }
    } else if draws {
      let start = start
      let (batchSize, before) = (batchSize, imagesBefore ?? 0)
      bar.draw {
        Self.line(progress, batchSize: batchSize, since: start, before: before, width: $0)
      }
    }
  }

  /// Shows how far the images are measured that training does not learn from.
  mutating func validate(_ done: Int, _ total: Int) {
    guard draws else { return }
    bar.draw { width in
      let tail = " \(done.grouped) of \(total.grouped)"
      let room = max(10, width - "validating ".count - tail.count)
      return "validating " + ProgressBar.bar(Double(done) / Double(total), width: min(30, room))
        + tail
    }
  }

  /// Leaves the terminal as it should be, whatever happened.
  mutating func end() { bar.clear() }

  private static func line(
    _ progress: Trainer.Progress, batchSize: Int, since start: ContinuousClock.Instant, before: Int,
    width: Int
  ) -> String {
    let steps = (progress.total + batchSize - 1) / batchSize
    let step = (progress.images + batchSize - 1) / batchSize
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let done = (progress.epoch - 1) * progress.total + progress.images
    let speed = Double(done - before) / max(elapsed, 1e-9)
    let left = Double(progress.epochs * progress.total - done) / max(speed, 1e-9)
    let count = "\(step)".aligned(to: "\(steps)".count)
    let head = "epoch \(progress.epoch)/\(progress.epochs)  \(count)/\(steps) "
    let parts = [
      "loss \(progress.loss.fixed(4))", "accuracy \(percent(progress.accuracy))",
      "\(Int(speed).grouped) images/s", "ETA \(duration(left))",
    ]
    // What does not fit beside a short bar is left out, from the end.
    let tails = (0...parts.count).reversed().map { count in
      parts.prefix(count).map { "  " + $0 }.joined()
    }
    let tail = tails.first { head.count + 10 + $0.count <= width } ?? ""
    let room = max(10, width - head.count - tail.count)
    let share = Double(progress.images) / Double(max(1, progress.total))
    return head + ProgressBar.bar(share, width: min(30, room)) + tail
  }

  private func line(_ epoch: Trainer.Epoch, of epochs: Int) -> String {
    let text = "\(epoch)"
    let head = "epoch \(epoch.number)"
    return text.hasPrefix(head) ? "\(head)/\(epochs)\(text.dropFirst(head.count))" : text
  }

  private func json(_ epoch: Trainer.Epoch) -> String {
    var members: [(String, JSON)] = [
      ("epoch", .integer(epoch.number)),
      ("train_loss", .number(epoch.loss)),
      ("train_accuracy", .number(epoch.accuracy)),
    ]
    if let validation = epoch.validation {
      members.append(("validation_loss", .optional(validation.loss) { .number($0) }))
      members.append(("validation_accuracy", .number(validation.accuracy)))
    }
    members.append(("train_seconds", .number(epoch.seconds)))
    members.append(("images_per_second", .number(epoch.imagesPerSecond)))
    return JSON.object(members).text
  }
}
