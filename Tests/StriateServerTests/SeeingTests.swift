import Foundation
import Striate
import StriateData
import Testing

@Suite struct SeeingTests {
  /// A model file of a network with fresh parameters.
  private func file(_ network: Network, in folder: URL) throws -> String {
    let path = folder.appending(path: "\(UUID()).safetensors").path
    try network.save(to: path)
    return path
  }

  private func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "striate-see-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// What the page is told of a number, by JSONDecoder: its numbers are exact.
  private struct Number: Decodable {
    struct Part: Decodable { var value: Double }
    struct Term: Decodable { var product: Double }
    var value, sum: Double
    var count: Int
    var closing: Part?
    var terms: [Term]
  }

  static let networks: [(text: String, input: [Int])] = [
    ("conv 3 5x5, relu, maxpool 2, flatten, dense 12, relu, dense 10", [1, 28, 28]),
    (
      "conv 8 3x3 padding 1, batchnorm, relu, residual(conv 8 3x3 padding 1, batchnorm, relu), "
        + "globalavgpool, flatten, dense 10", [3, 32, 32]
    ),
    (
      "concat(conv 4 1x1 | conv 4 3x3 padding 1), relu, avgpool 2, dropout 0.5, flatten, dense 4, "
        + "softmax", [3, 8, 8]
    ),
  ]

  @Test(arguments: 0..<3) func everyMapIsWhatTheReferenceComputes(index: Int) throws {
    let (text, input) = Self.networks[index]
    let network = try Network(text: text, input: input, seed: 5)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let served = try ServedProcess(models: [file(network, in: folder)])
    let count = input.reduce(1, *)
    let pixels = (0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 + 11 * $0) }
    let answer = try served.ask("POST", "/api/see?as=pixels", body: pixels)
    try #require(answer.status == 200, "\(answer.text)")
    let frame = try answer.frame()
    #expect(frame.bytes == pixels)
    let image = Tensor(shape: [1] + input, scalars: pixels.map { Float($0) / 255 })
    let values = network.referenceForward([ReferenceTensor(image)])
    let layers = try #require(frame.header["layers"] as? [[String: Any]])
    #expect(layers.count == network.nodes.count + 1)
    for (layer, (node, value)) in zip(layers.dropFirst(), zip(network.nodes, values)) {
      #expect(layer["name"] as? String == node.name)
      #expect(layer["shape"] as? [Int] == node.shape)
      let offset = try #require(layer["offset"] as? Int)
      let found = frame.floats[offset..<offset + value.values.count]
      let scale = max(1e-3, value.values.map(abs).max() ?? 0)
      for (a, b) in zip(found, value.values) {
        #expect(abs(Double(a) - b) <= 1e-4 * scale, "\(node.name)")
      }
    }
    let probabilities = try #require(frame.header["probabilities"] as? [Double])
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-4)
  }

  @Test(arguments: 0..<2) func gradientsOfMapsAddUpToThoseOfBiases(index: Int) throws {
    let (text, input) = Self.networks[index]
    let network = try Network(text: text, input: input, seed: 5)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let served = try ServedProcess(models: [file(network, in: folder)])
    let pixels = (0..<input.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 3) }
    let frame = try served.ask(
      "POST", "/api/see?as=pixels&gradient=1&label=2", body: pixels
    ).frame()
    let image = Tensor(shape: [1] + input, scalars: pixels.map { Float($0) / 255 })
    let target = Tensor(shape: [1, 10], scalars: (0..<10).map { $0 == 2 ? 1 : 0 })
    let expected = try network.gradients(
      [image], targets: target, loss: .softmaxCrossEntropy)
    #expect(abs(try #require(frame.header["loss"] as? Double) - expected.loss) < 1e-4)
    let layers = try #require(frame.header["layers"] as? [[String: Any]])
    func values(_ layer: [String: Any]) throws -> [Float] {
      let offset = try #require(layer["offset"] as? Int)
      let size = try #require(layer["shape"] as? [Int]).reduce(1, *)
      return Array(frame.floats[offset..<offset + size])
    }
    for (a, b) in zip(try values(layers[0]), expected.inputs[0].scalars) {
      #expect(abs(a - b) < 1e-5)
    }
    var compared = 0
    for (layer, node) in zip(layers.dropFirst(), network.nodes) {
      for parameter in node.parameters where network.parameters[parameter].name.hasSuffix(".bias") {
        guard !(node.layer is BatchNorm) else { continue }
        let bias = expected.parameters[parameter].scalars
        let gradient = try values(layer)
        let area = gradient.count / bias.count
        for (map, b) in bias.enumerated() {
          let sum = gradient[map * area..<(map + 1) * area].reduce(0, +)
          #expect(abs(sum - b) < 1e-4 * max(1, abs(b)), "\(node.name)[\(map)]")
          compared += 1
        }
      }
    }
    #expect(compared >= 10)
  }

  /// The numbers of a network whose every layer is taken apart: places spread over each.
  @Test(arguments: 0..<3) func termsAddUpToTheNumberAndToItsGradient(index: Int) throws {
    let (text, input) = Self.networks[index]
    let network = try Network(text: text, input: input, seed: 5)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let served = try ServedProcess(models: [file(network, in: folder)])
    let pixels = (0..<input.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 3) }
    var compared = 0
    for node in network.nodes {
      let place = node.shape.map { $0 * 2 / 3 }.map(String.init).joined(separator: ",")
      let path = "/api/trace?as=pixels&cell=\(node.name)%5B\(place)%5D"
      let answer = try served.ask("POST", path, body: pixels)
      let forward = try answer.object()
      func number(_ object: [String: Any], _ name: String) throws -> Double {
        try #require(object[name] as? Double, "\(node.name) \(name): \(object)")
      }
      let (value, engine) = (try number(forward, "value"), try number(forward, "engine"))
      #expect(abs(value - engine) <= 1e-4 * max(1, abs(value)), "\(node.name)")
      let exactly = try JSONDecoder().decode(Number.self, from: Data(answer.text.utf8))
      let sum = exactly.terms.reduce(0) { $0 + $1.product }
      #expect(exactly.terms.count == exactly.count)
      #expect(sum == exactly.sum, "\(node.name)")
      #expect((exactly.closing?.value ?? sum) == exactly.value, "\(node.name)")
      guard index != 2 else { continue }
      let back = try served.ask("POST", path + "&gradient=1&label=2", body: pixels).object()
      guard let parts = back["terms"] as? [Any], !parts.isEmpty else { continue }
      let (exact, float) = (try number(back, "value"), try number(back, "engine"))
      #expect(abs(exact - float) <= 1e-4 * max(0.01, abs(exact)), "∂/∂\(node.name)")
      compared += 1
    }
    #expect(index == 2 || compared >= 5)
    let wrong = try served.ask("POST", "/api/trace?as=pixels&cell=conv1%5B0,99,0%5D", body: pixels)
    #expect(wrong.status == 422)
    #expect(
      try served.ask("POST", "/api/trace?as=pixels&cell=nothing%5B0%5D", body: pixels).status == 422
    )
  }

  @Test func aPictureIsReadAndFittedAndOneThatIsDamagedIsTold() throws {
    let network = try Network(
      text: "conv 4 3x3, relu, globalavgpool, flatten, dense 3", input: [3, 16, 16], seed: 1)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let served = try ServedProcess(models: [file(network, in: folder)])
    let bytes = (0..<40 * 30 * 3).map { UInt8(truncatingIfNeeded: $0) }
    let picture = Picture(width: 40, height: 30, channels: 3, bytes: bytes)
    let png = try picture.png()
    let frame = try served.ask("POST", "/api/see?as=picture&name=a.png", body: png).frame()
    #expect(frame.bytes == picture.fitted(to: PictureSize(height: 16, width: 16), channels: 3))
    let answer = try served.ask(
      "POST", "/api/see?as=picture&name=a.png", body: Array(png.prefix(png.count / 2)))
    #expect(answer.status == 422)
    #expect(answer.text.contains("a.png"))
  }
}
