import Foundation
import LaneKernels

/// Runs a network over a data set, batch by batch, and lets an optimizer change its parameters.
///
/// The same network, data, seed and numbers give the same bits, on any number of threads.
///
/// Source: seeds/000 §1.5: the set is shuffled and cycled; a step follows the mean gradient of a batch.
public struct Trainer: Sendable {
  /// What is made small.
  public var loss: Loss

  /// The rule of each step.
  public var optimizer: any Optimizer

  /// How the learning rate changes on the way.
  public var schedule: LearningRateSchedule

  /// Images a step; the last batch of an epoch may be shorter.
  public var batchSize: Int

  /// What the order of the images depends on.
  public var seed: UInt64

  /// How many threads compute.
  public var threads: Int

  /// Images to measure the network on after every epoch.
  public var validation: Dataset?

  /// Epochs without a better validation loss after which training stops; nil for never.
  public var patience: Int?

  /// Whether a network without preprocessing takes over the data's mean and standard deviation.
  public var normalizes: Bool

  /// Random changes of the training images; the validation images stay as they are.
  public var augmentation: Augmentation?

  /// A training procedure.
  public init(
    loss: Loss, optimizer: any Optimizer, batchSize: Int, seed: UInt64 = 0,
    threads: Int = Engine.defaultThreads, schedule: LearningRateSchedule = .constant,
    validation: Dataset? = nil, patience: Int? = nil, normalizes: Bool = true,
    augmentation: Augmentation? = nil
  ) {
    (self.loss, self.optimizer, self.batchSize) = (loss, optimizer, batchSize)
    (self.seed, self.threads, self.schedule) = (seed, threads, schedule)
    (self.validation, self.patience, self.normalizes) = (validation, patience, normalizes)
    self.augmentation = augmentation
  }

  /// What happened in one pass over the data.
  public struct Epoch: Sendable, CustomStringConvertible {
    /// 1 for the first.
    public let number: Int
    /// The mean loss of the images, each before its own step.
    public let loss: Double
    /// The share of images classified rightly, each before its own step.
    public let accuracy: Double
    /// How the network did on the validation data afterwards.
    public let validation: Evaluation?
    /// The time spent in training steps.
    public let seconds: Double
    /// The images trained on.
    public let images: Int

    /// Images trained on in one second of training steps.
    public var imagesPerSecond: Double { Double(images) / max(seconds, 1e-9) }

    /// "epoch 1  loss 0.113  accuracy 96.5 %  58,312 images/s".
    public var description: String {
      var text = "epoch \(number)  loss \(loss.digits(4))  accuracy \((accuracy * 100).digits(2)) %"
      if let validation {
        text += "  validation"
        if let loss = validation.loss { text += " loss \(loss.digits(4))" }
        text += " accuracy \((validation.accuracy * 100).digits(2)) %"
      }
      return text + "  \(Int(imagesPerSecond).grouped) images/s"
    }
  }

  /// Where training stands, for a progress bar.
  public struct Progress: Sendable {
    /// The epoch under way, 1 for the first, and how many there will be.
    public let epoch: Int, epochs: Int
    /// Images seen in this epoch, and how many there are.
    public let images: Int, total: Int
    /// Mean loss and share of right answers so far in this epoch.
    public let loss: Double, accuracy: Double
    /// The epoch's report, once it has ended.
    public let finished: Epoch?
  }

  /// Trains for a number of epochs and returns their reports.
  ///
  /// - Parameters:
  ///   - network: Receives the trained parameters; it stays as it was where training fails.
  ///   - dataset: The images to learn.
  ///   - epochs: Passes over the data.
  ///   - progress: Called after every step and every epoch; training stops when it returns false.
  ///
  /// Throws `InvalidTraining` or `InvalidAugmentation` for numbers that make no sense, `InvalidInput` where data and network do
  /// not fit, and `TrainingDiverged` when the loss or a parameter is no longer a finite number.
  @discardableResult
  public func train(
    _ network: inout Network, on dataset: Dataset, epochs: Int,
    progress: (Progress) -> Bool = { _ in true }
  ) throws -> [Epoch] {
    try check(dataset, epochs: epochs)
    var trained = network
    if normalizes, trained.preprocessing.mean.isEmpty {
      let statistics = dataset.statistics()
      trained.preprocessing.mean = statistics.mean
      trained.preprocessing.standardDeviation = statistics.standardDeviation.map {
        $0 > 0 ? $0 : 1
      }
    }
    if trained.preprocessing.classNames.isEmpty {
      trained.preprocessing.classNames = dataset.classNames
    }
    try trained.check(dataset)
    if let validation { try trained.check(validation) }
    let run = try TrainingRun(self, trained, dataset, epochs: epochs)
    let reports = try run.run(progress)
    try run.checkParameters()
    run.plan.store(into: &trained)
    network = trained
    return reports
  }

  private func check(_ dataset: Dataset, epochs: Int) throws {
    try optimizer.validate()
    try augmentation?.check(imageShape: dataset.imageShape)
    func require(_ holds: Bool, _ what: String, _ expected: String, _ found: Int) throws {
      guard holds else {
        throw InvalidTraining(description: "\(what): expected \(expected), found \(found)")
      }
    }
    try require(batchSize >= 1, "batch size", "at least 1", batchSize)
    try require(epochs >= 1, "epochs", "at least 1", epochs)
    try require(
      threads >= 1 && threads <= Engine.maximumThreads, "threads",
      "1 to \(Engine.maximumThreads)", threads)
    try require(dataset.count >= 1, "data set", "at least one image", dataset.count)
    try require(
      validation?.count != 0, "validation data", "at least one image", validation?.count ?? 0)
    try require((patience ?? 1) >= 1, "patience", "at least 1 epoch", patience ?? 1)
    try require(
      patience == nil || validation != nil, "patience", "validation data to watch", 0)
  }
}

/// A training that cannot start: what was expected, what was found.
public struct InvalidTraining: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}

/// The loss, or a parameter, stopped being a finite number.
public struct TrainingDiverged: Error, CustomStringConvertible, Equatable {
  /// The epoch and the step in it, 1 for the first.
  public let epoch: Int, step: Int
  /// The loss; finite where it was the step itself that left an infinite parameter.
  public let loss: Double
  /// The learning rate that was in use.
  public let learningRate: Float

  /// What happened and what to try.
  public var description: String {
    """
    training diverged: \(loss.isFinite ? "a parameter became infinite" : "the loss became \(loss)") \
    at step \(step) of epoch \(epoch): \
    try a learning rate below \(learningRate), such as \(learningRate / 10), \
    or check that the inputs are finite
    """
  }
}

extension Double {
  /// The number with a fixed number of digits after the point.
  func digits(_ count: Int) -> String { String(format: "%.\(count)f", self) }
}
