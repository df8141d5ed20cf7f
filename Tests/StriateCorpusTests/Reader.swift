import Foundation
import Striate
import StriateData
import StriateFormats

/// The readers of bytes that others wrote, each as the fuzzer and the replay of its corpus call it.
enum Reader: String, CaseIterable, Codable, Sendable {
  case idx, gzip, tar
  case npy, npz, torch
  case safetensors, shards, model
  case onnx
  case picture
  case text, architecture

  /// Whether the reader takes a path alone.
  var needsFile: Bool {
    switch self {
    case .idx, .gzip, .tar: true
    default: false
    }
  }

  /// What the file of an input holds. A changed byte of a compressed archive would change all that is in it, so that
  /// archives are compressed here.
  func contents(of input: [UInt8]) -> [UInt8] { self == .tar ? Gzip.compress(input) : input }

  /// Reads an input to its end, or to the error that refuses it. `path` is that of a file with its contents, where the
  /// reader needs one.
  func read(_ bytes: [UInt8], path: String) {
    do {
      try readThrowing(bytes, path: path)
    } catch {
      // A message is made of the input too.
      precondition(!"\(error)".isEmpty)
    }
  }

  private func readThrowing(_ bytes: [UInt8], path: String) throws {
    let source = "input"
    switch self {
    case .idx: _ = try IDX(contentsOf: path).floats
    case .gzip: _ = try Gzip.decompress(contentsOf: path, limit: 1 << 24)
    case .tar: _ = try CIFAR.cifar10.contents(ofArchive: path)
    case .npy:
      let array = try NPY.decode(bytes, source: source)
      // What was read can be written.
      _ = try NPY.encode(array, source: source)
    case .npz:
      for (_, array) in try NPZ.decode(bytes, source: source) { _ = array.floats }
    case .torch:
      let isArchive = bytes.starts(with: [0x50, 0x4B])
      let file = try TorchFile(
        bytes: isArchive ? bytes : Reader.archive(pickle: bytes), source: source)
      for (name, _) in file.tensors { _ = try? file.tensor(named: name) }
    case .safetensors:
      let file = try SafeTensors(bytes: bytes, source: source)
      for entry in file.entries { _ = try? file.tensor(named: entry.name) }
      _ = StateDict(file).sha256
    case .shards:
      _ = try StateDict(shardIndex: bytes, source: source) { name in
        try SafeTensors(bytes: Reader.shard, source: name)
      }
    case .model: _ = try Network(SafeTensors(bytes: bytes, source: source))
    case .onnx: _ = try ONNXModel(bytes: bytes, source: source)
    case .picture: _ = try Picture(decoding: bytes, name: source)
    case .text: try Reader.check(String(decoding: bytes, as: UTF8.self))
    case .architecture:
      _ = try Network(
        SafeTensors(bytes: Reader.model(architecture: bytes), source: source))
    }
  }
}

// MARK: Containers of inputs

extension Reader {
  /// An archive as `torch.save` writes it around a pickle: its checksums would stop every change of the pickle.
  private static func archive(pickle: [UInt8]) throws -> [UInt8] {
    let numbers = (0..<64).map { UInt8($0) }
    return try Zip.encode(
      [
        Zip.Entry(name: "a/data.pkl", bytes: pickle),
        Zip.Entry(name: "a/byteorder", bytes: Array("little".utf8)),
        Zip.Entry(name: "a/data/0", bytes: numbers), Zip.Entry(name: "a/data/1", bytes: numbers),
      ], source: "input")
  }

  /// The file behind every name in an index of shards.
  private static let shard = safeTensors(
    #"{"weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""bias":{"dtype":"F16","shape":[1],"data_offsets":[8,10]}}"#, data: 10)

  /// A model file without tensors whose architecture is the input.
  private static func model(architecture: [UInt8]) -> [UInt8] {
    var text = ""
    for scalar in String(decoding: architecture, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\" + String(scalar)
      case _ where scalar.value < 0x20: text += " "
      default: text.unicodeScalars.append(scalar)
      }
    }
    return safeTensors(
      #"{"__metadata__":{"striate.version":"1","striate.preprocessing":"#
        + #""{\"mean\":[],\"standardDeviation\":[],\"classNames\":[]}","striate.architecture":""#
        + text + #""}}"#, data: 0)
  }

  private static func safeTensors(_ header: String, data: Int) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8)
      + Array(repeating: 0, count: data)
  }
}

// MARK: Network texts

extension Reader {
  /// The parameters of a network are as large as its text says, so that none is made here.
  private struct NoParameters: Error {}

  /// Reads a network text, and follows the shapes where it is a chain of layers.
  private static func check(_ text: String) throws {
    let blocks = try Network.blocks(text: text)
    let layers = blocks.compactMap { $0 as? any Layer }
    guard layers.count == blocks.count else { return }
    let entries = layers.enumerated().map { index, layer in
      GraphEntry(layer: layer, inputs: [index == 0 ? .input(0) : .node(index - 1)])
    }
    for shape in [[3, 12, 12], [5]] {
      _ = try? Network(
        inputs: [Network.Input(name: "input", shape: shape)], layers: entries,
        outputs: [.node(entries.count - 1)]
      ) { _, _ in throw NoParameters() }
    }
  }
}
