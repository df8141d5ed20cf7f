/// A network text with its parentheses: reads layers and the blocks made of them.
///
///     chain  = part { ("," | ";" | line end) part }
///     part   = layer | name words "(" chain { "|" chain } ")" words
struct BlockText {
  private let characters: [Character]
  private var position = 0
  private var layers = 0
  /// The layers of the network that the text makes, those that join branches too.
  private var size = 0
  private var depth = 0

  /// How deep parentheses may be nested.
  private static let depthLimit = 32

  init(_ text: String) { characters = Array(text) }

  /// All blocks of the text.
  mutating func blocks() throws -> [any Block] {
    let blocks = try chain()
    guard position == characters.count else {
      throw failure(
        expected: "layers separated by commas", found: "\"\(characters[position])\"",
        advice: characters[position] == "|"
          ? "use | between the branches of residual( | ) or concat( | )" : "remove it")
    }
    guard !blocks.isEmpty else {
      throw InvalidNetwork(
        description: "network text: expected layers such as \"flatten, dense 10\", found none")
    }
    return blocks
  }

  /// Blocks up to a bar, a closing parenthesis or the end.
  private mutating func chain() throws -> [any Block] {
    var blocks: [any Block] = []
    while true {
      let words = readWords()
      if position < characters.count, characters[position] == "(" {
        blocks += try block(words)
      } else if !words.isEmpty {
        blocks += try Network.blocks(part: words, place: place(words))
        layers += 1
        size += 1
      }
      guard position < characters.count, !"|)".contains(characters[position]) else {
        return blocks
      }
      position += 1
    }
  }

  /// The words before the next separator. A comma between two digits belongs to a list of numbers.
  private mutating func readWords() -> String {
    let start = position
    while position < characters.count {
      let character = characters[position]
      let isBetweenDigits =
        position > start && position + 1 < characters.count
        && characters[position - 1].isNumber && characters[position + 1].isNumber
      if "();|".contains(character) || character.isNewline
        || (character == "," && !isBetweenDigits)
      {
        break
      }
      position += 1
    }
    return String(characters[start..<position]).trimmed
  }

  /// A block: its words, the branches in parentheses, and the words after them.
  private mutating func block(_ head: String) throws -> [any Block] {
    var words = LayerWords(head, place: place(head + "("))
    let name = words.next() ?? ""
    guard let kind = BlockKind(rawValue: BlockKind.otherNames[name] ?? name) else {
      throw words.unknown("block", name, known: BlockKind.allCases.map(\.rawValue))
    }
    depth += 1
    defer { depth -= 1 }
    guard depth <= BlockText.depthLimit else {
      throw failure(
        expected: "at most \(BlockText.depthLimit) parentheses inside one another", found: "more",
        advice: "build the network in code")
    }
    position += 1
    let (before, sizeBefore) = (layers, size)
    var branches = [try chain()]
    while position < characters.count, characters[position] == "|" {
      position += 1
      branches.append(try chain())
    }
    guard position < characters.count else {
      throw words.failure(
        expected: "\")\" at the end of \(name)(", found: "the end of the text", advice: "add it")
    }
    position += 1
    var tail = LayerWords(readWords(), place: place(head + "(…)"))
    let blocks = try kind.blocks(of: branches, words: &words, tail: &tail)
    try words.end()
    try tail.end()
    if kind == .repeated {
      layers += (layers - before) * (blocks.count - 1)
      size += (size - sizeBefore) * (blocks.count - 1)
    } else {
      size += 1
    }
    guard size <= Network.layerLimit else {
      throw failure(
        expected: "at most \(Network.layerLimit) layers", found: "more", advice: "repeat less")
    }
    return blocks
  }

  private func place(_ words: String) -> String {
    "network text, layer \(layers + 1) \"\(words.prefix(40))\""
  }

  private func failure(expected: String, found: String, advice: String) -> InvalidNetwork {
    InvalidNetwork(
      description: "network text, after layer \(layers): expected \(expected), found \(found): "
        + advice)
  }
}

/// The blocks that a text can make of layers.
private enum BlockKind: String, CaseIterable {
  case residual
  case concatenation = "concat"
  case sum
  case product
  case gate
  case repeated = "repeat"

  /// Branches in parentheses without a name are concatenated.
  static let otherNames = [
    "": "concat", "parallel": "concat", "concatenate": "concat", "skip": "residual",
  ]

  func blocks(
    of branches: [[any Block]], words: inout LayerWords, tail: inout LayerWords
  ) throws -> [any Block] {
    func require(_ range: ClosedRange<Int>, _ what: String) throws {
      guard range.contains(branches.count) else {
        throw words.failure(
          expected: what, found: "\(branches.count)", advice: "separate branches with |")
      }
    }
    switch self {
    case .residual:
      try require(1...2, "a branch and perhaps a shortcut")
      let survival =
        try tail.options(["survival"])["survival"].map { try tail.number($0, "the survival rate") }
        ?? 1
      guard survival > 0, survival <= 1 else {
        throw words.failure(
          expected: "a survival rate above 0 and at most 1", found: "\(survival.short)",
          advice: "choose a share of images")
      }
      return [
        Residual(
          Sequential(branches[0]),
          shortcut: branches.count == 2 ? Sequential(branches[1]) : nil, survival: survival)
      ]
    case .concatenation, .sum, .product:
      try require(2...256, "2 to 256 branches")
      let joint: Parallel.Joint =
        self == .sum ? .add : self == .product ? .multiply : .concatenate
      return [Parallel(joint, branches: branches.map { Sequential($0) })]
    case .gate:
      try require(1...1, "one branch")
      return [Gate(Sequential(branches[0]))]
    case .repeated:
      try require(1...1, "one branch")
      guard !branches[0].isEmpty else {
        throw words.failure(
          expected: "layers to repeat", found: "none", advice: "write them into the parentheses")
      }
      let count = try words.integer("how many times")
      guard count >= 1, count <= 1000 else {
        throw words.failure(
          expected: "1 to 1000 times", found: "\(count)", advice: "choose a number in that range")
      }
      return Array(repeating: Sequential(branches[0]), count: count)
    }
  }
}
