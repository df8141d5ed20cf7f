import Foundation
import Striate
import StriateData
import StriateExplain
import Testing

@Suite struct WhyTests {
  private let path = NSTemporaryDirectory() + "/striate-why-\(UUID()).safetensors"

  private func served(_ network: Network) throws -> ServedProcess {
    try network.save(to: path)
    return try ServedProcess(models: [path])
  }

  @Test func mapsAreThoseOfTheLibrary() throws {
    let network = try Network(
      text: "conv 4 3x3 padding 1, relu, maxpool 2, flatten, dense 6, softmax", input: [3, 9, 8],
      seed: 5)
    let served = try served(network)
    defer { unlink(path) }
    let pixels = (0..<3 * 9 * 8).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let answer = try served.ask("POST", "/api/why?as=pixels&label=4", body: pixels)
    try #require(answer.status == 200, "\(answer.text)")
    let frame = try answer.frame()
    #expect(frame.header["explained"] as? Int == 4)
    let maps = try #require(frame.header["maps"] as? [[String: Any]])
    #expect(
      maps.map { $0["method"] as? String } == Attribution.Method.allCases.map { $0.rawValue })
    var setting = ExplanationSetting()
    (setting.samples, setting.steps) = (32, 48)
    let image = Tensor(shape: [3, 9, 8], scalars: pixels.map { Float($0) / 255 })
    let expected = try Explainer(network).attributions(of: image, class: 4, setting)
    for (map, attribution) in zip(maps, expected) {
      #expect(map["shape"] as? [Int] == [1, 9, 8])
      let offset = try #require(map["offset"] as? Int)
      #expect(Array(frame.floats[offset..<offset + 72]) == attribution.map.scalars)
    }
  }

  static let refusals: [(query: String, message: String)] = [
    ("label=6", "label: expected a class from 0 to 5"),
    ("methods=saliency,magic", "methods: expected some of saliency, smoothgrad"),
    ("layer=conv9", "layer \\\"conv9\\\": expected one of conv1"),
    ("methods=grad-cam&layer=fc1", "expected maps [K, h, w]"),
  ]

  @Test func whatCannotBeExplainedIsRefused() throws {
    let network = try Network(
      text: "conv 4 3x3, relu, flatten, dense 6", input: [1, 8, 8], seed: 5)
    let served = try served(network)
    defer { unlink(path) }
    let pixels = [UInt8](repeating: 9, count: 64)
    for (query, message) in Self.refusals {
      let answer = try served.ask("POST", "/api/why?as=pixels&\(query)", body: pixels)
      #expect(answer.status == 422 && answer.text.contains(message), "\(answer.text)")
    }
    let chosen = try served.ask(
      "POST", "/api/why?as=pixels&methods=occlusion", body: pixels
    ).frame()
    #expect((chosen.header["maps"] as? [Any])?.count == 1)
  }
}
