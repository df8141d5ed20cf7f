import Foundation
import Striate

/// Curves over a logarithmic axis, as an SVG file and as text.
struct LinePlot {
  /// How a series is drawn.
  enum Style { case line, dots }

  /// Points that belong together, from left to right.
  struct Series {
    var name: String
    var points: [(x: Double, y: Double)]
    var style: Style
  }

  /// A place on the horizontal axis that is pointed out.
  struct Mark {
    var x: Double
    var label: String
  }

  let title: String
  let xLabel: String
  let yLabel: String
  let series: [Series]
  let marks: [Mark]

  /// What the axes show: powers of ten, and a range that holds all lines.
  private let xRange: ClosedRange<Int>
  private let yTicks: [Double]
  private let yDigits: Int

  /// A plot of series whose x is above 0; numbers that are not finite are left out.
  init(title: String, xLabel: String, yLabel: String, series: [Series], marks: [Mark]) {
    (self.title, self.xLabel, self.yLabel, self.marks) = (title, xLabel, yLabel, marks)
    self.series = series.map { series in
      var series = series
      series.points = series.points.filter { $0.x > 0 && $0.x.isFinite && $0.y.isFinite }
      return series
    }
    let xs = self.series.flatMap { $0.points.map(\.x) } + marks.map(\.x)
    let left = Int(log10(xs.min() ?? 1).rounded(.down))
    xRange = left...max(left + 1, Int(log10(xs.max() ?? 10).rounded(.up)))
    let lines = self.series.filter { $0.style == .line }
    let ys = (lines.isEmpty ? self.series : lines).flatMap { $0.points.map(\.y) }
    (yTicks, yDigits) = Self.ticks(from: ys.min() ?? 0, to: ys.max() ?? 1)
  }

  /// Round numbers around a range, 4 to 9 of them, and the digits that tell them apart.
  private static func ticks(from low: Double, to high: Double) -> (ticks: [Double], digits: Int) {
    let span = max(high - low, abs(high) * 1e-6, 1e-12)
    let power = pow(10, (log10(span / 5)).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= 6 } ?? 10 * power
    let first = (low / step).rounded(.down)
    let last = max(first + 1, (high / step).rounded(.up))
    let digits = max(0, -Int(log10(step).rounded(.down)))
    return ((0...Int(last - first)).map { (first + Double($0)) * step }, digits)
  }

  private var yRange: ClosedRange<Double> { yTicks[0]...yTicks[yTicks.count - 1] }

  /// From 0 at the left to 1 at the right.
  private func share(x: Double) -> Double {
    (log10(x) - Double(xRange.lowerBound)) / Double(xRange.count - 1)
  }

  /// From 0 at the bottom to 1 at the top.
  private func share(y: Double) -> Double {
    (y - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
  }
}

// MARK: SVG

extension LinePlot {
  private static let (width, height) = (720.0, 440.0)
  private static let (left, right, top, bottom) = (72.0, 24.0, 56.0, 64.0)

  private static let style = """
    svg { background: #fcfcfb; font: 13px system-ui, sans-serif; }
    text { fill: #52514e; } .title { fill: #0b0b0b; font-size: 15px; font-weight: 600; }
    .grid { stroke: #e1e0d9; } .axis { stroke: #898781; }
    .line { fill: none; stroke: #2a78d6; stroke-width: 2; stroke-linejoin: round; }
    .dots { fill: #2a78d6; fill-opacity: 0.4; }
    .mark { stroke: #b8500c; stroke-dasharray: 5 4; stroke-width: 1.5; }
    .marked { fill: #b8500c; font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      svg { background: #1a1a19; } text { fill: #c3c2b7; } .title { fill: #ffffff; }
      .grid { stroke: #2c2c2a; } .axis { stroke: #898781; }
      .line { stroke: #5b9ff0; } .dots { fill: #5b9ff0; }
      .mark { stroke: #f0914f; } .marked { fill: #f0914f; }
    }
    """

  private func x(_ value: Double) -> Double {
    Self.left + share(x: value) * (Self.width - Self.left - Self.right)
  }

  private func y(_ value: Double) -> Double {
    Self.height - Self.bottom - share(y: value) * (Self.height - Self.top - Self.bottom)
  }

  /// The plot as a file that any browser shows, in the colours of a light or a dark page.
  var svg: String {
    let (width, height) = (Int(Self.width), Int(Self.height))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" \
      width="\(width)" height="\(height)" role="img" aria-label="\(title.escapedAsXML)">
      <style>
      \(Self.style)
      </style>
      <text class="title" x="\(Int(Self.left))" y="26">\(title.escapedAsXML)</text>
      \((grid + legend + series.flatMap(drawing) + marks.map(drawing)).joined(separator: "\n"))
      </svg>

      """
  }

  private func text(
    _ text: String, _ x: Double, _ y: Double, anchor: String = "middle", class name: String? = nil,
    transform: String? = nil
  ) -> String {
    "<text x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" text-anchor=\"\(anchor)\""
      + (name.map { " class=\"\($0)\"" } ?? "")
      + (transform.map { " transform=\"\($0)\"" } ?? "") + ">\(text.escapedAsXML)</text>"
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ name: String)
    -> String
  {
    "<line class=\"\(name)\" x1=\"\(x1.fixed(1))\" y1=\"\(y1.fixed(1))\" "
      + "x2=\"\(x2.fixed(1))\" y2=\"\(y2.fixed(1))\"/>"
  }

  /// Axes, ticks and labels.
  private var grid: [String] {
    let (bottom, end) = (Self.height - Self.bottom, Self.width - Self.right)
    var parts: [String] = []
    for tick in yTicks {
      parts.append(line(Self.left, y(tick), end, y(tick), "grid"))
      parts.append(text(tick.fixed(yDigits), Self.left - 8, y(tick) + 4, anchor: "end"))
    }
    for power in xRange {
      let place = x(pow(10, Double(power)))
      parts.append(line(place, Self.top, place, bottom, "grid"))
      parts.append(text(Self.powerOfTen(power), place, bottom + 20))
    }
    parts.append(line(Self.left, bottom, end, bottom, "axis"))
    parts.append(line(Self.left, Self.top, Self.left, bottom, "axis"))
    parts.append(text(xLabel, (Self.left + end) / 2, Self.height - 16))
    let middle = (Self.top + bottom) / 2
    parts.append(
      text(yLabel, 20, middle, transform: "rotate(-90 20 \(middle.fixed(1)))"))
    return parts
  }

  private var legend: [String] {
    var place = Self.left
    return series.flatMap { series in
      defer { place += 44 + 7.5 * Double(series.name.count) }
      let sample =
        series.style == .line
        ? line(place, 42, place + 20, 42, "line")
        : "<circle class=\"dots\" cx=\"\((place + 10).fixed(1))\" cy=\"42\" r=\"3\"/>"
      return [sample, text(series.name, place + 26, 46, anchor: "start")]
    }
  }

  private func drawing(of series: Series) -> [String] {
    let visible = series.points.filter { yRange.contains($0.y) }
    switch series.style {
    case .line:
      let places = visible.map { "\(x($0.x).fixed(1)),\(y($0.y).fixed(1))" }
      return ["<polyline class=\"line\" points=\"\(places.joined(separator: " "))\"/>"]
    case .dots:
      return visible.map {
        "<circle class=\"dots\" cx=\"\(x($0.x).fixed(1))\" cy=\"\(y($0.y).fixed(1))\" r=\"2.5\"/>"
      }
    }
  }

  /// A dashed line with its label on the side that has more room.
  private func drawing(of mark: Mark) -> String {
    let isRight = share(x: mark.x) > 0.5
    return line(x(mark.x), Self.top, x(mark.x), Self.height - Self.bottom, "mark")
      + text(
        mark.label, x(mark.x) + (isRight ? -8 : 8), Self.top + 16,
        anchor: isRight ? "end" : "start",
        class: "marked")
  }

  /// "10⁻³", "1", "10".
  fileprivate static func powerOfTen(_ power: Int) -> String {
    switch power {
    case 0: return "1"
    case 1: return "10"
    default:
      let digits = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
      return "10" + (power < 0 ? "⁻" : "")
        + String(abs(power)).compactMap(\.wholeNumberValue).map { digits[$0] }.joined()
    }
  }
}

// MARK: Text

extension LinePlot {
  /// The lines of the plot as characters: * on the curves, | where a mark is.
  func text(width: Int, height: Int) -> String {
    let labels = [yTicks[yTicks.count - 1], yTicks[0]].map { $0.fixed(yDigits) }
    let margin = max(labels[0].count, labels[1].count, yLabel.count)
    let columns = max(16, width - margin - 3)
    var cells = Array(repeating: Array(repeating: Character(" "), count: columns), count: height)
    func column(_ x: Double) -> Int { Int((share(x: x) * Double(columns - 1)).rounded()) }
    for mark in marks {
      for row in cells.indices { cells[row][min(max(0, column(mark.x)), columns - 1)] = "|" }
    }
    for point in series.filter({ $0.style == .line }).flatMap(\.points)
    where yRange.contains(point.y) {
      let row = height - 1 - Int((share(y: point.y) * Double(height - 1)).rounded())
      cells[row][min(max(0, column(point.x)), columns - 1)] = "*"
    }
    var lines = cells.enumerated().map { row, cells in
      let label = row == 0 ? labels[0] : row == height - 1 ? labels[1] : row == 1 ? yLabel : ""
      return (label.aligned(to: margin) + " │" + String(cells)).droppingTrailingSpace
    }
    lines.append(
      String(repeating: " ", count: margin) + " └" + String(repeating: "─", count: columns))
    let (first, last) = (
      Self.powerOfTen(xRange.lowerBound), Self.powerOfTen(xRange.upperBound) + "  \(xLabel)"
    )
    lines.append(
      String(repeating: " ", count: margin + 2) + first
        + last.aligned(to: max(last.count + 1, columns - first.count)))
    return lines.joined(separator: "\n")
  }
}

extension String {
  /// The text inside an element or an attribute of XML.
  fileprivate var escapedAsXML: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
