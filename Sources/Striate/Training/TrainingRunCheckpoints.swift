import Foundation

extension TrainingRun {
  /// Whether the number of steps says so.
  var isCheckpointDue: Bool {
    guard let checkpoints = trainer.checkpoints, !checkpoints.onlyWhenStopped,
      let every = checkpoints.everySteps
    else { return false }
    return position.step % every == 0
  }

  /// Writes the training as it stands; nothing where the file already says it. Where it cannot be written,
  /// `checkpointFailure` says why, and the training goes on: the next checkpoint is another try.
  ///
  /// Throws `TrainingDiverged` before a training that cannot go on takes the place of one that could.
  func saveCheckpoint() throws {
    guard let checkpoints = trainer.checkpoints, position.place != savedPlace else { return }
    try checkParameters()
    plan.store(into: &network)
    let snapshot = TrainingSnapshot(
      network: network, position: position, setting: setting, states: updater.states.array,
      average: updater.average.array)
    do {
      try snapshot.save(to: checkpoints.path)
      savedPlace = position.place
      checkpointFailure = nil
    } catch let failure as AtomicFile.Failure {
      checkpointFailure = failure
    }
  }

  /// Writes the best network, where its file does not hold it yet, as `saveCheckpoint` writes the last.
  func saveBest() throws {
    guard let best = trainer.checkpoints?.best, let network = unsavedBest else { return }
    do {
      try network.save(to: best)
      (unsavedBest, bestFailure) = (nil, nil)
    } catch let failure as AtomicFile.Failure {
      bestFailure = failure
    }
  }

  /// Goes on from the checkpoint, where there is one and it is asked for.
  func resume() throws {
    guard let checkpoints = trainer.checkpoints, checkpoints.resumes, checkpoints.exists else {
      return
    }
    let path = checkpoints.path
    let snapshot = try TrainingSnapshot(contentsOf: path, setting: setting)
    guard snapshot.states.count == updater.states.count,
      snapshot.average.count == updater.average.count,
      snapshot.network.parameters.map(\.name) == network.parameters.map(\.name),
      snapshot.network.parameters.map(\.tensor.shape) == network.parameters.map(\.tensor.shape)
    else {
      throw InvalidCheckpoint(
        description: "\(path): expected \(updater.states.count) numbers of the optimizer and "
          + "\(updater.average.count) running means, found \(snapshot.states.count) and "
          + "\(snapshot.average.count): the file is of another training")
    }
    guard snapshot.position.isPossible(in: extent) else {
      throw InvalidCheckpoint(
        description: "\(path): expected a place in a training of \(extent.epochs) epochs of "
          + "\(extent.batches) batches, found epoch \(snapshot.position.epoch), batch "
          + "\(snapshot.position.batch), step \(snapshot.position.step): the file was changed")
    }
    for index in network.parameters.indices {
      network.parameters[index].tensor = snapshot.network.parameters[index].tensor
    }
    plan.load(network)
    updater.states.set(snapshot.states)
    updater.average.set(snapshot.average)
    position = snapshot.position
    updater.step = position.step
    savedPlace = position.place
  }
}
