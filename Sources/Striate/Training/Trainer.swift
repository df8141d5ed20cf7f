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

  /// Parameters with a learning rate or weight decay of their own.
  public var groups: [ParameterGroup] = []

  /// How gradients that are too large are made smaller; nil for not at all.
  public var clipping: GradientClipping?

  /// The decay of a running mean of the parameters; the trained network has the means. nil for none.
  ///
  ///     w̄ ← d · w̄ + (1 − d) · w after step t,  d = min(decay, (1 + t) / (10 + t)), and 0 for t = 1
  ///
  /// The rising decay lets a mean forget what the training began with: a constant 0.999 would still hold 2 % of it after
  /// 3,900 steps. A decay of 0.999 is reached at step 8,990. The running statistics of batch normalisations are averaged
  /// like the parameters.
  ///
  /// Source: Polyak & Juditsky 1992, doi:10.1137/0330046; the decay of tf.train.ExponentialMovingAverage with
  /// num_updates, but for the first step. The default averages of torch.optim.swa_utils have a constant decay.
  public var averaging: Double?

  /// Batches whose gradients are added up before each step.
  public var accumulation = 1

  /// Where and how often the training is saved; nil for never.
  public var checkpoints: Checkpoints?
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
  public struct Epoch: Sendable, Equatable, Codable, CustomStringConvertible {
    /// 1 for the first.
    public let number: Int
    /// The mean loss of the images, each before its own step.
    public let loss: Double
    /// The share of images classified rightly, each before its own step.
    public let accuracy: Double
    /// The loss on the validation data afterwards.
    public let validationLoss: Double?
    /// The share of the validation data classified rightly afterwards.
    public let validationAccuracy: Double?
    /// How the network did on the validation data afterwards; nil of an epoch before a resumption.
    public let validation: Evaluation?
    /// The learning rate of the last step.
    public let learningRate: Float
    /// The time spent in training steps.
    public let seconds: Double
    /// The images trained on.
    public let images: Int

    private enum CodingKeys: String, CodingKey {
      case number, loss, accuracy, validationLoss, validationAccuracy, learningRate, seconds, images
    }

    init(
      number: Int, loss: Double, accuracy: Double, validation: Evaluation?, learningRate: Float,
      seconds: Double, images: Int
    ) {
      (self.number, self.loss, self.accuracy) = (number, loss, accuracy)
      (validationLoss, validationAccuracy) = (validation?.loss, validation?.accuracy)
      (self.validation, self.learningRate) = (validation, learningRate)
      (self.seconds, self.images) = (seconds, images)
    }

    /// Reads an epoch of a checkpoint.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      number = try values.decode(Int.self, forKey: .number)
      loss = try values.decode(Double.self, forKey: .loss)
      accuracy = try values.decode(Double.self, forKey: .accuracy)
      validationLoss = try values.decodeIfPresent(Double.self, forKey: .validationLoss)
      validationAccuracy = try values.decodeIfPresent(Double.self, forKey: .validationAccuracy)
      learningRate = try values.decode(Float.self, forKey: .learningRate)
      seconds = try values.decode(Double.self, forKey: .seconds)
      images = try values.decode(Int.self, forKey: .images)
      validation = nil
    }

    /// Images trained on in one second of training steps.
    public var imagesPerSecond: Double { Double(images) / max(seconds, 1e-9) }

    /// "epoch 1  loss 0.113  accuracy 96.5 %  58,312 images/s".
    public var description: String {
      var text = "epoch \(number)  loss \(loss.fixed(4))  accuracy \((accuracy * 100).fixed(2)) %"
      if let validationAccuracy {
        text += "  validation"
        if let validationLoss { text += " loss \(validationLoss.fixed(4))" }
        text += " accuracy \((validationAccuracy * 100).fixed(2)) %"
      }
      return text + "  \(Int(imagesPerSecond).grouped) images/s"
    }
  }

  /// Where training stands, for a progress bar.
  public struct Progress: Sendable {
    /// The epoch under way, 1 for the first, and how many there will be.
    public let epoch: Int, epochs: Int
    /// The steps made in all, those before a resumption too.
    public let step: Int
    /// Images seen in this epoch, and how many there are.
    public let images: Int, total: Int
    /// Mean loss and share of right answers so far in this epoch.
    public let loss: Double, accuracy: Double
    /// The mean loss of the last batch.
    public let batchLoss: Double
    /// The learning rate of the last step.
    public let learningRate: Float
    /// The epoch's report, once it has ended.
    public let finished: Epoch?
    /// Why the last checkpoint, or the best network, could not be written; nil where it could. Training goes
    /// on, and the next checkpoint is another try.
    public internal(set) var checkpointFailure: AtomicFile.Failure?
  }

  /// Trains for a number of epochs and returns their reports.
  ///
  /// - Parameters:
  ///   - network: Receives the trained parameters; it stays as it was where training fails.
  ///   - dataset: The images to learn.
  ///   - epochs: Passes over the data.
  ///   - progress: Called after every batch, every epoch and every checkpoint that could not be written;
  ///     training stops, after the step under way, when it returns false.
  ///   - validating: Called with the number of validation images measured after an epoch, and of all.
  ///
  /// With `checkpoints` that are resumed the reports of the epochs before count as well.
  ///
  /// Throws `InvalidTraining` or `InvalidAugmentation` for numbers that make no sense, `InvalidInput` where
  /// data and network do not fit, `TrainingDiverged` when the loss or a parameter is no longer a finite number,
  /// `InvalidCheckpoint` where a checkpoint is damaged or of another training, `AtomicFile.Failure` where
  /// none could be written before training begins (later, `progress` is told), and what the source of streamed
  /// images throws when it can no longer read one.
  @discardableResult
  public func train(
    _ network: inout Network, on dataset: Dataset, epochs: Int,
    progress: (Progress) -> Bool = { _ in true },
    validating: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> [Epoch] {
    try train(
      &network, on: dataset, epochs: epochs, watching: { now, _ in progress(now) },
      validating: validating)
  }

  /// Trains as `train(_:on:epochs:progress:validating:)` does; `watching` is also given a way to the network
  /// as it is after that step.
  package func train(
    _ network: inout Network, on dataset: Dataset, epochs: Int,
    watching: (Progress, _ network: () -> Network) -> Bool,
    validating: (_ done: Int, _ total: Int) -> Void
  ) throws -> [Epoch] {
    try withoutActuallyEscaping(validating) { validating in
      let run = try TrainingRun(
        self, try prepared(network, for: dataset, epochs: epochs), dataset, epochs: epochs,
        validating: validating)
      let reports = try run.run { watching($0, run.trained) }
      try run.checkParameters()
      network = run.trained()
      return reports
    }
  }

  /// The network with the preprocessing that it is trained with. Throws where training cannot start.
  func prepared(_ network: Network, for dataset: Dataset, epochs: Int) throws -> Network {
    try check(dataset, epochs: epochs)
    guard network.parameterCount == 0 || network.parameters.contains(where: \.isTrained) else {
      throw InvalidTraining(
        description: "parameters: expected at least one to train, found all of them frozen")
    }
    var trained = network
    if normalizes, trained.preprocessing.mean.isEmpty {
      let statistics = try dataset.statistics()
      trained.preprocessing.mean = statistics.mean
      trained.preprocessing.standardDeviation = statistics.standardDeviation.map {
        $0 > 0 ? $0 : 1
      }
    }
    if trained.preprocessing.classNames.isEmpty {
      trained.preprocessing.classNames = dataset.classNames
    }
    trained.preprocessing.outputMeaning = loss.kind.outputMeaning
    if trained.preprocessing.fitting == nil { trained.preprocessing.fitting = dataset.fitting }
    try trained.check(dataset)
    if let validation { try trained.check(validation) }
    return trained
  }

  private func check(_ dataset: Dataset, epochs: Int) throws {
    try optimizer.validate()
    try schedule.validate()
    try augmentation?.check(imageShape: dataset.imageShape)
    func require(_ holds: Bool, _ what: String, _ expected: String, _ found: Int) throws {
      guard holds else {
        throw InvalidTraining(description: "\(what): expected \(expected), found \(found)")
      }
    }
    try require(batchSize >= 1, "batch size", "at least 1", batchSize)
    try require(
      accumulation >= 1 && accumulation <= 1 << 20, "accumulation", "1 to \(1 << 20) batches",
      accumulation)
    if let averaging, !(averaging >= 0 && averaging < 1) {
      throw InvalidTraining(
        description: "averaging: expected a decay from 0 to 1, 1 left out, found \(averaging.short)"
      )
    }
    if let clipping, !(clipping.limit > 0 && clipping.limit.isFinite) {
      throw InvalidTraining(
        description: "clipping: expected a positive limit, found \(clipping.text)")
    }
    for group in groups where !(group.learningRateFactor >= 0 && group.learningRateFactor.isFinite)
    {
      throw InvalidTraining(
        description: "parameter group: expected a learning-rate factor of at least 0, found "
          + group.text)
    }
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
    try require(
      !schedule.watchesValidation || validation != nil, "schedule \(schedule.text)",
      "validation data to watch", 0)
    try require(
      checkpoints?.best == nil || validation != nil, "checkpoints",
      "validation data to find the best by",
      0)
    try checkpoints?.prepare()
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
