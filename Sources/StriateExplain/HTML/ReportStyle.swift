/// The style sheet of a report. Blue and vermilion, which colour-blind readers tell apart: Okabe & Ito 2008,
/// "Color Universal Design".
let reportStyle = """
  :root {
    --back: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --card: #f6f8fa;
    --right: 0 114 178; --wrong: 213 94 0; --depth: .75; --alarm: #fff1e5;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --back: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #343b45; --card: #161b22;
      --right: 86 180 233; --wrong: 230 159 0; --depth: .5; --alarm: #3a2a12;
    }
  }
  * { box-sizing: border-box; }
  body {
    margin: 0; background: var(--back); color: var(--text);
    font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
  }
  main { max-width: 1080px; margin: 0 auto; padding: 16px; }
  h1 { font-size: 1.6rem; line-height: 1.25; margin: .4em 0; overflow-wrap: anywhere; }
  h2 { font-size: 1.25rem; margin: 0 0 .6em; }
  section { margin-top: 2rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
  a { color: rgb(var(--right)); }
  nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 12px; }
  dl { margin: 0; } dt { color: var(--soft); } dd { margin: 0; }
  .facts { display: flex; flex-wrap: wrap; gap: 4px 24px; }
  .facts div { display: flex; gap: 8px; min-width: 0; }
  .facts dt { white-space: nowrap; }
  .facts dd { overflow-wrap: anywhere; }
  .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(158px, 1fr)); gap: 10px; }
  .cards div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; }
  .cards dd { font-size: 1.4rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
  .cards .note { display: block; }
  .note { color: var(--soft); font-size: .82rem; line-height: 1.4; }
  .warning { background: var(--alarm); border-left: 4px solid rgb(var(--wrong)); padding: 8px 12px; }
  .name { overflow-wrap: anywhere; }
  figure { margin: 0; min-width: 0; }
  figcaption { font-size: .9rem; margin-bottom: 4px; }
  figure.wide { max-width: 640px; } figure.single { max-width: 420px; }
  .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr)); gap: 20px; }
  .charts figure { max-width: 520px; }
  .small.charts { grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 14px; }
  .small.charts figcaption { text-align: center; margin: 2px 0 0; font-variant-numeric: tabular-nums; }
  svg { display: block; width: 100%; height: auto; overflow: visible; }
  svg text { fill: var(--soft); font-size: 12px; }
  .key { white-space: nowrap; margin-left: 10px; color: var(--soft); }
  .key svg { display: inline-block; width: 28px; height: 10px; margin-right: 5px; }
  .grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
  .frame { fill: none; stroke: var(--line); }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .line.s1 { stroke: rgb(var(--right)); } .line.s2 { stroke: rgb(var(--wrong)); stroke-dasharray: 6 4; }
  .line.solid { stroke-dasharray: none; stroke-width: 3; }
  .dot.s1 { fill: rgb(var(--right)); }
  .dot.s2 { fill: var(--back); stroke: rgb(var(--wrong)); stroke-width: 2; }
  .bar { fill: rgb(var(--right) / .55); } .count { fill: var(--soft); }
  .ideal { fill: none; stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; }
  .scroll { overflow-x: auto; max-width: 100%; margin-top: 8px; }
  table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
  .caption { color: var(--soft); font-size: .88rem; line-height: 1.4; margin: 10px 0 0; }
  th, td { padding: 4px 10px; text-align: right; white-space: nowrap; }
  th[scope=row], thead th:first-child { text-align: left; }
  th[scope=row] { font-weight: 500; max-width: 260px; overflow: hidden; text-overflow: ellipsis; }
  .numbers tr { border-bottom: 1px solid var(--line); }
  .numbers thead th { color: var(--soft); font-weight: 500; }
  .words2 td:nth-child(2), .words2 thead th:nth-child(2) { text-align: left; }
  .means tbody tr:nth-last-child(-n+2) { background: var(--card); }
  .share { display: inline-block; width: 70px; height: 8px; margin-left: 6px; background: var(--line); border-radius: 4px; overflow: hidden; }
  .share span { display: block; height: 100%; background: rgb(var(--right)); }
  .matrix td, .matrix thead th { text-align: center; min-width: 38px; padding: 5px 4px; border: 1px solid var(--line); }
  .matrix th[scope=row] {
    position: sticky; left: 0; background: var(--back); max-width: 150px; padding: 4px 8px 4px 0;
  }
  .matrix thead td { border: 0; }
  .matrix.turned thead th { vertical-align: bottom; border: 0; font-weight: 500; }
  .matrix.turned thead span {
    writing-mode: vertical-rl; transform: rotate(180deg); max-height: 130px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  }
  .matrix tbody td { color: var(--text); }
  .legend { margin: 0 0 6px; } .legend .key { margin: 0 14px 0 0; }
  .swatch { display: inline-block; width: 16px; height: 12px; }
  \(shades)
  .heat { width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--line); }
  .gallery { list-style: none; margin: 0; padding: 0; display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); }
  .gallery img { max-width: 100%; height: auto; display: block; border: 1px solid var(--line); }
  .gallery p { margin: 4px 0 0; font-size: .85rem; line-height: 1.35; overflow-wrap: anywhere; }
  .pixels { image-rendering: pixelated; }
  details { margin-top: 10px; } summary { cursor: pointer; }
  pre { margin: 0; font-size: .82rem; line-height: 1.4; }
  """

/// Ten depths of the colour of what was found, and of what was mistaken.
private let shades = (1...10).map { level in
  let depth = "calc(var(--depth) * \(level == 10 ? "1" : ".\(level)"))"
  return """
      .r\(level) { background: rgb(var(--right) / \(depth)); } .w\(level) { background: rgb(var(--wrong) / \(depth)); }
    """
}.joined(separator: "\n")
