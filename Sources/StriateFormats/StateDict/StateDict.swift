import Striate

/// The arrays that another program has saved under names: PyTorch's state dict.
///
/// Read from a safetensors file, from the index of one that was cut into shards, or from what `torch.save` writes for
/// a state dict. No array becomes Floats before it is asked for.
///
/// ```swift
/// let weights = try StateDict(contentsOf: "resnet18.pth")
/// var network = try NamedModel(named: "resnet18").network(classes: 1000, seed: 0)
/// try network.load(weights)
/// ```
public struct StateDict: Sendable {
  /// One array.
  public struct Entry: Sendable, Equatable {
    /// What it is called.
    public let name: String
    /// The extent of each axis.
    public let shape: [Int]
    /// The type of its elements, as the file calls it.
    public let type: String
  }

  /// A state dict cannot be read or does not fit: which file, what was expected, what was found.
  public struct Failure: Error, CustomStringConvertible, Equatable {
    /// The whole message.
    public let description: String
  }

  /// Where arrays lie.
  enum Contents: Sendable {
    case safeTensors([SafeTensors], shard: [String: Int])
    case torch(TorchFile)
  }

  /// The arrays in the order of the file; of shards in the order of the index's names.
  public let entries: [Entry]

  /// What errors call the file.
  public let source: String

  let contents: Contents
  private let index: [String: Int]

  /// Reads the file at `path`: safetensors, an index of shards (`….index.json`), or a state dict of `torch.save`.
  ///
  /// Throws where the file cannot be read, is damaged or is of another kind.
  public init(contentsOf path: String) throws {
    if path.hasSuffix(".index.json") {
      try self.init(ShardIndex(contentsOf: path))
      return
    }
    let bytes = try InputFile.bytes(of: path)
    if bytes.starts(with: [0x50, 0x4B]) {
      try self.init(TorchFile(bytes: bytes, source: path))
    } else {
      self.init(try SafeTensors(bytes: bytes, source: path))
    }
  }

  /// The arrays of a safetensors file.
  public init(_ file: SafeTensors) {
    self.init(
      entries: file.entries.map { Entry(name: $0.name, shape: $0.shape, type: $0.type.rawValue) },
      source: file.source, contents: .safeTensors([file], shard: [:]))
  }

  init(_ file: TorchFile) {
    self.init(
      entries: file.tensors.map {
        Entry(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.storage.type.rawValue)
      }, source: file.source, contents: .torch(file))
  }

  init(entries: [Entry], source: String, contents: Contents) {
    (self.entries, self.source, self.contents) = (entries, source, contents)
    index = Dictionary(
      entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The array of that name, if there is one.
  public func entry(named name: String) -> Entry? { index[name].map { entries[$0] } }

  /// The array of that name as Floats: F64 is rounded, F16 and BF16 are exact, integers and truth values are refused.
  ///
  /// Throws where there is no such array, or where it does not hold floating-point numbers.
  public func tensor(named name: String) throws -> Tensor {
    switch contents {
    case .safeTensors(let files, let shard): try files[shard[name] ?? 0].tensor(named: name)
    case .torch(let file): try file.tensor(named: name)
    }
  }

  /// The SHA-256 hash of all names and of all floating-point numbers as Floats, in order.
  public var sha256: String {
    var hash = SHA256()
    for entry in entries {
      hash.update(entry.name.utf8)
      if let tensor = try? tensor(named: entry.name) { hash.update(tensor.scalars.span.bytes) }
    }
    return hash.hexadecimal()
  }
}
