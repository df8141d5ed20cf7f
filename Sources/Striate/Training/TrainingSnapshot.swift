import Foundation

/// A training at rest: what a checkpoint file holds.
struct TrainingSnapshot {
  var network: Network
  var position: TrainingPosition
  /// What the training was started with, by name: a resumed training must say the same.
  var setting: [String: String]
  /// The optimizer's memory and the running means, as they lie in the engine.
  var states: [Float]
  var average: [Float]

  /// The name in a setting of the instruction set whose kernels compute.
  static let instructionSet = "instruction set"

  /// Names that start so are no parameters of a network.
  static let prefix = "striate."

  private static let (positionKey, settingKey, checksumKey) = (
    "striate.training", "striate.setting", "striate.checksum"
  )
  private static let (statesName, averageName) = ("striate.optimizer", "striate.average")
  /// How JSON, which has no such numbers, writes them.
  private static let (infinity, minusInfinity, notANumber) = ("inf", "-inf", "nan")

  // MARK: Writing

  func save(to path: String) throws {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: Self.infinity, negativeInfinity: Self.minusInfinity,
        nan: Self.notANumber)
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
    metadata[Self.checksumKey] = Self.checksum(metadata, tensors)
    try SafeTensors.write(tensors, metadata: metadata, to: path)
  }

  /// A number that every change of what the file says would change.
  private static func checksum(
    _ metadata: [String: String], _ tensors: [(name: String, tensor: Tensor)]
  ) -> String {
    var checksum = Checksum()
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) where key != checksumKey {
      checksum.update(key)
      checksum.update(text)
    }
    for (name, tensor) in tensors {
      checksum.update(name)
      checksum.update(tensor.scalars)
    }
    return checksum.hexadecimal
  }

  // MARK: Reading

  /// Reads the checkpoint at `path`. Throws where it is none, one of another training, or not whole.
  init(contentsOf path: String, setting expected: [String: String]) throws {
    let file = try SafeTensors(contentsOf: path)
    position = try Self.position(in: file.metadata, of: path)
    setting = try Self.decoded([String: String].self, Self.settingKey, in: file.metadata, of: path)
    // The seed first: where the data were split by it, they differ as well.
    let keys = ["seed"] + Set(expected.keys).union(setting.keys).sorted()
    for key in keys where expected[key] != setting[key] {
      let (old, new) = (setting[key] ?? "none", expected[key] ?? "none")
      if key == Self.instructionSet {
        // A training that goes on on any instruction set does not ask, nor does what is saved from then on say.
        if expected[key] == nil || setting[key] == nil { continue }
        let (oldName, newName) = (old.prefix { $0 != "," }, new.prefix { $0 != "," })
        let advice =
          oldName != newName
          ? "set STRIATE_ISA=\(oldName) where the processor has it; elsewhere "
            + "Checkpoints.anyInstructionSet goes on, to other bits"
          : old == oldName
            ? "leave out --exact, and STRIATE_EXACT" : "add --exact, or set STRIATE_EXACT=1"
        throw InvalidCheckpoint(
          description: "\(path): expected the instruction set it was made with, \(old), found "
            + "\(new), whose kernels give other bits: \(advice)")
      }
      throw InvalidCheckpoint(
        description: "\(path): expected the \(key) it was made with, "
          + "\(old.excerpt(whereItDiffersFrom: new)), found "
          + "\(new.excerpt(whereItDiffersFrom: old)): resume with the same settings, or start "
          + "anew with another checkpoint file")
    }
    let tensors = try file.entries.map { (name: $0.name, tensor: try file.tensor(named: $0.name)) }
    let checksum = Self.checksum(file.metadata, tensors)
    guard file.metadata[Self.checksumKey] == checksum else {
      throw InvalidCheckpoint(
        description: "\(path): expected the checksum "
          + "\(file.metadata[Self.checksumKey]?.prefix(16) ?? "of its contents"), found "
          + "\(checksum): the file was damaged: start anew, or take another checkpoint")
    }
    network = try Network(file)
    func values(_ name: String) -> [Float] {
      tensors.first { $0.name == name }?.tensor.scalars ?? []
    }
    (states, average) = (values(Self.statesName), values(Self.averageName))
  }

  /// What a checkpoint's metadata says about the place of its training.
  static func position(
    in metadata: [String: String], of path: String
  ) throws -> TrainingPosition {
    try decoded(TrainingPosition.self, positionKey, in: metadata, of: path)
  }

  private static func decoded<Value: Decodable>(
    _ type: Value.Type, _ key: String, in metadata: [String: String], of path: String
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinity, negativeInfinity: minusInfinity, nan: notANumber)
    guard let text = metadata[key] else {
      throw InvalidCheckpoint(
        description: "\(path): expected a checkpoint with \(key) in its metadata, found none: "
          + "name the file that the training wrote while it ran")
    }
    guard let value = try? decoder.decode(type, from: Data(text.utf8)) else {
      throw InvalidCheckpoint(
        description: "\(path): expected \(key) in the form that this version writes, found "
          + "another: start anew, or resume with the version that wrote it")
    }
    return value
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
  /// The text in quotation marks; of a long one the part where it begins to differ from another.
  fileprivate func excerpt(whereItDiffersFrom other: String) -> String {
    let limit = 60
    guard count > limit else { return "\"\(self)\"" }
    let same = zip(self, other).prefix { $0 == $1 }.count
    let start = min(max(0, same - limit / 3), count - limit)
    let part = dropFirst(start).prefix(limit)
    return "\"\(start > 0 ? "…" : "")\(part)\(start + limit < count ? "…" : "")\""
  }
}
