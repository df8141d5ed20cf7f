import Foundation
import Striate

/// The work of a training: steps, and between them news for the page.
final class TrainingThread {
  private let session: TrainingSession
  private var network: Network
  private let trainer: Trainer
  private let data: ServedData
  private let epochs: Int
  private var test: Dataset?
  private var testImages: [Int] = []
  private let clock = ContinuousClock()
  private lazy var lastPoint = clock.now
  private lazy var lastSnapshot = clock.now
  private lazy var nextEvaluation = clock.now
  /// What has happened since the last point of the curve.
  private var (loss, steps, right, images) = (0.0, 0, 0.0, 0)
  /// Images and right answers of the epoch so far, as they were told last.
  private var (epochImages, epochRight) = (0, 0.0)
  private var pausedAt = -1
  private var stepBegan = ContinuousClock.now

  /// Test images that are looked at while training; at its end all are.
  private static let glance = 1000

  init(
    _ session: TrainingSession, _ network: Network, _ trainer: Trainer, _ data: ServedData,
    epochs: Int
  ) {
    (self.session, self.network, self.trainer) = (session, network, trainer)
    (self.data, self.epochs) = (data, epochs)
  }

  func run() {
    do {
      let (training, test) = try data.images()
      let count = min(Self.glance, test.count)
      testImages = (0..<count).map { $0 * test.count / count }
      self.test = test.subset(testImages)
      session.change {
        if $0.command != .pause { $0.phase = .running }
        $0.total = training.count
      }
      try trainer.trainShowing(&network, on: training, epochs: epochs, to: watch)
      testImages = Array(0..<test.count)
      self.test = test
      publishSnapshot(network)
      evaluate(network, step: session.locked { $0.step })
      session.change { $0.phase = $0.command == .stop ? .stopped : .finished }
    } catch {
      session.change {
        $0.phase = .failed
        $0.message = "\(error)"
      }
    }
  }

  /// Called after every batch and every epoch; false ends the training.
  private func watch(_ view: TrainingView) -> Bool {
    let progress = view.progress
    if progress.finished == nil {
      gather(progress)
    }
    let now = clock.now
    var command = session.locked { $0.command }
    let pauses =
      (command == .pause || command == .step) && progress.step != pausedAt
      && progress.finished == nil
    let isDue = (now - lastPoint) / .seconds(1) > 0.1
    if steps > 0, isDue || pauses || progress.finished != nil || progress.step <= 20 {
      publish(view)
    }
    let wantsSnapshot =
      session.locked { $0.isSnapshotWanted } && (now - lastSnapshot) / .seconds(1) > 0.25
    let evaluates = clock.now >= nextEvaluation || progress.finished != nil
    if wantsSnapshot || evaluates || pauses {
      let network = view.network()
      if wantsSnapshot || pauses { publishSnapshot(network) }
      if evaluates { evaluate(network, step: progress.step) }
    }
    guard pauses else {
      keepPace()
      return command != .stop
    }
    // A step that was asked for has been made: from here on the training waits.
    pausedAt = progress.step
    session.change {
      if $0.command == .step || $0.command == .pause {
        $0.command = .pause
        $0.phase = .paused
      }
    }
    let began = clock.now
    command = session.locked {
      while $0.command == .pause { $0.condition.wait() }
      if $0.command == .resume { $0.phase = .running }
      return $0.command
    }
    lastPoint += clock.now - began
    return command != .stop
  }

  /// Waits where fewer steps a second are wanted than the machine makes.
  private func keepPace() {
    session.locked {
      guard let pace = $0.pace else { return }
      let deadline = stepBegan + .seconds(1 / pace)
      while $0.pace == pace, $0.command == .resume, clock.now < deadline {
        $0.condition.wait(seconds: (deadline - clock.now) / .seconds(1))
      }
    }
    stepBegan = clock.now
  }

  private func gather(_ progress: Trainer.Progress) {
    if progress.images < epochImages { (epochImages, epochRight) = (0, 0) }
    let right = progress.accuracy * Double(progress.images)
    loss += progress.batchLoss
    steps += 1
    self.right += right - epochRight
    images += progress.images - epochImages
    (epochImages, epochRight) = (progress.images, right)
    // The next epoch begins from nothing.
    if progress.images >= progress.total { (epochImages, epochRight) = (0, 0) }
  }

  /// A point of the curve, and the gradients of the last batch.
  private func publish(_ view: TrainingView) {
    let (progress, norms) = (view.progress, view.gradientNorms())
    let point = Curve.Point(
      step: progress.step, loss: loss / Double(steps),
      accuracy: min(1, max(0, right / Double(max(1, images)))), steps: steps)
    let seconds = max(1e-6, (clock.now - lastPoint) / .seconds(1))
    let rate = Double(images) / seconds
    (loss, steps, right, images) = (0, 0, 0, 0)
    lastPoint = clock.now
    session.change {
      $0.curve.append(point)
      ($0.epoch, $0.step, $0.seen) = (progress.epoch, progress.step, progress.images)
      $0.learningRate = progress.learningRate
      $0.imagesPerSecond = $0.imagesPerSecond == 0 ? rate : 0.8 * $0.imagesPerSecond + 0.2 * rate
      $0.norms = norms
    }
  }

  private func publishSnapshot(_ network: Network) {
    guard let seen = try? SeenNetwork(network, name: "training") else { return }
    lastSnapshot = clock.now
    session.change {
      ($0.snapshot, $0.isSnapshotWanted) = (seen, false)
      $0.snapshotVersion += 1
    }
  }

  private func evaluate(_ network: Network, step: Int) {
    guard let test else { return }
    let began = clock.now
    // A network whose outputs are not finite ends the training itself.
    guard
      let evaluation = try? network.evaluate(
        on: test, loss: trainer.loss, keepsProbabilities: false, threads: trainer.threads)
    else { return }
    let now = clock.now
    let cost = (now - began) / .seconds(1)
    nextEvaluation = now + .seconds(max(0.7, 8 * cost))
    lastPoint += now - began
    let result = TrainingEvaluation(
      step: step, loss: evaluation.loss, accuracy: evaluation.accuracy,
      confusion: evaluation.confusion, images: testImages, labels: evaluation.labels,
      predictions: evaluation.predictions)
    session.change {
      // Of those before, the curve needs two numbers.
      if let last = $0.evaluations.indices.last {
        $0.evaluations[last].images = []
        $0.evaluations[last].labels = []
        $0.evaluations[last].predictions = []
        $0.evaluations[last].confusion = []
      }
      if $0.evaluations.count >= Curve.most {
        let all = $0.evaluations
        $0.evaluations = stride(from: 1, to: all.count, by: 2).map { all[$0] }
      }
      $0.evaluations.append(result)
    }
  }
}
