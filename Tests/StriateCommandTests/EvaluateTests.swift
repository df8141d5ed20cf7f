import Foundation
import Striate
import StriateData
import Testing

@Suite struct EvaluateTests {
  private func number(_ object: [String: Any], _ key: String) -> Double? { object[key] as? Double }

  @Test func jsonHoldsEveryFigure() throws {
    let result = try striate(
      "evaluate", TrainedModel.path, "digits", "--limit", "300", "--json", "--top", "3")
    #expect(result.status == 0)
    let object = try #require(try result.objects.first)
    let network = try Network(contentsOf: TrainedModel.path)
    let test = try Digits.builtIn(count: 2000, seed: 2).subset(Array(0..<300))
    let expected = try network.evaluate(on: test)
    #expect(isClose(number(object, "test_accuracy"), expected.accuracy))
    #expect(object["not_finite_images"] as? Int == 0)
    #expect(object["top_k"] as? Int == 3)
    #expect(isClose(number(object, "top_k_accuracy"), expected.topAccuracy(3)))
    #expect(isClose(number(object, "macro_f1"), expected.macroMean.f1))
    #expect(isClose(number(object, "weighted_precision"), expected.weightedMean.precision))
    #expect(isClose(number(object, "roc_auc"), expected.macroROCAUC()))
    #expect(isClose(number(object, "cohen_kappa"), expected.cohenKappa))
    #expect(isClose(number(object, "matthews"), expected.matthewsCorrelation))
    #expect(isClose(number(object, "log_loss"), expected.logLoss))
    #expect(isClose(number(object, "brier_score"), expected.brierScore))
    #expect(isClose(number(object, "calibration_error"), expected.calibration()?.expectedError))
    #expect((object["calibration_bins"] as? [[String: Any]])?.count == 15)
    #expect(object["confusion"] as? [[Int]] == expected.confusion)
    for (key, values) in [
      ("precision", expected.precision), ("recall", expected.recall), ("f1", expected.f1),
      ("class_roc_auc", expected.rocAUC()),
    ] {
      let found = try #require(object[key] as? [String: Any])
      for (name, value) in zip(expected.classNames, values) {
        #expect(isClose(found[name] as? Double, value), "\(key) of \(name)")
      }
    }
    let mistakes = try #require(object["mistakes"] as? [[String: Any]])
    #expect(
      mistakes.compactMap { $0["image"] as? Int } == expected.mistakes(first: 24).map(\.image))
    let history = try #require(object["history"] as? [[String: Any]])
    #expect(history.count == 1 && history[0]["epoch"] as? Int == 1)
  }

  @Test func textListsTheClassesAndWhatTheyAreTakenFor() throws {
    let result = try striate("evaluate", TrainedModel.path, "digits", "--limit", "200")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("accuracy "))
    #expect(lines[1].hasPrefix("top-5 accuracy "))
    #expect(lines.contains { $0.hasPrefix("class          precision") })
    #expect(lines.contains("a row counts what the images of a class were taken for"))
    #expect(lines.allSatisfy { $0.count <= 80 })
    let quiet = try striate("evaluate", TrainedModel.path, "digits", "--limit", "200", "--quiet")
    #expect(quiet.output == lines[0] + "\n")
    #expect(quiet.error.isEmpty)
  }

  @Test func aReportIsOnePageWithPicturesAndCurves() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("report.html")
    let result = try striate("evaluate", TrainedModel.path, "digits", "--report", path, "--quiet")
    #expect(result.status == 0)
    let page = try String(contentsOfFile: path, encoding: .utf8)
    #expect(page.hasPrefix("<!doctype html>"))
    #expect(page.contains("src=\"data:image/png;base64,"))
    #expect(page.contains("id=\"accuracy-curve-title\""))
    #expect(page.contains("<dd>digits</dd>"))
    // The same model and data give the same page.
    let again = folder.path("again.html")
    #expect(
      try striate("evaluate", TrainedModel.path, "digits", "--report", again, "--threads", "3")
        .error.contains("report written to \(again)"))
    #expect(try String(contentsOfFile: again, encoding: .utf8) == page)
  }

  @Test func trainingWritesTheSameReportWithItsCurves() throws {
    let folder = try TemporaryFolder()
    let (model, path) = (folder.path("m.safetensors"), folder.path("r.html"))
    let result = try striate(
      "train", "digits", "--model", "perceptron", "--count", "300", "--epochs", "3",
      "--val-split", "0.2", "--out", model, "--report", path)
    #expect(result.status == 0)
    #expect(result.error.contains("report written to \(path)"))
    let history = try #require(try Network(contentsOf: model).history)
    #expect(history.epochs.map(\.number) == [1, 2, 3])
    #expect(history.epochs.allSatisfy { $0.validationLoss != nil && $0.learningRate != nil })
    let page = try String(contentsOfFile: path, encoding: .utf8)
    #expect(page.contains("id=\"loss-curve-title\"") && page.contains("validation, epoch 3"))
  }

  @Test func whatCannotBeIsRefusedBeforeAnyWork() throws {
    let folder = try TemporaryFolder()
    for (words, message) in [
      (
        ["--show", "2", "--json"],
        "option --show: shows images as text, found --json with it: leave out one of them"
      ),
      (["--top", "11"], "option --top: expected at most 10 classes, found \"11\""),
      (
        ["--report", TrainedModel.path],
        "option --report: expected a file name that ends in .html, found"
      ),
    ] {
      let result = try CommandProcess(["evaluate", TrainedModel.path, "digits"] + words).result()
      #expect(result.status == 2)
      #expect(result.error.contains(message))
      #expect(result.output.isEmpty)
    }
    let nowhere = folder.path("none/report.html")
    let result = try striate("evaluate", TrainedModel.path, "digits", "--report", nowhere)
    #expect(result.status == 1)
    #expect(result.error.contains("cannot write \(nowhere): the folder "))
    #expect(result.output.isEmpty)
  }

  @Test func aNetworkOfOneOutputTellsTwoClassesApart() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.safetensors")
    let trained = try striate(
      "train", "digits", "--classes", "0,1", "--network", "flatten, dense 1, sigmoid", "--count",
      "1500", "--epochs", "3", "--json", "--quiet", "--out", out)
    let last = try #require(try trained.objects.last)
    #expect(last["loss"] as? String == "bce")
    #expect(try #require(number(last, "test_accuracy")) > 0.9)
    let evaluated = try #require(try striate("evaluate", out, "digits", "--json").objects.first)
    #expect(number(evaluated, "test_accuracy") == number(last, "test_accuracy"))
    #expect(evaluated["classes"] as? [String] == ["0", "1"])
    // What predict says of a picture is what evaluate counted.
    let path = folder.path("one.png")
    try Drawing.picture(0).writePNG(to: path)
    let object = try #require(try striate("predict", out, path, "--raw", "--json").objects.first)
    let probabilities = try #require(object["probabilities"] as? [String: Double])
    #expect(Set(probabilities.keys) == ["0", "1"])
    #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-6)
    let name = try #require(object["class"] as? String)
    #expect(probabilities[name] == probabilities.values.max())
    let mistaken = try striate(
      "train", "digits", "--classes", "0,1", "--network", "flatten, dense 1", "--loss",
      "cross-entropy", "--count", "100")
    #expect(mistaken.status == 2)
    #expect(
      mistaken.error.contains("expected a loss of single outputs such as binary-cross-entropy"))
  }

  @Test func brokenParametersAreCountedAndTold() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("broken.safetensors")
    var network = try Network(contentsOf: TrainedModel.path)
    let last = network.parameters.count - 1
    network.parameters[last].tensor.scalars[3] = .nan
    try network.save(to: path)
    let text = try striate("evaluate", path, "digits", "--limit", "50")
    #expect(text.status == 0)
    #expect(text.output.hasPrefix("accuracy 0.00 %  0 of 50 test images\n"))
    #expect(text.output.contains("outputs of 50 images are not finite numbers: counted as wrong"))
    let object = try #require(
      try striate("evaluate", path, "digits", "--limit", "50", "--json").objects.first)
    #expect(object["not_finite_images"] as? Int == 50)
    #expect(object["roc_auc"] is NSNull)
    let picture = folder.path("one.png")
    try Drawing.picture(0).writePNG(to: picture)
    let prediction = try striate("predict", path, picture, "--raw")
    #expect(prediction.status == 1)
    #expect(prediction.error.contains("expected finite outputs of the model, found others"))
  }

  @Test func mistakesOfPicturesAreNamedByTheirFiles() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 4)
    for name in ["ants", "bees <b>"] {
      for index in 0..<12 {
        let bytes = (0..<64).map { _ in UInt8(generator.integer(below: 256)) }
        let path = try folder.write([], "data/\(name)/\(index).png")
        try Picture(width: 8, height: 8, channels: 1, bytes: bytes).writePNG(to: path)
      }
    }
    let (model, report) = (folder.path("m.safetensors"), folder.path("r.html"))
    let result = try striate(
      "train", folder.path("data"), "--network", "flatten, dense 2", "--epochs", "1", "--lr",
      "0.000001", "--out", model)
    #expect(result.status == 0)
    let evaluated = try striate(
      "evaluate", model, folder.path("data"), "--json", "--report", report, "--quiet")
    let object = try #require(try evaluated.objects.first)
    let mistakes = try #require(object["mistakes"] as? [[String: Any]])
    let names = mistakes.compactMap { $0["name"] as? String }
    #expect(!names.isEmpty && names.count == mistakes.count)
    #expect(names.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    let page = try String(contentsOfFile: report, encoding: .utf8)
    #expect(page.contains("bees &lt;b&gt;") && !page.contains("bees <b>"))
    #expect(page.contains("data/ants/") || page.contains("data/bees &lt;b&gt;/"))
  }
}

/// Whether two numbers agree but for the rounding of a decimal text; two that are absent do.
private func isClose(_ found: Double?, _ expected: Double?) -> Bool {
  guard let found, let expected else { return found == nil && expected == nil }
  return abs(found - expected) <= 1e-12 * max(1, abs(expected))
}
