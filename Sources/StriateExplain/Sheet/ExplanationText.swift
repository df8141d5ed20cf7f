import Striate
import StriateData

extension Explanation {
  /// The answer and what explains it, for a terminal.
  package func text(_ explainer: Explainer, width: Int) -> String {
    let chosen = explainer.className(classIndex).printable
    let sure = Double(prediction.probabilities.max() ?? 0).percentage
    var head = "\(name): \(prediction.className), \(sure) sure".printable
    if let truth, truth != prediction.classIndex {
      head += ", but it is \(explainer.className(truth))".printable
    }
    var rows = [["method", "least", "most", "sum", "strongest at", "with"]]
    for attribution in attributions {
      let finite = attribution.map.scalars.filter(\.isFinite)
      let peak = attribution.peak.map { "row \($0.row), column \($0.column)" } ?? "·"
      rows.append([
        attribution.method.rawValue, (finite.min() ?? 0).short, (finite.max() ?? 0).short,
        Float(finite.reduce(0.0) { $0 + Double($1) }).short, peak, attribution.setting.printable,
      ])
    }
    let score = attributions.first.map { ", score \($0.score.short)" } ?? ""
    var lines = [head, "why \(chosen)\(score)"]
    lines += AttributionTable(rows: rows).lines(width: width).map { "  " + $0 }
    for attribution in attributions {
      guard let completeness = attribution.completeness else { continue }
      lines.append(
        "  integrated gradients add up to \(Float(completeness.sum).short); the score is "
          + "\(Float(completeness.difference).short) above the baseline’s: gap "
          + Float(completeness.gap).short)
    }
    return lines.joined(separator: "\n")
  }

  /// The answer and all maps.
  package func json(_ explainer: Explainer) -> JSON {
    .object([
      ("image", .string(name)),
      ("class", .string(prediction.className)),
      ("class_index", .integer(prediction.classIndex)),
      ("probability", .number(prediction.probabilities.max() ?? 0)),
      (
        "probabilities",
        .object(
          prediction.probabilities.enumerated().map {
            (explainer.className($0), .number($1))
          })
      ),
      ("truth", .optional(truth) { .string(explainer.className($0)) }),
      ("explained", .string(explainer.className(classIndex))),
      ("explained_index", .integer(classIndex)),
      ("score_is", .string(explainer.score.rawValue)),
      ("score", .optional(attributions.first?.score) { .number($0) }),
      ("attributions", .array(attributions.map(\.json))),
    ])
  }
}

extension Attribution {
  fileprivate var json: JSON {
    var members: [(String, JSON)] = [
      ("method", .string(method.rawValue)), ("setting", .string(setting)),
      ("layer", .optional(layer) { .string($0) }),
    ]
    if let completeness {
      members += [
        ("sum", .number(completeness.sum)), ("difference", .number(completeness.difference)),
        ("gap", .number(completeness.gap)),
      ]
    }
    members += [
      ("shape", .integers(map.shape)), ("map", .array(map.scalars.map { .number($0) })),
    ]
    return .object(members)
  }
}

/// A table whose last column is left out where a line would be too wide.
private struct AttributionTable {
  var rows: [[String]]

  func lines(width: Int) -> [String] {
    let whole = TextTable(rows: rows.map { [$0[0]] + $0[1...] })
    let table =
      whole.columns + 2 > width ? TextTable(rows: rows.map { Array($0.dropLast()) }) : whole
    return table.text.split(separator: "\n").map { String($0) }
  }
}
