import Foundation
import Striate

extension TracedNumber {
  /// So many terms are listed unless all are asked for.
  private static let few = 40
  /// So many terms are listed where there are more and no map shows them.
  private static let largest = 10
  /// So many maps are shown unless all are asked for.
  private static let fewMaps = 3

  /// The number and what it is made of, as text. Matrices are rounded to three digits; the terms of the list and
  /// the sums have all their digits.
  ///
  /// - Parameter isFull: Whether every map and every term is shown, however many there are.
  package func text(isFull: Bool = false) -> String {
    var parts = ["\(title)  in \(layer)"]
    parts += matrices(isFull: isFull)
    if !terms.isEmpty, isFull || terms.count <= Self.few {
      parts.append(list(terms))
    } else if parts.count == 1, !terms.isEmpty {
      let largest = terms.indices.sorted { abs(terms[$0].product) > abs(terms[$1].product) }
      parts.append(
        "the \(Self.largest) largest terms\n"
          + list(largest.prefix(Self.largest).sorted().map { terms[$0] }))
    }
    parts.append(sums(isFull: isFull))
    return parts.joined(separator: "\n\n")
  }

  /// The maps whose sums are largest, in their order.
  private func matrices(isFull: Bool) -> [String] {
    let groups = TermGroup.groups(of: self)
    let all = groups.filter { $0.grid != nil }
    let largest = all.indices.sorted { abs(all[$0].sum) > abs(all[$1].sum) }
    let shown = isFull ? Array(all.indices) : largest.prefix(Self.fewMaps).sorted()
    var parts = shown.map { matrix(all[$0]) }
    if shown.count < all.count {
      let rest = all.indices.filter { !shown.contains($0) }.reduce(0) { $0 + all[$1].sum }
      let count = all.count - shown.count
      parts.append("… and \(count) more \(count == 1 ? "map" : "maps"): \(rest.short3)")
    }
    return parts
  }

  private func matrix(_ group: TermGroup) -> String {
    guard let (rows, columns) = group.grid else { return "" }
    let numbers: [(TracedNumber.Term) -> Double] = [
      { $0.number }, { $0.factor ?? .nan }, { $0.product },
    ]
    var lines = [
      "\(group.name): rows \(range(rows)), columns \(range(columns)); sum \(group.sum.short3)"
    ]
    for (heading, number) in zip(headings, numbers) {
      let cells = rows.map { row in
        columns.map { column in
          group.term(row: row, column: column).map { number($0).short3 } ?? "·"
        }
      }
      let width = (cells.flatMap { $0 }.map(\.columns).max() ?? 0) + 2
      lines.append("  \(heading)")
      lines += cells.map { "  " + $0.map { $0.aligned(toColumns: width) }.joined() }
    }
    return lines.joined(separator: "\n")
  }

  private func range(_ places: [Int]) -> String {
    places.count == 1 ? "\(places[0])" : "\(places[0])–\(places[places.count - 1])"
  }

  /// Terms with all their digits.
  private func list(_ terms: [Term]) -> String {
    let hasFactors = terms.contains { $0.factor != nil }
    let heads =
      hasFactors
      ? ["number at", "times", "number", "factor", "term"]
      : ["number at", "", "number", "", "term"]
    let rows = terms.map { term in
      [
        term.from.description, term.of?.description ?? "", "\(term.number)",
        term.factor.map { "\($0)" } ?? "", "\(term.product)",
      ]
    }
    return TextTable(rows: [heads] + rows, leading: 2).text
  }

  private func sums(isFull: Bool) -> String {
    var rows: [(String, String)] = []
    if !terms.isEmpty { rows.append(("sum of \(terms.count.things("term"))", "\(sum)")) }
    if let closing { rows.append((closing.formula, "\(closing.value)")) }
    rows.append(("in Double", "\(value)"))
    if let engine {
      rows.append(("engine, Float", "\(Float(engine))"))
      rows.append(("difference", (engine - value).short3))
    }
    for reader in readers { rows.append(("goes to \(reader.cell)", "\(reader.value)")) }
    if let step { rows.append(("after a step of \(step.optimizer)", "\(step.after)")) }
    let note =
      !isFull && terms.count > Self.few
      ? "\n--all lists the \(terms.count) terms, which add up to the sum, with all their digits"
      : ""
    return TextTable(rows: rows.map { [$0.0, $0.1] }, leading: 2).text + note
  }
}

extension Double {
  /// Three digits that count: "0.0123", "−1.2e−09".
  var short3: String {
    self == 0 ? "0" : significant(3).replacing("-", with: "−")
  }
}

extension GradientCheck {
  /// A row for every parameter, and the worst of them.
  package var text: String {
    let heads = ["parameter", "numbers", "checked", "corners", "worst error", "all together"]
    let rows = findings.map { finding in
      [
        finding.name, finding.count.grouped, finding.checked.grouped, "\(finding.corners)",
        finding.worst?.error.short3 ?? "·", finding.directionError?.short3 ?? "corner",
      ]
    }
    guard let worst else { return "no parameter is learned: there is nothing to check" }
    let verdict =
      passes
      ? "The gradient agrees with central differences."
      : "The gradient DIFFERS from central differences."
    let number = worst.worst.map {
      "\nworst: \($0.cell), derivative \($0.derivative), difference \($0.difference), "
        + "relative error \($0.error.short3)"
    }
    return TextTable(rows: [heads] + rows).text + "\n\n" + verdict + (number ?? "")
  }

  package var json: JSON {
    .object([
      ("passes", .bool(passes)), ("tolerance", .number(Self.tolerance)),
      ("worst", .optional(worst?.worst) { $0.json }),
      (
        "parameters",
        .array(
          findings.map {
            .object([
              ("name", .string($0.name)), ("count", .integer($0.count)),
              ("checked", .integer($0.checked)), ("corners", .integer($0.corners)),
              ("worst", .optional($0.worst) { $0.json }),
              ("direction_error", .optional($0.directionError) { .number($0) }),
            ])
          })
      ),
    ])
  }
}

extension GradientCheck.Number {
  fileprivate var json: JSON {
    .object([
      ("cell", .string("\(cell)")), ("derivative", .number(derivative)),
      ("difference", .number(difference)), ("error", .number(error)),
    ])
  }
}
