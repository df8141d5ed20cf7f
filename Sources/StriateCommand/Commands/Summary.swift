import Foundation
import Striate

extension Command {
  static let summary = Command(
    name: "summary",
    summary: "List a network's layers: shapes, parameters, work and memory.",
    usage: ["NAME | MODEL-FILE | --network TEXT [options]"],
    details: """
      NAME is one of
      \(Recipe.lines(NamedModel.all.map(\.name))).
      For each layer: the shape of its output, the numbers it learns, the multiply-adds for one image,
      and the part of the input that one output sees (its receptive field).
      """,
    options: [
      Option("network", "TEXT", "a network as text: \"conv 8 5x5, relu, flatten, dense 10\""),
      Option(
        "input", "CxHxW",
        "shape of one image: channels, rows, columns (1x28x28);\n"
          + "for --network any 1 to 4 sizes, such as 1x28 for conv1d"),
      Option("classes", "N", "number of outputs, for NAME (10)"),
      Option("batch", "N", "images for which memory is counted (1)"),
      .json,
    ],
    examples: [
      "striate summary lenet",
      "striate summary digits.safetensors --batch 32",
      "striate summary --network \"conv 8 3x3 padding 1, relu, flatten, dense 10\" --input 3x32x32",
    ],
    operands: ("NAME, MODEL-FILE or --network TEXT", 0...1),
    run: { arguments in
      let batch = try arguments.integer("batch", in: 1...1_000_000) ?? 1
      let summary = try summary(arguments, batchSize: batch)
      Console.output(arguments.has("json") ? try json(summary) : "\(summary)")
      return .success
    })

  private static func summary(
    _ arguments: Arguments, batchSize: Int
  ) throws -> NetworkSummary {
    let input = try arguments.text("input").map { try shape($0, arguments) }
    let classes = try arguments.integer("classes", in: 1...1_000_000)
    switch (arguments.operands.first, try arguments.text("network")) {
    case (nil, nil):
      throw Usage.Mistake("expected NAME, MODEL-FILE or --network TEXT, found nothing")
    case (let name?, _?):
      throw Usage.Mistake("expected one network, found \"\(name.prefix(40))\" and --network")
    case (nil, let text?):
      guard classes == nil else {
        throw Usage.Mistake("option --classes is for NAME: write dense N into --network instead")
      }
      return try NetworkSummary(
        input: input ?? [1, 28, 28], batchSize: batchSize, layers: Network.blocks(text: text))
    case (let name?, nil):
      if let model = NamedModel.all.first(where: { $0.name == name.lowercased() }) {
        guard input?.count ?? 3 == 3 else {
          throw arguments.mistake(
            "input", "positive sizes such as 1x28x28", try arguments.text("input") ?? "")
        }
        return try model.summary(input: input, classes: classes ?? 10, batchSize: batchSize)
      }
      let isFile = FileManager.default.fileExists(atPath: name)
      guard isFile || name.contains("/" as Character) || name.contains("." as Character) else {
        let names = NamedModel.all.map(\.name)
        throw Usage.Mistake(
          "neither a model nor a file: \"\(name.prefix(80))\""
            + Usage.suggestion(for: name, in: names)
            + "; known models: \(names.joined(separator: ", "))")
      }
      guard input == nil, classes == nil else {
        throw Usage.Mistake("--input and --classes are for NAME: a model file has its own")
      }
      return try ModelFile.network(contentsOf: name).summary(batchSize: batchSize)
    }
  }

  /// "1x28x28" as [1, 28, 28]; 1 to 4 sizes.
  static func shape(_ text: String, _ arguments: Arguments) throws -> [Int] {
    let words = text.split(separator: "x", omittingEmptySubsequences: false)
    let sizes = words.compactMap { Int($0) }.filter { $0 > 0 }
    guard sizes.count == words.count, (1...4).contains(sizes.count) else {
      throw arguments.mistake("input", "positive sizes such as 1x28x28", text)
    }
    return sizes
  }

  private static func json(_ summary: NetworkSummary) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(summary), as: UTF8.self)
  }
}
