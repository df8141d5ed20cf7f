import Foundation
import Striate
import StriateData
import Testing

@Suite struct ExplainTests {
  /// A digit as a file; returns its path.
  private func digit(_ index: Int = 0, in folder: TemporaryFolder) throws -> String {
    let path = folder.path("digit-\(index).png")
    try Drawing.picture(index).writePNG(to: path)
    return path
  }

  /// An untrained network made from a text, as a file.
  private func model(
    _ text: String, input: [Int], classNames: [String] = [], in folder: TemporaryFolder,
    name: String = "m.safetensors"
  ) throws -> String {
    var network = try Network(text: text, input: input, seed: 6)
    network.preprocessing.classNames = classNames
    try network.save(to: folder.path(name))
    return folder.path(name)
  }

  private static let quick = ["--samples", "4", "--steps", "4"]

  @Test func aPictureIsExplainedAsTextPageAndPicture() throws {
    let folder = try TemporaryFolder()
    let image = try digit(in: folder)
    let (page, poster) = (folder.path("sheet.html"), folder.path("sheet.png"))
    let result = try CommandProcess(
      ["explain", TrainedModel.path, image, "--raw", "--out", page, "--out", poster] + Self.quick
    ).result()
    #expect(result.status == 0)
    #expect(result.output.contains("why "))
    for method in ["saliency", "smoothgrad", "integrated-gradients", "grad-cam", "occlusion"] {
      #expect(result.output.contains("\n  \(method) "))
    }
    #expect(
      result.output.split(separator: "\n").allSatisfy { $0.count <= max(80, image.count + 40) })
    #expect(result.error.contains("sheet written to \(page)\nsheet written to \(poster)\n"))
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("Integrated gradients") && html.contains("Filters of conv1"))
    #expect(html.contains("What every layer computes"))
    let picture = try Picture(contentsOf: poster)
    #expect(picture.width == 1200 && picture.channels == 3)
  }

  @Test func jsonHoldsTheClassThatPredictGivesAndAllMaps() throws {
    let folder = try TemporaryFolder()
    let images = try [digit(3, in: folder), digit(4, in: folder)]
    let explained = try CommandProcess(
      ["explain", TrainedModel.path] + images + ["--raw", "--json", "--steps", "400"]
        + ["--samples", "3"]
    ).result()
    let predicted = try CommandProcess(
      ["predict", TrainedModel.path] + images + ["--raw", "--json"]
    ).result()
    #expect(explained.status == 0 && explained.error.isEmpty)
    let objects = try explained.objects
    #expect(objects.count == 2)
    for (object, other) in zip(objects, try predicted.objects) {
      for key in ["image", "class", "class_index", "probability"] {
        #expect("\(object[key] ?? "none")" == "\(other[key] ?? "nothing")")
      }
      #expect(object["explained_index"] as? Int == object["class_index"] as? Int)
      let attributions = try #require(object["attributions"] as? [[String: Any]])
      #expect(attributions.count == 5)
      for attribution in attributions {
        #expect(attribution["shape"] as? [Int] == [28, 28])
        let map = try #require(attribution["map"] as? [Double])
        #expect(map.count == 784 && map.contains { $0 != 0 })
      }
      // Integrated gradients add up to what they should.
      let integrated = try #require(
        attributions.first { $0["method"] as? String == "integrated-gradients" })
      let map = try #require(integrated["map"] as? [Double])
      let difference = try #require(integrated["difference"] as? Double)
      #expect(abs(map.reduce(0, +) - difference) <= 0.01 * abs(difference))
      #expect(
        attributions.first { $0["method"] as? String == "grad-cam" }?["layer"] as? String == "conv2"
      )
    }
  }

  @Test func optionsChooseClassMethodsAndLayer() throws {
    let folder = try TemporaryFolder()
    let image = try digit(in: folder)
    func explain(_ words: String...) throws -> [String: Any] {
      let result = try CommandProcess(
        ["explain", TrainedModel.path, image, "--raw", "--json"] + words
      ).result()
      #expect(result.status == 0)
      return try #require(try result.objects.first)
    }
    func map(_ object: [String: Any]) throws -> [Double] {
      let attributions = try #require(object["attributions"] as? [[String: Any]])
      #expect(attributions.count == 1)
      return try #require(attributions.first?["map"] as? [Double])
    }
    let three = try explain("--class", "3", "--methods", "grad-cam")
    #expect(three["explained"] as? String == "3")
    #expect(try map(three) != map(explain("--class", "5", "--methods", "grad-cam")))
    let early = try explain("--class", "3", "--methods", "grad-cam", "--layer", "conv1")
    #expect(try map(early) != map(three))
    let one = try map(explain("--methods", "smoothgrad", "--seed", "1", "--samples", "5"))
    #expect(try one == map(explain("--methods", "smoothgrad", "--seed", "1", "--samples", "5")))
    #expect(try one != map(explain("--methods", "smoothgrad", "--seed", "2", "--samples", "5")))
    let threads = try map(
      explain("--methods", "smoothgrad", "--seed", "1", "--samples", "5", "--threads", "1"))
    #expect(threads == one)
  }

  @Test func aNetworkFromATextTakesColourPictures() throws {
    let folder = try TemporaryFolder()
    let network = try model(
      "conv 6 3x3 padding 1, batchnorm, relu, maxpool 2, conv 8 3x3, relu, globalavgpool, flatten, "
        + "dense 3, softmax", input: [3, 20, 24], classNames: ["cat", "dog", "cow"], in: folder)
    let image = folder.path("photo.png")
    let bytes = (0..<40 * 60 * 3).map { UInt8($0 * 31 % 256) }
    try Picture(width: 60, height: 40, channels: 3, bytes: bytes).writePNG(to: image)
    let (page, poster) = (folder.path("s.html"), folder.path("s.png"))
    let result = try CommandProcess(
      ["explain", network, image, "--class", "cow", "--out", page, "--out", poster, "--json"]
        + Self.quick
    ).result()
    #expect(result.status == 0)
    let object = try #require(try result.objects.first)
    #expect(object["explained"] as? String == "cow" && object["explained_index"] as? Int == 2)
    #expect(object["score_is"] as? String == "logit")
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("in the colours that excite them"))
    #expect(try Picture(contentsOf: poster).width == 1200)
    // The probability itself is explained where that is asked for.
    let output = try striate(
      "explain", network, image, "--score", "output", "--json", "--methods", "saliency")
    let score = try #require(try output.objects.first?["score"] as? Double)
    let probability = try #require(try output.objects.first?["probability"] as? Double)
    #expect(abs(score - probability) < 1e-5)
  }

  @Test func aNetworkWithoutMapsIsExplainedWithoutGradCAM() throws {
    let folder = try TemporaryFolder()
    let network = try model("flatten, dense 5", input: [1, 28, 28], in: folder)
    let image = try digit(in: folder)
    let result = try CommandProcess(["explain", network, image, "--raw"] + Self.quick).result()
    #expect(result.status == 0 && !result.output.contains("grad-cam"))
    let asked = try striate("explain", network, image, "--raw", "--methods", "grad-cam")
    #expect(asked.status == 1 && asked.error.contains("expected a layer with maps, found none"))
  }

  @Test func theMistakesItIsSurestOfAreExplained() throws {
    let folder = try TemporaryFolder()
    let page = folder.path("mistakes.html")
    let words = ["explain", TrainedModel.path, "digits", "--count", "3", "--limit", "1000"]
    let result = try CommandProcess(
      words + ["--json", "--methods", "integrated-gradients", "--out", page]
    ).result()
    #expect(result.status == 0)
    let objects = try result.objects
    #expect((1...3).contains(objects.count))
    let sure = objects.compactMap { $0["probability"] as? Double }
    #expect(sure == sure.sorted(by: >))
    for object in objects {
      #expect(object["truth"] as? String != object["class"] as? String)
      #expect(object["explained"] as? String == object["class"] as? String)
    }
    let evaluation = try Network(contentsOf: TrainedModel.path).evaluate(
      on: Digits.builtIn(count: 1000, seed: 2))
    #expect(
      objects.map { $0["image"] as? String }
        == evaluation.mistakes(first: 3).map { "image \($0.image)" })
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("taken for"))
    let text = try CommandProcess(words + ["--methods", "saliency"]).result()
    #expect(text.output.contains("of 1,000 images are taken for another class"))
    #expect(text.output.contains(", but it is "))
  }

  @Test func theImagesThatExciteAFilterMostAreFound() throws {
    let folder = try TemporaryFolder()
    let (page, poster) = (folder.path("e.html"), folder.path("e.png"))
    let words = ["explain", TrainedModel.path, "digits", "--limit", "200", "--count", "4"]
    let result = try CommandProcess(
      words + ["--excite", "conv2:3", "--json", "--out", page, "--out", poster]
    ).result()
    #expect(result.status == 0)
    let object = try #require(try result.objects.first)
    #expect(object["layer"] as? String == "conv2" && object["filter"] as? Int == 3)
    let images = try #require(object["images"] as? [[String: Any]])
    let outputs = images.compactMap { $0["output"] as? Double }
    #expect(outputs.count == 4 && outputs == outputs.sorted(by: >))
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("What excites conv2"))
    #expect(try Picture(contentsOf: poster).width == 1200)
    let all = try CommandProcess(words + ["--excite", "conv2", "--json"]).result()
    #expect(try all.objects.compactMap { $0["filter"] as? Int } == Array(0..<8))
    let units = try CommandProcess(words + ["--excite", "fc2:7"]).result()
    #expect(units.status == 0 && units.output.contains("\nfc2:7 "))
  }

  @Test func aPictureThatCannotBeReadIsToldAndTheOthersGoOn() throws {
    let folder = try TemporaryFolder()
    let image = try digit(in: folder)
    let missing = folder.path("missing.png")
    let result = try striate(
      "explain", TrainedModel.path, missing, image, "--raw", "--methods", "saliency")
    #expect(result.status == 1)
    #expect(result.error.contains("striate explain: \(missing): no such file"))
    #expect(result.output.hasPrefix(image))
  }

  @Test func picturesAreShownWhereThatIsAskedFor() throws {
    let folder = try TemporaryFolder()
    let image = try digit(in: folder)
    let words = ["explain", TrainedModel.path, image, "--raw", "--methods", "saliency"]
    let (shown, hidden) = try (
      CommandProcess(words + ["--show"]).result(), CommandProcess(words).result()
    )
    #expect(shown.output.hasSuffix(hidden.output))
    #expect(
      shown.output.split(separator: "\n").count == hidden.output.split(separator: "\n").count + 15)
    #expect(!shown.output.contains("\u{1B}"))
  }

  static let mistakes: [(words: [String], message: String)] = [
    (["--class", "11"], "option --class: expected a name or number of 0, 1, 2"),
    (["--methods", "saliencey"], "did you mean \"saliency\"?"),
    (["--methods", "saliency,saliency"], "option --methods: expected each method once"),
    (["--layer", "conv7"], "option --layer: layer \"conv7\": expected one of conv1"),
    (["--layer", "fc1"], "expected maps [K, h, w]"),
    (["--score", "loss"], "option --score: expected one of logit, output"),
    (["--out", "sheet.gif"], "option --out: expected a file name that ends in .html or .png"),
    (["--baseline", "2"], "option --baseline: expected a pixel value from 0 to 1, found \"2\""),
    (["--steps", "0"], "option --steps: expected a whole number from 1 to 100000"),
    (["--window", "29"], "option --window: expected at most 28"),
    (["--window", "3", "--stride", "4"], "option --stride: expected at most the window, 3"),
    (["--noise", "nan"], "option --noise: expected a share from 0 to 10"),
    (["--excite", "conv1"], "option --excite is for data"),
    (["--limit", "5"], "option --limit is for data"),
  ]

  @Test(arguments: mistakes) func wrongUsageIsExplained(words: [String], message: String) throws {
    let folder = try TemporaryFolder()
    let image = try digit(in: folder)
    let result = try CommandProcess(
      ["explain", TrainedModel.path, image, "--raw"] + words
    ).result()
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.error.hasPrefix("striate explain: ") && result.error.contains(message))
  }

  static let dataMistakes: [(words: [String], message: String)] = [
    (["--excite", "conv9"], "option --excite: expected a layer of conv1"),
    (["--excite", "conv2:8"], "option --excite: expected a filter from 0 to 7, found \"conv2:8\""),
    (["--raw"], "option --raw is for pictures, found digits"),
    (["--count", "0"], "option --count: expected a whole number from 1 to 200"),
  ]

  @Test(arguments: dataMistakes)
  func wrongUsageOfDataIsExplained(words: [String], message: String) throws {
    let result = try CommandProcess(["explain", TrainedModel.path, "digits"] + words).result()
    #expect(result.status == 2)
    #expect(result.error.hasPrefix("striate explain: ") && result.error.contains(message))
  }

  @Test func noSheetIsAFileThatIsRead() throws {
    let folder = try TemporaryFolder()
    let image = try digit(in: folder)
    let before = FileManager.default.contents(atPath: image)
    let result = try striate("explain", TrainedModel.path, image, "--raw", "--out", image)
    #expect(result.status == 2)
    #expect(result.error.contains("option --out: expected another file than IMAGE's"))
    #expect(FileManager.default.contents(atPath: image) == before)
    let twice = folder.path("s.png")
    let both = try striate(
      "explain", TrainedModel.path, image, "--raw", "--out", twice, "--out", twice)
    #expect(both.status == 2 && both.error.contains("expected another file than --out's"))
  }

  @Test func modelsOfOtherThingsAreRefused() throws {
    let folder = try TemporaryFolder()
    let image = try digit(in: folder)
    let vector = try model("dense 3", input: [4], in: folder)
    let result = try striate("explain", vector, image)
    #expect(result.status == 1)
    #expect(result.error.contains("expected a classifier of images [channels, height, width]"))
    let wide = try model(
      "conv 2 3x3, flatten, dense 3", input: [2, 9, 9], in: folder, name: "wide.safetensors")
    let channels = try striate("explain", wide, image)
    #expect(channels.status == 1 && channels.error.contains("1 or 3 channels"))
  }

  @Test func outputsThatAreNotFiniteAreTold() throws {
    let folder = try TemporaryFolder()
    var network = try Network(text: "flatten, dense 3", input: [1, 28, 28], seed: 1)
    network.parameters[0].tensor.scalars[400] = .nan
    let path = folder.path("nan.safetensors")
    try network.save(to: path)
    let result = try striate("explain", path, try digit(in: folder), "--raw")
    #expect(result.status == 1)
    #expect(result.error.contains("expected finite outputs of the model"))
  }
}
