import Striate
import StriateData
import StriateExplain

/// What the options of `striate explain` say, checked against the model.
struct ExplainOptions {
  let explainer: Explainer
  let setting: ExplanationSetting
  /// The class to explain; nil for the predicted one.
  let classIndex: Int?
  /// Where sheets go.
  let outputs: [String]

  /// - Parameter reads: The files that are read besides the model, which no sheet may be.
  init(_ arguments: Arguments, reads: [String]) throws {
    outputs = arguments.all("out")
    var files = FileNames()
    files.reads("MODEL-FILE", arguments.operands[0])
    for path in reads { files.reads("IMAGE", path) }
    for path in outputs {
      guard [".html", ".htm", ".png"].contains(where: path.lowercased().hasSuffix) else {
        throw arguments.mistake("out", "a file name that ends in .html or .png", path)
      }
      try files.writes("out", path)
    }
    let threads =
      try arguments.integer("threads", in: 1...Engine.maximumThreads) ?? Engine.defaultThreads
    var setting = ExplanationSetting()
    setting.methods = try Self.methods(arguments)
    setting.samples = try arguments.integer("samples", in: 1...100_000) ?? setting.samples
    setting.noise =
      try arguments.number("noise", "a share from 0 to 10") { (0...10).contains($0) }
      .map { Float($0) } ?? setting.noise
    setting.seed = try arguments.seed()
    setting.steps = try arguments.integer("steps", in: 1...100_000) ?? setting.steps
    setting.baseline =
      try arguments.number("baseline", "a pixel value from 0 to 1") { (0...1).contains($0) }
      .map { Float($0) } ?? setting.baseline
    setting.layer = try arguments.text("layer")
    setting.window = try arguments.integer("window")
    setting.stride = try arguments.integer("stride")
    let score =
      try arguments.choice("score", of: Explainer.Score.allCases.map(\.rawValue))
      .flatMap(Explainer.Score.init) ?? .logit

    let model = arguments.operands[0]
    let network = try ModelFile.network(contentsOf: model)
    do {
      explainer = try Explainer(network, score: score, threads: threads)
    } catch let error as Unexplainable {
      throw Failure("\(model): \(error)")
    }
    if let layer = setting.layer {
      do {
        _ = try explainer.mapLayer(layer)
      } catch let error as Unexplainable {
        throw Usage.Mistake("option --layer: \(error)")
      }
    } else if explainer.mapLayers.isEmpty, arguments["methods"] == nil {
      // A network of dense layers has no maps to look at.
      setting.methods.removeAll { $0 == .gradCAM }
    }
    let side = min(network.inputs[0].shape[1], network.inputs[0].shape[2])
    if let window = setting.window, window > side {
      throw arguments.mistake("window", "at most \(side), the picture's shorter side", "\(window)")
    }
    let window = setting.window ?? Explainer.usualWindow(network.inputs[0].shape)
    if let stride = setting.stride, stride > window {
      throw arguments.mistake("stride", "at most the window, \(window)", "\(stride)")
    }
    self.setting = setting
    classIndex = try Self.classIndex(arguments, explainer)
    for path in outputs { try AtomicFile.checkWritable(path) }
  }

  private static func methods(_ arguments: Arguments) throws -> [Attribution.Method] {
    guard let list = try arguments.text("methods") else { return Attribution.Method.allCases }
    let known = Attribution.Method.allCases.map(\.rawValue)
    let methods = try list.split(separator: ",", omittingEmptySubsequences: false).map { word in
      let name = word.trimmingSpaces.lowercased()
      guard let method = Attribution.Method(rawValue: name) else {
        throw Usage.Mistake(
          "option --methods: expected some of \(known.joined(separator: ", ")), found "
            + "\"\(name.prefix(40))\"\(Usage.suggestion(for: name, in: known))")
      }
      return method
    }
    guard Set(methods).count == methods.count else {
      throw arguments.mistake("methods", "each method once", list)
    }
    return methods
  }

  private static func classIndex(_ arguments: Arguments, _ explainer: Explainer) throws -> Int? {
    guard let word = try arguments.text("class") else { return nil }
    let names = (0..<explainer.classCount).map(explainer.className)
    if let index = names.firstIndex(where: { $0.lowercased() == word.lowercased() }) {
      return index
    }
    guard let index = Int(word), names.indices.contains(index) else {
      let shown = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
      throw Usage.Mistake(
        "option --class: expected a name or number of \(shown), found \"\(word.prefix(40))\""
          + (Int(word) == nil ? Usage.suggestion(for: word, in: names) : ""))
    }
    return index
  }

  /// Throws where options are there that are of no use here.
  static func refuse(_ names: [String], _ reason: String, _ arguments: Arguments) throws {
    for name in names where arguments.has(name) {
      throw Usage.Mistake(
        "option --\(name) is for \(reason), found "
          + arguments.operands.dropFirst().prefix(3).joined(separator: " "))
    }
  }

  /// Writes the sheet to every file that was asked for.
  func write(_ sheet: @autoclosure () throws -> Sheet, quiet: Bool) throws {
    guard !outputs.isEmpty else { return }
    let sheet = try sheet()
    for path in outputs {
      if path.lowercased().hasSuffix(".png") {
        do {
          try sheet.poster().writePNG(to: path)
        } catch let error as PosterTooLarge {
          throw Failure("\(path): \(error)")
        }
      } else {
        try AtomicFile.write(sheet.html.utf8, to: path)
      }
      if !quiet { Console.error("sheet written to \(path)") }
    }
  }
}
