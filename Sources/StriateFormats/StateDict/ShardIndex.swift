import Foundation
import Striate

/// The index of a safetensors file that was cut into shards: which array lies in which file beside it.
///
///     {"metadata": {…}, "weight_map": {"conv1.weight": "model-00001-of-00002.safetensors", …}}
///
/// Source: the documentation of Hugging Face's transformers, section Sharded checkpoints.
struct ShardIndex {
  private struct File: Decodable {
    let weightMap: [String: String]

    enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
  }

  /// The most bytes of an index.
  private static let sizeLimit = 64 << 20

  /// The most shards.
  private static let shardLimit = 1024

  let source: String
  /// Names and the shards that they lie in, sorted by name.
  let places: [(name: String, shard: Int)]
  let shards: [SafeTensors]

  init(contentsOf path: String) throws {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? ""
    try self.init(
      InputFile.bytes(of: path, limit: ShardIndex.sizeLimit), source: path
    ) { name in
      try SafeTensors(contentsOf: folder + name)
    }
  }

  /// The index in memory, whose shards `shard` reads by their names; errors call it `source`.
  init(_ bytes: [UInt8], source: String, shard: (String) throws -> SafeTensors) throws {
    func refuse(_ message: String) -> StateDict.Failure {
      StateDict.Failure(description: "\(source): \(message)")
    }
    guard bytes.count <= ShardIndex.sizeLimit else {
      throw refuse("index: expected at most \(ShardIndex.sizeLimit) bytes, found more")
    }
    guard let index = try? JSONDecoder().decode(File.self, from: Data(bytes)) else {
      throw refuse("index: expected JSON with weight_map, found another form")
    }
    let names = Set(index.weightMap.values).sorted()
    guard (1...ShardIndex.shardLimit).contains(names.count) else {
      throw refuse(
        "index: expected 1 to \(ShardIndex.shardLimit) shards, found \(names.count)")
    }
    shards = try names.map { name in
      guard !name.isEmpty, !name.contains("/" as Character), name != ".", name != ".." else {
        throw refuse(
          "index: expected names of files beside it, found \"\(name.prefix(80))\"")
      }
      return try shard(name)
    }
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    self.source = source
    var places: [(name: String, shard: Int)] = []
    for (name, shard) in index.weightMap.sorted(by: { $0.key < $1.key }) {
      let number = numbers[shard] ?? 0
      guard shards[number].entry(named: name) != nil else {
        throw refuse(
          "index: tensor \"\(name.prefix(80))\": expected it in \(shard), found no such tensor")
      }
      places.append((name, number))
    }
    self.places = places
  }
}

extension StateDict {
  /// The arrays of an index in memory, whose shards `shard` reads by their names.
  package init(
    shardIndex bytes: [UInt8], source: String, shard: (String) throws -> SafeTensors
  ) throws {
    self.init(try ShardIndex(bytes, source: source, shard: shard))
  }

  init(_ index: ShardIndex) {
    let entries = index.places.compactMap { name, shard in
      index.shards[shard].entry(named: name).map {
        Entry(name: name, shape: $0.shape, type: $0.type.rawValue)
      }
    }
    self.init(
      entries: entries, source: index.source,
      contents: .safeTensors(
        index.shards, shard: Dictionary(uniqueKeysWithValues: index.places.map { ($0, $1) })))
  }
}
