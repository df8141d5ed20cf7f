import Foundation

extension NetworkSummary: CustomStringConvertible {
  /// The summary as a table for people, with totals below.
  public var description: String {
    let heads = ["layer", "description", "output", "parameters", "multiply-adds", "sees"]
    let body = rows.map { row in
      [
        row.name, row.layer, row.output.map(String.init).joined(separator: " × "),
        row.parameters.grouped, row.multiplyAdds.grouped,
        row.receptiveField.map(String.init).joined(separator: " × "),
      ]
    }
    let total = ["total", "", "", parameters.grouped, multiplyAdds.grouped, ""]
    let table = [heads] + body + [total]
    let widths = heads.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    let lines = table.map { cells in
      cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return column < 3 ? cells[column] + space : space + cells[column]
      }.joined(separator: "  ").droppingTrailingSpace
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    let shapes = inputs.map { $0.map(String.init).joined(separator: " × ") }
    return """
      input \(shapes.joined(separator: " and "))
      \(lines[0])
      \(rule)
      \(lines[1..<lines.count - 1].joined(separator: "\n"))
      \(rule)
      \(lines[lines.count - 1])
      memory: parameters \(parameterBytes.mebibytes), outputs of all layers for \
      \(batchSize == 1 ? "one image" : "\(batchSize.grouped) images") \(activationBytes.mebibytes)
      """
  }
}

extension Int {
  /// The number with commas between thousands: "105,634".
  package var grouped: String {
    let digits = Array(String(magnitude))
    var text = self < 0 ? "-" : ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A number of bytes in MiB, with two digits after the point.
  fileprivate var mebibytes: String { (Double(self) / 1_048_576).fixed(2) + " MiB" }
}

extension String {
  /// Without spaces at the end.
  package var droppingTrailingSpace: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
