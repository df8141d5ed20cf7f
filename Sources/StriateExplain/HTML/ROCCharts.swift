import Striate

/// The ROC curves of few classes, a small diagram each: nothing has to be told apart by colour.
struct ROCCharts {
  let report: EvaluationReport

  /// More classes have no diagrams.
  static let shownClasses = 12

  private static let side = 120.0

  /// The diagrams; nil where there are too many or none.
  var html: String? {
    let evaluation = report.evaluation
    guard evaluation.classCount <= Self.shownClasses else { return nil }
    // The curve of the first of two classes is that of the second, turned over.
    let classes = evaluation.classCount == 2 ? 1..<2 : 0..<evaluation.classCount
    let charts = classes.compactMap { k -> String? in
      guard let curve = evaluation.rocCurve(ofClass: k) else { return nil }
      return figure(curve, k)
    }
    guard !charts.isEmpty else { return nil }
    return """
      <div class="small charts">
      \(charts.joined(separator: "\n"))
      </div>
      <p class="note">Across: the share of the other classes’ images that are taken for the class, 0 to 100 %. \
      Up: the share of its own that are found. The dashed line is guessing. The nearer the curve comes to the \
      upper left corner, the better.</p>
      """
  }

  private func figure(_ curve: ROCCurve, _ k: Int) -> String {
    let name = report.name(k)
    let area = report.figures.areas[k].fixed(4)
    return """
      <figure>
      \(HTML.drawing(
        id: "roc-\(k)", width: 124, height: 124, title: "ROC curve of \(name)",
        description: "Area under the curve \(area)",
        "<rect class=\"frame\" x=\"2\" y=\"2\" width=\"120\" height=\"120\"/>"
          + "<path class=\"ideal\" d=\"M2 122L122 2\"/>"
          + "<path class=\"line s1\" d=\"\(path(curve))\"/>"))
      <figcaption><span class="name">\(HTML.escape(name))</span> \(area)</figcaption>
      </figure>
      """
  }

  /// The curve with corners at most at quarters of a unit, those on a straight line left out.
  private func path(_ curve: ROCCurve) -> String {
    func round(_ share: Double) -> Int { Int((share * Self.side * 4).rounded()) }
    var corners: [(x: Int, y: Int)] = []
    for point in curve.points {
      let next = (x: round(point.falsePositiveRate), y: round(point.truePositiveRate))
      if let last = corners.last, last == next { continue }
      if corners.count >= 2 {
        let (a, b) = (corners[corners.count - 2], corners[corners.count - 1])
        if (b.x - a.x) * (next.y - b.y) == (b.y - a.y) * (next.x - b.x) { corners.removeLast() }
      }
      corners.append(next)
    }
    return corners.enumerated().map { index, corner in
      (index == 0 ? "M" : "L") + (2 + Double(corner.x) / 4).coordinate + " "
        + (2 + Self.side - Double(corner.y) / 4).coordinate
    }.joined()
  }
}
