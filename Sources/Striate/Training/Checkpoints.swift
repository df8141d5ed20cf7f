import Foundation

/// Where and how often a training is saved, so that it can go on after whatever stopped it.
///
/// A training that was stopped at any moment, even by a lost machine, and resumed ends with the same bits
/// as one that was not: a checkpoint holds the parameters, the optimizer's memory, the running means, and
/// the place in the epoch, from which the order of the images, augmentation and dropout follow.
/// A checkpoint is a model file as well.
public struct Checkpoints: Sendable, Equatable {
  /// The file of the last checkpoint; each replaces the one before as a whole.
  public var path: String

  /// Steps from one checkpoint to the next; nil for one an epoch. Every epoch ends with one.
  public var everySteps: Int?

  /// The model file of the epoch with the lowest validation loss; nil for none.
  public var best: String?

  /// Whether a training goes on from the checkpoint, where there is one.
  public var resumes: Bool

  /// Checkpoints in one file.
  public init(
    path: String, everySteps: Int? = nil, best: String? = nil, resumes: Bool = false
  ) {
    (self.path, self.everySteps, self.best, self.resumes) = (path, everySteps, best, resumes)
  }
}

/// Where a training stands between two steps.
struct TrainingPosition: Codable, Equatable {
  /// The epoch under way, 1 for the first, and the batches of it that were trained on.
  var epoch = 1, batch = 0
  /// The steps made in all.
  var step = 0
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

  /// Begins the next epoch.
  mutating func endEpoch(_ report: Trainer.Epoch) {
    epochs.append(report)
    epoch += 1
    (batch, loss, right, seen, weight, seconds) = (0, 0, 0, 0, 0, 0)
  }
}

/// A checkpoint cannot be used: which file, what was expected, what was found.
public struct InvalidCheckpoint: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}

/// A training at rest: what a checkpoint file holds.
struct TrainingSnapshot {
  var network: Network
  var position: TrainingPosition
  /// What the training was started with, by name: a resumed training must say the same.
  var setting: [String: String]
  /// The optimizer's memory and the running means, as they lie in the engine.
  var states: [Float]
  var average: [Float]

  /// Names that start so are no parameters of a network.
  static let prefix = "striate."

  private static let (positionKey, settingKey, statesName, averageName) = (
    "striate.training", "striate.setting", "striate.optimizer", "striate.average"
  )

  func save(to path: String) throws {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var metadata = try network.modelMetadata()
    metadata[Self.positionKey] = try json(position)
    metadata[Self.settingKey] = try json(setting)
    var tensors = network.parameters.map { ($0.name, $0.tensor) }
    for (name, values) in [(Self.statesName, states), (Self.averageName, average)]
    where !values.isEmpty {
      tensors.append((name, Tensor(shape: [values.count], scalars: values)))
    }
    try SafeTensors.write(tensors, metadata: metadata, to: path)
  }

  /// Reads the checkpoint at `path`. Throws where it is none, or one of another training.
  init(contentsOf path: String, setting expected: [String: String]) throws {
    let file = try SafeTensors(contentsOf: path)
    func decoded<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value {
      guard let text = file.metadata[key],
        let value = try? JSONDecoder().decode(type, from: Data(text.utf8))
      else {
        throw InvalidCheckpoint(
          description: "\(path): expected a checkpoint with \(key) in its metadata, found none: "
            + "name the file that the training wrote while it ran")
      }
      return value
    }
    position = try decoded(TrainingPosition.self, Self.positionKey)
    setting = try decoded([String: String].self, Self.settingKey)
    for key in Set(expected.keys).union(setting.keys).sorted() where expected[key] != setting[key] {
      throw InvalidCheckpoint(
        description: "\(path): expected the \(key) it was made with, "
          + "\(setting[key]?.shortened ?? "none"), found \(expected[key]?.shortened ?? "none"): "
          + "resume with the same settings, or start anew with another checkpoint file")
    }
    network = try Network(file)
    states =
      file.entry(named: Self.statesName) == nil
      ? [] : try file.tensor(named: Self.statesName).scalars
    average =
      file.entry(named: Self.averageName) == nil
      ? [] : try file.tensor(named: Self.averageName).scalars
  }

  init(
    network: Network, position: TrainingPosition, setting: [String: String], states: [Float],
    average: [Float]
  ) {
    (self.network, self.position, self.setting) = (network, position, setting)
    (self.states, self.average) = (states, average)
  }
}

extension String {
  /// The text in quotation marks, cut where it is long.
  fileprivate var shortened: String { count > 80 ? "\"\(prefix(77))…\"" : "\"\(self)\"" }
}
