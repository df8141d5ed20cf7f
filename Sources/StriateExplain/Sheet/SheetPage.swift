import Striate
import StriateData

extension Sheet {
  /// The sheet as one page of HTML that needs nothing else.
  package var html: String {
    let heading = HTML.escape(title)
    let facts = facts.map {
      "<div><dt>\(HTML.escape($0.name))</dt><dd>\(HTML.escape($0.value))</dd></div>"
    }.joined(separator: "\n")
    let links =
      parts.count < 2
      ? ""
      : "<nav aria-label=\"Parts\">\n"
        + parts.indices.map { "<a href=\"#part\($0)\">\(HTML.escape(parts[$0].title))</a>" }
        .joined(separator: "\n") + "\n</nav>"
    let body = parts.enumerated().map { index, part in
      """
      <section aria-labelledby="part\(index)">
      <h2 id="part\(index)">\(HTML.escape(part.title))</h2>
      \(part.sections.map(\.html).joined(separator: "\n"))
      </section>
      """
    }.joined(separator: "\n")
    return HTML.page(
      title: heading, style: reportStyle + "\n" + sheetStyle,
      """
      <header>
      <h1>\(heading)</h1>
      <dl class="facts">
      \(facts)
      </dl>
      \(links)
      </header>
      \(body)
      """)
  }
}

extension Sheet.Section {
  fileprivate var html: String {
    let note = note.isEmpty ? "" : "<p class=\"note\">\(HTML.escape(note))</p>\n"
    let figures = tiles.map(\.html).joined(separator: "\n")
    return """
      <h3>\(HTML.escape(title))</h3>
      \(note)<div class="tiles">
      \(figures)\(bars.isEmpty ? "" : barTable)
      </div>
      """
  }

  private var barTable: String {
    let rows = bars.map { bar in
      let name = HTML.escape(bar.name)
      return "<tr\(bar.isChosen ? " class=\"chosen\"" : "")><th scope=\"row\">\(name)</th>"
        + "<td>\(Double(bar.share).percentage)</td><td class=\"bar-cell\"><span style=\"width:"
        + "\((Double(bar.share) * 100).fixed(1))%\"></span></td></tr>"
    }.joined(separator: "\n")
    return """

      <table class="bars" aria-label="Probability of each class">
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }
}

extension Sheet.Tile {
  fileprivate var html: String {
    guard let address = picture.dataAddress else { return "" }
    let lines = lines.map { "<span class=\"note\">\(HTML.escape($0))</span>" }.joined()
    let legend =
      colours.map { colours in
        """
        <span class="scale"><span>\(HTML.escape(colours.ends.least))</span>\
        <img src="\(colours.bar.dataAddress ?? "")" width="120" height="10" alt="to">\
        <span>\(HTML.escape(colours.ends.most))</span></span>
        """
      } ?? ""
    return """
      <figure><figcaption>\(HTML.escape(title))</figcaption>
      <div class="picture"><img class="pixels" src="\(address)" width="\(picture.width * zoom)" \
      height="\(picture.height * zoom)" alt="\(HTML.escape(alt))"></div>
      \(legend)\(lines)</figure>
      """
  }
}

/// What the style sheet of a sheet has besides that of reports.
private let sheetStyle = """
  h3 { font-size: 1.05rem; margin: 1.4em 0 .3em; }
  nav a { overflow-wrap: anywhere; }
  .tiles { display: flex; flex-wrap: wrap; gap: 18px 24px; align-items: flex-start; }
  .tiles figure { max-width: 100%; }
  .tiles figcaption { font-weight: 600; }
  .tiles .note { display: block; overflow-wrap: anywhere; max-width: 300px; }
  .picture img { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); }
  .scale { display: flex; align-items: center; gap: 6px; margin: 4px 0 2px; color: var(--soft);
    font-size: .82rem; font-variant-numeric: tabular-nums; }
  .scale img { border: 1px solid var(--line); }
  .bars { flex: 1 1 280px; max-width: 560px; }
  .bars td, .bars th { padding: 2px 8px; }
  .bars th { max-width: 220px; width: 1%; }
  .bars td:nth-child(2) { width: 1%; } .bars .bar-cell { width: auto; padding-right: 0; }
  .bar-cell span { display: block; height: 12px; min-width: 1px; background: rgb(var(--right) / .55); }
  .bars .chosen th, .bars .chosen td { font-weight: 700; }
  .bars .chosen .bar-cell span { background: rgb(var(--right)); }
  """
