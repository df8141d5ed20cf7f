import Foundation
import Testing

@Suite struct LessonCommandTests {
  @Test func lessonsAreListedAndShown() throws {
    let list = try striate("lesson")
    #expect(list.status == 0)
    #expect(list.output.contains(" 7  Convolution and cross-correlation"))
    let lesson = try striate("lesson", "7")
    #expect(lesson.status == 0)
    #expect(lesson.output.hasPrefix("7. Convolution and cross-correlation\n"))
    #expect(try striate("lesson", "7", "--json").objects.first?["number"] as? Int == 7)
  }

  @Test func theStatusTellsWhetherAnAnswerIsRight() throws {
    let right = try striate("lesson", "7", "--answer", "1 0 1 12; 0 0 0 6; 0 0 0 3")
    #expect(right.status == 0)
    let wrong = try striate("lesson", "7", "--answer", "1 0 1 12; 0 0 0 6; 0 0 0 4", "--json")
    #expect(wrong.status == 1)
    let verdict = try #require(try wrong.objects.first)
    #expect(verdict["right"] as? Bool == false)
    #expect(verdict["mistake"] as? String == "row 3, column 4 should be 3, found 4")
    #expect(try striate("lesson", "8", "--exercise", "3", "--answer", "1 3").status == 0)
    #expect(try striate("lesson", "8", "--answer", "").status == 1)
  }

  @Test(arguments: [
    ["lesson", "13"], ["lesson", "x"], ["lesson", "--answer", "1"],
    ["lesson", "1", "--exercise", "1"],
    ["lesson", "1", "--exercise", "3", "--answer", "1"], ["lesson", "--html", "course.txt"],
    ["lesson", "1", "--html", "course.html"],
  ])
  func wrongUsageIsTold(_ words: [String]) throws {
    let result = try CommandProcess(words).result()
    #expect(result.status == 2)
    #expect(result.error.hasPrefix("striate lesson: "))
  }

  @Test func theCourseIsWrittenAsOnePage() throws {
    let folder = try TemporaryFolder()
    let result = try striate("lesson", "--html", folder.path("course.html"))
    #expect(result.status == 0)
    let page = try String(contentsOfFile: folder.path("course.html"), encoding: .utf8)
    #expect(page.contains("<!doctype html>") && page.contains("lesson-12"))
  }
}
