import Foundation
import Striate
import Testing

/// `--init-from`, `--freeze` and `--find-lr`.
@Suite struct TransferTests {
  private let folder: TemporaryFolder
  private var first: String { folder.path("first.safetensors") }
  private var second: String { folder.path("second.safetensors") }

  /// A folder with a model of the digits 0 to 4.
  init() throws {
    folder = try TemporaryFolder()
    let result = try striate(
      "train", "digits", "--network",
      "conv 8 5x5, batchnorm, relu, maxpool 2, flatten, dense 32, relu, dense 5", "--classes",
      "0,1,2,3,4", "--count", "1500", "--epochs", "2", "--quiet", "--out", first)
    try #require(result.status == 0, "\(result.error)")
  }

  @Test func aModelOfSomeDigitsLearnsOthersWithItsConvolutionsFrozen() throws {
    let result = try striate(
      "train", "digits", "--init-from", first, "--classes", "5,6,7,8,9", "--freeze", "conv*, bn*",
      "--count", "1500", "--epochs", "2", "--json", "--out", second)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.error.contains(
        "from \(first): all but the last layer, which is new: fc2 dense 5\n"
          + "frozen: 6 of 10 parameters: conv1.weight, conv1.bias, bn1.weight, bn1.bias, bn1.running_mean, bn1.running_var\n"
      ))
    let (old, new) = (try Network(contentsOf: first), try Network(contentsOf: second))
    for (a, b) in zip(old.parameters, new.parameters) {
      #expect(a.name == b.name)
      #expect(
        (a.tensor == b.tensor) == (a.name.hasPrefix("conv") || a.name.hasPrefix("bn")), "\(a.name)")
    }
    #expect(new.preprocessing.mean == old.preprocessing.mean)
    #expect(new.preprocessing.classNames == ["5", "6", "7", "8", "9"])
    let last = try #require(try result.objects.last)
    #expect(last["init_from"] as? String == first)
    #expect((last["frozen_parameters"] as? [String])?.count == 6)
    #expect(try #require(last["test_accuracy"] as? Double) > 0.7)
    // Another model to begin with is another training.
    let third = folder.path("third.safetensors")
    let words = ["train", "digits", "--classes", "5,6,7,8,9", "--count", "500", "--epochs", "1"]
    let saving = ["--out", third, "--resume", "--json"]
    _ = try CommandProcess(words + ["--init-from", first] + saving).result()
    let other = try CommandProcess(words + ["--init-from", second] + saving).result()
    #expect(other.status == 1)
    #expect(
      other.error.contains("expected the model of --init-from it was made with, \"parameters "))
  }

  @Test func withANetworkOfItsOwnParametersAreCopiedByNameAndShape() throws {
    let result = try striate(
      "train", "digits", "--init-from", first, "--network",
      "conv 8 5x5, batchnorm, relu, maxpool 3, flatten, dense 10", "--freeze", "*", "--count",
      "100",
      "--epochs", "1", "--out", second)
    // Everything frozen cannot be trained.
    #expect(result.status == 1)
    #expect(
      result.error.contains(
        "from \(first): 6 of 8 parameters; fresh: fc1.weight, fc1.bias\n"))
    #expect(result.error.contains("expected at least one to train, found all of them frozen"))
    let strangers = try striate(
      "train", "digits", "--init-from", first, "--model", "mlp", "--count", "100", "--epochs", "1")
    #expect(strangers.status == 1)
    #expect(
      strangers.error.contains(
        "striate train: \(first): parameters: expected some of the same name and shape in both networks"
      ))
  }

  @Test func picturesAreBroughtToTheShapeOfTheModel() throws {
    for (index, name) in ["x", "y"].enumerated() {
      for number in 0..<6 {
        let file = try folder.write([], "photos/\(name)/\(number).png")
        try Drawing.enlarged(Drawing.picture(10 * number + index)).writePNG(to: file)
      }
    }
    let result = try striate(
      "train", folder.path("photos"), "--init-from", first, "--epochs", "1", "--out", second)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.error.contains("pictures become 1×28×28 (as the model takes them)"))
    let network = try Network(contentsOf: second)
    #expect(network.inputs[0].shape == [1, 28, 28])
    #expect(network.preprocessing.classNames == ["x", "y"])
  }

  @Test func mistakesAreExplained() throws {
    let other = try striate("train", "digits", "--init-from", folder.path("none"), "--epochs", "1")
    #expect(other.status == 1)
    #expect(other.error.contains("does not exist"))
    let pixels = try striate("train", "digits", "--init-from", first, "--pixels", "raw")
    #expect(pixels.status == 2)
    #expect(
      pixels.error.contains(
        "option --pixels: expected none with --init-from, whose model says what happens to pixels"))
    let neither = try striate("train", "digits", "--freeze", "conv1")
    #expect(neither.status == 2)
    #expect(neither.error.contains("expected --model NAME or --network TEXT, found neither"))
  }

  // MARK: Learning-rate finder

  @Test func theFinderDrawsAPlotAndTrainsNothing() throws {
    let plot = folder.path("rates.svg")
    let result = try striate(
      "train", "digits", "--model", "nielsen", "--count", "600", "--find-lr", plot, "--out", second)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("suggestion: --lr "))
    #expect(result.output.contains("*"))
    #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(!FileManager.default.fileExists(atPath: second))
    let text = String(
      decoding: try #require(FileManager.default.contents(atPath: plot)), as: UTF8.self)
    #expect(text.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    for part in [
      "Loss while the learning rate rises: nielsen, adam", ">learning rate</text>", ">loss</text>",
      ">10⁻⁷</text>", "<polyline", "prefers-color-scheme: dark", ">suggestion ",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("nan") && !text.contains("inf"))
  }

  @Test func theFinderSpeaksJSON() throws {
    let result = try striate(
      "train", "digits", "--init-from", first, "--classes", "5,6,7,8,9", "--count", "300",
      "--find-lr",
      folder.path("p.svg"), "--json", "--quiet")
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
    let object = try #require(try result.objects.first)
    let rates = try #require(object["rates"] as? [Double])
    #expect(object["steps"] as? Int == rates.count)
    #expect((object["losses"] as? [Double])?.count == rates.count)
    #expect((object["smoothed_losses"] as? [Double])?.count == rates.count)
    #expect(rates == rates.sorted())
    let suggestion = try #require(object["suggestion"] as? Double)
    #expect(suggestion > 0 && suggestion < 1)
  }
}
