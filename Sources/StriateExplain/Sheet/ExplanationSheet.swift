import Striate
import StriateData

/// The sheet about some images. It keeps pictures of what layers computed, and not the numbers.
package struct ExplanationSheet {
  package let explainer: Explainer
  /// What was explained, without the layers' outputs.
  package private(set) var explanations: [Explanation] = []
  private var parts: [Sheet.Part] = []
  /// The layer whose kernels are shown; nil for the first convolution.
  private let layer: String?
  /// What the model and the data are called.
  private let model: String
  private let data: String?

  package init(_ explainer: Explainer, layer: String?, model: String, data: String? = nil) {
    (self.explainer, self.layer, self.model, self.data) = (explainer, layer, model, data)
  }

  /// Draws an explanation.
  package mutating func add(_ explanation: Explanation) {
    parts.append(part(explanation))
    var explanation = explanation
    explanation.layers = []
    explanations.append(explanation)
  }

  private var network: Network { explainer.network }

  /// Pixels that kernels and maps may take side by side.
  private static let width = 1120
  /// Maps of a layer, and numbers of a vector, that are drawn.
  private static let (mostMaps, mostNumbers) = (64, 512)
  /// Networks with more layers show fewer maps of each.
  private static let (manyLayers, fewMaps) = (20, 16)

  package var sheet: Sheet {
    var facts: [(name: String, value: String)] = [("model", model)]
    if let data { facts.append(("data", data)) }
    facts += [
      ("input", network.inputs[0].shape.map { "\($0)" }.joined(separator: " × ")),
      ("parameters", network.parameterCount.grouped),
      ("score", explainer.score == .logit ? "logit (before softmax or sigmoid)" : "output"),
    ]
    var parts = parts
    if let kernels {
      if parts.count == 1 {
        parts[0].sections.insert(kernels, at: min(2, parts[0].sections.count))
      } else {
        parts.append(Sheet.Part(title: "Filters", sections: [kernels]))
      }
    }
    let title = data.map { "\(model) on \($0): mistakes explained" } ?? "\(model) explained"
    return Sheet(title: title, facts: facts, parts: parts)
  }

  /// "4", or "4 taken for 9".
  private func verdict(_ explanation: Explanation) -> String {
    let said = explanation.prediction.className
    guard let truth = explanation.truth, truth != explanation.prediction.classIndex else {
      return said
    }
    return "\(explainer.className(truth)) taken for \(said)"
  }

  private func part(_ explanation: Explanation) -> Sheet.Part {
    let sure = Double(explanation.prediction.probabilities.max() ?? 0)
    var sections = [answer(explanation), attributions(explanation)]
    sections += maps(explanation)
    return Sheet.Part(
      title: "\(explanation.name): \(verdict(explanation)), \(sure.percentage) sure",
      sections: sections)
  }

  // MARK: The answer

  private func answer(_ explanation: Explanation) -> Sheet.Section {
    let probabilities = explanation.prediction.probabilities
    let order = probabilities.indices.sorted {
      (probabilities[$1], $0) < (probabilities[$0], $1)
    }
    let shown = order.count > 10 ? Array(order.prefix(8)) : Array(probabilities.indices)
    let size = network.inputs[0].shape.map { "\($0)" }.joined(separator: " × ")
    let tile = Sheet.Tile(image: explanation.image, title: "Input", lines: [size])
    return Sheet.Section(
      title: "What it says",
      note: order.count > 10 ? "The \(shown.count) likeliest of \(order.count) classes" : "",
      tiles: [tile].compactMap(\.self),
      bars: shown.map {
        Sheet.Bar(
          name: explainer.className($0), share: probabilities[$0],
          isChosen: $0 == explanation.classIndex)
      })
  }

  // MARK: Attributions

  private func attributions(_ explanation: Explanation) -> Sheet.Section {
    let score = explanation.attributions.first?.score ?? 0
    return Sheet.Section(
      title: "Why “\(explainer.className(explanation.classIndex))”",
      note: "Left the map, right the map over the picture. "
        + "Blue counts for the class, orange against it; saliency and SmoothGrad tell sizes alone. "
        + "The score is \(score.short).",
      tiles: explanation.attributions.map { tile($0, explanation) })
  }

  private func tile(_ attribution: Attribution, _ explanation: Explanation) -> Sheet.Tile {
    let map = attribution.map.shrunk(by: Sheet.Tile.shrinking(explanation.image.shape))
    let colours = MapColours(over: map.scalars)
    let plain = MapPicture.map(map, colours)
    let zoom = Sheet.Tile.zoom(plain)
    let title = attribution.method.title
    let name = explainer.className(explanation.classIndex)
    var lines = [
      attribution.method.words.meaning, attribution.method.words.equation, attribution.setting,
    ]
    .filter { !$0.isEmpty }
    if let completeness = attribution.completeness {
      lines.append(
        "sum \(Float(completeness.sum).short), score − baseline’s score "
          + "\(Float(completeness.difference).short), gap \(Float(completeness.gap).short)")
    }
    var tile = Sheet.Tile(
      picture: plain, zoom: zoom, title: title, lines: lines, colours: colours,
      alt: "\(title) of \(name): \(attribution.method.words.meaning). \(attribution.peakWords)")
    if let picture = Picture(explanation.image, limit: Sheet.Tile.limit),
      map.shape == [picture.height, picture.width]
    {
      let gap = max(1, 8 / zoom)
      var canvas = SheetCanvas(width: 2 * plain.width + gap, height: plain.height)
      canvas.draw(plain, left: 0, top: 0)
      canvas.draw(
        MapPicture.overlay(map, colours, over: picture), left: plain.width + gap, top: 0)
      tile.picture = canvas.picture
    }
    return tile
  }

  // MARK: Kernels and maps

  /// The kernels of the chosen convolution or of the first; nil where there is none.
  private var kernels: Sheet.Section? {
    let candidates = network.nodes.filter { node in
      node.layer.isConvolution && weights(node) != nil
    }
    guard
      let node = candidates.first(where: { $0.name == layer }) ?? candidates.first,
      let weights = weights(node)
    else { return nil }
    let (filters, channels) = (weights.shape[0], weights.shape[1])
    let isColour = channels == 3 && node.inputs == [.input(0)]
    let colours = MapColours(over: weights.scalars)
    let limit = isColour || channels == 1 ? Self.mostMaps : max(1, Self.mostMaps / channels)
    let shown = min(filters, limit)
    let flat = weights.reshaped(to: [filters * channels] + weights.shape[2...])
    // Of several channels one row is one filter, as far as that fits.
    let side = 40
    let row = channels == 1 ? Self.width : min(Self.width, channels * (side + 4) - 4)
    let picture =
      isColour
      ? MapPicture.colourKernels(weights, width: Self.width, side: side, limit: limit)
      : MapPicture.montage(
        flat, width: row, side: side, limit: min(shown * channels, 256), colours: colours)
    let words =
      isColour
      ? "in the colours that excite them; grey is 0"
      : channels == 1 ? "a square a weight" : "a filter a row, an input map a column"
    return Sheet.Section(
      title: "Filters of \(node.name)",
      tiles: [
        Sheet.Tile(
          picture: picture, title: node.layer.text,
          lines: [
            (shown < filters ? "the first \(shown) of \(filters)" : "\(filters)") + ", " + words
          ],
          colours: isColour ? nil : colours, alt: "The kernels of \(node.name)")
      ])
  }

  private func weights(_ node: Network.Node) -> Tensor? {
    let tensor = node.parameters.lazy.map { network.parameters[$0].tensor }.first
    return tensor.flatMap { $0.shape.count == 4 && max($0.shape[2], $0.shape[3]) <= 32 ? $0 : nil }
  }

  private func maps(_ explanation: Explanation) -> [Sheet.Section] {
    guard !explanation.layers.isEmpty else { return [] }
    let tiles = zip(network.nodes, explanation.layers).compactMap { node, value -> Sheet.Tile? in
      guard !node.layer.isView else { return nil }
      return tile(node, value)
    }
    return [
      Sheet.Section(
        title: "What every layer computes",
        note: "Blue numbers are above zero, orange below; each layer has its own scale.",
        tiles: tiles)
    ]
  }

  private func tile(_ node: Network.Node, _ value: Tensor) -> Sheet.Tile? {
    let shape = node.shape
    let colours = MapColours(over: value.scalars)
    let words = shape.map { "\($0)" }.joined(separator: " × ")
    var lines = [words]
    let picture: Picture
    let most = network.nodes.count > Self.manyLayers ? Self.fewMaps : Self.mostMaps
    if shape.count == 3, shape[1] * shape[2] > 1 {
      if shape[0] > most { lines[0] += ", the first \(most) maps" }
      picture = MapPicture.montage(
        value.reshaped(to: shape), width: Self.width, side: 64, limit: most,
        colours: colours)
    } else {
      let count = min(value.count, Self.mostNumbers)
      if value.count > count { lines[0] += ", the first \(count)" }
      let across = min(count, 64)
      let rows = (count + across - 1) / across
      let numbers = Array(value.scalars.prefix(count))
      let filled = numbers + [Float](repeating: 0, count: rows * across - count)
      let map = Tensor(shape: [rows, across], scalars: filled)
      var canvas = SheetCanvas(width: across * 16, height: rows * 16)
      canvas.draw(MapPicture.map(map, colours), left: 0, top: 0, zoom: 16)
      picture = canvas.picture
    }
    return Sheet.Tile(
      picture: picture, title: "\(node.name)  \(node.layer.text)", lines: lines, colours: colours,
      alt: "The output of \(node.name), \(words)")
  }
}

extension Attribution {
  /// Where the map is strongest.
  package var peak: (row: Int, column: Int, value: Float)? {
    let finite = map.scalars.indices.filter { map.scalars[$0].isFinite }
    guard let best = finite.max(by: { abs(map.scalars[$0]) < abs(map.scalars[$1]) }) else {
      return nil
    }
    return (best / map.shape[1], best % map.shape[1], map.scalars[best])
  }

  /// "Strongest at row 5, column 9: 0.31".
  var peakWords: String {
    peak.map { "Strongest at row \($0.row), column \($0.column): \($0.value.short)" } ?? ""
  }
}
