/// A table with heads above its columns.
struct TableDrawing: LessonDrawing {
  let heads: [String]
  let rows: [[String]]
  /// How many columns hold words and begin at one place.
  var leading = 1

  init(_ heads: [String], _ rows: [[String]], leading: Int = 1) {
    (self.heads, self.rows, self.leading) = (heads, rows, leading)
  }

  private func width(of column: Int) -> Int {
    ([heads] + rows).map { $0.indices.contains(column) ? $0[column].columns : 0 }.max() ?? 0
  }

  func text(width: Int) -> String {
    let rule = heads.indices.map { String(repeating: "─", count: self.width(of: $0)) }
    return TextTable(rows: [heads, rule] + rows, leading: leading).text
  }

  var svg: SVGCanvas {
    let (height, gap) = (26.0, 20.0)
    let widths = heads.indices.map { Double(width(of: $0)) * SVGCanvas.advance }
    var canvas = SVGCanvas(
      width: widths.reduce(4) { $0 + $1 + gap } - gap, height: Double(rows.count + 1) * height + 4)
    for (line, cells) in ([heads] + rows).enumerated() {
      var x = 2.0
      for (column, cell) in cells.enumerated() {
        let isWord = column < leading
        canvas.text(
          cell, x: isWord ? x : x + widths[column], y: Double(line) * height + 17,
          anchor: isWord ? "start" : "end", kind: line == 0 ? "name" : "value")
        x += widths[column] + gap
      }
      canvas.path(
        line == 0 ? "axis" : "grid",
        "M0 \((Double(line + 1) * height).coordinate)H\(canvas.width.coordinate)",
        "fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"\(line == 0 ? "0.6" : "0.2")\"")
    }
    return canvas
  }
}
