import Foundation
import Striate

extension Double {
  /// The number as a person writes it: at most `digits` digits after the point, no zeros at the end, a minus
  /// sign as in an equation.
  func plain(_ digits: Int) -> String {
    var text = fixed(digits)
    if text.contains("." as Character) {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text == "-0" ? "0" : text.replacing("-", with: "−")
  }

  /// At most four digits after the point.
  var plain: String { plain(4) }
}

extension Int {
  /// "1 number", "3 numbers".
  func things(_ name: String) -> String { "\(self) \(name)\(self == 1 ? "" : "s")" }
}

extension String {
  /// The text without the spaces after its last character.
  var withoutTrailingSpaces: String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }

  /// The text in lines of at most `width` columns, broken at spaces and where it has line ends.
  package func wrapped(toColumns width: Int) -> [String] {
    let parts = split(separator: "\n")
    guard parts.count <= 1 else { return parts.flatMap { String($0).wrapped(toColumns: width) } }
    var lines: [String] = []
    var line = ""
    for word in split(separator: " ") {
      if !line.isEmpty, line.columns + 1 + String(word).columns > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + (line.isEmpty ? [] : [line])
  }
}

extension ReferenceTensor {
  /// The rows of a matrix.
  var rows: [[Double]] {
    guard let columns = shape.last, columns > 0 else { return [] }
    return stride(from: 0, to: count, by: columns).map { Array(values[$0..<$0 + columns]) }
  }
}

extension Tensor {
  /// The rows of a matrix.
  var rows: [[Double]] { ReferenceTensor(self).rows }
}
