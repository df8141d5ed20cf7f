import Foundation
import Testing

@Suite struct TrainingLogTests {
  private static let words = [
    "train", "digits", "--network", "conv 2 5x5, relu, flatten, dense 10", "--count", "200",
    "--quiet", "--val-split", "0.2",
  ]

  private func train(_ words: String...) throws -> CommandProcess.Result {
    try CommandProcess(Self.words + words).result()
  }

  @Test func aRowAnEpochIsWritten() throws {
    let folder = try TemporaryFolder()
    let log = folder.path("log.csv")
    let saving = [
      "--out", folder.path("m.safetensors"), "--checkpoint", folder.path("c.safetensors"),
    ]
    let first = try CommandProcess(Self.words + ["--epochs", "2", "--log", log] + saving).result()
    #expect(first.status == 0, "\(first.error)")
    let rows = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 3)
    #expect(rows[0].hasPrefix("epoch,step,train_loss,"))
    #expect(rows[1].hasPrefix("1,5,") && rows[2].hasPrefix("2,10,"))
    #expect(rows.allSatisfy { $0.split(separator: ",").count == 10 })
    let json = folder.path("log.jsonl")
    #expect(try train("--epochs", "1", "--log", json).status == 0)
    let line = try Data(contentsOf: URL(fileURLWithPath: json))
    let object = try JSONSerialization.jsonObject(with: line) as? [String: Any]
    #expect(object?["epoch"] as? Int == 1)
    #expect(object?["validation_loss"] is Double)
  }

  @Test func aResumedTrainingAddsToItsRows() throws {
    let folder = try TemporaryFolder()
    let log = folder.path("log.csv")
    let words =
      ["train", "digits", "--network", "conv 8 5x5, relu, flatten, dense 10", "--count", "2000"]
      + ["--quiet", "--epochs", "60", "--checkpoint", folder.path("c.safetensors"), "--log", log]
    func rows() -> [Substring] {
      ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
    }
    let stopped = try CommandProcess(words)
    stopped.wait { rows().count > 2 }
    stopped.send(SIGTERM)
    #expect(stopped.result().status == 143)
    let before = rows()
    try #require(before.count > 2 && before.count < 61)
    #expect(try CommandProcess(words + ["--resume"]).result().status == 0)
    let after = rows()
    #expect(Array(after.prefix(before.count)) == before)
    #expect(
      after.dropFirst().compactMap { $0.split(separator: ",").first } == (1...60).map { "\($0)" })
  }

  @Test func aForeignFileIsNoLogToGoOnWith() throws {
    let folder = try TemporaryFolder()
    let log = folder.path("log.csv")
    try Data("a,b\n1,2\n".utf8).write(to: URL(fileURLWithPath: log))
    let result = try train(
      "--epochs", "1", "--log", log, "--resume", "--checkpoint", folder.path("c.safetensors"))
    #expect(result.status == 1)
    #expect(result.error.contains("expected a log of striate train to go on with"))
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "a,b\n1,2\n")
    #expect(try train("--log", folder.path("log.txt")).status == 2)
  }

  @Test func noLogIsAnotherFileOfTheCommand() throws {
    let folder = try TemporaryFolder()
    let (model, same) = (folder.path("m.csv"), folder.path("./m.csv"))
    for (option, path) in [("log", same), ("tensorboard", same)] {
      let result = try train("--epochs", "1", "--out", model, "--\(option)", path)
      #expect(result.status == 2)
      #expect(
        result.error.contains(
          "option --\(option): expected another file than --out's \(model), found \(path)"),
        "\(result.error)")
    }
  }

  @Test func logsLeaveTheTrainingAsItIs() throws {
    let folder = try TemporaryFolder()
    func hash(_ words: [String]) throws -> String {
      let result = try CommandProcess(
        Self.words.filter { $0 != "--quiet" } + ["--epochs", "2", "--json"] + words
      ).result()
      #expect(result.status == 0, "\(result.error)")
      let hashes = result.output.split(separator: "\"").map(String.init)
      let place = try #require(hashes.firstIndex(of: "parameters_sha256"))
      return hashes[place + 2]
    }
    let plain = try hash([])
    #expect(plain.count == 64)
    let logs = ["--log", folder.path("log.csv"), "--tensorboard", folder.path("runs")]
    #expect(try hash(logs) == plain)
  }

  @Test func eventsAreWrittenIntoAFolder() throws {
    let folder = try TemporaryFolder()
    #expect(try train("--epochs", "1", "--tensorboard", folder.path("runs")).status == 0)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("runs"))
    #expect(files.count == 1 && files[0].hasPrefix("events.out.tfevents."))
    let events = try Data(contentsOf: URL(fileURLWithPath: folder.path("runs/" + files[0])))
    for tag in [
      "hyperparameters", "loss/training", "accuracy/validation", "learning_rate", "conv1/weight",
      "filters/conv1.weight", "images_per_second", "test/accuracy", "mistakes/01 ",
    ] {
      #expect(events.range(of: Data(tag.utf8)) != nil, "\(tag)")
    }
    // Every record's length leads to the next, and the last to the end.
    var place = 0
    while place + 12 <= events.count {
      let length = events[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      place += 12 + length + 4
    }
    #expect(place == events.count)
  }
}
