import Striate

/// The page of a report: key figures, curves, classes, confusions, calibration and mistakes.
struct EvaluationPage {
  let report: EvaluationReport
  private var evaluation: Evaluation { report.evaluation }
  private var figures: EvaluationFigures { report.figures }

  init(report: EvaluationReport) { self.report = report }

  var html: String {
    let title = HTML.escape(report.title)
    let sections = self.sections
    let links = sections.map { "<a href=\"#\($0.id)\">\($0.title)</a>" }.joined(separator: "\n")
    let body = sections.map { section in
      """
      <section aria-labelledby="\(section.id)">
      <h2 id="\(section.id)">\(section.title)</h2>
      \(section.html)
      </section>
      """
    }.joined(separator: "\n")
    return HTML.page(
      title: title, style: reportStyle,
      """
      <header>
      <h1>\(title)</h1>
      <dl class="facts">
      \(facts)
      </dl>
      <nav aria-label="Sections">
      \(links)
      </nav>
      </header>
      \(body)
      """)
  }

  private struct Section {
    let id: String
    let title: String
    let html: String

    /// nil where there is nothing to show.
    init?(_ id: String, _ title: String, _ html: String?) {
      guard let html, !html.isEmpty else { return nil }
      (self.id, self.title, self.html) = (id, title, html)
    }
  }

  private var sections: [Section] {
    [
      Section("figures", "Key figures", keyFigures),
      Section("training", "Training", report.history.flatMap { TrainingCurves(history: $0).html }),
      Section("confusion", "Confusions", ConfusionSection(report: report).html),
      Section("classes", "Classes", classTable),
      Section(
        "calibration", "Calibration",
        figures.calibration.map { ReliabilityDiagram(calibration: $0).html }),
      Section("roc", "ROC curves", ROCCharts(report: report).html),
      Section("mistakes", "Mistakes it was surest of", MistakeGallery(report: report).html),
      Section(
        "layers", "Layers",
        report.layers.map { layers in
          HTML.scrolling("<pre>\(escapeLines(layers))</pre>", label: "Layers of the network")
        }),
    ].compactMap(\.self)
  }

  /// Text of several lines without markup.
  private func escapeLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { HTML.escape(String($0)) }
      .joined(separator: "\n")
  }

  private var facts: String {
    report.facts.map { fact in
      "<div><dt>\(HTML.escape(fact.name))</dt><dd>\(HTML.escape(fact.value))</dd></div>"
    }.joined(separator: "\n")
  }

  // MARK: Key figures

  private var keyFigures: String {
    var cards: [(name: String, value: String, note: String)] = [
      (
        "Accuracy", evaluation.accuracy.percentage,
        "\(evaluation.right.grouped) of \(evaluation.count.grouped) images found"
      )
    ]
    func add(_ name: String, _ value: String?, _ note: String) {
      if let value { cards.append((name, value, note)) }
    }
    if let top = figures.top {
      add(
        "Top-\(top.k) accuracy", top.accuracy.percentage,
        "the class is among the \(top.k) likeliest")
    }
    add("Macro F1", figures.macroMean.f1?.percentage, "mean over the classes")
    add(
      "ROC-AUC", figures.macroArea?.fixed(4), "mean over the classes, each against the rest; best 1"
    )
    add(
      "Calibration error", figures.calibration?.expectedError.percentage,
      "how far confidence is from truth; best 0")
    add("Log loss", figures.logLoss?.fixed(4), "of the probabilities; best 0")
    add(
      "Brier score", figures.brierScore?.fixed(4),
      "squared error of the probabilities, 0 to \(evaluation.classCount == 2 ? 1 : 2); best 0")
    add("Cohen’s kappa", figures.cohenKappa?.fixed(4), "agreement beyond chance; best 1")
    add("Matthews", figures.matthewsCorrelation?.fixed(4), "correlation with the truth; best 1")
    let list = cards.map { name, value, note in
      """
      <div><dt>\(name)</dt><dd>\(value) <span class="note">\(note)</span></dd></div>
      """
    }
    let warning = report.warning.map {
      "<p class=\"warning\"><strong>Warning:</strong> \($0).</p>\n"
    }
    return (warning ?? "") + "<dl class=\"cards\">\n\(list.joined(separator: "\n"))\n</dl>"
  }

  // MARK: Classes

  private var classTable: String {
    func cells(_ score: ClassScore, _ area: Double?) -> [String] {
      [
        score.precision.percentage, score.recall.percentage, bar(score.f1), area.fixed(4),
      ]
    }
    var rows = evaluation.classNames.indices.map { k in
      [HTML.escape(report.name(k))] + cells(figures.scores[k], figures.areas[k])
        + [evaluation.classCounts[k].grouped]
    }
    rows.append(
      ["Mean"] + cells(figures.macroMean, figures.macroArea) + [evaluation.count.grouped])
    rows.append(
      ["Mean, weighted by images"] + cells(figures.weightedMean, nil) + [evaluation.count.grouped])
    return HTML.table(
      caption: "Precision, recall and F1 of each class; a dot where nothing can be said",
      heads: ["Class", "Precision", "Recall", "F1", "ROC-AUC", "Images"], rows: rows,
      kind: "numbers means")
  }

  /// A share in numbers and as a bar.
  private func bar(_ share: Double?) -> String {
    guard let share else { return "·" }
    return "\(share.percentage) <span class=\"share\"><span style=\"width:"
      + "\((share * 100).fixed(1))%\"></span></span>"
  }
}
