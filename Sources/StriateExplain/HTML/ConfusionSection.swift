import Striate
import StriateData

/// What the images of each class were taken for: as a table of counts, of many classes as a picture, and
/// the most frequent confusions.
struct ConfusionSection {
  let report: EvaluationReport
  private var evaluation: Evaluation { report.evaluation }

  init(report: EvaluationReport) { self.report = report }

  /// More classes have a picture in the place of the table, and still more have neither.
  static let (tableClasses, pictureClasses) = (30, 1000)

  private static let shownConfusions = 12

  var html: String {
    var parts: [String] = []
    if evaluation.classCount <= Self.tableClasses {
      parts.append(legend + table)
    } else if evaluation.classCount <= Self.pictureClasses, let picture {
      parts.append(legend + picture)
    }
    let confusions = evaluation.frequentConfusions(first: Self.shownConfusions)
    if evaluation.classCount > 2, !confusions.isEmpty { parts.append(list(confusions)) }
    return parts.joined(separator: "\n")
  }

  private var legend: String {
    func swatches(_ kind: String) -> String {
      [2, 4, 6, 8, 10].map { "<span class=\"swatch \(kind)\($0)\"></span>" }.joined()
    }
    return """
      <p class="legend"><span class="key">\(swatches("r")) found</span> \
      <span class="key">\(swatches("w")) mistaken</span> \
      <span class="note">The darker, the larger the share of the row.</span></p>

      """
  }

  /// How dark a cell is, from 0 to 10; small shares are brought out.
  private func level(_ count: Int, of total: Int) -> Int {
    count == 0 ? 0 : max(1, Int((Double(count) / Double(total)).squareRoot() * 10))
  }

  private var table: String {
    let names = evaluation.classNames.indices.map { HTML.escape(report.name($0)) }
    let heads = names.map { "<th scope=\"col\"><span>\($0)</span></th>" }.joined()
    let rows = evaluation.confusion.enumerated().map { label, row in
      let total = evaluation.classCounts[label]
      let cells = row.enumerated().map { prediction, count in
        let kind = prediction == label ? "r" : "w"
        let level = total == 0 ? 0 : level(count, of: total)
        return level == 0
          ? "<td>\(prediction == label ? "0" : "·")</td>"
          : "<td class=\"\(kind)\(level)\">\(count.grouped)</td>"
      }.joined()
      return "<tr><th scope=\"row\">\(names[label])</th>\(cells)</tr>"
    }
    let hasLongNames = evaluation.classNames.contains { $0.columns > 3 }
    return HTML.caption("Rows: the class of the images. Columns: what they were taken for.")
      + HTML.scrolling(
        """
        <table class="matrix\(hasLongNames ? " turned" : "")" aria-label="Confusion matrix">
        <thead><tr><td></td>\(heads)</tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody>
        </table>
        """, label: "Confusion matrix")
  }

  /// The matrix as a picture, a square a class; nil where it cannot be encoded.
  private var picture: String? {
    let classes = evaluation.classCount
    let square = max(1, 640 / classes)
    let side = classes * square
    var bytes = [UInt8](repeating: 255, count: side * side * 3)
    for (label, row) in evaluation.confusion.enumerated() {
      for (prediction, count) in row.enumerated() where count > 0 {
        let colour: [Double] = prediction == label ? [0, 114, 178] : [213, 94, 0]
        let depth = Double(level(count, of: evaluation.classCounts[label])) / 10
        for y in label * square..<(label + 1) * square {
          for x in prediction * square..<(prediction + 1) * square {
            for c in 0..<3 {
              bytes[(y * side + x) * 3 + c] = UInt8(255 + (colour[c] - 255) * depth)
            }
          }
        }
      }
    }
    let picture = Picture(width: side, height: side, channels: 3, bytes: bytes)
    guard let address = picture.dataAddress else { return nil }
    return """
      <figure class="wide">
      <img class="heat" src="\(address)" width="\(side)" height="\(side)" alt="Confusion matrix of \
      \(classes) classes: \(evaluation.right.grouped) of \(evaluation.count.grouped) images lie on the \
      diagonal, that is, were found. The most frequent confusions are listed below.">
      <figcaption>Rows, from above: the class of the images. Columns, from the left: what they were taken \
      for. Both in the order of the table of classes.</figcaption>
      </figure>
      """
  }

  private func list(_ confusions: [Evaluation.Confusion]) -> String {
    HTML.table(
      caption: "The most frequent confusions",
      heads: ["Class", "Taken for", "Images", "Of the class"],
      rows: confusions.map { confusion in
        [
          HTML.escape(report.name(confusion.label)), HTML.escape(report.name(confusion.prediction)),
          confusion.count.grouped,
          (Double(confusion.count) / Double(evaluation.classCounts[confusion.label])).percentage,
        ]
      }, kind: "numbers words2")
  }
}
