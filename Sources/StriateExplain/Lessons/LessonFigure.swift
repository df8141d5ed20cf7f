/// A figure of a lesson: the same numbers as text for a terminal and as SVG for a page.
public struct LessonFigure: Sendable {
  /// What the figure shows.
  public let caption: String

  private let drawing: any LessonDrawing

  init(_ caption: String, _ drawing: any LessonDrawing) {
    (self.caption, self.drawing) = (caption, drawing)
  }

  /// The figure in characters, lines of at most `width` columns without spaces at their ends.
  ///
  /// - Precondition: `width` is at least 80.
  public func text(width: Int = 80) -> String {
    precondition(width >= 80, "LessonFigure: expected a width of at least 80, found \(width)")
    return drawing.text(width: width).split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).withoutTrailingSpaces }.joined(separator: "\n")
  }

  /// The figure as an SVG element that takes its colours from the page: `currentColor`, and classes
  /// (`cell`, `window`, `grid`, `axis`, `line s1` to `line s4`, `dot s1` to `dot s4`, `bar`, `ink`,
  /// `negative`) for a style sheet to refine.
  public var svg: String { drawing.svg.element(label: caption) }
}

/// What a figure is made of.
protocol LessonDrawing: Sendable {
  /// Lines of at most `width` columns.
  func text(width: Int) -> String

  /// The same as a drawing.
  var svg: SVGCanvas { get }
}
