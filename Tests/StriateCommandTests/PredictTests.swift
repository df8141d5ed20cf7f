import Foundation
import Striate
import StriateData
import Testing

@Suite struct PredictTests {
  /// Writes ten pictures; returns their paths.
  private func write(
    to folder: TemporaryFolder, _ change: (Picture) -> Picture
  ) throws -> [String] {
    try (0..<10).map { index in
      let path = folder.path("\(index).png")
      try change(Drawing.picture(index)).writePNG(to: path)
      return path
    }
  }

  private var expected: [Int?] {
    get throws {
      try Network(contentsOf: TrainedModel.path)
        .evaluate(on: Digits.builtIn(count: 10, seed: 77)).predictions
    }
  }

  @Test func rawPicturesGetTheClassesThatEvaluateGives() throws {
    let folder = try TemporaryFolder()
    let paths = try write(to: folder) { $0 }
    let result = try CommandProcess(
      ["predict", TrainedModel.path] + paths + ["--raw", "--json"]
    ).result()
    #expect(result.status == 0)
    let objects = try result.objects
    #expect(objects.map { $0["class_index"] as? Int } == (try expected))
    #expect(objects.map { $0["image"] as? String } == paths)
    for object in objects {
      let probabilities = try #require(object["probabilities"] as? [String: Double])
      #expect(probabilities.count == 10)
      #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-5)
      let name = try #require(object["class"] as? String)
      #expect(probabilities[name] == object["probability"] as? Double)
    }
  }

  @Test func aDigitIsFoundInALargeInvertedPicture() throws {
    let folder = try TemporaryFolder()
    let paths = try write(to: folder, Drawing.enlarged)
    let objects = try CommandProcess(
      ["predict", TrainedModel.path] + paths + ["--json"]
    ).result().objects
    let right = zip(objects, try expected).count { $0["class_index"] as? Int == $1 }
    #expect(right >= 9)
  }

  @Test func thePictureIsShownWhereItIsAskedFor() throws {
    let folder = try TemporaryFolder()
    let paths = try write(to: folder) { $0 }
    let shown = try striate("predict", TrainedModel.path, paths[0], "--show", "--top", "3")
    let hidden = try striate("predict", TrainedModel.path, paths[0], "--top", "3")
    #expect(shown.output.hasSuffix(hidden.output))
    #expect(shown.output.split(separator: "\n").count == 14 + 4)
    #expect(hidden.output.split(separator: "\n").count == 4)
    #expect(!shown.output.contains("\u{1B}"))
  }

  @Test func namesCannotMoveTheCursorAndWideOnesStayInLine() throws {
    let folder = try TemporaryFolder()
    var network = try Network(contentsOf: TrainedModel.path)
    network.preprocessing.classNames = (0..<10).map { "\u{1B}[2J数\($0)" }
    let model = folder.path("m.safetensors")
    try network.save(to: model)
    let picture = folder.path("a\u{1B}[31m.png")
    try Drawing.picture(0).writePNG(to: picture)
    for words in [[], ["--quiet"]] {
      let result = try CommandProcess(["predict", model, picture] + words).result()
      #expect(result.status == 0)
      #expect(!result.output.contains("\u{1B}") && result.output.contains("数"))
    }
    let missing = try striate("predict", model, folder.path("b\u{1B}[31m.png"))
    #expect(missing.status == 1)
    #expect(!missing.error.contains("\u{1B}"))
  }

  @Test func aRawPictureOfAnotherSizeIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("large.png")
    try Drawing.enlarged(Drawing.picture(0)).writePNG(to: path)
    let result = try striate("predict", TrainedModel.path, path, "--raw")
    #expect(result.status == 1)
    #expect(result.error.contains("expected a picture of 28×28 pixels"))
    #expect(result.error.contains("found 200×200: leave out --raw, or resize it"))
  }
}
