import Foundation
import Striate

/// A file that Tests/Fixtures/make_fixtures.py wrote.
enum Fixture {
  /// The contents of a fixture.
  static func load<Contents: Decodable>(
    _ name: String, as contents: Contents.Type = Contents.self
  ) throws -> Contents {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/\(name).json")
    return try JSONDecoder().decode(Contents.self, from: Data(contentsOf: url))
  }

  /// A list of cases and the program that computed them.
  struct Cases<Case: Decodable>: Decodable {
    let version: String
    let cases: [Case]
  }

  /// What the numbers of `formula` are used for.
  enum Salt {
    static let input = 1, weight = 2, bias = 3, above = 4, target = 5
  }

  /// The numbers that both sides compute instead of storing them: between −scale and scale; any 2003
  /// neighbours differ from each other by at least scale/1001.
  static func formula(_ shape: [Int], salt: Int, scale: Double = 1) -> ReferenceTensor {
    ReferenceTensor(
      shape: shape,
      values: (0..<shape.reduce(1, *)).map { k in
        Double((k * 1237 + salt * 389) % 2003 - 1001) / 1001 * scale
      })
  }
}
