import Striate
import StriateExplain

/// The training that the page shows: at most one, on a thread of its own, which nothing that a request does can end
/// but the command to stop.
final class TrainingSession: @unchecked Sendable {
  enum Phase: String, Sendable {
    case idle, preparing, running, paused, finished, stopped, failed

    var isUnderWay: Bool { [.preparing, .running, .paused].contains(self) }
  }

  /// What a request can ask for.
  enum Command: String, Sendable {
    case resume, pause, step, stop
  }

  // Unchecked: everything below is read and written under the lock of `condition` alone.
  let condition = Condition()
  var phase = Phase.idle
  var message = ""
  var setting: TrainingSetting?
  var data: ServedData?
  /// Raised by every training that starts, and by every change.
  var (run, version) = (0, 0)
  var (epoch, epochs, step, seen, total) = (0, 0, 0, 0, 0)
  var imagesPerSecond = 0.0
  var learningRate: Float = 0
  var curve = Curve()
  var evaluations: [TrainingEvaluation] = []
  var norms: [(layer: String, norm: Double)] = []
  var snapshot: SeenNetwork?
  var snapshotVersion = 0
  /// Whether anybody has looked at the last snapshot.
  var isSnapshotWanted = true
  var command = Command.resume
  /// Steps a second at most; nil for no limit.
  var pace: Double?
  var isClosed = false

  /// Runs a body under the lock.
  func locked<Result>(_ body: (TrainingSession) throws -> Result) rethrows -> Result {
    condition.lock()
    defer { condition.unlock() }
    return try body(self)
  }

  /// Runs a body under the lock, and tells everyone who waits for news.
  func change(_ body: (TrainingSession) -> Void) {
    locked {
      body($0)
      $0.version += 1
      $0.condition.broadcast()
    }
  }

  // MARK: Commands

  /// Starts a training in the place of one that has ended. Throws where one is under way, or where the setting
  /// makes no sense.
  func start(_ setting: TrainingSetting, on data: ServedData) throws {
    let (network, trainer) = try setting.prepared(for: data)
    let seen = try SeenNetwork(network, name: "network")
    try locked {
      guard !$0.phase.isUnderWay else {
        throw Refusal(409, "training: expected none under way, found one: stop it first")
      }
      $0.phase = .preparing
      $0.message = ""
      $0.setting = setting
      $0.data = data
      $0.run += 1
      ($0.epoch, $0.epochs, $0.step, $0.seen, $0.total) = (1, setting.epochs, 0, 0, 0)
      ($0.imagesPerSecond, $0.learningRate) = (0, trainer.optimizer.learningRate)
      $0.curve = Curve()
      ($0.evaluations, $0.norms) = ([], [])
      ($0.snapshot, $0.isSnapshotWanted) = (seen, true)
      $0.snapshotVersion += 1
      ($0.command, $0.pace) = (.resume, setting.pace)
      $0.version += 1
      $0.condition.broadcast()
    }
    let isStarted = startThread { [self] in
      TrainingThread(self, network, trainer, data, epochs: setting.epochs).run()
    }
    if !isStarted {
      change {
        $0.phase = .failed
        $0.message = "training: the system has no room for another thread"
      }
    }
  }

  /// Throws where nothing is under way that could obey.
  func obey(_ command: Command) throws {
    try locked {
      guard $0.phase.isUnderWay else {
        throw Refusal(
          409, "training: expected one under way to \(command.rawValue), found none: start one")
      }
      $0.command = command
      if command == .resume, $0.phase == .paused { $0.phase = .running }
      $0.version += 1
      $0.condition.broadcast()
    }
  }

  /// Ends the training after the step under way, and all waiting.
  func close() {
    change {
      $0.isClosed = true
      $0.command = .stop
    }
  }

  // MARK: What it has learned

  /// The network as it was learned so far. Throws where nothing was ever trained.
  func network() throws -> SeenNetwork {
    try locked {
      guard let snapshot = $0.snapshot else {
        throw Refusal(404, "model training: expected a training, found none: start one")
      }
      $0.isSnapshotWanted = true
      return snapshot
    }
  }
}

/// How the network did on images that training never sees.
struct TrainingEvaluation: Sendable {
  var step: Int
  var loss: Double?
  var accuracy: Double
  var confusion: [[Int]]
  /// The images of the data set that were taken, and what each was taken for.
  var images: [Int]
  var labels: [Int]
  var predictions: [Int?]
}
