import Striate

/// How often the network is right over how sure it is, and how many images lie where.
struct ReliabilityDiagram {
  let calibration: Calibration

  private static let (width, height) = (380, 340)
  private static let (left, top, side) = (58.0, 10.0, 230.0)
  private static let plotWidth = 308.0
  /// The bars below, which count images.
  private static let (floor, histogram) = (300.0, 40.0)

  var html: String {
    let total = calibration.bins.reduce(0) { $0 + $1.count }
    let error = calibration.expectedError.percentage
    return """
      <figure class="single">
      <figcaption><strong>Reliability</strong> \
      <span class="key"><svg viewBox="0 0 28 10" aria-hidden="true">\
      <rect class="bar" x="1" y="0" width="26" height="10"/></svg>share that is right</span> \
      <span class="key"><svg viewBox="0 0 28 10" aria-hidden="true">\
      <path class="line s2 solid" d="M1 5H27"/></svg>mean confidence</span> \
      <span class="key"><svg viewBox="0 0 28 10" aria-hidden="true">\
      <path class="ideal" d="M1 9L27 1"/></svg>perfect</span></figcaption>
      \(HTML.drawing(
        id: "reliability", width: Self.width, height: Self.height,
        title: "Share of right answers over confidence",
        description: "Expected calibration error \(error), largest gap "
          + "\(calibration.maximumError.percentage), over \(total.grouped) images.",
        grid + bars(total: total)))
      </figure>
      \(HTML.details("The bins in numbers", table))
      """
  }

  private func x(_ share: Double) -> Double { Self.left + share * Self.plotWidth }

  private func y(_ share: Double) -> Double { Self.top + (1 - share) * Self.side }

  private var grid: String {
    let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1]
    let lines = ticks.map { tick in
      """
      <path class="grid" d="M\(Self.left.coordinate) \(y(tick).coordinate)h\(Self.plotWidth.coordinate)"/>\
      <text x="\((Self.left - 6).coordinate)" y="\((y(tick) + 4).coordinate)" text-anchor="end">\
      \((tick * 100).fixed(0)) %</text>\
      <text x="\(x(tick).coordinate)" y="\((Self.floor + 16).coordinate)" text-anchor="middle">\
      \((tick * 100).fixed(0))\(tick == 1 ? " %" : "")</text>
      """
    }
    return
      (lines + [
        "<path class=\"axis\" d=\"M\(Self.left.coordinate) \(y(0).coordinate)"
          + "h\(Self.plotWidth.coordinate)\"/>",
        "<path class=\"axis\" d=\"M\(Self.left.coordinate) \(Self.floor.coordinate)"
          + "h\(Self.plotWidth.coordinate)\"/>",
        "<text x=\"\((Self.left - 6).coordinate)\" y=\"\((Self.floor - 12).coordinate)\" "
          + "text-anchor=\"end\">images</text>",
        "<text x=\"\(x(0.5).coordinate)\" y=\"\(Self.height - 5)\" text-anchor=\"middle\">"
          + "confidence: the probability of the named class</text>\n",
      ]).joined(separator: "\n")
  }

  private func bars(total: Int) -> String {
    let most = calibration.bins.map(\.count).max() ?? 0
    let bars = calibration.bins.map { bin -> String in
      guard let accuracy = bin.accuracy, let confidence = bin.confidence else { return "" }
      let (start, width) = (x(bin.lower) + 1, x(bin.upper) - x(bin.lower) - 2)
      let count = Double(bin.count) / Double(max(1, most)) * Self.histogram
      let words =
        "\((bin.lower * 100).fixed(1)) to \(bin.upper.percentage) sure: \(bin.count.grouped) images, "
        + "\(accuracy.percentage) right, mean confidence \(confidence.percentage)"
      return """
        <g><title>\(words)</title>\
        <rect class="bar" x="\(start.coordinate)" y="\(y(accuracy).coordinate)" \
        width="\(width.coordinate)" height="\((y(0) - y(accuracy)).coordinate)"/>\
        <path class="line s2 solid" d="M\(start.coordinate) \(y(confidence).coordinate)\
        h\(width.coordinate)"/>\
        <rect class="count" x="\(start.coordinate)" y="\((Self.floor - count).coordinate)" \
        width="\(width.coordinate)" height="\(count.coordinate)"/></g>
        """
    }
    let ideal =
      "<path class=\"ideal\" d=\"M\(x(0).coordinate) \(y(0).coordinate)"
      + "L\(x(1).coordinate) \(y(1).coordinate)\"/>"
    return (bars.filter { !$0.isEmpty } + [ideal]).joined(separator: "\n")
  }

  private var table: String {
    HTML.table(
      caption: "Bins of confidence",
      heads: ["Confidence", "Images", "Mean confidence", "Right", "Gap"],
      rows: calibration.bins.map { bin in
        [
          "\((bin.lower * 100).fixed(1)) to \((bin.upper * 100).fixed(1)) %", bin.count.grouped,
          bin.confidence.percentage, bin.accuracy.percentage,
          bin.count == 0 ? "·" : bin.gap.percentage,
        ]
      })
  }
}
