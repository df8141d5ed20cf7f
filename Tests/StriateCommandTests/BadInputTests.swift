import Foundation
import StriateData
import Testing

/// What a user can hand to the program by mistake.
@Suite struct BadInputTests {
  static let images = idx([0, 0, 8, 3], [2, 28, 28], [UInt8](repeating: 7, count: 2 * 784))
  static let labels = idx([0, 0, 8, 1], [2], [3, 8])

  /// An IDX file.
  static func idx(_ magic: [UInt8], _ extents: [UInt32], _ data: [UInt8]) -> [UInt8] {
    magic + extents.flatMap { extent in withUnsafeBytes(of: extent.bigEndian) { Array($0) } } + data
  }

  static let sets: [(name: String, images: [UInt8]?, labels: [UInt8], message: String)] = [
    ("missing", nil, labels, "train-images-idx3-ubyte (or .gz) does not exist"),
    ("empty", [], labels, "train-images-idx3-ubyte"),
    ("truncated", images.dropLast(100), labels, "train-images-idx3-ubyte"),
    (
      "oversized header", idx([0, 0, 8, 3], [0xFFFF_FFFF, 0xFFFF, 0xFFFF], []), labels,
      "train-images-idx3-ubyte"
    ),
    ("corrupt gzip", [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8], labels, "gzip"),
    ("another number of labels", images, idx([0, 0, 8, 1], [3], [3, 8, 1]), "expected 2 labels"),
    ("label outside the classes", images, idx([0, 0, 8, 1], [2], [3, 12]), "found 12 at image 1"),
  ]

  @Test(arguments: sets)
  func damagedDataIsExplained(
    name: String, images: [UInt8]?, labels: [UInt8], message: String
  ) throws {
    let folder = try TemporaryFolder()
    if let images { _ = try folder.write(images, "mnist/train-images-idx3-ubyte") }
    _ = try folder.write(labels, "mnist/train-labels-idx1-ubyte")
    _ = try folder.write(Self.images, "mnist/t10k-images-idx3-ubyte")
    _ = try folder.write(Self.labels, "mnist/t10k-labels-idx1-ubyte")
    let result = try striate("train", "mnist", "--model", "mlp", "--data", folder.path(""))
    #expect(result.status == 1)
    #expect(result.error.hasPrefix("striate train: "))
    #expect(result.error.contains(message))
  }

  @Test func soundDataFromAFolderTrains() throws {
    let folder = try TemporaryFolder()
    for part in ["train", "t10k"] {
      _ = try folder.write(Self.images, "\(part)-images-idx3-ubyte")
      _ = try folder.write(Self.labels, "\(part)-labels-idx1-ubyte")
    }
    let result = try striate(
      "train", "mnist", "--model", "mlp", "--data", folder.path(""), "--epochs", "1")
    #expect(result.status == 0)
  }

  @Test func dataFromAnotherFolderThanTheOneThatWasNamedIsTold() throws {
    let folder = try TemporaryFolder()
    for part in ["train", "t10k"] {
      _ = try folder.write(Self.images, "mnist/\(part)-images-idx3-ubyte")
      _ = try folder.write(Self.labels, "mnist/\(part)-labels-idx1-ubyte")
    }
    let words = ["train", "mnist", "--model", "mlp", "--epochs", "1", "--quiet", "--data"]
    let environment = ["STRIATE_DATA": folder.path(".")]
    let empty = try TemporaryFolder()
    let place = empty.path(".")
    let other = try CommandProcess(words + [place], environment: environment).result()
    #expect(other.status == 0)
    #expect(other.error.hasPrefix("--data \(place): mnist is not there; taken from "))
    let same = try CommandProcess(words + [folder.path(".")], environment: environment).result()
    #expect(same.error.isEmpty)
    // A folder that is not there is a mistake, whatever stands elsewhere.
    for words in [
      words, ["train", "digits", "--model", "mlp", "--data"], ["info", "--data"],
      ["evaluate", TrainedModel.path, "digits", "--data"],
    ] {
      let result = try CommandProcess(words + ["/nowhere"], environment: environment).result()
      #expect(result.status == 2)
      #expect(
        result.error.contains(
          "option --data: expected a folder that is there, found \"/nowhere\""))
    }
  }

  static let networks: [(text: String, message: String)] = [
    ("conv 3 29x29, flatten, dense 10", "layer 1 \"conv1\" conv 3 29x29"),
    ("conv 0 5x5, flatten, dense 10", "layer 1 \"conv1\" conv 0 5x5"),
    ("conv 3 5x5, dense 10", "layer 2 \"fc1\" dense 10"),
    ("flatten, dense 7", "expected an output of 10 classes, found [7]"),
    ("flatten, desne 10", "did you mean \"dense\""),
  ]

  @Test(arguments: networks)
  func networksThatCannotBeAreExplained(text: String, message: String) throws {
    let result = try striate("train", "digits", "--network", text)
    #expect(result.status == 1)
    #expect(result.error.contains(message))
  }

  @Test func anUnwritableOutputIsFoundBeforeTraining() throws {
    let folder = try TemporaryFolder()
    for out in [folder.path("none/m.safetensors"), folder.path("")] {
      let result = try striate("train", "digits", "--model", "mlp", "--out", out)
      #expect(result.status == 1)
      #expect(result.error.hasPrefix("striate train: cannot write \(out)"))
      #expect(!result.error.contains("training mlp"))
    }
  }

  @Test func aLossThatGrowsWithoutBoundStopsTraining() throws {
    let result = try striate(
      "train", "digits", "--model", "numpy-cnn", "--lr", "1e20", "--count", "500")
    #expect(result.status == 1)
    #expect(result.error.contains("training diverged"))
  }

  @Test func picturesThatCannotBeReadAreReportedAndTheOthersGoOn() throws {
    let folder = try TemporaryFolder()
    let good = folder.path("good.png")
    try Drawing.picture(0).writePNG(to: good)
    let dot = folder.path("dot.png")
    try Picture(width: 1, height: 1, channels: 1, bytes: [255]).writePNG(to: dot)
    let text = try folder.write(Array("hello, I am text".utf8), "text.png")
    let huge = try folder.write(Drawing.pngHeader(width: 20_000, height: 20_000), "huge.png")
    let result = try striate(
      "predict", TrainedModel.path, folder.path("none.png"), text, dot, huge, good, "--quiet")
    #expect(result.status == 1)
    #expect(result.output.hasPrefix("\(good): "))
    let errors = result.error.split(separator: "\n")
    #expect(errors.count == 4)
    #expect(errors[0].contains("none.png: no such file"))
    #expect(errors[1].contains("text.png: not a picture this program reads (PNG or JPEG)"))
    #expect(errors[2].contains("dot.png: nothing to see"))
    #expect(errors[3].contains("at most 64 megapixels, found 20000×20000"))
  }

  @Test func aModelFileCutAnywhereIsRefused() throws {
    let folder = try TemporaryFolder()
    let bytes = TrainedModel.bytes
    #expect(bytes.count > 100_000)
    for length in [0, 7, 8, 100, 1000, bytes.count / 2, bytes.count - 1] {
      let path = try folder.write(Array(bytes.prefix(length)), "cut-\(length)")
      let result = try striate("evaluate", path, "digits")
      #expect(result.status == 1)
      #expect(result.error.hasPrefix("striate evaluate: \(path)"))
    }
  }

  @Test func aModelFileForAnotherArchitectureIsRefused() throws {
    let folder = try TemporaryFolder()
    var bytes = TrainedModel.bytes
    let place = try #require(bytes.firstRange(of: Array("dense 128".utf8)))
    bytes.replaceSubrange(place, with: Array("dense 129".utf8))
    let path = try folder.write(bytes, "other.safetensors")
    let result = try striate("predict", path, folder.path("none.png"))
    #expect(result.status == 1)
    #expect(result.error.contains("expected F32 [129, 800], found F32 [128, 800]"))
  }

  @Test func aPictureInThePlaceOfTheModelIsNamed() throws {
    let folder = try TemporaryFolder()
    let picture = folder.path("one.png")
    try Drawing.picture(0).writePNG(to: picture)
    let result = try striate("predict", picture, TrainedModel.path)
    #expect(result.status == 1)
    #expect(
      result.error.contains(
        "\(picture): expected a safetensors file such as a model, found a PNG picture: name the "
          + "model first"))
  }

  @Test func moreThanMemoryHoldsIsRefusedBeforeItIsAllocated() throws {
    let program = CommandProcess.path
    let drawn = try CommandProcess(
      ["-c", "ulimit -v 700000; exec '\(program)' train digits --model mlp --count 1000000"],
      path: "/bin/sh"
    ).result()
    #expect(drawn.status == 1)
    #expect(!drawn.wasKilled)
    #expect(drawn.error.contains("which memory holds, found 1000000: draw fewer"))
    let large = try CommandProcess(
      [
        "-c",
        "ulimit -v 900000; exec '\(program)' train digits --count 4096 --batch 4096 "
          + "--network 'conv 64 5x5, relu, conv 64 5x5, relu, flatten, dense 10'",
      ], path: "/bin/sh"
    ).result()
    #expect(large.status == 1)
    #expect(!large.wasKilled)
    #expect(large.error.contains("memory: expected at most "))
  }

  @Test func aModelFileThatIsNotThereIsReported() throws {
    for command in ["evaluate", "predict"] {
      let result = try striate(command, "/nowhere/m.safetensors", "digits")
      #expect(result.status == 1)
      #expect(result.error.contains("/nowhere/m.safetensors"))
    }
  }
}
