/// Matrices in a row with signs between them: x ⋆ k = y.
struct MatrixDrawing: LessonDrawing {
  /// A matrix, its name, and the cells that are pointed out.
  struct Matrix: Sendable {
    var name: String
    var cells: [[String]]
    /// Whether a cell is pointed out.
    var marks: Set<[Int]> = []

    /// A matrix of numbers; `window` points out rows and columns.
    init(
      _ name: String, _ rows: [[Double]], digits: Int = 3,
      window: (rows: Range<Int>, columns: Range<Int>)? = nil
    ) {
      self.init(name, cells: rows.map { $0.map { $0.plain(digits) } }, window: window)
    }

    /// A matrix of words.
    init(
      _ name: String, cells: [[String]],
      window: (rows: Range<Int>, columns: Range<Int>)? = nil
    ) {
      (self.name, self.cells) = (name, cells)
      guard let window else { return }
      for row in window.rows {
        for column in window.columns { marks.insert([row, column]) }
      }
    }

    var columnCount: Int { cells.map(\.count).max() ?? 0 }
    var cellColumns: Int { cells.flatMap { $0 }.map(\.columns).max() ?? 1 }
  }

  /// What stands in the row.
  enum Part: Sendable {
    case matrix(Matrix)
    case sign(String)
  }

  var parts: [Part]
  /// Lines under the matrices.
  var notes: [String] = []

  init(_ parts: [Part], notes: [String] = []) { (self.parts, self.notes) = (parts, notes) }

  // MARK: Text

  func text(width: Int) -> String {
    var bands: [[[String]]] = []
    var used = 0
    for part in parts {
      let block = Self.lines(of: part)
      let columns = block.map(\.columns).max() ?? 0
      if used > 0, used + 2 + columns > width {
        bands.append([])
        used = 0
      }
      if bands.isEmpty { bands.append([]) }
      // A sign stays with what follows it.
      if used == 0, bands.count > 1, case .matrix = part, let last = bands[bands.count - 2].last,
        last.count == 1, bands[bands.count - 2].count > 1
      {
        bands[bands.count - 2].removeLast()
        bands[bands.count - 1].append(last)
        used = (last.first?.columns ?? 0) + 2
      }
      bands[bands.count - 1].append(block)
      used += columns + 2
    }
    let text = bands.map { Self.sideBySide($0) }.joined(separator: "\n")
    return ([text] + notes).joined(separator: "\n")
  }

  private static func lines(of part: Part) -> [String] {
    guard case .matrix(let matrix) = part else {
      if case .sign(let sign) = part { return [sign] }
      return []
    }
    let width = matrix.cellColumns
    let rows = matrix.cells.enumerated().map { row, cells in
      "│"
        + cells.enumerated().map { column, cell in
          let isMarked = matrix.marks.contains([row, column])
          let text = cell.aligned(toColumns: width)
          return isMarked ? "[\(text)]" : " \(text) "
        }.joined() + "│"
    }
    let inner = String(repeating: " ", count: matrix.columnCount * (width + 2))
    return [matrix.name] + ["┌\(inner)┐"] + rows + ["└\(inner)┘"]
  }

  /// Blocks of lines next to each other: a line above the matrices for their names, and the matrices with
  /// their middles on one line.
  private static func sideBySide(_ blocks: [[String]]) -> String {
    let tallest = blocks.map { $0.count - 1 }.max() ?? 0
    return blocks.beside(height: tallest + 1) { block in
      block.count == 1 ? 1 + (tallest - 1) / 2 : (tallest - (block.count - 1)) / 2
    }
  }

  // MARK: SVG

  private static let (side, gap, head, limit) = (28.0, 10.0, 22.0, 560.0)

  private static func cellWidth(_ matrix: Matrix) -> Double {
    max(side, Double(matrix.cellColumns) * SVGCanvas.advance + 12)
  }

  private static func size(_ part: Part) -> (width: Double, height: Double) {
    switch part {
    case .sign(let sign): (sign.svgWidth + 4, side)
    case .matrix(let matrix):
      (
        max(cellWidth(matrix) * Double(matrix.columnCount) + 8, matrix.name.svgWidth),
        side * Double(matrix.cells.count)
      )
    }
  }

  var svg: SVGCanvas {
    var bands: [[Part]] = [[]]
    var used = 0.0
    for (index, part) in parts.enumerated() {
      let width = Self.size(part).width
      // A sign takes what follows it along.
      var needed = width
      if case .sign = part, index + 1 < parts.count {
        needed += Self.gap + Self.size(parts[index + 1]).width
      }
      if used > 0, used + needed > Self.limit {
        bands.append([])
        used = 0
      }
      bands[bands.count - 1].append(part)
      used += width + Self.gap
    }
    let widths = bands.map { band in band.reduce(-Self.gap) { $0 + Self.size($1).width + Self.gap }
    }
    let heights = bands.map { band in (band.map { Self.size($0).height }.max() ?? 0) + Self.head }
    let noteWidth = notes.map(\.svgWidth).max() ?? 0
    var canvas = SVGCanvas(
      width: max(widths.max() ?? 0, noteWidth) + 4,
      height: heights.reduce(0) { $0 + $1 + Self.gap } + Double(notes.count) * 20)
    var y = 0.0
    for (band, height) in zip(bands, heights) {
      var x = 2.0
      let middle = y + Self.head + (height - Self.head) / 2
      for part in band {
        Self.draw(part, at: x, middle: middle, on: &canvas)
        x += Self.size(part).width + Self.gap
      }
      y += height + Self.gap
    }
    for (index, note) in notes.enumerated() {
      canvas.text(note, x: 2, y: y + 12 + Double(index) * 20, anchor: "start", kind: "note")
    }
    return canvas
  }

  private static func draw(
    _ part: Part, at x: Double, middle: Double, on canvas: inout SVGCanvas
  ) {
    switch part {
    case .sign(let sign):
      canvas.text(sign, x: x + sign.svgWidth / 2 + 2, y: middle + 5, kind: "sign")
    case .matrix(let matrix):
      let width = cellWidth(matrix)
      let height = side * Double(matrix.cells.count)
      let (left, top) = (x + 4, middle - height / 2)
      let right = left + width * Double(matrix.columnCount)
      if !matrix.name.isEmpty {
        canvas.text(matrix.name, x: x, y: top - 7, anchor: "start", kind: "name")
      }
      for (row, cells) in matrix.cells.enumerated() {
        for (column, cell) in cells.enumerated() {
          let (cellX, cellY) = (left + width * Double(column), top + side * Double(row))
          if matrix.marks.contains([row, column]) {
            canvas.rectangle(
              "window", x: cellX + 1, y: cellY + 1, width: width - 2, height: side - 2,
              "rx=\"3\" fill=\"currentColor\" fill-opacity=\"0.15\" stroke=\"currentColor\"")
          }
          canvas.text(cell, x: cellX + width / 2, y: cellY + side / 2 + 5)
        }
      }
      let style = "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\""
      for (edge, tip) in [(left - 2, 5.0), (right + 2, -5.0)] {
        canvas.path(
          "bracket",
          "M\((edge + tip).coordinate) \(top.coordinate)H\(edge.coordinate)"
            + "V\((top + height).coordinate)H\((edge + tip).coordinate)", style)
      }
    }
  }
}

extension [[String]] {
  /// Blocks of lines next to each other, two spaces between them.
  ///
  /// - Parameters:
  ///   - height: How many lines there are.
  ///   - lead: How many empty lines stand above a block.
  func beside(height: Int, lead: ([String]) -> Int) -> String {
    let padded = map { block in
      let width = block.map(\.columns).max() ?? 0
      let above = lead(block)
      return (0..<height).map { line in
        (block.indices.contains(line - above) ? block[line - above] : "").padded(toColumns: width)
      }
    }
    return (0..<height).map { line in padded.map { $0[line] }.joined(separator: "  ") }
      .joined(separator: "\n")
  }
}
