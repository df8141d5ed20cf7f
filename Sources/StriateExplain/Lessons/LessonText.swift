/// A lesson as text for a terminal of 80 columns.
extension Lesson {
  /// The columns of the page.
  private static let columns = 78

  /// The lesson with its figures, which are computed now, and its questions where they are asked for.
  public func terminalText(withExercises: Bool = true, progress: @escaping Watcher = { _, _, _ in })
    throws -> String
  {
    let title = "\(number). \(title)"
    var parts = [title + "\n" + String(repeating: "═", count: title.columns)]
    parts.append(equation.map { "    " + $0 }.joined(separator: "\n"))
    let paragraphs = text.map { $0.wrapped(toColumns: Self.columns).joined(separator: "\n") }
    let figures = try figures(progress: progress)
    // The first paragraph comes before the figures that it speaks of, the others follow.
    parts.append(paragraphs.first ?? "")
    for (index, figure) in figures.enumerated() {
      parts.append(figure.terminalText)
      if index == 0 { parts += paragraphs.dropFirst() }
    }
    for (index, exercise) in exercises.enumerated() where withExercises {
      parts.append(try exercise.terminalText(number: index + 1))
    }
    parts.append(("Source: " + source).wrapped(toColumns: Self.columns).joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }
}

extension LessonFigure {
  fileprivate var terminalText: String {
    caption.wrapped(toColumns: 78).joined(separator: "\n") + "\n\n" + text()
  }
}

extension LessonExercise {
  /// The question, what it is about, and how the answer is written.
  public func terminalText(number: Int) throws -> String {
    var parts = ["Exercise \(number). \(question)".wrapped(toColumns: 78).joined(separator: "\n")]
    if let figure = try figure() { parts.append(figure.text()) }
    parts.append("Write \(form).".wrapped(toColumns: 78).joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }
}
