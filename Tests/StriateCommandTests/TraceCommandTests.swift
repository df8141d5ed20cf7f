import Foundation
import Striate
import StriateExplain
import Testing

@Suite struct TraceCommandTests {
  /// By JSONDecoder, whose numbers are exact; those of JSONSerialization are not.
  private struct Number: Decodable {
    struct Term: Decodable { var number, factor, product: Double }
    var value: Double
    var terms: [Term]
  }

  private struct Value: Decodable { var value: Double }

  /// A picture of a seven, and what the command says about it.
  private func trace(_ words: String..., in folder: TemporaryFolder) throws -> CommandProcess.Result
  {
    let picture = folder.path("7.png")
    try Drawing.picture(7).writePNG(to: picture)
    return try CommandProcess(["trace", TrainedModel.path, picture, "--raw"] + words).result()
  }

  @Test func printedTermsAddUpToThePrintedSum() throws {
    let folder = try TemporaryFolder()
    let result = try trace("conv1[0, 3, 4]", "--all", in: folder)
    #expect(result.status == 0, "\(result.error)")
    let lines = result.output.split(separator: "\n").map(String.init)
    let head = try #require(lines.firstIndex { $0.hasPrefix("number at") })
    let terms = lines[(head + 1)...].prefix { !$0.hasPrefix("sum of") }.compactMap {
      $0.split(separator: " ").last.flatMap { Double($0) }
    }
    let sum = try #require(lines.first { $0.hasPrefix("sum of \(terms.count) terms") })
    #expect(terms.count > 5)
    #expect(terms.reduce(0, +) == Double(sum.split(separator: " ").last ?? ""))
  }

  @Test func whatTheProgramReadsIsWhatThePersonReads() throws {
    let folder = try TemporaryFolder()
    let result = try trace("fc1[3]", "conv1.weight[0, 0, 1, 1]", "loss", "--json", in: folder)
    #expect(result.status == 0, "\(result.error)")
    let objects = try result.objects
    #expect(objects.map { $0["name"] as? String } == ["fc1", "conv1.weight", "loss"])
    let line = try #require(result.output.split(separator: "\n").first)
    let number = try JSONDecoder().decode(Number.self, from: Data(line.utf8))
    #expect(number.terms.reduce(0) { $0 + $1.product } == number.value)
    for term in number.terms { #expect(term.product == term.number * term.factor) }
    let network = try Network(contentsOf: TrainedModel.path)
    let weight = try #require(network.parameters.first { $0.name == "conv1.weight" }).tensor
    let width = weight.shape[3]
    let text = try #require(result.output.split(separator: "\n").dropFirst().first)
    let value = try JSONDecoder().decode(Value.self, from: Data(text.utf8)).value
    #expect(value == Double(weight.scalars[width + 1]))
  }

  @Test func gradientsTellWhatAStepWouldDo() throws {
    let folder = try TemporaryFolder()
    let result = try trace(
      "conv1.bias[0]", "--gradient", "--label", "3", "--optimizer", "gd", "--lr", "0.5", "--json",
      in: folder)
    #expect(result.status == 0, "\(result.error)")
    let object = try #require(try result.objects.first)
    let slope = try #require(object["value"] as? Double)
    let step = try #require(object["step"] as? [String: Any])
    let network = try Network(contentsOf: TrainedModel.path)
    let bias = try #require(network.parameters.first { $0.name == "conv1.bias" }).tensor.scalars[0]
    #expect(slope != 0)
    #expect(abs(try #require(step["after"] as? Double) - (Double(bias) - 0.5 * slope)) < 1e-12)
  }

  @Test func aPageHoldsEverything() throws {
    let folder = try TemporaryFolder()
    let page = folder.path("trace.html")
    let result = try trace("conv1[0, 3, 4]", "--html", page, in: folder)
    #expect(result.status == 0, "\(result.error)")
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("conv1[0, 3, 4]"))
    #expect(html.contains("products"))
    #expect(!html.contains("http://") && !html.contains("https://"))
  }

  @Test func theGradientOfATrainedNetworkChecks() throws {
    let folder = try TemporaryFolder()
    let result = try trace("--gradcheck", "--samples", "5", "--json", in: folder)
    #expect(result.status == 0, "\(result.error)")
    let object = try #require(try result.objects.first)
    #expect(object["passes"] as? Bool == true)
    #expect((object["parameters"] as? [Any])?.count ?? 0 >= 4)
  }

  @Test func withoutACellTheLayersAreListed() throws {
    let folder = try TemporaryFolder()
    let result = try trace(in: folder)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("conv1"))
    #expect(result.output.contains("\"conv1["))
  }

  @Test(arguments: [
    (["conv1[0, x]"], 2, "whole numbers"), (["conv9[0]"], 1, "did you mean"),
    (["conv1[0, 99, 0]"], 1, "inside"), (["fc1[0]", "--label", "cat", "--gradient"], 2, "label"),
    (["fc1[0]", "--samples", "5"], 2, "--gradcheck"), (["--html", "t.html"], 2, "expected a cell"),
    (["fc1[0]", "--html", "t.txt"], 2, ".html"), (["fc1[0]", "--lr", "1"], 2, "--gradient"),
    (["fc1[0]", "--loss", "none", "--gradient"], 2, "loss"),
  ]) func mistakesAreTold(_ words: [String], _ status: Int32, _ says: String) throws {
    let folder = try TemporaryFolder()
    let picture = folder.path("7.png")
    try Drawing.picture(7).writePNG(to: picture)
    let result = try CommandProcess(["trace", TrainedModel.path, picture, "--raw"] + words).result()
    #expect(result.status == status, "\(result.error)")
    #expect(result.error.contains(says), "\(result.error)")
  }
}
