import Foundation
import Striate
import Testing

import StriateExplain

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct LessonTests {
  /// A lesson, an exercise of it (1 for the first), spellings of its right answer, and wrong answers.
  struct Trial: Sendable, CustomTestStringConvertible {
    let lesson: Int, exercise: Int
    let right: [String], wrong: [String]
    var testDescription: String { "lesson \(lesson), exercise \(exercise)" }

    init(_ lesson: Int, _ exercise: Int, _ right: [String], not wrong: [String]) {
      (self.lesson, self.exercise, self.right, self.wrong) = (lesson, exercise, right, wrong)
    }
  }

  static let trials = [
    Trial(1, 1, ["0 1 0 1", "0,1,0,1", "(0, 1, 0, 1)"], not: ["0 1 1 1", "0 1 0"]),
    Trial(1, 2, ["1 1 1", "w1=1, w2=1, b=1"], not: ["1 1 0", "0 0 0"]),
    Trial(
      2, 1, ["3 0; 0 17", "[[3, 0], [0, 17]]", "3 0 0 17"], not: ["3 −2.5; 0 17", "3 0 0; 17 0 0"]),
    Trial(2, 2, ["1/256", "0.00390625", "0.0039", "0,0039"], not: ["0.25", "1"]),
    Trial(3, 1, ["0 4", "z1 = 0, z2 = 4"], not: ["0 6", "4 0"]),
    Trial(3, 2, ["23860", "23860.", "= 23860"], not: ["23820", "23850"]),
    Trial(4, 1, ["0.19", "0,19", "C = 0.19", "19 %"], not: ["0.095", "0.2"]),
    Trial(4, 2, ["0.2 -0.6 0.6", "0.2; −0.6; 0.6"], not: ["−0.2 0.6 −0.6", "0.1 −0.3 0.3"]),
    Trial(5, 1, ["2.25", "9/4", "w = 2,25"], not: ["1.5", "2.5"]),
    Trial(5, 2, ["0.5", "1/2", "½", "50 %"], not: ["1", "0.25"]),
    Trial(
      6, 1, ["15 5 5 3", "f = 15, ∂f/∂x = 5, ∂f/∂y = 5, ∂f/∂z = 3"], not: ["15 5 5 5", "3 5 5 15"]),
    Trial(6, 2, ["0.5 1.5 4.7", "1/2, 3/2, 4.7"], not: ["1.5 2.5 5.3", "0.5 1.5 4.5"]),
    Trial(
      7, 1,
      [
        "1 0 1 12; 0 0 0 6; 0 0 0 3", "[[1,0,1,12],[0,0,0,6],[0,0,0,3]]",
        "1 0 1 12\n0 0 0 6\n0 0 0 3",
      ],
      not: ["1 −3 1 12; 0 0 0 6; 0 0 0 3", "1 0 1; 12 0 0; 0 6 0; 0 0 3"]),
    Trial(7, 2, ["0 -1; 2 1", "|0 −1| |2 1|"], not: ["1 2; −1 0", "0 1; 2 −1"]),
    Trial(
      8, 1, ["8 5 18 9; 12 18 6 9; 18 14 7 6", "[8 5 18 9\n12 18 6 9\n18 14 7 6]"],
      not: ["8 5 18 9; 12 18 6 9; 18 14 7 5"]),
    Trial(8, 2, ["12", "12.0"], not: ["24", "11"]),
    Trial(8, 3, ["1 3", "3, 1", "1 and 3", "1;3"], not: ["1", "1 2 3", "4"]),
    Trial(9, 1, ["1 2; 4 5; 2 3; 5 6", "[[1,2],[4,5],[2,3],[5,6]]"], not: ["1 2; 2 3; 4 5; 5 6"]),
    Trial(9, 2, ["27 900", "27×900".replacing("×", with: ", ")], not: ["900 27", "9 900"]),
    Trial(10, 1, ["5 7; 9 5", "5, 7, 9, 5"], not: ["5 7; 9 4"]),
    Trial(
      10, 2, ["1 0 0 0; 0 0 2 0; 3 0 0 0; 0 0 4 0"], not: ["1 0 0 0; 0 0 2 0; 3 0 0 0; 0 0 0 4"]),
    Trial(11, 1, ["1.0986", "1.1", "1,10"], not: ["0.333", "3"]),
    Trial(11, 2, ["0.2 0.5 -0.7", "0.2, 1/2, −0.7"], not: ["0.2 0.5 0.3", "−0.2 −0.5 0.7"]),
    Trial(12, 1, ["1608"], not: ["1600", "208"]),
    Trial(12, 2, ["800"], not: ["3200", "128"]),
    Trial(12, 3, ["2 3", "2 and 3"], not: ["1 2 3", "2", "2 3 4"]),
  ]

  @Test(arguments: trials) func anExerciseAcceptsItsAnswerAndNoOther(_ trial: Trial) throws {
    let exercise = Lesson.all[trial.lesson - 1].exercises[trial.exercise - 1]
    for answer in trial.right + [try exercise.answer()] {
      let verdict = try exercise.check(answer)
      #expect(verdict.isRight, "\(answer): \(verdict.text)")
      #expect(verdict.mistake == nil)
      #expect(verdict.text.hasPrefix("Right: "))
    }
    for answer in trial.wrong {
      let verdict = try exercise.check(answer)
      #expect(!verdict.isRight && verdict.isReadable, "\(answer)")
      #expect(verdict.text.contains(verdict.expected), "says what was expected")
      #expect(verdict.text.hasSuffix(exercise.explanation), "says why")
    }
    for answer in ["", "what?", "1e999", "1//2", String(repeating: "1 ", count: 6000)] {
      let verdict = try exercise.check(answer)
      #expect(!verdict.isRight && !verdict.isReadable, "\(answer.prefix(20))")
      #expect(!verdict.text.contains("Expected \(verdict.expected)"), "does not give it away")
    }
  }

  @Test func everyExerciseIsTried() {
    let known = Self.trials.map { [$0.lesson, $0.exercise] }
    let all = Lesson.all.flatMap { lesson in
      lesson.exercises.indices.map { [lesson.number, $0 + 1] }
    }
    #expect(known == all)
    #expect(Lesson.all.map(\.number) == Array(1...12))
  }

  @Test func aVerdictSaysWhichNumberIsWrong() throws {
    let sobel = Lesson.all[6].exercises[0]
    #expect(
      try sobel.check("1 0 1 11; 0 0 0 6; 0 0 0 3").mistake
        == "row 1, column 4 should be 12, found 11")
    #expect(
      try sobel.check("1 0 1; 12 0 0; 0 6 0; 0 0 3").mistake
        == "expected 3 rows of 4 numbers, found 4 rows of 3")
    #expect(try sobel.check("1 0 1 12").mistake == "expected 12 numbers, found 4")
    #expect(try Lesson.all[7].exercises[2].check("1 2 3").mistake == "2 does not belong to it")
    #expect(try Lesson.all[7].exercises[2].check("1").mistake == "3 is missing")
  }

  @Test(arguments: Lesson.all.map(\.number))
  func aLessonFitsIntoEightyColumnsAndIsValidJSONAndXML(_ number: Int) throws {
    let lesson = Lesson.all[number - 1]
    for line in try lesson.terminalText().split(separator: "\n") {
      #expect(String(line).columns <= 80, "\(line)")
    }
    let json = try lesson.json().text
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["title"] as? String == lesson.title)
    #expect((object["exercises"] as? [Any])?.count == lesson.exercises.count)
    let figures = try #require(object["figures"] as? [[String: Any]])
    #expect(figures.count >= 2)
    for figure in figures {
      let svg = try #require(figure["svg"] as? String)
      #expect(XMLParser(data: Data(svg.utf8)).parse(), "\(svg.prefix(200))")
      #expect(svg.contains("currentColor") && !svg.contains("\"#") && !svg.contains("nan"))
      #expect((figure["text"] as? String)?.isEmpty == false)
    }
  }

  @Test func thePageHoldsEveryLessonAndNothingFromElsewhere() throws {
    let page = try Lesson.page()
    for lesson in Lesson.all { #expect(page.contains("id=\"lesson-\(lesson.number)\"")) }
    #expect(!page.contains("<script") && !page.contains("src="))
    #expect(page.replacing("http://www.w3.org/2000/svg", with: "").contains("://") == false)
    #expect(page.utf8.count < 500_000)
    // The bits do not depend on when it is made.
    #expect(try Lesson.page() == page)
  }

  private func text(_ number: Int) throws -> String { try Lesson.all[number - 1].terminalText() }

  /// The numbers of the documents, as the figures show them.
  @Test func figuresShowTheNumbersOfTheDocuments() throws {
    // Rows 2, 7, 14, 13, 30 to 32, 36 and 39 of the worked examples.
    #expect(try text(4).contains("C = 4.1\n"))
    for row in ["│ 4  3  4 │", "│ 2  4  3 │", "│ 2  3 [4]│"] { #expect(try text(7).contains(row)) }
    #expect(try text(7).contains("= 4\n"))
    for row in [
      "│ 4 [3] · │", "│ 8  7 │", "│  0  −1  −6  −2 │", "│ 14   7   8   4 │", "│ 11   3 │",
    ] {
      #expect(try text(7).contains(row), "\(row)")
    }
    #expect(try text(8).contains("│  8 [10]│"))
    for row in ["│ 1 [4] 2  5  3  6 │", "│ 5 [8] 6  9  1  1 │", "│[48] 56  34 │"] {
      #expect(try text(9).contains(row), "\(row)")
    }
    for row in ["│   0  494 │", "│ 460    0 │"] { #expect(try text(2).contains(row)) }
    for box in ["f = −12", "∂f/∂q = −4", "∂f/∂z = 3", "∂f/∂x = −4", "∂f/∂y = −4"] {
      #expect(try text(6).contains(box))
    }
    let network = try text(12)
    for count in ["105,634", "208", "1,608", "102,528", "1,290"] {
      #expect(network.contains(count))
    }
  }

  @Test func theTrainedNetworkReadsMostDigits() throws {
    let text = try text(12)
    let match = try #require(text.firstMatch(of: /it\s+reads\s+([0-9.]+)\s+%/))
    #expect((Double(match.1) ?? 0) > 90)
  }
}
