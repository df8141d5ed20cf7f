import Striate
import StriateExplain
import StriateFormats

/// What `striate import` is asked to do: weights, the network they are for, and how pixels enter it.
struct WeightImport {
  private let arguments: Arguments
  private let source: String
  private let out: String
  private let matching: StateDictMatching

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    source = arguments.operands[0]
    guard let out = try arguments.text("out") else {
      throw Usage.Mistake("expected --out FILE, found none: say where the model goes")
    }
    self.out = out
    var names = FileNames()
    names.reads("WEIGHTS", source)
    names.reads("--class-names", try arguments.text("class-names"))
    try names.writes("out", out)
    let words = StateDictMatching.allCases.map(\.rawValue)
    matching =
      try arguments.choice("match", of: words).flatMap(StateDictMatching.init) ?? .names
  }

  func run() throws -> ExitStatus {
    var network = try network()
    network.preprocessing = try preprocessing(for: network)
    let weights = try StateDict(contentsOf: source)
    try network.load(weights, matching: matching)
    try network.save(to: out)
    if arguments.has("json") {
      Console.output(
        JSON.object([
          ("weights", .string(source)),
          ("out", .string(out)),
          ("tensors", .integer(network.parameters.count)),
          ("parameters", .integer(network.parameterCount)),
          ("parameters_sha256", .string(network.parametersSHA256)),
        ]).text)
    } else if !arguments.has("quiet") {
      Console.output(
        "\(out): \(network.parameters.count) tensors, \(network.parameterCount) parameters"
          .printable)
    }
    return .success
  }

  /// The network with parameters that will all be replaced.
  private func network() throws -> Network {
    let input = try arguments.text("input").map { try Command.shape($0, arguments) }
    let classes = try arguments.integer("classes", in: 1...1_000_000)
    switch (try arguments.text("model"), try arguments.text("network")) {
    case (let name?, nil):
      let model: NamedModel
      do {
        model = try NamedModel(named: name)
      } catch {
        throw Usage.Mistake("option --model: \(error)")
      }
      return try model.network(input: input, classes: classes ?? 1000, seed: 0)
    case (nil, let text?):
      guard classes == nil else {
        throw Usage.Mistake("option --classes is for --model: write dense N into --network instead")
      }
      guard let input else {
        throw Usage.Mistake("expected --input CxHxW with --network, found none")
      }
      return try Network(text: text, input: input, seed: 0)
    case (nil, nil), (_?, _?):
      throw Usage.Mistake("expected one of --model NAME and --network TEXT")
    }
  }

  private func preprocessing(for network: Network) throws -> Preprocessing {
    let channels = network.inputs[0].shape[0]
    var preprocessing = Preprocessing()
    func numbers(_ name: String, _ imagenet: [Float], least: Float) throws -> [Float]? {
      guard let text = try arguments.text(name) else { return nil }
      if text == "imagenet", channels == 3 { return imagenet }
      let words = text.split(separator: ",", omittingEmptySubsequences: false)
      let values = words.compactMap { Float($0) }.filter { $0.isFinite && $0 > least }
      guard values.count == words.count, values.count == channels else {
        throw arguments.mistake(
          name, "\(channels) numbers, one a channel of the network, separated by commas", text)
      }
      return values
    }
    let deviation: [Float] = [0.229, 0.224, 0.225]
    let isImageNet = try arguments.text("mean") == "imagenet" && channels == 3
    preprocessing.mean =
      try numbers("mean", [0.485, 0.456, 0.406], least: -.infinity) ?? []
    preprocessing.standardDeviation =
      try numbers("std", deviation, least: 0) ?? (isImageNet ? deviation : [])
    if network.inputs[0].shape.count == 3, network.inputs[0].shape != [1, 28, 28] {
      preprocessing.fitting = .centreCrop
    }
    preprocessing.classNames = try classNames(outputs: network.outputShape.reduce(1, *))
    return preprocessing
  }

  /// The lines of `--class-names`, as many as there are outputs.
  private func classNames(outputs: Int) throws -> [String] {
    guard let path = try arguments.text("class-names") else { return [] }
    let file: InputFile = try InputFile(path: path)
    var bytes: [UInt8] = []
    guard file.size <= 1 << 24 else {
      throw Failure("\(path): expected at most \(1 << 24) bytes, found \(file.size)")
    }
    while try file.read(upTo: 1 << 16, appendingTo: &bytes) > 0 {}
    let names = String(decoding: bytes, as: UTF8.self)
      .split(whereSeparator: \.isNewline).map(\.trimmingSpaces)
    guard names.count == outputs else {
      throw Failure("\(path): expected \(outputs) names, one a line, found \(names.count)")
    }
    return names
  }
}
