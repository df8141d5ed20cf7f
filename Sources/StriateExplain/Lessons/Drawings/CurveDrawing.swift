/// Curves and points over two axes.
struct CurveDrawing: LessonDrawing {
  /// Points that belong together.
  struct Series: Sendable {
    /// How they are drawn.
    enum Style: Sendable { case line, dots, rings }

    let name: String
    let points: [(x: Double, y: Double)]
    var style: Style = .line

    init(_ name: String, _ points: [(x: Double, y: Double)], _ style: Style = .line) {
      (self.name, self.points, self.style) = (name, points, style)
    }

    /// A function over a range.
    init(_ name: String, over range: ClosedRange<Double>, _ function: (Double) -> Double) {
      let count = 120
      let step = (range.upperBound - range.lowerBound) / Double(count)
      self.init(
        name,
        (0...count).map { i in
          let x = range.lowerBound + Double(i) * step
          return (x, function(x))
        })
    }
  }

  let series: [Series]
  let xLabel: String
  let yLabel: String
  private let x: Axis
  private let y: Axis

  /// - Parameter yLimits: What is shown of the curves; nil for all of them.
  init(
    _ series: [Series], x xLabel: String, y yLabel: String, yLimits: ClosedRange<Double>? = nil
  ) {
    (self.series, self.xLabel, self.yLabel) = (series, xLabel, yLabel)
    x = Axis(over: series.flatMap { $0.points.map(\.x) }, count: 8)
    let values = series.flatMap { $0.points.map(\.y) }
    y = Axis(
      over: yLimits.map { limits in
        values.map { min(max($0, limits.lowerBound), limits.upperBound) }
      }
        ?? values, within: yLimits)
  }

  private func isShown(_ point: (x: Double, y: Double)) -> Bool {
    point.y >= y.range.lowerBound - 1e-12 && point.y <= y.range.upperBound + 1e-12
  }

  // MARK: Text

  private static let marks: [Character] = ["*", "o", "+", "x"]

  func text(width: Int) -> String {
    let (height, labels) = (15, y.ticks.map { y.label($0) })
    let margin = labels.map(\.count).max() ?? 0
    let columns = min(64, width - margin - 4)
    var cells = Array(repeating: Array(repeating: Character(" "), count: columns), count: height)
    func put(_ point: (x: Double, y: Double), _ mark: Character) {
      guard isShown(point), point.y.isFinite else { return }
      let row = height - 1 - Int((y.share(point.y) * Double(height - 1)).rounded())
      cells[row][Int((x.share(point.x) * Double(columns - 1)).rounded())] = mark
    }
    for (index, series) in series.enumerated() {
      let mark = Self.marks[index % Self.marks.count]
      if series.style == .line {
        for (a, b) in zip(series.points, series.points.dropFirst()) {
          let reach = max(
            abs(x.share(b.x) - x.share(a.x)) * Double(columns),
            abs(y.share(b.y) - y.share(a.y)) * Double(height))
          let steps = max(1, Int(reach.rounded(.up)))
          for i in 0...steps {
            let t = Double(i) / Double(steps)
            put((a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t), mark)
          }
        }
      } else {
        series.points.forEach { put($0, mark) }
      }
    }
    let rowLabels = Dictionary(
      zip(y.ticks.map { height - 1 - Int((y.share($0) * Double(height - 1)).rounded()) }, labels)
    ) { first, _ in first }
    var lines = [yLabel.aligned(toColumns: max(margin, yLabel.columns))]
    lines += cells.enumerated().map { row, cells in
      (rowLabels[row] ?? "").aligned(toColumns: margin) + (rowLabels[row] == nil ? " │" : " ┤")
        + String(cells)
    }
    lines.append(
      String(repeating: " ", count: margin) + " └" + String(repeating: "─", count: columns))
    lines.append(ruler(columns: columns, margin: margin + 2))
    var legend = ""
    for (index, series) in series.enumerated() {
      let key = "  \(Self.marks[index % Self.marks.count]) \(series.name)"
      if !legend.isEmpty, legend.columns + 2 + key.columns > width {
        lines.append(legend)
        legend = ""
      }
      legend += (legend.isEmpty ? "" : "  ") + key
    }
    lines.append(legend)
    return lines.joined(separator: "\n")
  }

  /// The numbers under the horizontal axis, and its name.
  private func ruler(columns: Int, margin: Int) -> String {
    var line = Array(repeating: Character(" "), count: margin + columns + 6)
    var free = 0
    for tick in x.ticks {
      let label = x.label(tick)
      let start =
        margin + Int((x.share(tick) * Double(columns - 1)).rounded()) - label.count / 2
      guard start >= free, start + label.count <= line.count else { continue }
      line.replaceSubrange(start..<start + label.count, with: Array(label))
      free = start + label.count + 1
    }
    return String(line) + "\n" + xLabel.aligned(toColumns: margin + columns)
  }

  // MARK: SVG

  private static let (width, plotHeight) = (460.0, 280.0)
  private static let (left, right, bottom) = (52.0, 14.0, 44.0)
  /// Besides their colours, curves differ by their dashes.
  private static let dashes = ["", "7 4", "2 3", "9 3 2 3"]

  private var legend: [(x: Double, y: Double, index: Int)] {
    var (x, y) = (Self.left, 18.0)
    return series.indices.map { index in
      let width = 34 + series[index].name.svgWidth + 16
      if x > Self.left, x + width > Self.width {
        x = Self.left
        y += 20
      }
      defer { x += width }
      return (x, y, index)
    }
  }

  var svg: SVGCanvas {
    let legend = legend
    let top = (legend.last?.y ?? 0) + 30
    // Every further line of the legend adds its height.
    let height = Self.plotHeight + top - 48
    var canvas = SVGCanvas(width: Self.width, height: height)
    let (floor, end) = (height - Self.bottom, Self.width - Self.right)
    func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
      (
        Self.left + x.share(point.x) * (end - Self.left),
        floor - y.share(point.y) * (floor - top)
      )
    }
    let thin = "fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.2\""
    for tick in y.ticks {
      let at = place((x.range.lowerBound, tick)).y
      canvas.path("grid", "M\(Self.left.coordinate) \(at.coordinate)H\(end.coordinate)", thin)
      canvas.text(y.label(tick), x: Self.left - 6, y: at + 5, anchor: "end", kind: "tick")
    }
    for tick in x.ticks {
      let at = place((tick, y.range.lowerBound)).x
      canvas.path("grid", "M\(at.coordinate) \(top.coordinate)V\(floor.coordinate)", thin)
      canvas.text(x.label(tick), x: at, y: floor + 18, kind: "tick")
    }
    canvas.path(
      "axis", "M\(Self.left.coordinate) \(top.coordinate)V\(floor.coordinate)H\(end.coordinate)",
      "fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.6\"")
    canvas.text(xLabel, x: (Self.left + end) / 2, y: height - 8, kind: "tick")
    canvas.text(yLabel, x: 2, y: top - 8, anchor: "start", kind: "tick")
    for (index, series) in series.enumerated() {
      draw(series, index, on: &canvas, place)
    }
    for key in legend { drawKey(key, on: &canvas) }
    return canvas
  }

  private func style(_ index: Int) -> String {
    let dashes = Self.dashes[index % Self.dashes.count]
    return "fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linejoin=\"round\""
      + (dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\"")
  }

  private func draw(
    _ series: Series, _ index: Int, on canvas: inout SVGCanvas,
    _ place: ((x: Double, y: Double)) -> (x: Double, y: Double)
  ) {
    guard series.style == .line else {
      for point in series.points where isShown(point) {
        let (x, y) = place(point)
        drawDot(series.style, index, x, y, on: &canvas)
      }
      return
    }
    var data = ""
    var isDown = false
    for point in series.points {
      guard isShown(point) else {
        isDown = false
        continue
      }
      let (x, y) = place(point)
      data += "\(isDown ? "L" : "M")\(x.coordinate) \(y.coordinate)"
      isDown = true
    }
    canvas.path("line s\(index % 4 + 1)", data, style(index))
  }

  private func drawDot(
    _ kind: Series.Style, _ index: Int, _ x: Double, _ y: Double, on canvas: inout SVGCanvas
  ) {
    canvas.circle(
      "\(kind == .dots ? "dot" : "ring") s\(index % 4 + 1)", x: x, y: y, radius: 4.5,
      kind == .dots
        ? "fill=\"currentColor\"" : "fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"")
  }

  private func drawKey(_ key: (x: Double, y: Double, index: Int), on canvas: inout SVGCanvas) {
    let series = series[key.index]
    if series.style == .line {
      canvas.path(
        "line s\(key.index % 4 + 1)",
        "M\(key.x.coordinate) \((key.y - 4).coordinate)h26", style(key.index))
    } else {
      drawDot(series.style, key.index, key.x + 13, key.y - 4, on: &canvas)
    }
    canvas.text(series.name, x: key.x + 34, y: key.y, anchor: "start", kind: "key")
  }
}
