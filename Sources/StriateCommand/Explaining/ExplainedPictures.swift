import Striate
import StriateData
import StriateExplain

/// `striate explain MODEL-FILE IMAGE…`
struct ExplainedPictures {
  private let arguments: Arguments
  private let options: ExplainOptions
  private let entrance: PictureEntrance
  private var images: ArraySlice<String> { arguments.operands.dropFirst() }

  /// A sheet holds the maps of every layer of so many pictures.
  private static let most = 100

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    let names = Array(arguments.operands.dropFirst())
    try ExplainOptions.refuse(
      ["excite", "count", "limit", "data", "classes", "cache"], "data", arguments)
    options = try ExplainOptions(arguments, reads: names)
    guard options.outputs.isEmpty || names.count <= Self.most else {
      throw Usage.Mistake(
        "option --out: expected at most \(Self.most) pictures on a sheet, found \(names.count)")
    }
    entrance = try PictureEntrance(
      options.explainer.network, isRaw: arguments.has("raw"), model: arguments.operands[0])
  }

  /// A picture that cannot be read is told, and the others go on.
  func run() throws -> ExitStatus {
    let explainer = options.explainer
    let wantsSheet = !options.outputs.isEmpty
    let shown = wantsSheet ? try explainer.network.showingEveryLayer() : nil
    var sheet = ExplanationSheet(
      explainer, layer: options.setting.layer, model: arguments.operands[0])
    var status = ExitStatus.success
    var bar = CountingBar(quiet: arguments.has("quiet"))
    for image in images {
      do {
        let pixels = try entrance.pixels(contentsOf: image)
        let tensor = Tensor(shape: entrance.shape, scalars: pixels.map { Float($0) / 255 })
        let explanation = try explainer.explanation(
          of: tensor, name: image, class: options.classIndex, options.setting, shown: shown
        ) { bar.show($0.rawValue, $1, $2) }
        bar.end()
        tell(explanation)
        if wantsSheet { sheet.add(explanation) }
      } catch let error as NotEnoughMemory {
        throw error
      } catch {
        bar.end()
        Console.error("striate explain: \(error)")
        status = .failure
      }
    }
    if !sheet.explanations.isEmpty {
      try options.write(sheet.sheet, quiet: arguments.has("quiet"))
    }
    return status
  }

  private func tell(_ explanation: Explanation) {
    guard !arguments.has("json") else {
      return Console.output(explanation.json(options.explainer).text)
    }
    if arguments.has("show") || (Console.outputIsTerminal && !arguments.has("quiet")),
      let text = AttributionGallery(explanation, columns: Console.outputWidth).text
    {
      Console.output(text)
    }
    Console.output(explanation.text(options.explainer, width: Console.outputWidth))
  }
}

/// A picture and the sizes of its maps' numbers side by side, as text.
private struct AttributionGallery {
  private let pictures: [(title: String, lines: [String])]
  private let width: Int
  private let columns: Int

  init(_ explanation: Explanation, columns: Int) {
    let (height, width) = (explanation.image.shape[1], explanation.image.shape[2])
    (self.width, self.columns) = (width, columns)
    func lines(_ numbers: some Sequence<Float>) -> [String] {
      TerminalPicture.render(
        pixels: numbers.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }, width: width,
        height: height, colour: Console.outputIsTerminal && Console.outputHasColour
      ).split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }.dropLast()
    }
    let maps = explanation.attributions.map { attribution in
      let reach = MapColours(over: attribution.map.scalars).reach
      return (
        attribution.method.rawValue,
        lines(attribution.map.scalars.map { $0.isFinite ? abs($0) / reach : 0 })
      )
    }
    pictures = [("picture", lines(explanation.image.scalars.prefix(height * width)))] + maps
  }

  /// As many in a row as fit; nil where not one does.
  var text: String? {
    guard width <= columns else { return nil }
    let perRow = max(1, (columns + 2) / (width + 2))
    return stride(from: 0, to: pictures.count, by: perRow).map { start in
      let row = pictures[start..<min(start + perRow, pictures.count)]
      let count = row.first?.lines.count ?? 0
      let captions = row.map { $0.title.shortened(toColumns: width).padded(toColumns: width) }
      let lines = (0..<count).map { line in row.map { $0.lines[line] }.joined(separator: "  ") }
      return (lines + [captions.joined(separator: "  ").droppingTrailingSpace]).joined(
        separator: "\n")
    }.joined(separator: "\n")
  }
}
