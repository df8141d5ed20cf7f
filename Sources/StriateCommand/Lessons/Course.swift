import Foundation
import Striate
import StriateExplain

/// One run of `striate lesson`.
struct Course {
  private let arguments: Arguments
  /// The lesson that was asked for; nil for the list.
  private let lesson: Lesson?
  private let exercise: Int
  private let answer: String?
  private let page: String?
  private var isJSON: Bool { arguments.has("json") }
  private var isQuiet: Bool { arguments.has("quiet") }

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    let lessons = Lesson.all
    if let word = arguments.operands.first {
      guard let number = Int(word), lessons.indices.contains(number - 1) else {
        throw Usage.Mistake(
          "expected the number of a lesson from 1 to \(lessons.count), found \"\(word.prefix(40))\": "
            + "striate lesson lists them")
      }
      lesson = lessons[number - 1]
    } else {
      lesson = nil
    }
    answer = arguments["answer"]
    page = try arguments.text("html")
    if let page {
      guard [".html", ".htm"].contains(where: page.lowercased().hasSuffix) else {
        throw arguments.mistake("html", "a file name that ends in .html", page)
      }
      guard lesson == nil, answer == nil else {
        throw Usage.Mistake(
          "option --html is for the whole course: leave out the lesson and --answer")
      }
      try AtomicFile.checkWritable(page)
    }
    if answer != nil, lesson == nil {
      throw Usage.Mistake("option --answer: expected the number of a lesson before it, found none")
    }
    if arguments.has("exercise"), answer == nil {
      throw Usage.Mistake("option --exercise: expected --answer TEXT with it, found none")
    }
    let count = lesson?.exercises.count ?? 1
    exercise = try arguments.integer("exercise", in: 1...count) ?? 1
  }

  func run() throws -> ExitStatus {
    if let page { return try write(page) }
    guard let lesson else {
      Console.output(isJSON ? Lesson.listJSON.text : list)
      return .success
    }
    if let answer { return try judge(answer, lesson) }
    if isJSON {
      var bar = CountingBar(quiet: isQuiet)
      defer { bar.end() }
      Console.output(try lesson.json { done, total, note in bar.show(note, done, total) }.text)
      return .success
    }
    return try LessonDialogue(isQuiet: isQuiet).run(from: lesson)
  }

  private var list: String {
    let lines = Lesson.all.map { "  \("\($0.number)".aligned(to: 2))  \($0.title)" }
    return (["Lessons:"] + lines + ["", "\"striate lesson 1\" shows the first."]).joined(
      separator: "\n")
  }

  private func judge(_ answer: String, _ lesson: Lesson) throws -> ExitStatus {
    let verdict = try lesson.exercises[exercise - 1].check(answer)
    if isJSON {
      Console.output(verdict.json.text)
    } else {
      Console.output(verdict.text.wrapped(toColumns: 80).joined(separator: "\n"))
    }
    return verdict.isRight ? .success : .failure
  }

  private func write(_ path: String) throws -> ExitStatus {
    var bar = CountingBar(quiet: isQuiet)
    defer { bar.end() }
    let course = try Lesson.page { done, total, note in bar.show(note, done, total) }
    bar.end()
    try AtomicFile.write(course.utf8, to: path)
    if isJSON {
      Console.output(
        JSON.object([
          ("out", .string(path)), ("lessons", .integer(Lesson.all.count)),
          ("bytes", .integer(course.utf8.count)),
        ]).text)
    } else {
      Console.output("\(path): \(Lesson.all.count) lessons, \(course.utf8.count.grouped) bytes")
    }
    return .success
  }
}
