import Foundation
import Striate
import StriateData
import StriateExplain
import Testing

/// Evaluations to report on.
enum Sample {
  /// An evaluation of random probabilities, most of them right.
  static func evaluation(
    classNames: [String], images: Int = 400, seed: UInt64 = 1, mistakes: Double = 0.2
  ) -> Evaluation {
    var generator = SeededGenerator(seed: seed)
    let classes = classNames.count
    var scalars: [Float] = []
    var labels: [Int] = []
    for image in 0..<images {
      let label = image % classes
      var scores = (0..<classes).map { _ in Float(generator.integer(below: 100)) / 100 + 0.01 }
      let isWrong = Double(generator.integer(below: 1000)) < mistakes * 1000
      scores[isWrong ? (label + 1) % classes : label] += Float(classes)
      let sum = scores.reduce(0, +)
      labels.append(label)
      scalars += scores.map { $0 / sum }
    }
    return Evaluation(
      probabilities: Tensor(shape: [images, classes], scalars: scalars), labels: labels,
      classNames: classNames)
  }

  /// The names of CIFAR-10.
  static let animalsAndVehicles = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// Names as long as folders may have.
  static func longNames(_ count: Int) -> [String] {
    (0..<count).map { "a rather long name of a class, number \($0), which goes on and on and on" }
  }

  static let history = TrainingHistory(epochs: (1...8).map(epoch))

  private static func epoch(_ number: Int) -> TrainingHistory.Epoch {
    let n = Double(number)
    return TrainingHistory.Epoch(
      number: number, loss: 2 / n, accuracy: 1 - 1 / (n + 1), validationLoss: 2.2 / n,
      validationAccuracy: 0.9 - 1 / (n + 2), learningRate: 0.001 / n, seconds: 3, images: 1000)
  }
}

/// What a browser would make of a page, as far as tests need it.
struct Page {
  let html: String
  /// Tags in order: "table", "/table".
  let tags: [(name: String, attributes: String)]

  init(_ html: String) {
    self.html = html
    // The style sheet holds no tags.
    tags = html.matches(of: /<(\/?[a-zA-Z!][a-zA-Z0-9]*)((?:\s+[^<>]*)?)\/?>/).map {
      (name: String($0.output.1).lowercased(), attributes: String($0.output.2))
    }
  }

  private static let void: Set = ["meta", "img", "br", "!doctype"]
  /// Shapes of a drawing that end themselves where they hold nothing.
  private static let shapes: Set = ["path", "rect", "circle"]

  /// Expects every element to be closed where it should be.
  func expectBalanced(_ location: SourceLocation = #_sourceLocation) {
    var open: [String] = []
    var rest = html[...]
    while let match = rest.firstMatch(of: /<(\/?)([a-zA-Z!][a-zA-Z0-9]*)([^<>]*)>/) {
      rest = rest[match.range.upperBound...]
      let name = String(match.output.2).lowercased()
      if match.output.1 == "/" {
        guard open.popLast() == name else {
          Issue.record("</\(name)> closes another element", sourceLocation: location)
          return
        }
      } else if !Self.void.contains(name), !match.output.3.hasSuffix("/") {
        open.append(name)
      }
    }
    #expect(open == [], sourceLocation: location)
  }

  /// The values of an attribute.
  func values(of attribute: String) -> [String] {
    tags.flatMap { tag in
      tag.attributes.split(separator: "\" ").compactMap { part -> String? in
        let pair = part.split(separator: "=\"", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2, pair[0].trimmingCharacters(in: .whitespaces) == attribute else {
          return nil
        }
        return String(pair[1].replacing("\"", with: ""))
      }
    }
  }

  func count(_ tag: String) -> Int { tags.count { $0.name == tag } }
}
