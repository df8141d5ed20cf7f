import Foundation
import Striate
import Testing

/// What PyTorch computes: the file that Tests/Fixtures/make_explain_fixtures.py wrote.
struct AttributionFixture: Decodable, CustomTestStringConvertible {
  struct Map: Decodable {
    let layer: String
    let values: [Double]
    let map: [Double]
  }

  struct Occlusion: Decodable {
    let window: Int
    let stride: Int
    let values: [Double]
  }

  let text: String
  let shape: [Int]
  let parameters: [[Int]]
  let salt: Int
  let mean: [Float]
  let deviation: [Float]
  let classIndex: Int
  let score: String
  let baseline: Float
  let value: Double
  let baselineValue: Double
  let saliency: [Double]
  let saliencyMap: [Double]
  let samples: Int
  let noise: Float
  let smoothGrad: [Double]
  let steps: Int
  let integratedGradients: [Double]
  let gradCAM: [Map]
  let occlusion: Occlusion

  var testDescription: String { "\(score) \(classIndex) of \(text)" }

  private struct Contents: Decodable {
    let version: String
    let cases: [AttributionFixture]
  }

  /// All cases; none where the file is missing, which a test tells.
  static let all: [AttributionFixture] = {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/attributions.json")
    let contents = (try? Data(contentsOf: url)).flatMap {
      try? JSONDecoder().decode(Contents.self, from: $0)
    }
    return contents?.cases ?? []
  }()

  /// The numbers that both sides compute instead of storing them.
  static func formula(_ shape: [Int], salt: Int, scale: Float = 1) -> Tensor {
    Tensor(
      shape: shape,
      scalars: (0..<shape.reduce(1, *)).map { k in
        Float(Double((k * 1237 + salt * 389) % 2003 - 1001) / 1001 * Double(scale))
      })
  }

  /// The image, with pixels from 0 to 1.
  var image: Tensor {
    let numbers = Self.formula(shape, salt: salt)
    return Tensor(shape: shape, scalars: numbers.scalars.map { ($0 + 1) / 2 })
  }

  var network: Network {
    get throws {
      var network = try Network(text: text, input: shape, seed: 1)
      for index in network.parameters.indices {
        #expect(network.parameters[index].tensor.shape == parameters[index])
        network.parameters[index].tensor = Self.formula(
          parameters[index], salt: 10 + index, scale: 0.6)
      }
      network.preprocessing.mean = mean
      network.preprocessing.standardDeviation = deviation
      return network
    }
  }
}

/// Expects two lists of one length without a NaN, whose elements differ by at most `relative` times the largest
/// expected element.
func expectClose(
  _ actual: [Float], _ expected: [Double], relative: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(what): expected \(expected.count) elements, found \(actual.count)",
      sourceLocation: sourceLocation)
    return
  }
  let largest = expected.reduce(0) { max($0, abs($1)) }
  let worst = actual.indices.first {
    !(abs(Double(actual[$0]) - expected[$0]) <= relative * largest)
  }
  if let worst {
    Issue.record(
      "\(what): element \(worst): expected \(expected[worst]) within \(relative) of \(largest), found \(actual[worst])",
      sourceLocation: sourceLocation)
  }
}
