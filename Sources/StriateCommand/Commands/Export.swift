import Striate
import StriateExplain
import StriateFormats

extension Command {
  static let export = Command(
    name: "export",
    summary: "Write a saved model as ONNX or Core ML, for other programs.",
    usage: ["MODEL-FILE --out FILE [options]"],
    details: """
      A name that ends in .mlmodel gives a Core ML model, every other an ONNX model.
      The ONNX model takes batches of any size and computes what the model computes in use. Constants
      have the names of the model's parameters; the metadata hold the numbers of its preprocessing and
      the names of its classes. The Core ML model takes one image; with --preprocessing include it
      takes a picture and gives a class. A layer that the format has no words for is named, and nothing
      is written.
      --example writes what other programs must compute too: random inputs, and Striate's outputs for
      them, as safetensors under the names of the model's inputs and outputs.
      """,
    options: [
      Option("out", "FILE", "where the model goes"),
      Option("opset", "N", "version of ONNX's operators, 13 to 23 (18); for ONNX alone"),
      Option(
        "preprocessing", "KIND",
        "none: the model takes normalised pixels, as the network does;\n"
          + "include: it takes pixels from 0 to 1 and normalises them itself (none)"),
      Option(
        "verify",
        "read the ONNX model again, and compare its outputs, before it is written;\n"
          + "for ONNX alone"),
      Option("example", "FILE", "inputs and outputs to check another program with"),
      Option("seed", "N", "what the example's inputs depend on (0)"),
      .json, .quiet,
    ],
    examples: [
      "striate export digits.safetensors --out digits.onnx",
      "striate export photos.safetensors --out photos.onnx --preprocessing include --opset 17",
      "striate export lenet.safetensors --out lenet.onnx --example example.safetensors",
      "striate export digits.safetensors --out Digits.mlmodel --preprocessing include",
    ],
    operands: ("MODEL-FILE", 1...1),
    run: { arguments in
      let path = arguments.operands[0]
      guard let out = try arguments.text("out") else {
        throw Usage.Mistake("expected --out FILE, found none: say where the model goes")
      }
      let example = try arguments.text("example")
      var names = FileNames()
      names.reads("MODEL-FILE", path)
      try names.writes("out", out)
      try names.writes("example", example)
      let job = Job(
        model: path, out: out, example: example,
        includesPreprocessing: try arguments.choice("preprocessing", of: ["none", "include"])
          == "include", seed: try arguments.seed(), arguments: arguments)
      guard !out.lowercased().hasSuffix(".mlpackage") else {
        throw Usage.Mistake(
          "expected a name that ends in .mlmodel or .onnx, found \(out.printable): a package is another format"
        )
      }
      if out.lowercased().hasSuffix(".mlmodel") {
        try exportCoreML(job)
      } else {
        try exportONNX(job)
      }
      return .success
    })

  /// What is to be written.
  private struct Job {
    let model: String
    let out: String
    let example: String?
    let includesPreprocessing: Bool
    let seed: UInt64
    let arguments: Arguments

    /// Tells what was written as `text` says it, or `json`.
    func tell(_ text: @autoclosure () -> String, json: @autoclosure () -> String) {
      if arguments.has("json") {
        Console.output(json())
      } else if !arguments.has("quiet") {
        Console.output(text())
      }
    }

    /// What `make` makes, its error with the model's name.
    func named<T>(_ make: () throws -> T) throws -> T {
      do {
        return try make()
      } catch {
        throw Failure("\(model): \(error)")
      }
    }
  }

  private static func exportONNX(_ job: Job) throws {
    let opset = try job.arguments.integer("opset", in: ONNXExport.opsets) ?? 18
    let network = try ModelFile.network(contentsOf: job.model)
    let export = try job.named {
      try ONNXExport(
        network,
        options: ONNXExport.Options(
          opset: opset, includesPreprocessing: job.includesPreprocessing,
          producerVersion: Program.version))
    }
    let difference =
      job.arguments.has("verify")
      ? try verified(export, network, seed: job.seed, out: job.out) : nil
    let size = try export.write(to: job.out)
    if let example = job.example {
      try SafeTensors.write(
        export.example(of: network, batchSize: 2, seed: job.seed), to: example)
    }
    job.tell(
      text(export, out: job.out, size: size),
      json: json(export, model: job.model, out: job.out, size: size, difference: difference))
  }

  private static func exportCoreML(_ job: Job) throws {
    for option in ["opset", "verify"] where job.arguments.has(option) {
      throw Usage.Mistake(
        "expected --\(option) for an ONNX model, found it for \(job.out.printable): leave it out, or "
          + "choose a name that ends in .onnx")
    }
    let network = try ModelFile.network(contentsOf: job.model)
    let export = try job.named {
      try CoreMLExport(
        network,
        options: CoreMLExport.Options(
          includesPreprocessing: job.includesPreprocessing, producerVersion: Program.version))
    }
    let size = try export.write(to: job.out)
    if let example = job.example {
      try SafeTensors.write(export.example(of: network, seed: job.seed), to: example)
    }
    job.tell(
      text(export, out: job.out, size: size),
      json: json(export, model: job.model, out: job.out, size: size))
  }

  /// The largest difference of what the ONNX model gives, read again, to what the network gives, relative to the
  /// largest number of an output. Throws `Failure` where it is more than rounding.
  private static func verified(
    _ export: ONNXExport, _ network: Network, seed: UInt64, out: String
  ) throws -> Float {
    let model = try ONNXModel(bytes: export.bytes, source: out)
    let numbers = try export.example(of: network, batchSize: 2, seed: seed)
    let inputs = numbers.prefix(export.inputs.count).map {
      NumericArray(shape: $0.tensor.shape, floats: $0.tensor.scalars)
    }
    var worst: Float = 0
    for (found, expected) in zip(try model(inputs), numbers.dropFirst(inputs.count)) {
      let largest = max(expected.tensor.scalars.map(abs).max() ?? 0, .leastNormalMagnitude)
      // What is no number agrees with nothing.
      let differences = zip(found.floats, expected.tensor.scalars).map { abs($0 - $1) / largest }
      let difference = differences.first { $0.isNaN } ?? differences.max() ?? 0
      guard found.shape == expected.tensor.shape, difference <= 1e-4 else {
        throw Failure(
          "\(out): output \"\(expected.name)\": expected the model's numbers, found others, which "
            + "differ by \(difference) of the largest: nothing was written")
      }
      worst = max(worst, difference)
    }
    return worst
  }

  private static func text(_ export: ONNXExport, out: String, size: Int) -> String {
    func list(_ values: [(name: String, shape: [Int])]) -> String {
      values.map { value in
        "\(value.name) [\((["batch"] + value.shape.map(String.init)).joined(separator: ", "))]"
      }.joined(separator: ", ")
    }
    return
      "\(out.printable): ONNX, opset \(export.options.opset), \(export.nodeCount) operators, \(size) bytes\n"
      + "  \(list(export.inputs)) → \(list(export.outputs))".printable
  }

  private static func json(
    _ export: ONNXExport, model: String, out: String, size: Int, difference: Float?
  ) -> String {
    func list(_ values: [(name: String, shape: [Int])]) -> JSON {
      .array(
        values.map { .object([("name", .string($0.name)), ("shape", .integers($0.shape))]) })
    }
    return JSON.object([
      ("model", .string(model)),
      ("out", .string(out)),
      ("format", .string("ONNX")),
      ("opset", .integer(export.options.opset)),
      ("includes_preprocessing", .bool(export.options.includesPreprocessing)),
      ("operators", .integer(export.nodeCount)),
      ("bytes", .integer(size)),
      ("verified_difference", .optional(difference) { .number($0) }),
      ("inputs", list(export.inputs)),
      ("outputs", list(export.outputs)),
    ]).text
  }

  private static func text(_ export: CoreMLExport, out: String, size: Int) -> String {
    func list(_ features: [CoreMLExport.Feature]) -> String {
      features.map { "\($0.name) (\($0.kind.text))" }.joined(separator: ", ")
    }
    return
      "\(out.printable): Core ML, \(export.layerCount) layers, \(size) bytes\n"
      + "  \(list(export.inputs)) → \(list(export.outputs))".printable
  }

  private static func json(
    _ export: CoreMLExport, model: String, out: String, size: Int
  ) -> String {
    func list(_ features: [CoreMLExport.Feature]) -> JSON {
      .array(
        features.map { .object([("name", .string($0.name)), ("kind", .string($0.kind.text))]) })
    }
    return JSON.object([
      ("model", .string(model)),
      ("out", .string(out)),
      ("format", .string("Core ML")),
      ("includes_preprocessing", .bool(export.options.includesPreprocessing)),
      ("layers", .integer(export.layerCount)),
      ("bytes", .integer(size)),
      ("inputs", list(export.inputs)),
      ("outputs", list(export.outputs)),
    ]).text
  }
}

extension CoreMLExport.Feature.Kind {
  /// In a few words.
  fileprivate var text: String {
    switch self {
    case .picture(let channels, let height, let width):
      "\(channels == 1 ? "gray" : "colour") picture \(width)×\(height)"
    case .array(let shape): "array \(shape)"
    case .className: "class"
    case .probabilities: "probability of each class"
    }
  }
}
