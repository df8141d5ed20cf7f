import Striate

/// An evaluation as a table for people and as members of a JSON object.
extension Evaluation {
  /// Accuracy, and for each class its recall and what its images were taken for.
  var report: String {
    let heads = ["class", "recall"] + classNames
    // A class without images has nothing to show.
    let rows = confusion.indices.filter { recall[$0] != nil }.map { row in
      [classNames[row], percent(recall[row] ?? 0)]
        + confusion[row].enumerated().map { column, count in
          count == 0 && column != row ? "·" : count.grouped
        }
    }
    let table = [heads] + rows
    let widths = heads.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    let lines = table.map { cells in
      cells.indices.map { column in
        column == 0
          ? cells[column].padded(to: widths[column]) : cells[column].aligned(to: widths[column])
      }.joined(separator: "  ")
    }
    return """
      \(lines.joined(separator: "\n"))
      A row counts what the images of a class were taken for.
      """
  }

  /// "accuracy 98.12 %  9,812 of 10,000 test images  loss 0.0561".
  var headline: String {
    "accuracy \(percent(accuracy))  \(right.grouped) of \(count.grouped) test images"
      + (loss.map { "  loss \(digits($0, 4))" } ?? "")
  }

  /// The recall of every class, under its name.
  var recallJSON: JSON {
    .object(
      zip(classNames, recall).map { name, recall in (name, .optional(recall) { .number($0) }) })
  }

  var confusionJSON: JSON { .array(confusion.map { .integers($0) }) }
}
