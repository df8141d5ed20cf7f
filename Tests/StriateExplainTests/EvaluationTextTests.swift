import Striate
import StriateExplain
import Testing

@Suite struct EvaluationTextTests {
  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }

  private func report(_ names: [String], images: Int = 400) -> EvaluationReport {
    EvaluationReport(Sample.evaluation(classNames: names, images: images), title: "t")
  }

  @Test func theFirstLineTellsTheAccuracy() {
    let report = report(["a", "b"], images: 50)
    let (right, accuracy) = (report.evaluation.right, report.evaluation.accuracy)
    #expect(
      lines(report.text())[0]
        == "accuracy \((accuracy * 100).hundredths) %  \(right) of 50 test images")
  }

  @Test func moreThanFiveClassesHaveATopFiveAccuracy() {
    #expect(!report(["a", "b", "c", "d", "e"]).text().contains("top-"))
    #expect(report(["a", "b", "c", "d", "e", "f"]).text().contains("top-5 accuracy "))
    let chosen = EvaluationReport(
      Sample.evaluation(classNames: ["a", "b", "c"]), title: "t", top: 2)
    #expect(chosen.text().contains("top-2 accuracy "))
  }

  @Test(arguments: [2, 10, 12, 13, 100]) func noLineIsWiderThanATerminal(classes: Int) {
    for names in [Sample.longNames(classes), (0..<classes).map { "\($0)" }] {
      let report = report(names, images: 12_000)
      for width in [80, 100, 132] {
        for isFull in [false, true] {
          let widest = lines(report.text(width: width, isFull: isFull)).map(\.columns).max()
          #expect((widest ?? 0) <= width)
        }
      }
    }
  }

  @Test func theNamesOfTenClassesHaveAMatrixOfNumbers() {
    let report = report(Sample.animalsAndVehicles, images: 10_000)
    let text = report.text()
    #expect(text.contains("a row counts what the images of a class were taken for"))
    let rows = lines(text).filter { $0.contains("automobile") }
    // The table of the classes, the head of the matrix and its row.
    #expect(rows.count == 3)
    // The row of the matrix adds up to the images of the class.
    let counts = (rows.last ?? "").split(separator: " ").compactMap {
      Int($0.replacing(",", with: ""))
    }
    #expect(counts.reduce(0, +) == 1000)
  }

  @Test func manyClassesListTheWorstAndTheBestTen() throws {
    let names = (0..<100).map { "class-\($0)" }
    let report = report(names, images: 3000)
    let short = lines(report.text())
    let shown = short.filter { $0.hasPrefix("class-") && $0.contains(".") && !$0.contains("taken") }
    #expect(short.contains { $0.hasPrefix("the 10 classes with the lowest F1 of 100") })
    let f1 = report.evaluation.f1.compactMap(\.self).sorted()
    let table = short.drop { !$0.hasPrefix("class ") }.dropFirst().prefix { !$0.hasPrefix("mean") }
    #expect(table.count == 21)
    let worst = try #require(table.first.map { String($0) })
    #expect(worst.contains("\((f1[0] * 100).hundredths) %"))
    #expect(shown.count >= 20)
    let full = lines(report.text(isFull: true))
    for name in names { #expect(full.contains { $0.hasPrefix(name + " ") }) }
  }

  @Test func manyClassesListTheMostFrequentConfusions() {
    let report = report((0..<13).map { "n\($0)" }, images: 1300)
    let text = report.text()
    #expect(text.contains("most frequent confusions"))
    #expect(!text.contains("a row counts"))
    let first = report.evaluation.frequentConfusions(first: 1)[0]
    let line = lines(text).drop { $0 != "most frequent confusions" }.dropFirst(2).first ?? ""
    let words = line.split(separator: " ").map { String($0) }
    #expect(words.prefix(3) == ["n\(first.label)", "n\(first.prediction)", "\(first.count)"])
  }

  @Test func wideAndDangerousNamesStayInTheirColumns() {
    let names = ["猫", "собака", "e\u{301}tude", "🐦 bird", "a\u{1B}[2Jb\nc", "plain"]
    let text = report(names).text()
    #expect(!text.contains("\u{1B}"))
    #expect(text.contains("a�[2Jb�c"))
    let table = lines(text).drop { !$0.hasPrefix("class ") }.dropFirst().prefix(6)
    #expect(Set(table.map(\.columns)).count == 1)
  }

  @Test func widthsAreThoseOfATerminal() {
    #expect("猫".columns == 2 && "e\u{301}".columns == 1 && "🐦".columns == 2 && "ab".columns == 2)
    #expect("abcdefghij".shortened(toColumns: 7) == "abcd…ij")
    #expect("猫猫猫猫".shortened(toColumns: 5).columns <= 5)
    #expect("abc".shortened(toColumns: 3) == "abc" && "abc".shortened(toColumns: 1) == "…")
    #expect("x".padded(toColumns: 3) == "x  " && "猫".aligned(toColumns: 4) == "  猫")
  }

  @Test func outputsThatAreNotFiniteAreTold() {
    let evaluation = Evaluation(
      probabilities: Tensor([[.nan, 0], [1, 0], [0, 1]]), labels: [0, 0, 1],
      classNames: ["a", "b"])
    let text = EvaluationReport(evaluation, title: "t").text()
    #expect(text.contains("outputs of 1 image are not finite numbers: counted as wrong"))
    #expect(text.hasPrefix("accuracy 66.67 %  2 of 3 test images"))
    #expect(!report(["a", "b"]).text().contains("finite"))
  }

  @Test func absentValuesAreDots() {
    // Class b has no images; c is never predicted.
    let evaluation = Evaluation(
      probabilities: Tensor([[0.8, 0.1, 0.1], [0.5, 0.3, 0.2]]), labels: [0, 2],
      classNames: ["a", "b", "c"])
    let table = lines(EvaluationReport(evaluation, title: "t").text())
    let words = table.compactMap { line in
      line.first.map { _ in line.split(separator: " ").map { String($0) } }
    }
    #expect(words.contains(["b", "·", "·", "·", "·", "0"]))
    #expect(words.contains(["c", "·", "0.00", "%", "0.00", "%", "1.0000", "1"]))
  }

  @Test func nothingIsSaidOfNoImages() {
    let evaluation = Evaluation(
      probabilities: Tensor(shape: [0, 2], scalars: []), labels: [], classNames: ["a", "b"])
    #expect(
      EvaluationReport(evaluation, title: "t").text().hasPrefix(
        "accuracy 0.00 %  0 of 0 test images"))
  }
}

extension Double {
  /// Two digits after the point.
  fileprivate var hundredths: String {
    let whole = Int((self * 100).rounded())
    let rest = whole % 100
    return "\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
