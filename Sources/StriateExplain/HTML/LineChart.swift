import Striate

/// Lines over numbered steps.
struct LineChart {
  /// One line; values that are not finite interrupt it.
  struct Line {
    let name: String
    let points: [(x: Double, y: Double)]

    init?(_ name: String, _ points: [(x: Double, y: Double?)]) {
      let known = points.compactMap { point in point.y.map { (x: point.x, y: $0) } }
      guard known.contains(where: { $0.y.isFinite }) else { return nil }
      (self.name, self.points) = (name, known)
    }
  }

  let id: String
  let title: String
  let lines: [Line]
  var isPercentage = false
  var isFromZero = false

  private static let (width, height) = (380, 230)
  private static let (left, right, top, bottom) = (58.0, 14.0, 10.0, 40.0)
  /// Fewer points are marked, and their values shown.
  private static let markedPoints = 60

  /// The figure; nil where there is nothing to draw.
  var html: String? {
    guard !lines.isEmpty else { return nil }
    let plot = Plot(self)
    let legend = lines.enumerated().map { index, line in
      """
      <span class="key"><svg viewBox="0 0 28 10" aria-hidden="true">\
      <path class="line s\(index + 1)" d="M1 5H27"/></svg>\(HTML.escape(line.name))</span>
      """
    }.joined(separator: " ")
    return """
      <figure>
      <figcaption><strong>\(HTML.escape(title))</strong> \(legend)</figcaption>
      \(HTML.drawing(
        id: id, width: Self.width, height: Self.height, title: title, description: description,
        plot.grid + lines.enumerated().map { plot.line($1, $0 + 1) }.joined(separator: "\n")))
      </figure>
      """
  }

  /// "training: from 1.2031 to 0.1130 in epoch 10".
  private var description: String {
    lines.map { line in
      let finite = line.points.filter(\.y.isFinite)
      guard let first = finite.first, let last = finite.last else { return "" }
      return "\(line.name): from \(text(first.y)) to \(text(last.y)) in epoch \(Int(last.x))"
    }.joined(separator: "; ")
  }

  private func text(_ value: Double) -> String {
    isPercentage ? value.percentage : abs(value) < 0.001 ? "\(value)" : value.fixed(4)
  }

  /// The geometry of one drawing.
  private struct Plot {
    let chart: LineChart
    let x: Axis, y: Axis

    init(_ chart: LineChart) {
      self.chart = chart
      let points = chart.lines.flatMap(\.points)
      x = Axis(over: points.map(\.x), count: 8, isWhole: true)
      y = Axis(
        over: points.map(\.y) + (chart.isFromZero ? [0] : []),
        within: chart.isPercentage ? 0...1 : nil)
    }

    private func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
      let width = Double(LineChart.width) - LineChart.left - LineChart.right
      let height = Double(LineChart.height) - LineChart.top - LineChart.bottom
      return (
        LineChart.left + x.share(point.x) * width, LineChart.top + (1 - y.share(point.y)) * height
      )
    }

    var grid: String {
      let end = Double(LineChart.width) - LineChart.right
      let floor = Double(LineChart.height) - LineChart.bottom
      let horizontal = y.ticks.map { tick in
        let height = place((x.range.lowerBound, tick)).y
        let label = chart.isPercentage ? y.percentLabel(tick) : y.label(tick)
        return """
          <path class="grid" d="M\(LineChart.left.coordinate) \(height.coordinate)H\(end.coordinate)"/>\
          <text x="\((LineChart.left - 6).coordinate)" y="\((height + 4).coordinate)" \
          text-anchor="end">\(label)</text>
          """
      }
      let vertical = x.ticks.map { tick in
        let column = place((tick, y.range.lowerBound)).x
        return """
          <path class="axis" d="M\(column.coordinate) \(floor.coordinate)v4"/>\
          <text x="\(column.coordinate)" y="\((floor + 17).coordinate)" text-anchor="middle">\
          \(x.label(tick))</text>
          """
      }
      return
        (horizontal + vertical + [
          "<path class=\"axis\" d=\"M\(LineChart.left.coordinate) \(floor.coordinate)"
            + "H\(end.coordinate)\"/>",
          "<text x=\"\(((LineChart.left + end) / 2).coordinate)\" y=\"\(LineChart.height - 5)\" "
            + "text-anchor=\"middle\">epoch</text>\n",
        ]).joined(separator: "\n")
    }

    func line(_ line: Line, _ number: Int) -> String {
      var path = ""
      var isDown = false
      for point in line.points {
        guard point.y.isFinite else {
          isDown = false
          continue
        }
        let (x, y) = place(point)
        path += (isDown ? "L" : "M") + x.coordinate + " " + y.coordinate
        isDown = true
      }
      var text = "<path class=\"line s\(number)\" d=\"\(path)\"/>"
      if line.points.count <= LineChart.markedPoints {
        for point in line.points where point.y.isFinite {
          let (x, y) = place(point)
          text += """
            <circle class="dot s\(number)" cx="\(x.coordinate)" cy="\(y.coordinate)" r="3">\
            <title>\(HTML.escape(line.name)), epoch \(Int(point.x)): \(chart.text(point.y))</title>\
            </circle>
            """
        }
      }
      return text
    }
  }
}
