import Foundation
import Striate
import Testing

@Suite struct ExportAndImportTests {
  @Test func aModelIsExportedWithAnExampleOfWhatItComputes() throws {
    let folder = try TemporaryFolder()
    let (out, example) = (folder.path("m.onnx"), folder.path("example.safetensors"))
    let result = try striate(
      "export", TrainedModel.path, "--out", out, "--example", example, "--json", "--opset", "17",
      "--verify")
    #expect(result.status == 0, "\(result.error)")
    let object = try #require(try result.objects.first)
    #expect(object["opset"] as? Int == 17)
    #expect(object["operators"] as? Int == 9)
    #expect((object["verified_difference"] as? Double ?? 1) < 1e-5)
    let bytes = try #require(FileManager.default.contents(atPath: out))
    #expect(object["bytes"] as? Int == bytes.count)
    #expect(bytes.range(of: Data("conv1.weight".utf8)) != nil)
    // The example is what the model computes.
    let network = try Network(contentsOf: TrainedModel.path)
    let numbers = try SafeTensors(contentsOf: example)
    let input = try numbers.tensor(named: "input")
    #expect(input.shape == [2, 1, 28, 28])
    #expect(try numbers.tensor(named: "fc2") == network.allOutputs([input])[0])
    // Another program could not be given the same seed otherwise.
    let again = folder.path("again.safetensors")
    _ = try striate("export", TrainedModel.path, "--out", out, "--example", again)
    #expect(
      FileManager.default.contents(atPath: again) == FileManager.default.contents(atPath: example))
  }

  @Test func aNameThatEndsInMlmodelGivesACoreMLModel() throws {
    let folder = try TemporaryFolder()
    let (out, example) = (folder.path("M.mlmodel"), folder.path("example.safetensors"))
    let result = try striate(
      "export", TrainedModel.path, "--out", out, "--preprocessing", "include", "--example",
      example, "--json")
    #expect(result.status == 0, "\(result.error)")
    let object = try #require(try result.objects.first)
    #expect(object["format"] as? String == "Core ML")
    let bytes = try #require(FileManager.default.contents(atPath: out))
    #expect(object["bytes"] as? Int == bytes.count)
    let inputs = try #require(object["inputs"] as? [[String: Any]])
    #expect(inputs.map { $0["kind"] as? String } == ["gray picture 28×28"])
    let outputs = try #require(object["outputs"] as? [[String: Any]])
    #expect(
      outputs.map { $0["kind"] as? String } == ["class", "probability of each class"])
    #expect(try SafeTensors(contentsOf: example).tensor(named: "input").shape == [1, 1, 28, 28])
    for option in [["--verify"], ["--opset", "17"]] {
      let refused = try CommandProcess(["export", TrainedModel.path, "--out", out] + option)
        .result()
      #expect(refused.status == 2)
      #expect(refused.error.contains("expected \(option[0]) for an ONNX model"))
    }
  }

  @Test func whatCannotBeExportedIsAMistakeAndWritesNothing() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.onnx")
    let words: [([String], String)] = [
      ([TrainedModel.path], "expected --out FILE"),
      ([TrainedModel.path, "--out", TrainedModel.path], "expected another file than MODEL-FILE's"),
      ([TrainedModel.path, "--out", out, "--example", out], "expected another file than --out's"),
      ([TrainedModel.path, "--out", out, "--opset", "12"], "a whole number from 13 to 23"),
      ([TrainedModel.path, "--out", out, "--preprocessing", "yes"], "one of none, include"),
    ]
    for (words, message) in words {
      let result = try CommandProcess(["export"] + words).result()
      #expect(result.status == 2, "\(words)")
      #expect(result.error.contains(message), "\(result.error)")
    }
    let missing = try striate("export", folder.path("none.safetensors"), "--out", out)
    #expect(missing.status == 1)
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  /// Weights without a word of Striate's, as PyTorch saves them.
  private func weights(in folder: TemporaryFolder, prefix: String = "") throws -> String {
    let network = try Network(contentsOf: TrainedModel.path)
    let path = folder.path("weights.safetensors")
    try SafeTensors.write(
      network.parameters.map { (prefix + $0.name, $0.tensor) }, metadata: ["format": "pt"], to: path
    )
    return path
  }

  @Test func weightsBecomeAModelWithTheSameBits() throws {
    let folder = try TemporaryFolder()
    let weights = try weights(in: folder, prefix: "module.")
    let names = folder.path("names.txt")
    try "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n".write(toFile: names, atomically: true, encoding: .utf8)
    let out = folder.path("m.safetensors")
    let result = try striate(
      "import", weights, "--model", "numpy-cnn", "--classes", "10", "--mean", "0.5", "--std",
      "0.25",
      "--class-names", names, "--out", out, "--json")
    #expect(result.status == 0, "\(result.error)")
    let (made, source) = (
      try Network(contentsOf: out), try Network(contentsOf: TrainedModel.path)
    )
    #expect(made.parametersSHA256 == source.parametersSHA256)
    let object = try #require(try result.objects.first)
    #expect(object["parameters_sha256"] as? String == source.parametersSHA256)
    #expect(made.preprocessing.mean == [0.5])
    #expect(made.preprocessing.standardDeviation == [0.25])
    #expect(made.preprocessing.classNames.joined() == "abcdefghij")
  }

  @Test func weightsThatDoNotFitAreAFailureThatListsThem() throws {
    let folder = try TemporaryFolder()
    let (weights, out) = (try weights(in: folder), folder.path("m.safetensors"))
    let result = try striate(
      "import", weights, "--model", "numpy-cnn", "--classes", "7", "--out", out)
    #expect(result.status == 1)
    #expect(result.error.contains("2 of another shape: fc2.weight [10, 128], expected [7, 128]"))
    #expect(!FileManager.default.fileExists(atPath: out))
    let words: [([String], String)] = [
      ([weights, "--model", "numpy-cnn"], "expected --out FILE"),
      ([weights, "--out", out], "expected one of --model NAME and --network TEXT"),
      ([weights, "--out", out, "--network", "flatten, dense 3"], "expected --input CxHxW"),
      ([weights, "--out", out, "--model", "numpy-cnm"], "did you mean \"numpy-cnn\""),
      ([weights, "--out", out, "--model", "lenet", "--mean", "1,2"], "1 numbers, one a channel"),
      ([weights, "--out", weights, "--model", "lenet"], "expected another file than WEIGHTS's"),
    ]
    for (words, message) in words {
      let result = try CommandProcess(["import"] + words).result()
      #expect(result.status == 2, "\(words)")
      #expect(result.error.contains(message), "\(result.error)")
    }
  }

  @Test func aTrainingBeginsWithWeights() throws {
    let folder = try TemporaryFolder()
    let weights = try weights(in: folder)
    let alone = try striate("train", "digits", "--init-from", weights, "--count", "64")
    #expect(alone.status == 2)
    #expect(alone.error.contains("expected --model NAME or --network TEXT with weights"))
    let out = folder.path("m.safetensors")
    let result = try striate(
      "train", "digits", "--init-from", weights, "--model", "numpy-cnn", "--count", "64",
      "--epochs", "1",
      "--freeze", "conv*", "--out", out)
    #expect(result.status == 0, "\(result.error)")
    #expect((result.output + result.error).contains("8 of 8 parameters"))
    let (made, source) = (
      try Network(contentsOf: out), try Network(contentsOf: TrainedModel.path)
    )
    #expect(made.parameters[0].tensor == source.parameters[0].tensor)
    #expect(made.parameters[6].tensor != source.parameters[6].tensor)
  }
}
