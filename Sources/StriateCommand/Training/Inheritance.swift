import Striate
import StriateFormats

/// What a training begins with: the model of `--init-from`; and what of it stays: `--freeze`.
struct Inheritance {
  static let options: [Command.Option] = [
    Command.Option(
      "init-from", "MODEL-FILE",
      "begin with what a model has learned: with a new last layer for the\n"
        + "classes of DATA, or with --model or --network where names and shapes\n"
        + "agree; PyTorch's weights (safetensors, index.json, .pt) need one of these"),
    Command.Option(
      "freeze", "PATTERNS",
      "leave parameters as they are: layers, blocks or parameters by name, * for\n"
        + "any letters, such as \"conv*\" or \"layer1,*.bias\""),
  ]

  /// The model's file and what is in it.
  let source: (path: String, network: Network)?
  /// Weights of another program, where the file holds no model.
  private let weights: StateDict?
  private let patterns: [String]

  init(_ arguments: Arguments) throws {
    patterns =
      try arguments.text("freeze")?.split(
        separator: ",", omittingEmptySubsequences: false
      ).map(\.trimmingSpaces) ?? []
    let path = try arguments.text("init-from")
    weights = try path.flatMap(Self.weights)
    source = try weights == nil ? path.map { ($0, try ModelFile.network(contentsOf: $0)) } : nil
    if weights != nil, !arguments.has("model"), !arguments.has("network") {
      throw Usage.Mistake(
        "option --init-from: expected --model NAME or --network TEXT with weights that are no model of "
          + "Striate's, found neither")
    }
    if source != nil, arguments.has("pixels") {
      throw Usage.Mistake(
        "option --pixels: expected none with --init-from, whose model says what happens to pixels")
    }
  }

  /// The file that training begins with; nil for none.
  var path: String? { source?.path ?? weights?.source }

  /// The weights in a file that is no model of Striate's; nil for a model.
  private static func weights(path: String) throws -> StateDict? {
    if path.hasSuffix(".safetensors") {
      let file = try SafeTensors(contentsOf: path)
      return file.metadata["striate.version"] == nil ? StateDict(file) : nil
    }
    let isOther = [".index.json", ".pt", ".pth", ".bin"].contains { path.hasSuffix($0) }
    return isOther ? try StateDict(contentsOf: path) : nil
  }

  /// The shape of the images that the model takes, where it is one of pictures.
  var imageShape: [Int]? {
    guard let network = source?.network, network.inputs.count == 1,
      network.inputs[0].shape.count == 3
    else { return nil }
    return network.inputs[0].shape
  }

  /// What a checkpoint keeps of it.
  var conditions: [String: String] {
    if let weights { return ["weights of --init-from": "\(weights.sha256.prefix(16))"] }
    guard let source else { return [:] }
    return ["model of --init-from": "parameters \(source.network.parametersSHA256.prefix(16))"]
  }

  /// The model's network with a new last layer. Throws where the data do not fit it.
  func network(input: [Int], classes: Int, seed: UInt64) throws -> Network {
    guard let source else {
      throw Usage.Mistake("expected --model NAME or --network TEXT, found neither")
    }
    guard source.network.inputs.map(\.shape) == [input] else {
      let expected = source.network.inputs.map { "\($0.shape)" }.joined(separator: ", ")
      throw Failure(
        "option --init-from: expected images \(expected), as \(source.path) takes them, found "
          + "\(input): choose other data, or give --model or --network")
    }
    do {
      return try Network(from: source.network, classes: classes, seed: seed)
    } catch {
      throw Failure("\(source.path): \(error)")
    }
  }

  /// Copies and freezes parameters; returns lines that say which.
  func apply(to network: inout Network, copies: Bool) throws -> [String] {
    var notes: [String] = []
    if let source {
      if copies {
        let transfer: ParameterTransfer
        do {
          transfer = try network.copyParameters(from: source.network)
        } catch {
          throw Failure("\(source.path): \(error)")
        }
        network.preprocessing = source.network.preprocessing
        network.preprocessing.classNames = []
        notes.append(
          "from \(source.path): \(transfer.copied.count) of \(network.parameters.count) parameters"
            + (transfer.fresh.isEmpty ? "" : "; fresh: \(Self.list(transfer.fresh))"))
      } else {
        let head = network.nodes[try source.network.head()]
        notes.append(
          "from \(source.path): all but the last layer, which is new: \(head.name) \(head.layer.text)"
        )
      }
    }
    if let weights {
      let transfer = try network.copyParameters(from: weights)
      notes.append(
        "from \(weights.source): \(transfer.copied.count) of \(network.parameters.count) parameters"
          + (transfer.fresh.isEmpty ? "" : "; fresh: \(Self.list(transfer.fresh))"))
    }
    for pattern in patterns {
      do {
        try network.freeze(pattern)
      } catch {
        throw Usage.Mistake("option --freeze: \(error)")
      }
    }
    let frozen = network.parameters.filter(\.isFrozen)
    if !frozen.isEmpty {
      notes.append(
        "frozen: \(frozen.count) of \(network.parameters.count) parameters: "
          + Self.list(frozen.map(\.name)))
    }
    return notes
  }

  /// The names, the first of many.
  private static func list(_ names: [String]) -> String {
    names.prefix(6).joined(separator: ", ")
      + (names.count > 6 ? " and \(names.count - 6) more" : "")
  }
}
