import Foundation
import Striate
import StriateData
import StriateExplain

/// `striate explain MODEL-FILE DATA`: the mistakes that a model is surest of, or what excites its filters.
struct ExplainedData {
  private let arguments: Arguments
  private let options: ExplainOptions
  private let source: DataSource
  private let count: Int
  private let limit: Int?
  private var isQuiet: Bool { arguments.has("quiet") }
  private var model: String { arguments.operands[0] }

  /// Filters of a layer that are looked at where nobody chooses one.
  private static let mostFilters = 32

  /// Whether a word names data, and no picture.
  static func names(_ word: String) -> Bool {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: word, isDirectory: &isFolder)
    return exists ? isFolder.boolValue : DataSource.names.contains(word)
  }

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    try ExplainOptions.refuse(["raw", "show"], "pictures", arguments)
    source = try DataSource(arguments)
    count = try arguments.integer("count", in: 1...200) ?? 8
    limit = try arguments.integer("limit")
    options = try ExplainOptions(arguments, reads: [])
  }

  func run() throws -> ExitStatus {
    let excite = try arguments.text("excite").map(filters)
    let classes = try source.classes()
    var test = try source.loadTest(
      for: options.explainer.network, model: model, limit: limit, quiet: isQuiet)
    if let classes {
      let names = classes.map { source.classNames[$0] }
      test = test.subset(
        test.labels.indices.filter { names.contains(test.classNames[test.labels[$0]]) })
      guard test.count > 0 else {
        throw Failure("\(model): expected a model of \(names), found \(test.classNames)")
      }
    }
    if let limit, limit < test.count { test = test.subset(Array(0..<limit)) }
    if let excite {
      try showExcitations(of: excite.layer, excite.filters, on: test)
    } else {
      try explainMistakes(on: test)
    }
    return .success
  }

  // MARK: Mistakes

  private func explainMistakes(on test: Dataset) throws {
    let explainer = options.explainer
    var bar = CountingBar(quiet: isQuiet)
    let evaluation = try explainer.network.evaluate(on: test, threads: explainer.threads) {
      bar.show("evaluating", $0, $1)
    }
    let mistakes = evaluation.mistakes(first: count)
    var sheet = ExplanationSheet(
      explainer, layer: options.setting.layer, model: model, data: source.name)
    for (done, mistake) in mistakes.enumerated() {
      bar.show("explaining", done, mistakes.count)
      let name = test.imageName(at: mistake.image) ?? "image \(mistake.image)"
      sheet.add(
        try explainer.explanation(
          of: test.image(at: mistake.image), name: name, truth: mistake.label,
          class: options.classIndex, options.setting, shown: nil))
    }
    bar.end()
    if arguments.has("json") {
      sheet.explanations.forEach { Console.output($0.json(explainer).text) }
    } else {
      let wrong = evaluation.count - evaluation.right
      Console.output(
        "\(wrong.grouped) of \(evaluation.count.grouped) images are taken for another class"
          + (mistakes.isEmpty ? "" : "; the \(mistakes.count) it is surest of:"))
      for explanation in sheet.explanations {
        Console.output("\n" + explanation.text(explainer, width: Console.outputWidth))
      }
    }
    guard !sheet.explanations.isEmpty else {
      if !options.outputs.isEmpty, !isQuiet { Console.error("no mistakes: no sheet written") }
      return
    }
    try options.write(sheet.sheet, quiet: isQuiet)
  }

  // MARK: Filters

  /// "conv2" or "conv2:3".
  private func filters(_ text: String) throws -> (layer: Int, filters: Range<Int>) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let network = options.explainer.network
    let name = String(parts[0])
    guard let layer = network.node(named: name) else {
      let known = network.nodes.map(\.name)
      throw Usage.Mistake(
        "option --excite: expected a layer of \(known.prefix(40).joined(separator: ", ")), found "
          + "\"\(name.prefix(40))\"\(Usage.suggestion(for: name, in: known))")
    }
    let shape = network.nodes[layer].shape
    guard [1, 3].contains(shape.count) else {
      throw Usage.Mistake(
        "option --excite: expected a layer with maps or units, found \(name) with \(shape)")
    }
    guard parts.count == 2 else { return (layer, 0..<min(shape[0], Self.mostFilters)) }
    guard let filter = Int(parts[1]), (0..<shape[0]).contains(filter) else {
      throw arguments.mistake("excite", "a filter from 0 to \(shape[0] - 1)", text)
    }
    return (layer, filter..<filter + 1)
  }

  private func showExcitations(of layer: Int, _ filters: Range<Int>, on test: Dataset) throws {
    let explainer = options.explainer
    var bar = CountingBar(quiet: isQuiet)
    let excitations = try explainer.excitations(
      of: layer, filters: filters, on: test, count: count
    ) { bar.show("looking", $0, $1) }
    bar.end()
    let sheet = ExcitationSheet(
      explainer.network, layer: layer, excitations, on: test, model: model, data: source.name)
    if arguments.has("json") {
      sheet.json.forEach { Console.output($0.text) }
    } else {
      Console.output(sheet.text(width: Console.outputWidth))
      let all = explainer.network.nodes[layer].shape[0]
      if filters.count > 1, filters.count < all, !isQuiet {
        Console.error("the first \(filters.count) of \(all) filters; LAYER:FILTER chooses one")
      }
    }
    try options.write(sheet.sheet, quiet: isQuiet)
  }
}
