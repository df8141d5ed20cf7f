import Striate
import StriateExplain

/// A network as the page's editor has it: the name of a model, or layers as text.
struct NetworkDescription {
  let text: String
  let input: [Int]
  let classes: Int

  private var named: NamedModel? {
    let name = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return NamedModel.all.first { $0.name == name.lowercased() }
  }

  /// What it is made of; its parameters are never made. Throws `InvalidNetwork`.
  func summary() throws -> NetworkSummary {
    let summary =
      try named?.summary(input: input, classes: classes)
      ?? NetworkSummary(input: input, layers: Network.blocks(text: text))
    let output = summary.rows.last?.output ?? []
    guard output == [classes] || (classes == 2 && output == [1]) else {
      throw Refusal(
        422,
        "network: expected an output of \(classes) classes, found \(output): end the network with "
          + "\"flatten, dense \(classes)\"")
    }
    return summary
  }

  /// The network with fresh parameters. Throws `InvalidNetwork`.
  func network(seed: UInt64) throws -> Network {
    let parameters = try summary().parameters
    guard parameters <= Self.mostParameters else {
      throw Refusal(
        422,
        "network: expected at most \(Self.mostParameters) parameters on this page, found "
          + "\(parameters): make a layer smaller")
    }
    return try named?.network(input: input, classes: classes, seed: seed)
      ?? Network(text: text, input: input, seed: seed)
  }

  /// Parameters, gradients and an optimizer's memory then take 2 GiB.
  private static let mostParameters = 1 << 27

  /// The layers one by one, or the error and the part of the text that it is about.
  func answer() -> JSON {
    let parts = named == nil ? Self.parts(of: text) : []
    do {
      let summary = try summary()
      return .object([
        ("parameters", .integer(summary.parameters)),
        ("multiply_adds", .integer(summary.multiplyAdds)),
        ("layers", .array(summary.rows.map(row))),
        ("parts", .array(parts.indices.map { part($0, of: parts) })),
      ])
    } catch {
      let failing = failingPart(parts)
      return .object([
        ("error", .string("\(error)")),
        ("part", .optional(failing) { .integer($0) }),
        ("parts", .array(parts.indices.map { part($0, of: parts) })),
        (
          "layers",
          .array(
            failing.flatMap { try? prefix($0, parts) }.map { $0.rows.map(row) } ?? [])
        ),
      ])
    }
  }

  private func row(_ row: NetworkSummary.Row) -> JSON {
    .object([
      ("name", .string(row.name)), ("layer", .string(row.layer)),
      ("output", .integers(row.output)), ("parameters", .integer(row.parameters)),
      ("multiply_adds", .integer(row.multiplyAdds)),
      ("receptive_field", .integers(row.receptiveField)),
    ])
  }

  /// Parts of which each is told what the network gives and has learned so far.
  private static let mostMeasured = 100

  private func part(_ index: Int, of parts: [Part]) -> JSON {
    let part = parts[index]
    let (before, after) =
      parts.count > Self.mostMeasured
      ? (nil, nil) : (try? prefix(index, parts), try? prefix(index + 1, parts))
    return .object([
      ("from", .integer(part.from)), ("to", .integer(part.to)), ("text", .string(part.text)),
      ("output", .optional(after?.rows.last?.output) { .integers($0) }),
      ("parameters", .optional(after) { .integer($0.parameters - (before?.parameters ?? 0)) }),
    ])
  }

  // MARK: Parts of the text

  /// A layer or block outside all parentheses, and where it stands, in UTF-16 units as browsers count.
  struct Part: Equatable {
    var from: Int, to: Int
    var text: String
  }

  static func parts(of text: String) -> [Part] {
    var parts: [Part] = []
    var (depth, position, start) = (0, 0, 0)
    var current = ""
    func end() {
      let trimmed = current.drop(while: \.isWhitespace)
      let leading = current.utf16.count - trimmed.utf16.count
      var word = String(trimmed)
      while word.last?.isWhitespace == true { word.removeLast() }
      if !word.isEmpty {
        parts.append(
          Part(from: start + leading, to: start + leading + word.utf16.count, text: word))
      }
      current = ""
    }
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      let separates = character == "," || character == ";" || character.isNewline
      if separates, depth <= 0 {
        end()
        start = position + String(character).utf16.count
      } else {
        current.append(character)
      }
      position += String(character).utf16.count
    }
    end()
    return parts
  }

  /// The layers of the first parts.
  private func prefix(_ count: Int, _ parts: [Part]) throws -> NetworkSummary {
    try NetworkSummary(
      input: input,
      layers: Network.blocks(text: parts.prefix(count).map(\.text).joined(separator: ", ")))
  }

  /// The first part that does not fit what is before it: if it fails, so does every longer text.
  private func failingPart(_ parts: [Part]) -> Int? {
    guard !parts.isEmpty else { return nil }
    func fails(_ count: Int) -> Bool { (try? prefix(count, parts)) == nil }
    guard fails(parts.count) else { return parts.count - 1 }
    var (fine, failing) = (0, parts.count)
    while failing - fine > 1 {
      let middle = (fine + failing) / 2
      if fails(middle) { failing = middle } else { fine = middle }
    }
    return failing - 1
  }
}
