import Foundation
import Striate
import StriateData
import Testing

/// What a training may not destroy, and what must not destroy a training.
@Suite struct FileSafetyTests {
  private let folder: TemporaryFolder
  private var model: String { folder.path("m.safetensors") }

  /// A folder with a small model.
  init() throws {
    folder = try TemporaryFolder()
    try NamedModel(named: "perceptron").network(seed: 3).save(to: model)
  }

  private static let short = [
    "train", "digits", "--model", "perceptron", "--epochs", "1", "--count", "50",
  ]
  private static let endless = [
    "train", "digits", "--model", "mlp", "--epochs", "1000000", "--count", "500", "--json",
  ]

  private func contents(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

  // MARK: Files that stay

  @Test func noFileIsTwoThingsAtOnceWhateverItsPathOrLink() throws {
    let before = contents(model)
    let link = folder.path("link.svg")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "m.safetensors")
    let page = folder.path("page.html")
    try FileManager.default.createSymbolicLink(atPath: page, withDestinationPath: model)
    let other = folder.path("./m.safetensors")
    for (words, message) in [
      (["--find-lr", model], "option --find-lr: expected a file name that ends in .svg, found "),
      (
        ["--out", model, "--find-lr", link], "option --find-lr: expected another file than --out's "
      ),
      (
        ["--init-from", model, "--find-lr", link],
        "option --find-lr: expected another file than --init-from's "
      ),
      (["--out", model, "--best", other], "option --best: expected another file than --out's "),
      (
        ["--out", model, "--checkpoint", other],
        "option --checkpoint: expected another file than --out's "
      ),
      (["--out", model, "--report", page], "option --report: expected another file than --out's "),
      (
        ["--init-from", model, "--checkpoint", other],
        "option --checkpoint: expected another file than --init-from's "
      ),
    ] {
      let result = try CommandProcess(Self.short + ["--val-split", "0.2"] + words).result()
      #expect(result.status == 2)
      #expect(result.error.contains(message), "\(result.error)")
    }
    let measured = try striate("evaluate", model, "digits", "--report", page)
    #expect(measured.status == 2)
    #expect(measured.error.contains("option --report: expected another file than MODEL-FILE's "))
    #expect(contents(model) == before)
  }

  @Test func aCheckpointReplacesNothingButACheckpoint() throws {
    let before = contents(model)
    let text = try folder.write(Array("notes".utf8), "notes.txt")
    for path in [model, text] {
      let result = try CommandProcess(Self.short + ["--checkpoint", path]).result()
      #expect(result.status == 1)
      #expect(
        result.error.contains(
          "option --checkpoint: expected a checkpoint or a file that is not there yet, found "
            + "\(path), which is a model or another file"))
    }
    #expect(contents(model) == before)
    #expect(contents(text) == Data("notes".utf8))
    let checkpoint = folder.path("c.safetensors")
    for _ in 0..<2 {
      #expect(try CommandProcess(Self.short + ["--checkpoint", checkpoint]).result().status == 0)
    }
  }

  @Test func aTrainingWhoseLastStepDivergesKeepsTheOldModel() throws {
    let before = contents(model)
    let result = try striate(
      "train", "digits", "--network", "flatten, dense 10", "--optimizer", "gd", "--lr", "1e38",
      "--count", "32", "--batch", "32", "--epochs", "1", "--out", model)
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("training diverged: "))
    #expect(!result.error.contains("-nan"))
    #expect(contents(model) == before)
  }

  // MARK: Trainings that stay

  @Test func aCheckpointThatCannotBeWrittenIsToldAndTheModelIsSaved() throws {
    _ = try folder.write([], "gone/x")
    let checkpoint = folder.path("gone/c.safetensors")
    let out = folder.path("new.safetensors")
    let process = try CommandProcess(
      Self.endless + ["--out", out, "--checkpoint", checkpoint, "--checkpoint-every", "3"])
    process.wait { process.output.contains("\"epoch\":2") }
    // A folder in which a file is being written cannot always be removed; it can be moved.
    try FileManager.default.moveItem(atPath: folder.path("gone"), toPath: folder.path("away"))
    process.wait { process.output.contains("\"epoch\":20") }
    process.send(SIGINT)
    let result = process.result()
    #expect(result.status == 1)
    #expect(result.error.contains("striate train: cannot write \(checkpoint): the folder "))
    #expect(result.error.contains("training goes on; the next checkpoint is another try"))
    #expect(try Network(contentsOf: out).parameterCount > 0)
  }

  @Test func aModelThatCannotBeWrittenIsStillMeasured() throws {
    _ = try folder.write([], "gone/x")
    let out = folder.path("gone/new.safetensors")
    let report = folder.path("r.html")
    let process = try CommandProcess([
      "train", "digits", "--model", "mlp", "--epochs", "40", "--count", "500", "--json", "--out",
      out, "--report", report,
    ])
    process.wait { process.output.contains("\"epoch\":1") }
    try FileManager.default.removeItem(atPath: folder.path("gone"))
    let result = process.result()
    #expect(result.status == 1)
    #expect(result.error.contains("striate train: cannot write \(out): the folder "))
    #expect(result.error.contains("the model was not saved: \(out) is what it was before"))
    let last = try #require(try result.objects.last)
    #expect(last["test_accuracy"] is Double && last["out"] is NSNull)
    #expect(contents(report) != nil)
  }

  @Test func aDiskWithoutRoomIsFoundBeforeTraining() throws {
    let words = Self.short + ["--out", folder.path("new.safetensors")]
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let result = try CommandProcess(
      ["-c", "ulimit -f 8; exec '\(CommandProcess.path)' \(quoted)"], path: "/bin/sh"
    ).result()
    #expect(result.status == 1)
    #expect(result.error.hasPrefix("striate train: cannot write "))
    #expect(!result.error.contains("training perceptron"))
  }

  @Test(arguments: ["", "2>&1 >/dev/null"])
  func aReaderThatStopsEarlyLeavesTheModel(redirection: String) throws {
    let out = folder.path("new.safetensors")
    let quoted = (Self.endless + ["--out", out]).map { "'\($0)'" }.joined(separator: " ")
    let line = """
      { '\(CommandProcess.path)' \(quoted) \(redirection); echo $? > '\(folder.path("status"))'; } \
      | head -n 1
      """
    _ = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(contents(folder.path("status")) == Data("141\n".utf8))
    #expect(try Network(contentsOf: out).parameterCount > 0)
  }
}
