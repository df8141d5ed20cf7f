/// Rows of cells under each other: the first columns begin at one place, the others end at one.
struct TextTable {
  var rows: [[String]]
  /// How many columns hold words and begin at one place.
  var leading = 1
  /// Spaces between two columns.
  var gap = 2

  var text: String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].columns : 0 }.max() ?? 0
    }
    return rows.map { cells in
      cells.indices.map { column in
        column < leading
          ? cells[column].padded(toColumns: widths[column])
          : cells[column].aligned(toColumns: widths[column])
      }.joined(separator: String(repeating: " ", count: gap))
    }.map { String($0.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
  }

  /// The widest line.
  var columns: Int { text.split(separator: "\n").map { String($0).columns }.max() ?? 0 }
}
