/// The style sheet of the course, upon that of the reports.
let lessonStyle =
  reportStyle + """

    main { max-width: 760px; }
    nav ol { columns: 2 280px; padding-left: 1.6em; margin: 0; }
    h2 .number { color: var(--soft); font-weight: 400; margin-right: .3em; }
    h3 { font-size: 1rem; margin: 0 0 .3em; }
    .equation {
      font-family: "STIX Two Math", "Cambria Math", Georgia, "DejaVu Serif", serif; font-size: 1.1rem;
      background: var(--card); border-left: 4px solid rgb(var(--right)); padding: 8px 14px; overflow-x: auto;
    }
    figure { margin: 1.4rem 0; }
    figcaption { color: var(--soft); }
    .lesson-figure { width: auto; max-width: none; color: var(--text); overflow: visible; }
    .lesson-figure text { fill: currentColor; font-size: 14px; font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
    .lesson-figure .name, .lesson-figure .tick, .lesson-figure .note { fill: var(--soft); }
    .lesson-figure .window { fill: rgb(var(--wrong) / .22); stroke: rgb(var(--wrong)); }
    .lesson-figure .s3 { --hue: 0 158 115; } .lesson-figure .s4 { --hue: 204 121 167; }
    .lesson-figure .s1 { --hue: var(--right); } .lesson-figure .s2 { --hue: var(--wrong); }
    .lesson-figure .line { stroke: rgb(var(--hue)); stroke-width: 2; }
    .lesson-figure .line.s2 { stroke-dasharray: 7 4; }
    .lesson-figure .dot { fill: rgb(var(--hue)); stroke: none; }
    .lesson-figure .ring { stroke: rgb(var(--hue)); }
    .lesson-figure .bar { fill: rgb(var(--right)); } .lesson-figure .negative { fill: rgb(var(--wrong)); }
    .scroll { padding: 4px 0; }
    .exercise { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; margin: 1rem 0; }
    .exercise p { margin: .3em 0; }
    """
