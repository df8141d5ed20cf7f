import Foundation
import Striate
import StriateExplain

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Command {
  static let bench = Command(
    name: "bench",
    summary: "Time training steps or inference of a network on random images.",
    usage: ["--model NAME | --network TEXT | MODEL-FILE [options]"],
    details: """
      A step begins with bytes of pixels and ends with updated parameters, or with outputs. The times
      are those of repeated steps after a warm-up; the peak is what multiply-adds in registers alone
      reach on these threads. What Winograd's algorithm saves counts as done, so that a network of 3x3
      convolutions can be above the peak. A layer's time is without that of its weights.
      """,
    options: [
      Option("model", "NAME", "a known network:\n" + Recipe.lines(NamedModel.all.map(\.name))),
      Option("network", "TEXT", "a network as text: \"conv 8 5x5, relu, flatten, dense 10\""),
      Option("input", "CxHxW", "shape of one image (the model's own, or 1x28x28)"),
      Option("classes", "N", "number of outputs, for --model (10)"),
      Option("batch", "N", aliases: ["batch-size"], "images a step (the model's own, or 32)"),
      Option("mode", "NAME", "train or infer (train)"),
      Option("steps", "N", "steps that are timed (as many as take three seconds, 5 to 500)"),
      Option("layers", "the time of each layer as well"),
      .threads, .exact, .json,
    ],
    examples: [
      "striate bench --model lenet",
      "striate bench --model resnet20 --mode infer --batch 64 --layers",
      "striate bench --network \"conv 16 3x3, relu, flatten, dense 10\" --input 3x32x32 --json",
      "striate bench resnet18.onnx --mode infer --batch 16",
    ],
    operands: ("at most MODEL-FILE", 0...1),
    run: { arguments in
      let report = try BenchReport(arguments)
      Console.output(arguments.has("json") ? report.json.text : report.text)
      return .success
    })
}

/// What `striate bench` measured.
private struct BenchReport {
  let model: String
  let isTraining: Bool
  let batch: Int
  let threads: Int
  /// Seconds of each step, the shortest first.
  let times: [Double]
  /// Multiply-adds of one step.
  let multiplyAdds: Double
  /// Multiply-adds a second that the processor could do.
  let peak: Double
  let layers: [StepTimer.LayerTime]

  init(_ arguments: Arguments) throws {
    let file = arguments.operands.first
    let named = file == nil ? try Recipe.namedModel(arguments) : nil
    let network = try BenchReport.network(arguments, file: file, named: named)
    model = try file ?? named?.name ?? arguments.text("network") ?? ""
    isTraining = try arguments.choice("mode", of: ["train", "infer"]) != "infer"
    batch = try arguments.integer("batch", in: 1...1_000_000) ?? named?.batchSize ?? 32
    threads =
      try arguments.integer("threads", in: 1...Engine.maximumThreads) ?? Engine.defaultThreads
    let steps = try arguments.integer("steps", in: 1...1_000_000)
    let trainer = Trainer(
      loss: network.outputShape == [1]
        ? .binaryCrossEntropyWithLogits() : named?.loss ?? .softmaxCrossEntropy,
      optimizer: named?.optimizer ?? Adam(), batchSize: batch, threads: threads)
    let timer = try StepTimer(network, trainer: trainer, isTraining: isTraining)
    multiplyAdds = Double(timer.multiplyAdds) * Double(batch)
    let first = try timer.time(steps: 2)[1]
    let count = steps ?? Int(min(max(3 / first, 5), 500))
    if steps == nil { _ = try timer.time(steps: max(1, count / 10)) }
    times = try timer.time(steps: count).sorted()
    layers = arguments.has("layers") ? try timer.timeLayers(steps: min(count, 20)) : []
    peak = StepTimer.peakMultiplyAdds(threads: threads)
  }

  private static func network(
    _ arguments: Arguments, file: String?, named: NamedModel?
  ) throws -> Network {
    let input = try arguments.text("input").map { try Command.shape($0, arguments) }
    let classes = try arguments.integer("classes", in: 1...1_000_000)
    if let file {
      for option in ["model", "network", "input", "classes"] where arguments.has(option) {
        throw Usage.Mistake("option --\(option): expected none beside MODEL-FILE, found one")
      }
      let network = try ModelFile.network(contentsOf: file)
      guard network.inputs.count == 1, network.outputs.count == 1, network.outputShape.count == 1
      else {
        throw Failure(
          "\(file): expected one input and one output of classes, found \(network.inputs.count) inputs and "
            + "\(network.outputs.count) outputs, the first \(network.outputShape): time another model"
        )
      }
      return network
    }
    if named == nil, classes != nil {
      throw Usage.Mistake("option --classes is for --model: write dense N into --network instead")
    }
    let network =
      try named?.network(input: input, classes: classes ?? 10, seed: 0)
      ?? Network(text: arguments.text("network") ?? "", input: input ?? [1, 28, 28], seed: 0)
    guard network.outputShape.count == 1 else {
      throw Usage.Mistake(
        "option --network: expected an output of classes, found \(network.outputShape): end the "
          + "network with \"flatten, dense 10\"")
    }
    return network
  }

  private var median: Double { times[times.count / 2] }
  private var imagesPerSecond: Double { Double(batch) / median }
  /// Two operations a multiply-add.
  private var gflops: Double { 2 * multiplyAdds / median / 1e9 }
  private var share: Double { multiplyAdds / median / peak }

  /// The most memory that the process has held, in bytes.
  private var memory: Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #endif
  }

  var text: String {
    let milliseconds = { (seconds: Double) in (seconds * 1e3).fixed(3) + " ms" }
    var lines = [
      "\(model), \(isTraining ? "training" : "inference") in batches of \(batch), "
        + "\(threads) \(threads == 1 ? "thread" : "threads"), \(Engine.arithmetic)",
      "step     \(milliseconds(median)) (median of \(times.count); "
        + "\(milliseconds(times[0])) to \(milliseconds(times[times.count - 1])))",
      "images   \(imagesPerSecond.fixed(0)) a second",
      "work     \(gflops.fixed(1)) GFLOP/s, \((share * 100).fixed(1)) % of the peak of "
        + "\((2 * peak / 1e9).fixed(0)) GFLOP/s",
      "memory   \((Double(memory) / 1_048_576).fixed(0)) MiB",
    ]
    if !layers.isEmpty { lines += [""] + layerLines }
    return lines.joined(separator: "\n")
  }

  private var layerLines: [String] {
    let total = layers.reduce(0) { $0 + $1.forward + $1.backward }
    let heads = ["layer", "", "forward ms", "backward ms", "share %", "GFLOP/s forward"]
    let rows = layers.filter { $0.forward + $0.backward > 0 }.map { layer in
      [
        layer.name, layer.text, (layer.forward * 1e3).fixed(3), (layer.backward * 1e3).fixed(3),
        ((layer.forward + layer.backward) / total * 100).fixed(1),
        layer.multiplyAdds > 0
          ? (2 * Double(layer.multiplyAdds * batch) / layer.forward / 1e9).fixed(1) : "",
      ]
    }
    let widths = heads.indices.map { column in
      ([heads] + rows).map(\.[column].count).max() ?? 0
    }
    return ([heads] + rows).map { row in
      row.indices.map { column in
        let gap = String(repeating: " ", count: widths[column] - row[column].count)
        return column < 2 ? row[column] + gap : gap + row[column]
      }.joined(separator: "  ")
    }
  }

  var json: JSON {
    .object([
      ("model", .string(model)), ("mode", .string(isTraining ? "train" : "infer")),
      ("batch", .integer(batch)), ("threads", .integer(threads)),
      ("isa", .string(Engine.instructionSet)), ("arithmetic", .string(Engine.arithmetic)),
      ("steps", .integer(times.count)),
      ("median_ms", .number(median * 1e3)), ("fastest_ms", .number(times[0] * 1e3)),
      ("slowest_ms", .number(times[times.count - 1] * 1e3)),
      ("images_per_second", .number(imagesPerSecond)), ("gflops", .number(gflops)),
      ("peak_gflops", .number(2 * peak / 1e9)), ("share_of_peak", .number(share)),
      ("memory_bytes", .integer(memory)),
      (
        "layers",
        .array(
          layers.map { layer in
            .object([
              ("name", .string(layer.name)), ("text", .string(layer.text)),
              ("multiply_adds", .integer(layer.multiplyAdds)),
              ("forward_ms", .number(layer.forward * 1e3)),
              ("backward_ms", .number(layer.backward * 1e3)),
            ])
          })
      ),
    ])
  }
}
