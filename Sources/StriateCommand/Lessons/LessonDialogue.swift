import Foundation
import Striate
import StriateExplain

/// Lessons on a terminal: a page, its questions, the next page.
struct LessonDialogue {
  let isQuiet: Bool

  /// Whether somebody is there to answer.
  private var asks: Bool { Console.inputIsTerminal && Console.outputIsTerminal && !isQuiet }

  func run(from first: Lesson) throws -> ExitStatus {
    for lesson in Lesson.all.dropFirst(first.number - 1) {
      try show(lesson)
      guard asks else { return .success }
      guard try ask(lesson) else {
        Console.output("\nGoodbye.")
        return .success
      }
      guard lesson.number < Lesson.all.count else { break }
      Console.output("")
    }
    Console.output("\nThat was the last lesson.")
    return .success
  }

  private func show(_ lesson: Lesson) throws {
    var bar = CountingBar(quiet: isQuiet)
    defer { bar.end() }
    let text = try lesson.terminalText(withExercises: !asks) { done, total, note in
      bar.show(note, done, total)
    }
    bar.end()
    Console.output(text)
  }

  /// Asks all questions of a lesson; false where the input ended.
  private func ask(_ lesson: Lesson) throws -> Bool {
    for (index, exercise) in lesson.exercises.enumerated() {
      Console.output("\n" + (try exercise.terminalText(number: index + 1)))
      while true {
        Console.prompt("\nYour answer (empty to go on, Ctrl-D to end): ")
        guard let answer = readLine() else { return false }
        if answer.allSatisfy(\.isWhitespace) { break }
        let verdict = try exercise.check(answer)
        Console.output(verdict.text.wrapped(toColumns: 78).joined(separator: "\n"))
        if verdict.isReadable { break }
      }
    }
    guard lesson.number < Lesson.all.count else { return true }
    Console.prompt("\nReturn for lesson \(lesson.number + 1), Ctrl-D to end: ")
    return readLine() != nil
  }
}
