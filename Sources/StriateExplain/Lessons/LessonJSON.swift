/// The course as JSON, which a page shows.
extension Lesson {
  /// What the list of lessons tells: number, title, source and how many exercises there are.
  package var summaryJSON: JSON {
    .object([
      ("number", .integer(number)), ("title", .string(title)), ("source", .string(source)),
      ("exercises", .integer(exercises.count)),
    ])
  }

  /// The whole lesson with its figures, which are computed now.
  ///
  /// `figures` hold `caption`, `svg` and `text`; `exercises` hold `question`, `form` and, where there is one,
  /// `figure`. Right answers are not in it.
  package func json(progress: @escaping Watcher = { _, _, _ in }) throws -> JSON {
    .object([
      ("number", .integer(number)), ("title", .string(title)), ("source", .string(source)),
      ("equation", .strings(equation)), ("text", .strings(text)),
      ("figures", .array(try figures(progress: progress).map(\.json))),
      ("exercises", .array(try exercises.map { try $0.json })),
    ])
  }

  /// The list of all lessons.
  package static var listJSON: JSON { .array(all.map(\.summaryJSON)) }
}

extension LessonFigure {
  package var json: JSON {
    .object([("caption", .string(caption)), ("svg", .string(svg)), ("text", .string(text()))])
  }
}

extension LessonExercise {
  package var json: JSON {
    get throws {
      .object([
        ("question", .string(question)), ("form", .string(form)),
        ("figure", .optional(try figure()) { $0.json }),
      ])
    }
  }
}

extension LessonVerdict {
  package var json: JSON {
    .object([
      ("right", .bool(isRight)), ("readable", .bool(isReadable)), ("expected", .string(expected)),
      ("mistake", .optional(mistake) { .string($0) }), ("why", .string(why)),
      ("text", .string(text)),
    ])
  }
}
