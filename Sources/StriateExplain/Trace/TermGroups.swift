import Striate

/// The terms of a number that stand in one map, or in one layer.
struct TermGroup {
  /// "relu1, map 3".
  let name: String
  let terms: [TracedNumber.Term]

  var sum: Double { TracedNumber.sum(of: terms) }

  /// Rows and columns of the map that the terms stand at, where each stands at one of its own and there are few
  /// enough to see.
  let grid: (rows: [Int], columns: [Int])?

  /// The term at a place of the grid.
  func term(row: Int, column: Int) -> TracedNumber.Term? {
    terms.first { $0.from.index[1] == row && $0.from.index[2] == column }
  }

  private init(name: String, terms: [TracedNumber.Term]) {
    (self.name, self.terms) = (name, terms)
    let isMap = terms.allSatisfy { $0.from.index.count == 3 && $0.factor != nil }
    let rows = isMap ? Set(terms.map { $0.from.index[1] }).sorted() : []
    let columns = isMap ? Set(terms.map { $0.from.index[2] }).sorted() : []
    let isSingle = Set(terms.map(\.from)).count == terms.count
    grid =
      isMap && isSingle && terms.count > 1 && rows.count <= 12 && columns.count <= 12
      ? (rows, columns) : nil
  }

  /// The terms of a number by where they stand, in their order.
  static func groups(of number: TracedNumber) -> [TermGroup] {
    var names: [String] = []
    var terms: [String: [TracedNumber.Term]] = [:]
    for term in number.terms {
      let index = term.from.index
      let name =
        index.count == 3
        ? "\(term.from.name), map \(index[0])"
        : index.isEmpty ? "\(term.from.name) of all" : term.from.name
      if terms[name] == nil { names.append(name) }
      terms[name, default: []].append(term)
    }
    return names.map { TermGroup(name: $0, terms: terms[$0] ?? []) }
  }
}

extension TracedNumber {
  /// What the three numbers of a term are: of a window, of a chain of derivatives.
  var headings: [String] {
    isGradient
      ? ["∂loss/∂y", "∂y/∂x", "products"]
      : isWeighted ? ["window", "kernel", "products"] : ["inputs", "factors", "products"]
  }
}
