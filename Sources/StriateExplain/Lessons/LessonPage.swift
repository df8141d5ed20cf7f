/// The course as one page for a browser that holds everything it shows.
extension Lesson {
  /// The page, its figures computed now. `progress` is told about each lesson, and about the training of the
  /// last.
  public static func page(progress: @escaping Watcher = { _, _, _ in }) throws -> String {
    let sections = try all.map { lesson in
      progress(lesson.number, all.count, "lesson")
      return try lesson.section(progress: progress)
    }
    let links = all.map { "<li><a href=\"#lesson-\($0.number)\">\(HTML.escape($0.title))</a></li>" }
    return HTML.page(
      title: "How a convolutional network computes", style: lessonStyle,
      """
      <header>
      <h1>How a convolutional network computes</h1>
      <p>Twelve lessons from a single unit to a trained network. Every number in the figures was computed by \
      Striate when this page was written; <code>striate lesson</code> shows the same in a terminal and \
      checks the answers to the exercises.</p>
      <nav aria-label="Lessons">
      <ol>
      \(links.joined(separator: "\n"))
      </ol>
      </nav>
      </header>
      \(sections.joined(separator: "\n"))
      """)
  }

  private func section(progress: @escaping Watcher) throws -> String {
    let figures = try figures(progress: progress).map(\.html)
    let paragraphs = text.map { "<p>\(HTML.escape($0))</p>" }
    let exercises = try exercises.enumerated().map { index, exercise in
      try exercise.html(number: index + 1, of: number)
    }
    return """
      <section aria-labelledby="lesson-\(number)">
      <h2 id="lesson-\(number)"><span class="number">\(number)</span> \(HTML.escape(title))</h2>
      <p class="equation">\(equation.map(HTML.escape).joined(separator: "<br>"))</p>
      \(paragraphs.joined(separator: "\n"))
      \(figures.joined(separator: "\n"))
      \(exercises.joined(separator: "\n"))
      <p class="note">Source: \(HTML.escape(source))</p>
      </section>
      """
  }
}

extension LessonFigure {
  /// The figure with its caption; it scrolls inside the page where that is too narrow.
  fileprivate var html: String {
    """
    <figure>
    <figcaption>\(HTML.escape(caption))</figcaption>
    \(HTML.scrolling(svg, label: HTML.escape(caption)))
    </figure>
    """
  }
}

extension LessonExercise {
  fileprivate func html(number: Int, of lesson: Int) throws -> String {
    let figure = try figure().map { HTML.scrolling($0.svg, label: HTML.escape($0.caption)) } ?? ""
    let answer = HTML.details(
      "Answer",
      "<p><strong>\(HTML.escape(try answer()))</strong></p>\n<p>\(HTML.escape(explanation))</p>")
    return """
      <div class="exercise">
      <h3>Exercise \(lesson).\(number)</h3>
      <p>\(HTML.escape(question).replacing("\n", with: "<br>"))</p>
      \(figure)
      \(answer)
      </div>
      """
  }
}
