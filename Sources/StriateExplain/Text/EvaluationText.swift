import Striate

extension EvaluationReport {
  /// Above so many classes the text lists the worst and the best ones alone.
  package static let listedClasses = 20

  /// Above so many classes the text has no confusion matrix but the most frequent confusions.
  static let matrixClasses = 12

  /// "accuracy 98.12 %  9,812 of 10,000 test images  loss 0.0561".
  package var headline: String {
    var text =
      "accuracy \(evaluation.accuracy.percentage)  \(evaluation.right.grouped) of "
      + "\(evaluation.count.grouped) test images"
    if let loss = evaluation.loss { text += "  loss \(loss.fixed(4))" }
    if let warning { text += "\n" + warning }
    return text
  }

  /// What is wrong with the network's outputs; nil where nothing is.
  package var warning: String? {
    let count = evaluation.notFiniteCount
    guard count > 0 else { return nil }
    return "outputs of \(count.grouped) image\(count == 1 ? " are" : "s are") not finite numbers: "
      + "counted as wrong"
  }

  /// The report as text: the figures, a table of the classes, and what is taken for what.
  ///
  /// - Parameters:
  ///   - width: The columns that a line may have; names are shortened to fit.
  ///   - isFull: Whether all classes are listed, however many there are.
  public func text(width: Int = 80, isFull: Bool = false) -> String {
    ([headline] + figureLines(width: width) + ["", classTable(width: width, isFull: isFull)]
      + (confusionText(width: width, isFull: isFull).map { ["", $0] } ?? []))
      .joined(separator: "\n")
  }

  /// Every figure that one number tells, as many on a line as fit.
  private func figureLines(width: Int) -> [String] {
    var parts: [String] = []
    if let top = figures.top { parts.append("top-\(top.k) accuracy \(top.accuracy.percentage)") }
    func add(_ name: String, _ value: String?) {
      if let value { parts.append("\(name) \(value)") }
    }
    add("macro F1", figures.macroMean.f1?.percentage)
    add("ROC-AUC", figures.macroArea?.fixed(4))
    add("Cohen's kappa", figures.cohenKappa?.fixed(4))
    add("Matthews", figures.matthewsCorrelation?.fixed(4))
    add("calibration error", figures.calibration?.expectedError.percentage)
    add("log loss", figures.logLoss?.fixed(4))
    add("Brier score", figures.brierScore?.fixed(4))
    var lines: [String] = []
    for part in parts {
      if let last = lines.last, last.count + 2 + part.count <= width {
        lines[lines.count - 1] += "  " + part
      } else {
        lines.append(part)
      }
    }
    return lines
  }

  // MARK: Classes

  private func classTable(width: Int, isFull: Bool) -> String {
    let heads = ["class", "precision", "recall", "F1", "ROC-AUC", "images"]
    let means = [("mean", figures.macroMean), ("weighted mean", figures.weightedMean)].map {
      [
        $0, $1.precision.percentage, $1.recall.percentage, $1.f1.percentage,
        $0 == "mean" ? figures.macroArea.fixed(4) : "", evaluation.count.grouped,
      ]
    }
    let all = evaluation.classNames.indices
    guard !isFull, all.count > Self.listedClasses else {
      return table([heads] + all.map { row($0, width: width) } + means).text
    }
    let half = Self.listedClasses / 2
    let order = all.filter { figures.scores[$0].f1 != nil }.sorted {
      (figures.scores[$0].f1 ?? 0, $0) < (figures.scores[$1].f1 ?? 0, $1)
    }
    let worst = order.prefix(half)
    let best = order.dropFirst(worst.count).suffix(half).reversed()
    let rows = (worst + best).map { row($0, width: width) }
    var lines = table([heads] + rows + means).text.split(separator: "\n").map { String($0) }
    lines.insert("…", at: 1 + worst.count)
    return """
      the \(worst.count) classes with the lowest F1 of \(all.count.grouped), and the \(best.count) \
      with the highest
      \(lines.joined(separator: "\n"))
      """
  }

  private func table(_ rows: [[String]]) -> TextTable { TextTable(rows: rows) }

  /// A class in the table; the numbers beside its name take 46 columns.
  private func row(_ k: Int, width: Int) -> [String] {
    let score = figures.scores[k]
    return [
      name(k).shortened(toColumns: max(12, width - 46)), score.precision.percentage,
      score.recall.percentage, score.f1.percentage, figures.areas[k].fixed(4),
      evaluation.classCounts[k].grouped,
    ]
  }

  /// What a class is called, fit to be shown.
  func name(_ k: Int) -> String { evaluation.classNames[k].printable }

  // MARK: Confusions

  /// The confusion matrix where it fits, or the most frequent confusions; nil where there is neither.
  private func confusionText(width: Int, isFull: Bool) -> String? {
    if evaluation.classCount <= Self.matrixClasses, let matrix = matrix(width: width) {
      return matrix
    }
    let confusions = evaluation.frequentConfusions(
      first: isFull ? 4 * Self.matrixClasses : Self.matrixClasses)
    guard !confusions.isEmpty else { return nil }
    let room = max(10, (width - 30) / 2)
    let rows = confusions.map { confusion in
      [
        name(confusion.label).shortened(toColumns: room),
        name(confusion.prediction).shortened(toColumns: room), confusion.count.grouped,
        (Double(confusion.count) / Double(evaluation.classCounts[confusion.label])).percentage,
      ]
    }
    let heads = ["class", "taken for", "images", "of the class"]
    return "most frequent confusions\n" + TextTable(rows: [heads] + rows, leading: 2).text
  }

  /// The confusion matrix with names over its columns, or else with numbers; nil where neither fits.
  private func matrix(width: Int) -> String? {
    // A class without images has nothing to show.
    let matrix = evaluation.confusion
    let rows = evaluation.classNames.indices.filter { evaluation.classCounts[$0] > 0 }
    let cells = rows.map { row in
      matrix[row].enumerated().map { column, count in
        count == 0 && column != row ? "·" : count.grouped
      }
    }
    let names = evaluation.classNames.indices.map { name($0) }
    let note = "a row counts what the images of a class were taken for"
    let plain = TextTable(
      rows: [["class"] + names] + zip(rows, cells).map { [names[$0]] + $1 })
    if plain.columns <= width { return "\(note)\n\(plain.text)" }
    for (gap, room) in [(2, 24), (2, 12), (1, 12)] {
      let numbered = TextTable(
        rows: [["", "class"] + names.indices.map { "\($0 + 1)" }]
          + zip(rows, cells).map {
            ["\($0 + 1)".aligned(toColumns: 2), names[$0].shortened(toColumns: room)] + $1
          },
        leading: 2, gap: gap)
      if numbered.columns <= width { return "\(note) (columns by number)\n\(numbered.text)" }
    }
    return nil
  }
}
