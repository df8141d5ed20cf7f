import Foundation
import Striate
import StriateData
import StriateExplain
import Testing

@Suite struct EvaluationPageTests {
  private func report(
    _ names: [String], images: Int = 400, mistakes: Double = 0.2
  ) -> EvaluationReport {
    EvaluationReport(
      Sample.evaluation(classNames: names, images: images, mistakes: mistakes),
      title: "model on data")
  }

  /// A report of everything there is.
  private func fullReport(_ names: [String] = Sample.animalsAndVehicles) throws -> EvaluationReport
  {
    var report = report(names)
    report.history = Sample.history
    report.layers = "conv1 <8>"
    let pixels = (0..<400 * 3 * 4 * 5).map { UInt8(truncatingIfNeeded: $0 * 7) }
    report.images = try Dataset(
      imageShape: [3, 4, 5], pixels: .bytes(pixels), labels: report.evaluation.labels,
      classNames: names)
    return report
  }

  @Test func everyPartIsThere() throws {
    let page = Page(try fullReport().html)
    page.expectBalanced()
    let expected = [
      "figures", "training", "confusion", "classes", "calibration", "roc", "mistakes", "layers",
    ]
    #expect(page.values(of: "href") == expected.map { "#" + $0 })
    let ids = page.values(of: "id")
    #expect(expected.allSatisfy(ids.contains))
    #expect(Set(ids).count == ids.count)
    #expect(page.count("h1") == 1 && page.count("h2") == 8 && page.count("main") == 1)
    #expect(page.html.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
  }

  @Test func whatIsNotThereIsNotShown() {
    var report = report(["a", "b"], mistakes: 0)
    var page = Page(report.html)
    page.expectBalanced()
    #expect(
      page.values(of: "href") == ["#figures", "#confusion", "#classes", "#calibration", "#roc"])
    #expect(page.count("img") == 0)
    report = EvaluationReport(
      Evaluation(
        probabilities: Tensor(shape: [0, 2], scalars: []), labels: [], classNames: ["a", "b"]),
      title: "nothing")
    report.history = TrainingHistory()
    page = Page(report.html)
    page.expectBalanced()
    #expect(page.values(of: "href") == ["#figures", "#confusion", "#classes"])
  }

  @Test func thePageNeedsNothingElse() throws {
    let page = Page(try fullReport().html)
    #expect(page.values(of: "src").allSatisfy { $0.hasPrefix("data:image/png;base64,") })
    for word in ["http:", "https:", "//", "url(", "@import", "<script", "<link", "<iframe"] {
      let rest = page.html.replacing(/base64,[A-Za-z0-9+\/=]*/, with: "")
      #expect(!rest.contains(word), "\(word)")
    }
    #expect(page.html.contains("default-src 'none'; img-src data:; style-src 'unsafe-inline'"))
  }

  @Test func namesAreNeverMarkup() throws {
    let evil = "<script>alert(1)</script>\"'&\u{202E}\u{7}"
    var report = try fullReport([evil] + Sample.animalsAndVehicles.dropFirst())
    report.title = evil
    report.facts = [EvaluationReport.Fact(evil, evil)]
    report.layers = evil
    let page = Page(report.html)
    page.expectBalanced()
    #expect(page.count("script") == 0)
    #expect(!page.html.contains("alert(1)</script>\"'"))
    #expect(!page.html.unicodeScalars.contains("\u{202E}"))
    #expect(!page.html.unicodeScalars.contains("\u{7}"))
    let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;��"
    #expect(page.html.components(separatedBy: escaped).count > 8)
  }

  @Test func theSameReportIsTheSamePage() throws {
    #expect(try fullReport().html == fullReport().html)
  }

  @Test func mistakesAreShownAsTheyAre() throws {
    var report = try fullReport()
    report.mistakeCount = 3
    let page = Page(report.html)
    let mistakes = report.evaluation.mistakes(first: 3)
    let addresses = page.values(of: "src")
    #expect(addresses.count == 3)
    for (mistake, address) in zip(mistakes, addresses) {
      let file = try #require(
        Data(base64Encoded: String(address.dropFirst("data:image/png;base64,".count))))
      let picture = try Picture(decoding: Array(file), name: "picture")
      #expect(picture.width == 5 && picture.height == 4 && picture.channels == 3)
      let image = try #require(try report.images?.image(at: mistake.image))
      #expect(picture.planes(channels: 3).map { Float($0) / 255 } == image.scalars)
    }
    let names = report.evaluation.classNames
    #expect(
      page.values(of: "alt")
        == mistakes.map { "Image of \(names[$0.label]), taken for \(names[$0.prediction])" })
    // Small pictures are shown larger.
    #expect(page.html.contains("width=\"110\" height=\"88\""))
  }

  @Test func largePicturesAreMadeSmallerAndOddOnesLeftOut() throws {
    var report = report(["a", "b"], images: 2, mistakes: 1)
    for (shape, expected) in [([1, 700, 300], 1), ([2, 3, 3], 1), ([6], 0)] {
      let size = shape.reduce(1, *)
      report.images = try Dataset(
        imageShape: shape, pixels: .floats([Float](repeating: .nan, count: 2 * size)),
        labels: report.evaluation.labels, classNames: ["a", "b"])
      let page = Page(report.html)
      page.expectBalanced()
      #expect(page.count("img") == expected * report.evaluation.mistakes(first: 9).count)
      if shape[1...].first == 700 { #expect(page.html.contains("width=\"100\" height=\"233\"")) }
    }
  }

  @Test(arguments: [1, 2, 3, 12, 13, 30, 31, 300])
  func anyNumberOfClassesHasAPage(classes: Int) {
    let page = Page(report((0..<classes).map { "name \($0)" }, images: 2 * classes + 10).html)
    page.expectBalanced()
    #expect(page.html.utf8.count < 600_000)
    #expect(page.html.contains("class=\"matrix") == (classes <= 30))
    #expect(page.html.contains("class=\"heat\"") == (classes > 30))
    #expect(page.html.contains("id=\"roc-") == ((2...12).contains(classes)))
  }

  @Test func tablesSayWhatTheirHeadsStandFor() throws {
    let page = Page(try fullReport().html)
    let heads = page.tags.filter { $0.name == "th" }
    #expect(heads.count > 60)
    #expect(
      heads.allSatisfy {
        $0.attributes.contains("scope=\"col\"") || $0.attributes.contains("scope=\"row\"")
      })
    // A caption inside a table would be cut off with it on a narrow page.
    #expect(page.count("caption") == 0)
    #expect(page.html.split(separator: "<p class=\"caption\">").count - 1 == page.count("table"))
    #expect(
      page.tags.filter { $0.name == "table" }.allSatisfy { $0.attributes.contains("aria-label=") })
    #expect(page.html.contains("<figure class=\"single\">\n<figcaption><strong>Reliability"))
    let drawings = page.tags.filter { $0.name == "svg" }
    #expect(
      drawings.allSatisfy {
        $0.attributes.contains("role=\"img\" aria-labelledby=")
          || $0.attributes.contains("aria-hidden=\"true\"")
      })
  }

  @Test func theConfusionTableHoldsTheCounts() throws {
    let report = try fullReport()
    let page = report.html
    let start = try #require(page.range(of: "class=\"matrix")).upperBound
    let body = try #require(page[start...].range(of: "<tbody>")).upperBound
    let end = try #require(page[body...].range(of: "</tbody>")).lowerBound
    let cells = page[body..<end].matches(of: /<td[^>]*>([^<]*)<\/td>/).map {
      Int($0.output.1) ?? 0
    }
    #expect(cells == report.evaluation.confusion.flatMap(\.self))
  }

  @Test func drawingsStayInsideTheirFrame() throws {
    var report = try fullReport()
    let awkward: [Double] = [.nan, .infinity, 1e300, -5, 0, 1e-12, 3]
    for values in [[1e-9, 2e-9], [3, 3, 3], [0], awkward, [1e6, 2e6, 1.5e6]] {
      report.history = TrainingHistory(
        epochs: values.enumerated().map { index, value in
          TrainingHistory.Epoch(
            number: index + 1, loss: value, accuracy: value, validationLoss: value,
            learningRate: value)
        })
      let page = Page(report.html)
      page.expectBalanced()
      for word in ["nan", "inf,", "NaN", "Infinity"] {
        #expect(page.values(of: "d").allSatisfy { !$0.contains(word) })
      }
      for (x, y) in page.points { #expect(x >= 0 && x <= 380 && y >= 0 && y <= 340) }
    }
  }

  @Test func theReportOfANetworkTellsWhatItIs() throws {
    var network = try Network(text: "dense 2", input: [3], seed: 1)
    network.history = Sample.history
    let data = try Dataset(
      imageShape: [3], pixels: .floats([1, 2, 3, 4, 5, 6]), labels: [0, 1],
      classNames: ["a", "b"])
    let evaluation = try network.evaluate(on: data, loss: .softmaxCrossEntropy)
    let report = EvaluationReport(network, evaluation, on: data, model: "m.st", data: "points")
    #expect(report.title == "m.st on points")
    #expect(report.history == Sample.history)
    let facts = Dictionary(uniqueKeysWithValues: report.facts.map { ($0.name, $0.value) })
    #expect(facts["parameters"] == "8")
    #expect(facts["SHA-256 of the parameters"] == network.parametersSHA256)
    #expect(facts["loss"] != nil)
    #expect(report.html.contains("fc1"))
  }

  @Test func theFileIsWrittenWhole() throws {
    let path = FileManager.default.temporaryDirectory.path + "/striate-\(UUID()).html"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let report = try fullReport()
    try report.write(to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == report.html)
    #expect(throws: AtomicFile.Failure.self) { try report.write(to: path + "/none/a.html") }
  }
}

extension Page {
  /// The absolute corners of the lines of the curves.
  fileprivate var points: [(Double, Double)] {
    tags.filter { $0.name == "path" && $0.attributes.contains("class=\"line") }.flatMap { tag in
      tag.attributes.matches(of: /[ML](-?[0-9.]+) (-?[0-9.]+)/).map {
        (Double($0.output.1) ?? .nan, Double($0.output.2) ?? .nan)
      }
    }
  }
}
