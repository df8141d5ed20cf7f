import Foundation
import Striate
import StriateExplain
import StriateFormats

extension Command {
  static let run = Command(
    name: "run",
    summary: "Run a model on arrays, and write what it gives.",
    usage: ["MODEL --input [NAME=]FILE… [--output [NAME=]FILE…] [options]"],
    details: """
      MODEL is an ONNX file or a model file of Striate's. FILE is a .npy file with one array, or an .npz
      file with arrays under the names of the inputs or outputs. A first axis that is the batch may have
      any size. Without names, files are the inputs and outputs in their order. Without --output the
      outputs are described.
      """,
    options: [
      Option("input", "[NAME=]FILE", "an array that the model is given; may be repeated"),
      Option(
        "output", "[NAME=]FILE", "where an array that the model gives is written; may be repeated"),
      Option(
        "constant", "[NAME=]FILE",
        "an input of an ONNX graph that is part of the network,\nsuch as a weight; may be repeated"),
      .exact,
      Option("json", "one JSON object: shapes, types and ranges of inputs and outputs"),
      .quiet,
    ],
    examples: [
      "striate run resnet18.onnx --input images.npy --output scores.npy",
      "striate run model.onnx --input left=a.npy --input right=b.npy --output results.npz --json",
    ],
    operands: ("MODEL", 1...1),
    run: { arguments in
      let path = arguments.operands[0]
      guard !arguments.all("input").isEmpty else {
        throw Usage.Mistake("option --input: expected a file of arrays, found none")
      }
      var files = FileNames()
      files.reads("MODEL", path)
      for option in ["input", "constant"] {
        for word in arguments.all(option) { files.reads("--\(option)", NamedFile(word).path) }
      }
      let given = try arrays(arguments, "input")
      let constants = try arrays(arguments, "constant")
      let model = try RunnableModel(path, given: given, constants: constants)
      let targets = try targets(arguments, names: model.outputs)
      for (file, _) in targets {
        try files.writes("output", file.path)
        try AtomicFile.checkWritable(file.path)
      }
      let inputs = try model.assigned(given)
      let outputs = try model.run(inputs)
      for (port, array) in zip(model.outputs, outputs) where !array.floats.allSatisfy(\.isFinite) {
        Console.error("striate run: output \"\(port)\" has numbers that are not finite".printable)
      }
      for (file, indices) in targets {
        if file.isArchive {
          try NPZ.write(indices.map { (model.outputs[$0], outputs[$0]) }, to: file.path)
        } else {
          try NPY.write(outputs[indices[0]], to: file.path)
        }
      }
      if arguments.has("json") {
        Console.output(
          JSON.object([
            ("model", .string(path)), ("inputs", description(model.inputs, inputs)),
            ("outputs", description(model.outputs, outputs)),
          ]).text)
      } else if !arguments.has("quiet") {
        for (name, array) in zip(model.outputs, outputs) {
          Console.output(summary(name, array).printable)
        }
      }
      return .success
    })

  /// The arrays of an option's files, with their names where they have some.
  private static func arrays(
    _ arguments: Arguments, _ option: String
  ) throws -> [GivenArray] {
    try arguments.all(option).flatMap { word -> [GivenArray] in
      let file = NamedFile(word)
      guard !file.path.isEmpty else { throw arguments.mistake(option, "a file", word) }
      guard file.isArchive else {
        return [GivenArray(name: file.name, array: try NPY.read(contentsOf: file.path))]
      }
      let arrays = try NPZ.read(contentsOf: file.path)
      guard let name = file.name else {
        return arrays.map { GivenArray(name: $0.name, array: $0.array, isOfArchive: true) }
      }
      guard
        let found = arrays.first(where: { $0.name == name })
          ?? (arrays.count == 1 ? arrays[0] : nil)
      else {
        throw Failure("\(file.path): expected an array \"\(name)\", found \(arrays.map(\.name))")
      }
      return [GivenArray(name: name, array: found.array)]
    }
  }

  /// Which outputs go into which file.
  private static func targets(
    _ arguments: Arguments, names: [String]
  ) throws -> [(NamedFile, [Int])] {
    let files = arguments.all("output").map { NamedFile($0, isRead: false) }
    var free = Array(names.indices)
    for file in files {
      guard let name = file.name else { continue }
      guard let index = names.firstIndex(of: name) else {
        throw Usage.Mistake(
          "option --output: expected an output of the model, \(names), found \"\(name.prefix(40))\""
        )
      }
      free.removeAll { $0 == index }
    }
    return try files.map { file in
      guard !file.path.isEmpty else { throw arguments.mistake("output", "a file", file.path) }
      if let name = file.name, let index = names.firstIndex(of: name) { return (file, [index]) }
      guard !free.isEmpty else {
        throw Usage.Mistake(
          "option --output: expected at most \(names.count) files, found \(files.count)")
      }
      if file.isArchive {
        defer { free = [] }
        return (file, free)
      }
      return (file, [free.removeFirst()])
    }
  }

  private static func description(_ names: [String], _ arrays: [NumericArray]) -> JSON {
    .array(
      zip(names, arrays).map { name, array in
        let finite = array.floats.filter(\.isFinite)
        return .object([
          ("name", .string(name)), ("shape", .integers(array.shape)),
          ("type", .string(array.type.rawValue)),
          ("least", .optional(finite.min()) { .number($0) }),
          ("largest", .optional(finite.max()) { .number($0) }),
        ])
      })
  }

  private static func summary(_ name: String, _ array: NumericArray) -> String {
    let numbers = array.floats
    let finite = numbers.filter(\.isFinite)
    let first = numbers.prefix(4).map { Double($0).significant(4) }.joined(separator: ", ")
    let range =
      finite.isEmpty
      ? ""
      : ", from \(Double(finite.min() ?? 0).significant(4)) to "
        + Double(finite.max() ?? 0).significant(4)
    return
      "\(name): \(array.shape) \(array.type.rawValue)\(range): \(first)\(numbers.count > 4 ? ", …" : "")"
  }
}

/// A file that an option names, for an input or output of a name: "NAME=FILE" or "FILE".
private struct NamedFile {
  var name: String?
  var path: String

  /// Reads a word. A file that is read may have "=" in its name; one that is written has a name before it.
  init(_ word: String, isRead: Bool = true) {
    path = word
    guard let sign = word.firstIndex(of: "="), sign != word.startIndex else { return }
    let name = String(word[..<sign])
    if isRead, FileManager.default.fileExists(atPath: word) { return }
    (self.name, path) = (name, String(word[word.index(after: sign)...]))
  }

  var isArchive: Bool { path.lowercased().hasSuffix(".npz") }
}

/// An array that a model is given.
private struct GivenArray {
  let name: String?
  let array: NumericArray
  var isOfArchive = false
}

/// A model of either kind, with names for what it is given and what it gives.
private struct RunnableModel {
  let inputs: [String]
  let outputs: [String]
  private let path: String
  private let compute: ([NumericArray]) throws -> [NumericArray]

  init(
    _ path: String, given: [GivenArray],
    constants: [GivenArray]
  ) throws {
    self.path = path
    if ModelFile.isONNX(path) {
      var fixed: [String: NumericArray] = [:]
      for given in constants {
        guard let name = given.name else {
          throw Usage.Mistake("option --constant: expected NAME=FILE, found no name")
        }
        fixed[name] = given.array
      }
      let names = try ONNXModel.inputNames(contentsOf: path).filter { fixed[$0] == nil }
      let pairs = try Self.assigned(given, to: names, path: path)
      let shapes = Dictionary(
        zip(names, pairs.map(\.shape)), uniquingKeysWith: { first, _ in first })
      let model = try ONNXModel(contentsOf: path, constants: fixed, shapes: shapes)
      (inputs, outputs) = (model.inputs.map(\.name), model.outputs.map(\.name))
      compute = { try model($0) }
      return
    }
    guard constants.isEmpty else {
      throw Usage.Mistake("option --constant: expected an ONNX file, found \(path)")
    }
    let network = try Network(contentsOf: path)
    inputs = network.inputs.map(\.name)
    outputs = network.outputs.map { value in
      if case .node(let index) = value { network.nodes[index].name } else { "output" }
    }
    compute = { arrays in
      let tensors = arrays.map(\.tensor)
      let results =
        network.outputs.count == 1 ? [try network(tensors)] : try network.allOutputs(tensors)
      return results.map { NumericArray($0) }
    }
  }

  /// The arrays in the order of the inputs.
  func assigned(_ given: [GivenArray]) throws -> [NumericArray] {
    try Self.assigned(given, to: inputs, path: path)
  }

  private static func assigned(
    _ given: [GivenArray], to names: [String], path: String
  ) throws -> [NumericArray] {
    var found: [String: NumericArray] = [:]
    // An archive's only array fits a model's only input, whatever it is called.
    let isAlone = names.count == 1 && given.count == 1
    var rest: ArraySlice<GivenArray> = []
    for item in given {
      guard let name = item.name, !isAlone || names.contains(name) else {
        rest.append(item)
        continue
      }
      // An archive may hold more than a model needs.
      if item.isOfArchive, !names.contains(name) { continue }
      guard names.contains(name), found.updateValue(item.array, forKey: name) == nil else {
        throw Failure("\(path): expected inputs \(names), each once, found \"\(name.prefix(80))\"")
      }
    }
    let arrays = try names.map { name in
      if let array = found[name] { return array }
      guard let next = rest.popFirst() else {
        throw Failure("\(path): expected inputs \(names), found no array for \"\(name)\"")
      }
      return next.array
    }
    guard rest.isEmpty else {
      throw Failure("\(path): expected inputs \(names), found \(rest.count) arrays more")
    }
    return arrays
  }

  func run(_ arrays: [NumericArray]) throws -> [NumericArray] { try compute(arrays) }
}
