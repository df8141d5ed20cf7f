import StriateExplain
import Synchronization

/// The course on the page. A lesson's figures are computed when it is first opened.
final class Lessons: Sendable {
  private let told = Mutex<[Int: [UInt8]]>([:])

  private static func lesson(_ number: Int?) throws -> Lesson {
    guard let lesson = Lesson.all.first(where: { $0.number == number }) else {
      throw Refusal(404, "lesson: expected a number from 1 to \(Lesson.all.count)")
    }
    return lesson
  }

  /// A lesson with its figures.
  func tell(_ request: Request) throws -> Response {
    let lesson = try Self.lesson(request.query["number"].flatMap { Int($0) })
    if let known = told.withLock({ $0[lesson.number] }) {
      return Response(type: "application/json", bytes: known)
    }
    let bytes = Array(try lesson.json().text.utf8)
    told.withLock { $0[lesson.number] = bytes }
    return Response(type: "application/json", bytes: bytes)
  }

  /// An answer to an exercise: both are counted from 1.
  struct Answer: Decodable {
    var lesson: Int
    var exercise: Int
    var answer: String
  }

  func check(_ answer: Answer) throws -> Response {
    let lesson = try Self.lesson(answer.lesson)
    guard lesson.exercises.indices.contains(answer.exercise - 1) else {
      throw Refusal(
        404,
        "exercise: expected a number from 1 to \(lesson.exercises.count), found "
          + "\(answer.exercise)")
    }
    return .json(try lesson.exercises[answer.exercise - 1].check(answer.answer).json)
  }
}
