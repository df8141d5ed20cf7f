import Striate
import StriateExplain

extension Command {
  static let trace = Command(
    name: "trace",
    summary: "Show how any number of a network is computed, term by term.",
    usage: ["MODEL-FILE IMAGE [CELL…] [options]"],
    details: """
      CELL is a number of the network: "conv2[3, 7, 9]" of a layer (map, row, column), "fc1[5]",
      "conv2.weight[3, 0, 2, 2]" of a parameter, "input[0, 14, 14]" or "loss". Without one, the layers
      are listed. Each number is computed in Double, straight from its layer's equation, and so are all
      before it; what the engine computes in Float stands beside it. The terms, with all their digits,
      add up to the sum from first to last exactly.
      With --gradient the derivative of the loss by the number is shown: each term of the chain rule, and
      for a parameter what a step of --optimizer would do to it. --gradcheck compares the derivatives by
      all parameters with central differences; the exit status is 1 where they differ.
      The network computes as in use: dropout passes everything, normalisation uses running statistics.
      """,
    options: [
      Option("label", "CLASS", "what the image shows: a class by name or number"),
      Option("gradient", "the derivatives of the loss, for --label or else the predicted class"),
      Option("loss", "TEXT", "another loss than the network's usual one, as for striate train"),
      Option("optimizer", "NAME", "whose step is shown, as for striate train (sgd)"),
      Option("lr", "RATE", aliases: ["learning-rate"], "its learning rate"),
      Option("momentum", "μ", "for --optimizer sgd, rmsprop and muon"),
      Option("nesterov", "Nesterov's momentum, for --optimizer sgd"),
      Option("weight-decay", "λ", "for every --optimizer but gd"),
      Option("all", "all terms and all maps, however many there are"),
      Option("html", "FILE.html", "write everything as one page for a browser"),
      Option("gradcheck", "compare the gradient with central differences"),
      Option(
        "samples", "N",
        "for --gradcheck: numbers of each parameter that are checked one by one (100)"),
      Option("seed", "N", "for --gradcheck: what draws them (0)"),
      Option("raw", "feed the picture as it is: its size must be the model's"),
      .json, .quiet,
    ],
    examples: [
      "striate trace digits.safetensors 7.png \"conv2[3, 7, 9]\"",
      "striate trace digits.safetensors 7.png \"conv1.weight[0, 0, 2, 2]\" --gradient --label 7",
      "striate trace digits.safetensors 7.png --gradcheck",
    ],
    operands: ("MODEL-FILE IMAGE [CELL…]", 2...Int.max),
    run: { arguments in try TraceRun(arguments).run() })
}

/// One run of `striate trace`.
private struct TraceRun {
  let arguments: Arguments
  let network: Network
  let pixelTensor: Tensor
  let input: Tensor
  let cells: [CellAddress]
  let page: String?
  let loss: Loss?
  let optimizer: any Optimizer
  let samples: Int
  let seed: UInt64

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    let path = arguments.operands[0]
    cells = try arguments.operands.dropFirst(2).map { word in
      do {
        return try CellAddress(word)
      } catch {
        throw Usage.Mistake("\(error)")
      }
    }
    for (option, other) in [
      ("samples", "gradcheck"), ("seed", "gradcheck"), ("optimizer", "gradient"),
      ("lr", "gradient"),
    ]
    where arguments.has(option) && !arguments.has(other) {
      throw Usage.Mistake("option --\(option): expected --\(other) with it, found none")
    }
    loss = try arguments.description("loss") { try Loss(named: $0) }
    optimizer = try Recipe.optimizer(arguments, otherwise: SGD(learningRate: 0.01))
    samples = try arguments.integer("samples", in: 1...1_000_000_000) ?? 100
    seed = try arguments.seed()
    page = try arguments.text("html")
    if let page {
      guard [".html", ".htm"].contains(where: page.lowercased().hasSuffix) else {
        throw arguments.mistake("html", "a file name that ends in .html", page)
      }
      guard !cells.isEmpty else {
        throw Usage.Mistake("option --html: expected a cell to show, found none")
      }
    }
    var files = FileNames()
    files.reads("MODEL-FILE", path)
    files.reads("IMAGE", arguments.operands[1])
    try files.writes("html", page)
    if let page { try AtomicFile.checkWritable(page) }
    network = try ModelFile.network(contentsOf: path)
    let entrance = try PictureEntrance(network, isRaw: arguments.has("raw"), model: path)
    let pixels = try entrance.pixels(contentsOf: arguments.operands[1])
    pixelTensor = entrance.tensor(pixels)
    input = network.preprocessed(pixelTensor)
  }

  func run() throws -> ExitStatus {
    let prediction = try network.classify(pixelTensor, threads: 1)[0].classIndex
    let label = try self.label() ?? (wantsGradient ? prediction : nil)
    for cell in cells { try Trace.check(cell, in: network) }
    var bar = CountingBar(quiet: arguments.has("quiet"))
    bar.show("computing in Double", 0, 1)
    let trace = try Trace(
      network, image: input, target: label.map { network.target($0) }, loss: loss)
    bar.end()
    var status = ExitStatus.success
    if arguments.has("gradcheck") { status = try check(trace) }
    let numbers = try cells.map { cell in
      arguments.has("gradient")
        ? try trace.derivative(of: cell, optimizer: optimizer) : try trace.number(cell)
    }
    if arguments.has("json") {
      for number in numbers { Console.output(number.json().text) }
    } else {
      let texts = numbers.map { $0.text(isFull: arguments.has("all")) }
      if !texts.isEmpty { Console.output(texts.joined(separator: "\n\n\n")) }
    }
    if let page {
      let title = "\(arguments.operands[0]), \(arguments.operands[1])"
      try AtomicFile.write(TracePage(title: title, numbers: numbers).html.utf8, to: page)
      if !arguments.has("quiet") { Console.error("page written to \(page)") }
    }
    if cells.isEmpty, !arguments.has("gradcheck") {
      Console.output(try overview(trace, prediction: prediction))
    }
    return status
  }

  private var wantsGradient: Bool {
    arguments.has("gradient") || arguments.has("gradcheck") || cells.contains { $0.name == "loss" }
  }

  private func check(_ trace: Trace) throws -> ExitStatus {
    var bar = CountingBar(quiet: arguments.has("quiet"))
    let check = try GradientCheck(
      trace, samples: samples, seed: seed
    ) { bar.show("checking parameters", $0, $1) }
    bar.end()
    Console.output(arguments.has("json") ? check.json.text : check.text)
    return check.passes ? .success : .failure
  }

  /// The class of `--label`, by name or number.
  private func label() throws -> Int? {
    guard let word = try arguments.text("label") else { return nil }
    let names = network.classNames
    if let index = names.firstIndex(of: word) { return index }
    if let number = Int(word), names.indices.contains(number) { return number }
    throw arguments.mistake(
      "label",
      "one of " + names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : ""),
      word)
  }

  /// The layers, with the address of a number of each.
  private func overview(_ trace: Trace, prediction: Int) throws -> String {
    let cells = trace.layers
    if arguments.has("json") {
      return JSON.object([
        ("class", .string(network.classNames[prediction])),
        (
          "layers",
          .array(
            cells.map {
              .object([
                ("name", .string($0.name)), ("layer", .string($0.layer)),
                ("shape", .integers($0.shape)),
              ])
            })
        ),
      ]).text
    }
    let columns = [cells.map(\.name.count).max() ?? 0, cells.map(\.layer.count).max() ?? 0]
    let lines = cells.map {
      "  " + $0.name.padded(toColumns: columns[0]) + "  " + $0.layer.padded(toColumns: columns[1])
        + "  " + $0.shape.map { "\($0)" }.joined(separator: "×")
    }
    let example = trace.exampleCell
    return """
      class \(network.classNames[prediction])

      \(lines.joined(separator: "\n"))

      striate trace \(arguments.operands[0]) \(arguments.operands[1]) "\(example)"
      shows how that number is computed.
      """
  }
}
