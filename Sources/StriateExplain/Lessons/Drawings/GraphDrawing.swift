/// A graph of computations, from left to right: boxes with what they hold, and arrows between them.
struct GraphDrawing: LessonDrawing {
  /// A box.
  struct Node: Sendable {
    /// 0 at the left.
    let column: Int
    /// Where its middle stands, in halves of a box: 0 at the top.
    let level: Int
    let lines: [String]

    init(_ column: Int, _ level: Int, _ lines: [String]) {
      (self.column, self.level, self.lines) = (column, level, lines)
    }
  }

  let nodes: [Node]
  /// Arrows from one node to another, by their places in `nodes`.
  let edges: [(from: Int, to: Int)]
  var notes: [String] = []

  private var lineCount: Int { nodes.map(\.lines.count).max() ?? 1 }
  private var columnCount: Int { (nodes.map(\.column).max() ?? 0) + 1 }
  private var levelCount: Int { (nodes.map(\.level).max() ?? 0) + 1 }

  private func widest(inColumn column: Int) -> Int {
    nodes.filter { $0.column == column }.flatMap(\.lines).map(\.columns).max() ?? 0
  }

  // MARK: Text

  func text(width: Int) -> String {
    let gap = 6
    let boxHeight = lineCount + 2
    // Two levels are one box and an empty line.
    let pitch = (boxHeight + 2) / 2
    var starts: [Int] = []
    var end = 0
    for column in 0..<columnCount {
      starts.append(end)
      end += widest(inColumn: column) + 4 + gap
    }
    let height = (levelCount - 1) * pitch + boxHeight
    var canvas = Array(
      repeating: Array(repeating: Character(" "), count: max(1, end - gap)), count: height)
    func put(_ text: String, _ row: Int, _ column: Int) {
      for (offset, character) in text.enumerated()
      where canvas[row].indices.contains(column + offset) {
        canvas[row][column + offset] = character
      }
    }
    func middle(_ node: Node) -> Int { node.level * pitch + boxHeight / 2 }
    for edge in edges {
      let (source, target) = (nodes[edge.from], nodes[edge.to])
      let from = starts[source.column] + widest(inColumn: source.column) + 4
      let to = starts[target.column]
      // Lines of several columns bend just before their target.
      let bend = to - gap / 2
      let (upper, lower) = (middle(source), middle(target))
      for column in from..<bend { canvas[upper][column] = "─" }
      for column in bend..<to - 1 { canvas[lower][column] = "─" }
      canvas[lower][to - 1] = "▶"
      guard upper != lower else { continue }
      for row in min(upper, lower)...max(upper, lower) where canvas[row][bend] == " " {
        canvas[row][bend] = "│"
      }
      canvas[upper][bend] = upper < lower ? "╮" : "╯"
      let corner: Character = upper < lower ? "╰" : "╭"
      canvas[lower][bend] =
        canvas[lower][bend] == "─" || canvas[lower][bend] == "│" ? corner : "├"
    }
    for node in nodes {
      let (row, column) = (node.level * pitch, starts[node.column])
      let inner = widest(inColumn: node.column) + 2
      put("┌" + String(repeating: "─", count: inner) + "┐", row, column)
      for line in 0..<lineCount {
        let text = node.lines.indices.contains(line) ? node.lines[line] : ""
        put("│ " + text.padded(toColumns: inner - 1) + "│", row + 1 + line, column)
      }
      put("└" + String(repeating: "─", count: inner) + "┘", row + 1 + lineCount, column)
    }
    return (canvas.map { String($0) } + notes).joined(separator: "\n")
  }

  // MARK: SVG

  var svg: SVGCanvas {
    let gap = 46.0
    let boxHeight = Double(lineCount) * 19 + 14
    let pitch = (boxHeight + 14) / 2
    var starts: [Double] = []
    var end = 2.0
    for column in 0..<columnCount {
      starts.append(end)
      end += Double(widest(inColumn: column)) * SVGCanvas.advance + 20 + gap
    }
    let height = Double(levelCount - 1) * pitch + boxHeight + 4
    var canvas = SVGCanvas(
      width: max(end - gap + 2, notes.map(\.svgWidth).max() ?? 0),
      height: height + Double(notes.count) * 20)
    func boxWidth(_ node: Node) -> Double {
      Double(widest(inColumn: node.column)) * SVGCanvas.advance + 20
    }
    func middle(_ node: Node) -> Double { 2 + Double(node.level) * pitch + boxHeight / 2 }
    for edge in edges {
      let (source, target) = (nodes[edge.from], nodes[edge.to])
      let (x, y) = (starts[source.column] + boxWidth(source), middle(source))
      let (toX, toY) = (starts[target.column], middle(target))
      let bend = toX - gap / 2
      canvas.path(
        "edge",
        "M\(x.coordinate) \(y.coordinate)H\((bend - gap / 2).coordinate)"
          + "C\(bend.coordinate) \(y.coordinate) \(bend.coordinate) \(toY.coordinate) "
          + "\((toX - 7).coordinate) \(toY.coordinate)",
        "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\"")
      canvas.path(
        "edge", "M\(toX.coordinate) \(toY.coordinate)l-9 -5v10z", "fill=\"currentColor\"")
    }
    for node in nodes {
      let (x, y) = (starts[node.column], middle(node) - boxHeight / 2)
      canvas.rectangle(
        "box", x: x, y: y, width: boxWidth(node), height: boxHeight,
        "rx=\"6\" fill=\"none\" stroke=\"currentColor\"")
      for (line, text) in node.lines.enumerated() {
        canvas.text(
          text, x: x + 10, y: y + 21 + Double(line) * 19, anchor: "start",
          kind: line == 0 ? "value" : "slope")
      }
    }
    for (index, note) in notes.enumerated() {
      canvas.text(note, x: 2, y: height + 15 + Double(index) * 20, anchor: "start", kind: "note")
    }
    return canvas
  }
}
