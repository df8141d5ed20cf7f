import Foundation
import Striate
import Testing

@Suite struct SummaryAndInfoTests {
  @Test func namesFilesAndTextsAreSummarised() throws {
    let named = try striate("summary", "lenet")
    #expect(named.status == 0)
    #expect(named.output.contains("431,080"))
    let file = try striate("summary", TrainedModel.path, "--batch", "32")
    #expect(file.output.contains("outputs of all layers for 32 images"))
    let text = try striate(
      "summary", "--network", "conv 8 3x3, relu, flatten, dense 4", "--input", "3x8x8", "--json")
    let object = try #require(try text.objects.first)
    #expect(object["inputs"] as? [[Int]] == [[3, 8, 8]])
    #expect(object["parameters"] as? Int == 8 * 3 * 9 + 8 + 8 * 36 * 4 + 4)
  }

  @Test func aModelFileIsTimed() throws {
    let path = TrainedModel.path
    let result = try striate(
      "bench", path, "--mode", "infer", "--batch", "3", "--steps", "2", "--json")
    let object = try #require(try result.objects.first)
    #expect(object["model"] as? String == path && object["batch"] as? Int == 3)
    let both = try striate("bench", path, "--model", "lenet")
    #expect(both.status == 2 && both.error.contains("option --model"))
    #expect(try striate("bench", path + ".none").status == 1)
  }

  @Test func inputsOfAnyNumberOfAxesAreSummarised() throws {
    for (text, input, shape) in [
      ("dense 3", "28", [28]), ("conv1d 8 5, relu, flatten, dense 3", "1x28", [1, 28]),
      ("conv3d 2 3, flatten, dense 3", "1x8x9x10", [1, 8, 9, 10]),
    ] {
      let result = try striate("summary", "--network", text, "--input", input, "--json")
      #expect(try result.objects.first?["inputs"] as? [[Int]] == [shape])
    }
    let five = try striate("summary", "--network", "dense 3", "--input", "1x1x1x1x1")
    #expect(five.status == 2)
  }

  @Test func aSummaryMakesNoParameters() throws {
    let line = "ulimit -v 1000000; exec '\(CommandProcess.path)' summary lenet --classes 1000000"
    let result = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(result.status == 0)
    #expect(result.output.contains("501,426,070"))
  }

  @Test func aReaderThatStopsEarlyEndsTheProgramQuietly() throws {
    let line = "(\"\(CommandProcess.path)\" summary lenet; echo $? >&2) | true"
    let result = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(["0", "141"].contains(result.error.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  @Test func outputThatCannotBeWrittenIsAFailure() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let line = "\"\(CommandProcess.path)\" summary lenet > /dev/full"
    let result = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(result.status == 1)
    #expect(result.error.contains("standard output cannot be written"))
  }

  @Test func infoTellsWhatItRunsOn() throws {
    let object = try #require(try striate("info", "--json").objects.first)
    #expect(object["isa"] as? String == Engine.instructionSet)
    #expect(object["runnable_isa"] as? [String] == Engine.runnableInstructionSets)
    #expect(object["threads"] as? Int == Engine.defaultThreads)
    #expect(object["data_folder"] is NSNull)
    #expect(object["cache_folder"] as? String == "/dev/null/none/striate")
    let text = try striate("info", environment: ["STRIATE_ISA": "portable"])
    #expect(text.output.contains("instruction set  portable"))
    let unknown = try striate("info", environment: ["STRIATE_ISA": "avx9"])
    #expect(unknown.status == 2)
    #expect(unknown.error.hasPrefix("striate info: STRIATE_ISA: expected one of "))
    #expect(unknown.error.hasSuffix("found \"avx9\"\n"))
  }
}
