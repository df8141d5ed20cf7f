import Foundation
import Striate
import StriateData
import Testing

@Suite struct TrainTests {
  @Test func jsonEndsWithALineThatHoldsEverything() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.safetensors")
    let result = try striate(
      "train", "digits", "--model", "nielsen", "--epochs", "2", "--count", "500", "--seed", "7",
      "--val-split", "0.2", "--json", "--out", out)
    #expect(result.status == 0)
    let objects = try result.objects
    #expect(objects.count == 3)
    #expect(objects.dropLast().map { $0["epoch"] as? Int } == [1, 2])
    #expect(objects[0]["validation_accuracy"] is Double)
    let last = objects[2]
    #expect(last["epochs"] as? Int == 2)
    #expect(last["seed"] as? Int == 7)
    #expect(last["threads"] as? Int == Engine.defaultThreads)
    #expect(last["test_images"] as? Int == 2000)
    #expect(last["train_images"] as? Int == 400)
    #expect(last["batch"] as? Int == 32)
    #expect(last["learning_rate"] as? Double == 0.003)
    #expect(last["isa"] as? String == Engine.instructionSet)
    #expect(last["out"] as? String == out)
    let network = try Network(contentsOf: out)
    #expect(last["parameters_sha256"] as? String == network.parametersSHA256)
    let test = try Digits.builtIn(count: 2000, seed: 2)
    #expect(last["test_accuracy"] as? Double == (try network.evaluate(on: test).accuracy))
    for key in ["train_seconds", "images_per_second", "train_loss", "test_loss"] {
      #expect(try #require(last[key] as? Double) > 0)
    }
  }

  @Test(arguments: [
    ["--optimizer", "muon", "--schedule", "warmup 1 cosine", "--lr", "0.02"],
    ["--optimizer", "lamb", "--loss", "cross-entropy smoothing 0.1", "--schedule", "onecycle"],
    ["--loss", "focal 2", "--schedule", "plateau 0.5 1", "--val-split", "0.2"],
  ])
  func lossesSchedulesAndOptimizersAreWrittenAsText(_ options: [String]) throws {
    let words = [
      "train", "digits", "--model", "perceptron", "--epochs", "2", "--count", "200", "--json",
    ]
    let result = try CommandProcess(words + options).result()
    #expect(result.status == 0)
    let last = try #require(result.objects.last)
    if let index = options.firstIndex(of: "--loss") {
      #expect(last["loss"] as? String == (try Loss(named: options[index + 1]).name))
    }
    if let index = options.firstIndex(of: "--optimizer") {
      #expect(last["optimizer"] as? String == options[index + 1])
    }
  }

  @Test func aLimitDrawsNoMoreDigitsThanItNeeds() throws {
    let words = [
      "train", "digits", "--model", "perceptron", "--epochs", "1", "--json", "--quiet", "--seed",
      "18446744073709551615",
    ]
    for classes in [[], ["--classes", "3,8,9"]] {
      let few = try CommandProcess(words + classes + ["--count", "1000", "--limit", "100"]).result()
      let many = try CommandProcess(
        words + classes + ["--count", "1000000", "--limit", "100"]
      ).result()
      let (a, b) = (try #require(try few.objects.last), try #require(try many.objects.last))
      #expect(a["parameters_sha256"] as? String == b["parameters_sha256"] as? String)
      #expect(b["train_images"] as? Int == 100)
      #expect(few.output.contains("\"seed\":18446744073709551615"))
    }
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    let hashes = try [1, 3, 3].map { threads in
      try #require(
        striate(
          "train", "digits", "--model", "numpy-cnn", "--epochs", "1", "--count", "300",
          "--threads", "\(threads)", "--json", "--quiet"
        ).objects.last?["parameters_sha256"] as? String)
    }
    #expect(Set(hashes).count == 1)
  }

  @Test func progressGoesToStandardErrorOneLineAnEpoch() throws {
    let result = try striate(
      "train", "digits", "--model", "perceptron", "--epochs", "2", "--count", "200")
    let lines = result.error.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("training perceptron (7,850 parameters) on 200 images of digits"))
    #expect(lines[1].hasPrefix("epoch 1/2  loss "))
    #expect(lines[2].hasPrefix("epoch 2/2  loss "))
    #expect(lines[3] == "nothing saved: add --out FILE to keep the model")
    #expect(!result.error.contains("\r"))
    #expect(result.output.hasPrefix("accuracy "))
    #expect(result.output.contains("class          precision   recall       F1  ROC-AUC  images"))
  }

  @Test func quietPrintsTheResultAlone() throws {
    let result = try striate(
      "train", "digits", "--model", "perceptron", "--epochs", "1", "--count", "100", "--quiet")
    #expect(result.error.isEmpty)
    #expect(result.output.split(separator: "\n").count == 1)
  }

  @Test func controlCSavesWhatWasLearnedAndExitsWith130() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.safetensors")
    let process = try CommandProcess([
      "train", "digits", "--model", "mlp", "--epochs", "1000000", "--count", "500", "--json",
      "--out", out,
    ])
    process.wait { process.output.contains("\"epoch\":2") }
    process.send(SIGINT)
    let result = process.result()
    #expect(result.status == 130)
    #expect(!result.wasKilled)
    #expect(result.error.contains("interrupted: what was learned so far is in \(out)"))
    #expect(try result.objects.last?["interrupted"] as? Bool == true)
    let fresh = try NamedModel(named: "mlp").network(seed: 0)
    #expect(try Network(contentsOf: out).parametersSHA256 != fresh.parametersSHA256)
  }

  @Test func chosenClassesAreRememberedByTheModel() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.safetensors")
    let trained = try striate(
      "train", "digits", "--model", "sigmoid-cnn", "--classes", "3,8", "--epochs", "1", "--count",
      "1000", "--json", "--out", out)
    let evaluated = try striate("evaluate", out, "digits", "--json")
    let (last, found) = (try #require(try trained.objects.last), try evaluated.objects[0])
    #expect(last["test_images"] as? Int == 400)
    #expect(last["classes"] as? [String] == ["3", "8"])
    #expect(found["classes"] as? [String] == ["3", "8"])
    #expect(found["confusion"] as? [[Int]] == last["confusion"] as? [[Int]])
    let clothes = try striate("evaluate", out, "fashion-mnist")
    #expect(clothes.status == 1)
    #expect(clothes.error.contains("found the class \"3\""))
  }

  @Test func patienceStopsEarly() throws {
    let result = try striate(
      "train", "digits", "--model", "numpy-cnn", "--epochs", "50", "--count", "100", "--lr", "0.05",
      "--val-split", "0.3", "--patience", "1", "--json")
    #expect(result.status == 0)
    #expect(try #require(try result.objects.last?["epochs"] as? Int) < 50)
    #expect(result.error.contains("stopped early: no better validation loss in 1 epoch"))
  }

  @Test func aFileBeyondTheSizeLimitIsAnErrorThatLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let line = """
      ulimit -f 8; exec "\(CommandProcess.path)" train digits --model perceptron --epochs 1 \
      --count 50 --quiet --out "\(folder.path("m.safetensors"))"
      """
    let result = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(result.status == 1)
    #expect(!result.wasKilled)
    #expect(result.error.contains("cannot write \(folder.path("m.safetensors"))"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")).isEmpty)
  }

  @Test func closedStreamsLeaveTheModelWhole() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.safetensors")
    let line = """
      exec "\(CommandProcess.path)" train digits --model perceptron --epochs 1 --count 50 \
      --out "\(out)" <&- >&- 2>&-
      """
    let result = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(result.status == 1)
    #expect(try Network(contentsOf: out).parameterCount == 7850)
  }
}
