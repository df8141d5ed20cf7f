import Striate

/// Numbers and what they are made of as one page that holds everything it shows.
package struct TracePage {
  /// What was traced: "model.safetensors, 7.png".
  package let title: String
  package let numbers: [TracedNumber]

  package init(title: String, numbers: [TracedNumber]) {
    (self.title, self.numbers) = (title, numbers)
  }

  /// So many terms of one number are listed.
  private static let most = 5000

  private static let style = """
    .matrices { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; }
    .matrices table { font-size: .74rem; } .matrices td { min-width: 3em; padding: 3px 5px; border: 1px solid var(--line); }
    .sign { font-size: 1.3rem; color: var(--soft); }
    .sums td, .sums th { text-align: left; } .sums td { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
    code { font-size: .95em; overflow-wrap: anywhere; }
    """

  package var html: String {
    HTML.page(
      title: HTML.escape(title), style: reportStyle + "\n" + Self.style,
      """
      <header>
      <h1>Where numbers come from</h1>
      <p class="name">\(HTML.escape(title))</p>
      <p class="legend"><span class="key"><span class="swatch r7"></span> above zero</span>\
      <span class="key"><span class="swatch w7"></span> below zero</span> \
      <span class="note">deeper: larger, beside the largest of its matrix; matrices are rounded, lists and sums are not</span></p>
      </header>
      \(numbers.enumerated().map { section($0.offset, $0.element) }.joined(separator: "\n"))
      """)
  }

  private func section(_ place: Int, _ number: TracedNumber) -> String {
    let groups = TermGroup.groups(of: number)
    let matrices = groups.filter { $0.grid != nil }.map { matrix($0, number) }
    let few = matrices.prefix(8).joined(separator: "\n")
    let others =
      matrices.count > 8
      ? HTML.details(
        "\(matrices.count - 8) more \(matrices.count == 9 ? "map" : "maps")",
        matrices.dropFirst(8).joined(separator: "\n"))
      : ""
    return """
      <section aria-labelledby="number-\(place)">
      <h2 id="number-\(place)"><code>\(HTML.escape(number.title))</code></h2>
      <p>in <code>\(HTML.escape(number.layer))</code></p>
      \(sums(number))
      \(few)
      \(others)
      \(list(number))
      </section>
      """
  }

  private func sums(_ number: TracedNumber) -> String {
    var rows: [(String, String)] = []
    if !number.terms.isEmpty {
      rows.append(("sum of \(number.terms.count.things("term"))", "\(number.sum)"))
    }
    if let closing = number.closing { rows.append((closing.formula, "\(closing.value)")) }
    rows.append(("in Double", "\(number.value)"))
    if let engine = number.engine {
      rows.append(("engine, Float", "\(Float(engine))"))
      rows.append(("difference", "\(engine - number.value)"))
    }
    for reader in number.readers { rows.append(("goes to \(reader.cell)", "\(reader.value)")) }
    if let step = number.step {
      rows.append(("after a step of \(step.optimizer)", "\(step.after)"))
    }
    let body = rows.map {
      "<tr><th scope=\"row\">\(HTML.escape($0.0))</th><td>\(HTML.escape($0.1))</td></tr>"
    }
    return HTML.scrolling(
      "<table class=\"sums\"><tbody>\n\(body.joined(separator: "\n"))\n</tbody></table>",
      label: "Sums of \(HTML.escape(number.title))")
  }

  private func matrix(_ group: TermGroup, _ number: TracedNumber) -> String {
    guard let (rows, columns) = group.grid else { return "" }
    let numbers: [(TracedNumber.Term) -> Double] = [
      { $0.number }, { $0.factor ?? .nan }, { $0.product },
    ]
    let tables = zip(number.headings, numbers).map { heading, value in
      let scale = group.terms.map { abs(value($0)) }.filter(\.isFinite).max() ?? 0
      let body = rows.map { row in
        "<tr>"
          + columns.map { column in
            guard let term = group.term(row: row, column: column) else { return "<td></td>" }
            return "<td class=\"\(shade(value(term), scale))\">\(value(term).short3)</td>"
          }.joined() + "</tr>"
      }
      let name = "\(heading) of \(HTML.escape(group.name))"
      return "<figure><figcaption>\(heading)</figcaption>"
        + "<table aria-label=\"\(name)\"><tbody>\(body.joined())</tbody></table></figure>"
    }
    let signs = ["⊙", "="].map { "<span class=\"sign\" aria-hidden=\"true\">\($0)</span>" }
    return """
      <h3>\(HTML.escape(group.name)): \(group.sum.short3)</h3>
      <p class="note">rows \(rows[0]) to \(rows[rows.count - 1]), columns \(columns[0]) to \
      \(columns[columns.count - 1])</p>
      \(HTML.scrolling(
        "<div class=\"matrices\">\(tables[0])\(signs[0])\(tables[1])\(signs[1])\(tables[2])</div>",
        label: HTML.escape(group.name)))
      """
  }

  /// The colour of a number beside the largest of its matrix.
  private func shade(_ value: Double, _ scale: Double) -> String {
    guard value.isFinite, scale > 0 else { return "" }
    let level = Int((abs(value) / scale * 10).rounded())
    return level == 0 ? "" : (value < 0 ? "w" : "r") + "\(min(10, level))"
  }

  private func list(_ number: TracedNumber) -> String {
    guard !number.terms.isEmpty else { return "" }
    let rows = number.terms.prefix(Self.most).map { term in
      [
        HTML.escape("\(term.from)"), HTML.escape(term.of.map { "\($0)" } ?? ""), "\(term.number)",
        term.factor.map { "\($0)" } ?? "", "\(term.product)",
      ]
    }
    let caption =
      number.terms.count > Self.most
      ? "the first \(Self.most.grouped) of \(number.terms.count.grouped) terms"
      : "the terms, which add up to the sum from top to bottom"
    let table = HTML.table(
      caption: caption, heads: ["number at", "times", "number", "factor", "term"], rows: rows,
      kind: "numbers words2")
    return number.terms.count > 40
      ? HTML.details("all \(number.terms.count.things("term"))", table) : table
  }
}
