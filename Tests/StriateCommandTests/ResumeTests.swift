import Foundation
import Striate
import StriateData
import Testing

/// Trainings of the program that are killed, stopped and resumed.
@Suite struct ResumeTests {
  /// A short training with dropout, a running mean, one cycle and augmentation.
  static let words = [
    "train", "digits", "--network",
    "conv 6 5x5, batchnorm, relu, maxpool 2, dropout 0.3, flatten, dense 32, relu, dense 10",
    "--count", "1500", "--epochs", "3", "--schedule", "one-cycle", "--ema", "0.95", "--clip-norm",
    "1",
    "--decay", "weights", "--optimizer", "adamw", "--weight-decay", "0.01", "--seed", "4",
    "--val-split", "0.1", "--json",
  ]

  private let folder: TemporaryFolder
  private var checkpoint: String { folder.path("m.checkpoint.safetensors") }
  private var saving: [String] {
    ["--out", folder.path("m.safetensors"), "--best", folder.path("best.safetensors")]
  }

  init() throws { folder = try TemporaryFolder() }

  /// The end of an uninterrupted training.
  private static let expected: (hash: String?, accuracy: Double?) = {
    let end = try? CommandProcess(words).result().objects.last
    return (end?["parameters_sha256"] as? String, end?["test_accuracy"] as? Double)
  }()

  private func hash(_ result: CommandProcess.Result) throws -> String {
    try #require(try result.objects.last?["parameters_sha256"] as? String)
  }

  private var expectedHash: String {
    get throws { try #require(Self.expected.hash) }
  }

  @Test func killedAgainAndAgainATrainingEndsWithTheSameBits() throws {
    let words = Self.words + saving + ["--resume", "--checkpoint-every", "7"]
    for kill in 0..<3 {
      let process = try CommandProcess(words + ["--threads", "\(1 + kill % 2)"])
      process.wait { FileManager.default.fileExists(atPath: checkpoint) }
      usleep(UInt32.random(in: 0..<120_000))
      process.send(SIGKILL)
      _ = process.result()
    }
    let last = try CommandProcess(words + ["--threads", "3"]).result()
    #expect(last.status == 0, "\(last.error)")
    #expect(try hash(last) == expectedHash)
    let network = try Network(contentsOf: folder.path("m.safetensors"))
    #expect(network.parametersSHA256 == (try expectedHash))
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: folder.path("")))
        == ["m.safetensors", "m.checkpoint.safetensors", "best.safetensors"])
    let object = try #require(try last.objects.last)
    #expect(try #require(object["resumed_from_step"] as? Int) > 0)
    #expect(object["checkpoint"] as? String == checkpoint)
    #expect(object["test_accuracy"] as? Double == Self.expected.accuracy)
    #expect(object["epochs"] as? Int == 3)
  }

  @Test func controlCSavesTheTrainingAndSaysHowToGoOn() throws {
    for (signal, status) in [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)] {
      let process = try CommandProcess(Self.words + saving)
      process.wait { process.output.contains("\"epoch\":1") }
      process.send(signal)
      let stopped = process.result()
      #expect(stopped.status == status)
      #expect(!stopped.wasKilled)
      let object = try #require(try stopped.objects.last)
      let step = try #require(object["step"] as? Int)
      #expect(object["checkpoint"] as? String == checkpoint)
      #expect(
        stopped.error.contains(
          "interrupted: what was learned so far is in \(folder.path("m.safetensors"))\n"
            + "the training is in \(checkpoint), at step \(step): the same command with --resume goes on"
        ))
      let resumed = try CommandProcess(Self.words + saving + ["--resume"]).result()
      #expect(resumed.status == 0)
      #expect(
        resumed.error.contains("resuming from \(checkpoint): \(step) steps are made, epoch "))
      #expect(try resumed.objects.last?["resumed_from_step"] as? Int == step)
      #expect(try hash(resumed) == expectedHash)
      try FileManager.default.removeItem(atPath: checkpoint)
    }
  }

  @Test func aFinishedTrainingThatIsResumedSaysSoAndGivesTheSameResult() throws {
    let words = Self.words + saving + ["--resume"]
    let first = try CommandProcess(words).result()
    #expect(first.error.contains("no checkpoint \(checkpoint) yet: starting anew\n"))
    #expect(try first.objects.last?["resumed_from_step"] is NSNull)
    try FileManager.default.removeItem(atPath: folder.path("m.safetensors"))
    let again = try CommandProcess(words).result()
    #expect(again.status == 0)
    #expect(
      again.error.contains(
        "resuming from \(checkpoint): the training is finished, after 129 steps\n"))
    #expect(try again.objects.count == 1, "no epoch is trained again")
    #expect(try hash(again) == expectedHash)
    #expect(
      try Network(contentsOf: folder.path("m.safetensors")).parametersSHA256 == (try expectedHash))
  }

  @Test func withoutAnyOptionAFinishedTrainingLeavesNoCheckpoint() throws {
    let result = try CommandProcess(Self.words + ["--out", folder.path("m.safetensors")]).result()
    #expect(try hash(result) == expectedHash)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path("")) == ["m.safetensors"])
    #expect(try result.objects.last?["checkpoint"] is NSNull)
  }

  @Test func anotherTrainingsCheckpointIsRefusedAndTheLossOfOneIsTold() throws {
    let process = try CommandProcess(Self.words + saving + ["--checkpoint-every", "5"])
    process.wait { FileManager.default.fileExists(atPath: checkpoint) }
    process.send(SIGKILL)
    _ = process.result()
    for (words, message) in [
      (["--seed", "5"], "expected the seed it was made with, \"4\", found \"5\""),
      (["--batch", "64"], "expected the batch size it was made with, \"32\", found \"64\""),
      (["--count", "1600"], "expected the data it was made with, "),
      (
        ["--ema", "0.5"],
        "expected the averaging it was made with, \"rising to 0.95\", found \"rising to 0.5\""
      ),
    ] {
      let result = try CommandProcess(Self.words + words + saving + ["--resume"]).result()
      #expect(result.status == 1)
      #expect(result.error.contains("striate train: \(checkpoint): \(message)"))
    }
    let anew = try CommandProcess(Self.words + saving + ["--checkpoint-every", "5"]).result()
    #expect(
      anew.error.contains(
        /where an earlier training stands at step \d+, will be replaced: --resume would/))
    #expect(try hash(anew) == expectedHash)
    let damaged = [UInt8](try Data(contentsOf: URL(filePath: checkpoint)))
    _ = try folder.write(damaged.dropLast(9) + [7] + damaged.suffix(8), "m.checkpoint.safetensors")
    let refused = try CommandProcess(Self.words + saving + ["--resume"]).result()
    #expect(refused.status == 1)
    #expect(refused.error.contains("the file was damaged: start anew, or take another checkpoint"))
  }

  /// A limit on the size of files is what a full disk is to a writer.
  @Test func aFullDiskLeavesTheCheckpointAsItWas() throws {
    let words = Self.words + saving + ["--resume", "--checkpoint-every", "5"]
    let process = try CommandProcess(words)
    process.wait { FileManager.default.fileExists(atPath: checkpoint) }
    process.send(SIGKILL)
    _ = process.result()
    let before = FileManager.default.contents(atPath: checkpoint)
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let full = try CommandProcess(
      ["-c", "ulimit -f 8; exec '\(CommandProcess.path)' \(quoted)"], path: "/bin/sh"
    ).result()
    #expect(full.status == 1)
    #expect(full.error.contains("cannot write "))
    #expect(FileManager.default.contents(atPath: checkpoint) == before)
    #expect(try hash(CommandProcess(words).result()) == expectedHash)
  }

  static let mistakes: [(words: [String], message: String)] = [
    (
      ["--resume"],
      "option --resume: expected --checkpoint FILE or --out FILE with it, found neither"
    ),
    (
      ["--checkpoint-every", "5"],
      "option --checkpoint-every: expected --checkpoint FILE or --out FILE with it, found neither"
    ),
    (
      ["--out", "m", "--checkpoint-every", "0"],
      "option --checkpoint-every: expected a whole number"
    ),
    (
      ["--out", "m", "--checkpoint", "m"],
      "option --checkpoint: expected another file than --out's m"
    ),
    (
      ["--out", "m", "--val-split", "0.1", "--best", "m"],
      "option --best: expected another file than --out's m"
    ),
    (["--best", "b"], "option --best: expected --val-split SHARE with it, found none"),
    (["--ema", "1"], "option --ema: expected a number from 0 to below 1, found \"1\""),
    (["--clip-norm", "0"], "option --clip-norm: expected a number above 0, found \"0\""),
    (
      ["--clip-norm", "1", "--clip-value", "1"],
      "expected --clip-norm X or --clip-value X, found both"
    ),
    (["--accumulate", "0"], "option --accumulate: expected a whole number from 1 to 1048576"),
    (["--decay", "biases"], "option --decay: expected one of all, weights, found \"biases\""),
    (["--freeze", "conv9"], "option --freeze: freeze: expected a pattern that fits a parameter"),
  ]

  @Test(arguments: mistakes)
  func mistakesAreExplained(words: [String], message: String) throws {
    let result = try CommandProcess(
      ["train", "digits", "--model", "nielsen", "--epochs", "1", "--count", "50"] + words
    ).result()
    #expect(result.status == 2)
    #expect(result.error.contains(message), "\(result.error)")
  }
}
