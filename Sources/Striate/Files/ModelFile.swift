import Foundation

/// A model file cannot be used: which file, which part, what was expected, what was found.
public struct InvalidModelFile: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}

/// A model is one safetensors file: parameters under PyTorch's names and in its layouts, and in the
/// metadata the architecture, the preprocessing and the version as JSON.
extension Network {
  /// The version of the metadata that this library writes, and the newest it reads.
  static let modelVersion = 1

  private static let (versionKey, architectureKey, preprocessingKey, historyKey) = (
    "striate.version", "striate.architecture", "striate.preprocessing", "striate.history"
  )

  /// Writes the network to the file at `path`, whole or not at all.
  ///
  /// Throws `AtomicFile.Failure` where the file cannot be written.
  public func save(to path: String) throws {
    try SafeTensors.write(
      parameters.map { ($0.name, $0.tensor) }, metadata: try modelMetadata(), to: path)
  }

  /// What `save(to:)` writes, in memory.
  package func modelFileBytes() throws -> [UInt8] {
    SafeTensors.encode(
      parameters.map { ($0.name, $0.tensor) }, metadata: try modelMetadata())
  }

  /// The bytes of the file that `save(to:)` writes.
  public var modelFileSize: Int {
    get throws {
      SafeTensors.fileSize(
        of: parameters.map { ($0.name, $0.tensor) }, metadata: try modelMetadata())
    }
  }

  /// Reads a network from the model file at `path`.
  ///
  /// Throws where the file cannot be read or is cut off, or where its tensors are not those of its
  /// architecture.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - ownLayer: Reads the texts of layers that are not the library's.
  public init(
    contentsOf path: String, ownLayer: (String) throws -> (any Layer)? = { _ in nil }
  ) throws {
    try self.init(SafeTensors(contentsOf: path), ownLayer: ownLayer)
  }

  /// The network's metadata in a model file.
  func modelMetadata() throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A loss may have become infinite; the network is saved all the same.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var metadata = [
      Network.versionKey: "\(Network.modelVersion)",
      Network.architectureKey: try json(architecture),
      Network.preprocessingKey: try json(preprocessing),
    ]
    if let history { metadata[Network.historyKey] = try json(history) }
    return metadata
  }

  /// The network of a model file that was read.
  ///
  /// Nothing is allocated for a parameter before the file is known to hold it.
  public init(
    _ file: SafeTensors, ownLayer: (String) throws -> (any Layer)? = { _ in nil }
  ) throws {
    func refuse(_ message: String) -> InvalidModelFile {
      InvalidModelFile(description: "\(file.source): \(message)")
    }
    guard let version = file.metadata[Network.versionKey] else {
      throw refuse(
        "expected a model with \(Network.versionKey) in its metadata, found none: "
          + "this safetensors file was not written by Striate")
    }
    guard version == "\(Network.modelVersion)" else {
      throw refuse(
        "expected model version \(Network.modelVersion), found \"\(version.prefix(20))\": "
          + "use a newer Striate")
    }
    func decode<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value {
      guard let text = file.metadata[key] else {
        throw refuse("expected \(key) in the metadata, found none")
      }
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      do {
        return try decoder.decode(type, from: Data(text.utf8))
      } catch {
        throw refuse("\(key): expected JSON of its form, found another: \(reason(error))")
      }
    }
    let architecture = try decode(Architecture.self, Network.architectureKey)
    let preprocessing = try decode(Preprocessing.self, Network.preprocessingKey)
    let history =
      file.metadata[Network.historyKey] == nil
      ? nil : try decode(TrainingHistory.self, Network.historyKey)
    var read: Set<String> = []
    do {
      self = try Network(architecture: architecture, ownLayer: ownLayer) { name, description in
        guard let entry = file.entry(named: name) else {
          throw refuse(
            "tensor \"\(name)\": expected F32 \(description.shape), found no such tensor: "
              + "the file is for another architecture")
        }
        guard entry.type == .f32, entry.shape == description.shape else {
          throw refuse(
            "tensor \"\(name)\": expected F32 \(description.shape), found "
              + "\(entry.type.rawValue) \(entry.shape): the file is for another architecture")
        }
        read.insert(name)
        return try file.tensor(named: name)
      }
    } catch let error as InvalidNetwork {
      throw refuse("\(error)")
    }
    // A checkpoint holds more: the memory of the training.
    let others = file.entries.lazy.filter { !$0.name.hasPrefix(TrainingSnapshot.prefix) }
    if let extra = others.first(where: { !read.contains($0.name) }) {
      throw refuse(
        "tensor \"\(extra.name)\": expected only the architecture's tensors, found "
          + "\(extra.type.rawValue) \(extra.shape): the file is for another architecture")
    }
    try preprocessing.check(for: self, refuse: refuse)
    self.preprocessing = preprocessing
    self.history = history
  }

  /// The SHA-256 hash of all parameters' bytes, little endian, in order: equal for two networks that
  /// have learned the same bits.
  public var parametersSHA256: String {
    var hash = SHA256()
    for parameter in parameters {
      #if _endian(little)
        hash.update(parameter.tensor.scalars.span.bytes)
      #else
        hash.update(
          parameter.tensor.scalars.map(\.bitPattern.byteSwapped).span.bytes)
      #endif
    }
    return hash.hexadecimal()
  }
}

extension Preprocessing {
  /// Throws where the numbers do not fit the network's first input or its outputs.
  fileprivate func check(
    for network: Network, refuse: (String) -> InvalidModelFile
  ) throws {
    let channels = network.inputs[0].shape[0]
    for (name, values) in [("mean", mean), ("standardDeviation", standardDeviation)]
    where !values.isEmpty {
      let isValid = values.allSatisfy { $0.isFinite && (name == "mean" || $0 > 0) }
      guard values.count == channels, isValid else {
        throw refuse(
          "striate.preprocessing: \(name): expected \(channels) finite numbers, one a channel"
            + "\(name == "mean" ? "" : ", above 0"), found \(values.prefix(8))")
      }
    }
    // A single output tells two classes apart; outputs without a class keep their numbers.
    let outputs = network.outputShape.reduce(1, *)
    guard classNames.count <= max(2, outputs) else {
      throw refuse(
        "striate.preprocessing: classNames: expected at most \(max(2, outputs)) names, for "
          + "\(outputs) outputs, found \(classNames.count)")
    }
  }
}

/// What a decoder says about its input, in one line.
private func reason(_ error: any Error) -> String {
  guard let error = error as? DecodingError else { return "\(error)" }
  let context: DecodingError.Context
  switch error {
  case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
    .dataCorrupted(let found):
    context = found
  @unknown default: return "\(error)"
  }
  let path = context.codingPath.map(\.stringValue).joined(separator: ".")
  return (path.isEmpty ? "" : "at \(path): ") + context.debugDescription
}
