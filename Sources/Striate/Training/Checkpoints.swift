import Foundation

/// Where and how often a training is saved, so that it can go on after whatever stopped it.
///
/// A training that was stopped at any moment, even by a lost machine, and resumed on the same instruction set
/// ends with the same bits as one that was not: a checkpoint holds the parameters, the optimizer's memory, the
/// running means, and the place in the epoch, from which the order of the images, augmentation and dropout
/// follow. The kernels of another instruction set round differently: there a training is only resumed where
/// `anyInstructionSet` says so.
/// A checkpoint is a model file as well, of the parameters as the last step left them: a running mean of
/// them is kept beside.
///
/// ```swift
/// trainer.checkpoints = Checkpoints(path: "digits.checkpoint.safetensors", resumes: true)
/// try trainer.train(&network, on: digits.training, epochs: 20)
/// ```
public struct Checkpoints: Sendable, Equatable {
  /// The file of the last checkpoint; each replaces the one before as a whole.
  public var path: String

  /// Steps from one checkpoint to the next; nil for one an epoch. Every epoch ends with one.
  public var everySteps: Int?

  /// Whether a checkpoint is written only where the training is told to stop before its end.
  public var onlyWhenStopped: Bool

  /// The model file of the epoch with the lowest validation loss; nil for none.
  public var best: String?

  /// Whether a training goes on from the checkpoint, where there is one.
  public var resumes: Bool

  /// What else a resumed training must have in common with the one that it continues, by name: what its
  /// first parameters came from, say.
  public var conditions: [String: String]

  /// Whether a training may go on with the kernels of another instruction set than the one it was begun on; it
  /// then ends with other bits than an uninterrupted one.
  public var anyInstructionSet: Bool

  /// Checkpoints in one file.
  public init(
    path: String, everySteps: Int? = nil, onlyWhenStopped: Bool = false, best: String? = nil,
    resumes: Bool = false, conditions: [String: String] = [:], anyInstructionSet: Bool = false
  ) {
    (self.path, self.everySteps, self.best, self.resumes) = (path, everySteps, best, resumes)
    (self.onlyWhenStopped, self.conditions) = (onlyWhenStopped, conditions)
    self.anyInstructionSet = anyInstructionSet
  }

  /// Where the training stands that the checkpoint file is of; nil where there is no file.
  ///
  /// Throws where the file is no checkpoint. Whether it is whole, and of the same training, is seen when
  /// the training is resumed.
  public func saved() throws -> Saved? {
    guard exists else { return nil }
    let metadata = try SafeTensors.metadata(contentsOf: path)
    let position = try TrainingSnapshot.position(in: metadata, of: path)
    return Saved(
      epoch: position.epoch, step: position.step, isFinished: position.isFinished)
  }

  /// Where a training stands that was saved.
  public struct Saved: Sendable, Equatable {
    /// The epoch under way, 1 for the first.
    public let epoch: Int
    /// The steps made in all.
    public let step: Int
    /// Whether nothing was left to do.
    public let isFinished: Bool

    package init(epoch: Int, step: Int, isFinished: Bool) {
      (self.epoch, self.step, self.isFinished) = (epoch, step, isFinished)
    }
  }

  /// Whether something stands under the path: what cannot be read is an error, not a new beginning.
  var exists: Bool {
    FileManager.default.fileExists(atPath: path)
      || (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
  }

  /// Throws where a training could not be saved so; removes what a writer that was killed left behind.
  func prepare() throws {
    func require(_ holds: Bool, _ message: @autoclosure () -> String) throws {
      guard holds else { throw InvalidTraining(description: "checkpoints: " + message()) }
    }
    try require(
      everySteps ?? 1 >= 1,
      "expected at least 1 step from one to the next, found \(everySteps ?? 1)")
    try require(
      best.map(AtomicFile.destination) != AtomicFile.destination(of: path),
      "expected two files, found \(path) for the last and the best")
    for path in [path] + (best.map { [$0] } ?? []) {
      try AtomicFile.checkWritable(path)
      AtomicFile.removeAbandoned(beside: path)
    }
  }
}

/// A checkpoint cannot be used: which file, what was expected, what was found.
public struct InvalidCheckpoint: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}
