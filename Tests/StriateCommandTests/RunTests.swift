import Foundation
import Striate
import StriateFormats
import Testing

/// `striate run`, and ONNX files where other commands take a model.
@Suite struct RunTests {
  /// A file made by Tests/Fixtures/make_onnx_fixtures.py.
  private func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "StriateFormatsTests/Fixtures/\(name)").path
  }

  private func array(_ name: String, in archive: String) throws -> NumericArray {
    try #require(try NPZ.read(contentsOf: archive).first { $0.name == name }).array
  }

  private func expectClose(_ found: NumericArray, _ expected: NumericArray) {
    #expect(found.shape == expected.shape && found.type == expected.type)
    let largest = expected.floats.map(abs).max() ?? 0
    #expect(zip(found.floats, expected.floats).allSatisfy { abs($0 - $1) <= 2e-6 * largest })
  }

  @Test func arraysGoInAndComeOut() throws {
    let folder = try TemporaryFolder()
    let (x, y, all) = (folder.path("x.npy"), folder.path("y.npy"), folder.path("all.npz"))
    let archive = fixture("small-maps.npz")
    try NPY.write(array("left", in: archive), to: x)
    let result = try striate(
      "run", fixture("small-maps.onnx"), "--input", "left=\(x)", "--input", "right=\(archive)",
      "--output", "energy=\(y)", "--output", all, "--json")
    #expect(result.status == 0, "\(result.error)")
    expectClose(try NPY.read(contentsOf: y), try array("energy", in: archive))
    expectClose(try array("peaks", in: all), try array("peaks", in: archive))
    let object = try #require(try result.objects.first)
    let outputs = try #require(object["outputs"] as? [[String: Any]])
    #expect(outputs.map { $0["name"] as? String } == ["peaks", "energy"])
    #expect(outputs.map { $0["shape"] as? [Int] } == [[3, 3], [3]])
    // Without names and files an archive is taken apart, and the outputs are summed up.
    let short = try striate("run", fixture("small-maps.onnx"), "--input", archive)
    #expect(short.status == 0 && short.output.hasPrefix("peaks: [3, 3] float32, from "))
  }

  @Test func aModelOfStriatesRunsAsWell() throws {
    let folder = try TemporaryFolder()
    let network = try Network(input: [1, 4, 4], seed: 1) {
      Conv2D(filters: 2, kernel: 3)
      Flatten()
      Dense(3)
    }
    let images = Tensor(shape: [2, 1, 4, 4], scalars: (0..<32).map { Float($0) / 32 })
    try network.save(to: folder.path("a.safetensors"))
    try NPY.write(NumericArray(images), to: folder.path("x.npy"))
    let result = try striate(
      "run", folder.path("a.safetensors"), "--input", folder.path("x.npy"), "--output",
      folder.path("y.npy"), "--quiet")
    #expect(result.status == 0 && result.output.isEmpty)
    #expect(try NPY.read(contentsOf: folder.path("y.npy")).tensor == network(images))
  }

  @Test func mistakesAreToldApartFromFailures() throws {
    let (model, archive) = (fixture("small-maps.onnx"), fixture("small-maps.npz"))
    let folder = try TemporaryFolder()
    for (words, reason) in [
      (["run", model], "--input"),
      (
        ["run", model, "--input", archive, "--output", "nothing=\(folder.path("y.npy"))"], "nothing"
      ),
      (["run", model, "--input", archive, "--output", archive], "another file"),
      (
        ["run", model, "--input", archive]
          + ["a", "b", "c"].flatMap { ["--output", folder.path($0 + ".npy")] },
        "at most 2 files"
      ),
    ] {
      let result = try CommandProcess(words).result()
      #expect(result.status == 2 && result.error.contains(reason), "\(words): \(result.error)")
    }
    for (words, reason) in [
      (["run", folder.path("none.onnx"), "--input", archive], "does not exist"),
      (["run", archive, "--input", archive], "expected a safetensors file"),
      (["run", model, "--input", model], "expected a .npy file"),
      (["run", model, "--input", "left=\(archive)"], "found no array for \"right\""),
      (
        ["run", fixture("small-cnn.onnx"), "--input", "image=\(fixture("arrays.npz"))"],
        "expected an array \"image\""
      ),
    ] {
      let result = try CommandProcess(words).result()
      #expect(result.status == 1 && result.error.contains(reason), "\(words): \(result.error)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")).isEmpty)
  }

  @Test func otherCommandsTakeAnONNXFile() throws {
    let model = fixture("small-digits.onnx")
    let summary = try striate("summary", model, "--json")
    #expect(try summary.objects.first?["inputs"] as? [[Int]] == [[1, 28, 28]])
    #expect(try summary.objects.first?["parameters"] as? Int == 2 * 16 + 2 + 980 + 10)
    let evaluation = try striate("evaluate", model, "digits", "--limit", "50", "--quiet")
    #expect(evaluation.status == 0, "\(evaluation.error)")
    let folder = try TemporaryFolder()
    let training = try striate(
      "train", "digits", "--init-from", model, "--epochs", "1", "--count", "200", "--quiet",
      "--out",
      folder.path("a.safetensors"))
    #expect(training.status == 0, "\(training.error)")
    let names = try Network(contentsOf: folder.path("a.safetensors")).parameters.map(\.name)
    #expect(names.prefix(2) == ["conv1.weight", "conv1.bias"])
  }
}
