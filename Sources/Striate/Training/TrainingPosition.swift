/// Where a training stands between two steps.
struct TrainingPosition: Codable, Equatable {
  /// The epoch under way, 1 for the first, and the batches of it that were trained on.
  var epoch = 1, batch = 0
  /// The steps made in all.
  var step = 0
  /// The learning rate of the last step, and the loss of the last batch.
  var learningRate: Float = 0, batchLoss = 0.0
  /// The sums of the epoch under way.
  var loss = 0.0, right = 0, seen = 0, weight = 0.0, seconds = 0.0
  /// The lowest validation loss, and the epochs since.
  var best: Double?
  var waited = 0
  /// What a schedule that reacts to the validation loss remembers.
  var schedule = ScheduleState()
  /// The epochs that have ended.
  var epochs: [Trainer.Epoch] = []
  /// Whether nothing is left to do.
  var isFinished = false

  /// The mean loss of the epoch so far.
  var meanLoss: Double { loss / max(weight, .leastNormalMagnitude) }

  /// Begins the next epoch.
  mutating func endEpoch(_ report: Trainer.Epoch) {
    epochs.append(report)
    epoch += 1
    (batch, loss, right, seen, weight, seconds) = (0, 0, 0, 0, 0, 0)
  }

  /// What tells one position of a training from another.
  struct Place: Equatable {
    var epoch: Int, batch: Int, isFinished: Bool
  }

  var place: Place { Place(epoch: epoch, batch: batch, isFinished: isFinished) }
}

// MARK: Positions that were read

extension TrainingPosition {
  /// How long a training is.
  struct Extent {
    /// Images and batches of one pass over the data.
    var images: Int, batchSize: Int, batches: Int
    /// Steps of one pass, and the batches of each.
    var stepsPerEpoch: Int, accumulation: Int
    /// Passes over the data.
    var epochs: Int
  }

  /// Whether a training of that extent can stand here. What a file says is not believed before: the
  /// training counts on from these numbers.
  func isPossible(in extent: Extent) -> Bool {
    guard epoch >= 1, epoch <= extent.epochs + 1, batch >= 0, batch <= extent.batches,
      batch % extent.accumulation == 0 || batch == extent.batches,
      isFinished ? batch == 0 && epoch > 1 : epoch <= extent.epochs
    else { return false }
    let steps = (batch + extent.accumulation - 1) / extent.accumulation
    return step == (epoch - 1) * extent.stepsPerEpoch + steps
      && seen == min(batch * extent.batchSize, extent.images) && right >= 0 && right <= seen
      && waited >= 0 && waited < epoch && schedule.isPossible(after: epoch - 1)
      && epochs.map(\.number) == Array(1..<epoch)
      && epochs.allSatisfy { $0.images == extent.images && $0.seconds >= 0 && $0.seconds < 1e12 }
      && [loss, weight, batchLoss].allSatisfy(\.isFinite) && learningRate.isFinite
      && seconds >= 0 && seconds < 1e12
  }
}

extension ScheduleState {
  /// Whether a schedule can remember this after that many epochs.
  fileprivate func isPossible(after epochs: Int) -> Bool {
    waited >= 0 && waited <= epochs && cooling >= 0 && factor >= 0 && factor.isFinite
  }
}
