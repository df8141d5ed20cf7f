import Striate
import StriateExplain
import StriateFormats

extension Command {
  static let export = Command(
    name: "export",
    summary: "Write a saved model as ONNX, for other programs.",
    usage: ["MODEL-FILE --out FILE [options]"],
    details: """
      The ONNX model takes batches of any size and computes what the model computes in use. Constants
      have the names of the model's parameters; the metadata hold the numbers of its preprocessing and the
      names of its classes. A layer that ONNX has no words for is named, and nothing is written.
      --example writes what other programs must compute too: random inputs, and Striate's outputs for
      them, as safetensors under the names of the ONNX model's inputs and outputs.
      """,
    options: [
      Option("out", "FILE", "where the ONNX model goes"),
      Option("opset", "N", "version of ONNX's operators, 13 to 23 (18)"),
      Option(
        "preprocessing", "KIND",
        "none: the model takes normalised pixels, as the network does;\n"
          + "include: it takes pixels from 0 to 1 and normalises them itself (none)"),
      Option("verify", "read the ONNX model again, and compare its outputs, before it is written"),
      Option("example", "FILE", "inputs and outputs to check another program with"),
      Option("seed", "N", "what the example's inputs depend on (0)"),
      .json, .quiet,
    ],
    examples: [
      "striate export digits.safetensors --out digits.onnx",
      "striate export photos.safetensors --out photos.onnx --preprocessing include --opset 17",
      "striate export lenet.safetensors --out lenet.onnx --example example.safetensors",
    ],
    operands: ("MODEL-FILE", 1...1),
    run: { arguments in
      let path = arguments.operands[0]
      guard let out = try arguments.text("out") else {
        throw Usage.Mistake("expected --out FILE, found none: say where the ONNX model goes")
      }
      let example = try arguments.text("example")
      var names = FileNames()
      names.reads("MODEL-FILE", path)
      try names.writes("out", out)
      try names.writes("example", example)
      let opset = try arguments.integer("opset", in: ONNXExport.opsets) ?? 18
      let preprocessing = try arguments.choice("preprocessing", of: ["none", "include"])
      let seed = try arguments.seed()
      let network = try ModelFile.network(contentsOf: path)
      let export: ONNXExport
      do {
        export = try ONNXExport(
          network,
          options: ONNXExport.Options(
            opset: opset, includesPreprocessing: preprocessing == "include",
            producerVersion: Program.version))
      } catch {
        throw Failure("\(path): \(error)")
      }
      let difference =
        arguments.has("verify") ? try verified(export, network, seed: seed, out: out) : nil
      let size = try export.write(to: out)
      if let example {
        try SafeTensors.write(
          export.example(of: network, batchSize: 2, seed: seed), to: example)
      }
      if arguments.has("json") {
        Console.output(json(export, model: path, out: out, size: size, difference: difference))
      } else if !arguments.has("quiet") {
        Console.output(text(export, out: out, size: size))
      }
      return .success
    })

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
      ("opset", .integer(export.options.opset)),
      ("includes_preprocessing", .bool(export.options.includesPreprocessing)),
      ("operators", .integer(export.nodeCount)),
      ("bytes", .integer(size)),
      ("verified_difference", .optional(difference) { .number($0) }),
      ("inputs", list(export.inputs)),
      ("outputs", list(export.outputs)),
    ]).text
  }
}
