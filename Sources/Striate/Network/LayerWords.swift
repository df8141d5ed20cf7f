/// The words of one layer's text, read from left to right; errors say where they stand.
package struct LayerWords {
  /// The longest text that is read, in bytes.
  static let limit = 1 << 16

  private let place: String
  private var words: ArraySlice<String>

  /// The words of `text`, in lower case.
  init(_ text: String, place: String) {
    self.place = place
    words = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)[...]
  }

  /// A text cut into parts at commas, semicolons and line ends. A comma between two digits belongs
  /// to a list of numbers.
  static func parts(of text: String) -> [String] {
    let characters = Array(text)
    var parts: [String] = [""]
    for (i, character) in characters.enumerated() {
      let isBetweenDigits =
        i > 0 && i + 1 < characters.count && characters[i - 1].isNumber
        && characters[i + 1].isNumber
      if character == ";" || character.isNewline || (character == "," && !isBetweenDigits) {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.map { $0.trimmed }.filter { !$0.isEmpty }
  }

  /// The next word, if there is one.
  mutating func next() -> String? { words.popFirst() }

  /// Whether the next word is this one, which is then read.
  mutating func follows(_ word: String) -> Bool {
    guard words.first == word else { return false }
    words.removeFirst()
    return true
  }

  /// The next word, which must be there.
  mutating func word(_ what: String) throws -> String {
    guard let word = next() else {
      throw failure(expected: what, found: "the end", advice: "add it")
    }
    return word
  }

  /// The next word as an integer.
  mutating func integer(_ what: String) throws -> Int { try integer(try word(what), what) }

  /// A word as an integer that is not negative.
  func integer(_ word: String, _ what: String) throws -> Int {
    guard let value = Int(word), value >= 0 else {
      throw failure(expected: "\(what), a whole number", found: word.quoted, advice: "correct it")
    }
    return value
  }

  /// The next word as a height and a width: "5" or "5x3".
  mutating func extent(_ what: String) throws -> Extent { try extent(try word(what), what) }

  /// A word as a height and a width.
  func extent(_ word: String, _ what: String) throws -> Extent {
    let sides = word.split(separator: "x", omittingEmptySubsequences: false)
      .map { Int($0) ?? -1 }
    guard sides.count <= 2, sides.allSatisfy({ $0 >= 0 }) else {
      throw failure(expected: "\(what) such as 5 or 5x3", found: word.quoted, advice: "correct it")
    }
    return Extent(sides[0], sides[sides.count - 1])
  }

  /// The next word as a number; at the end `otherwise`, if there is such a number.
  mutating func number(_ what: String, otherwise: Double? = nil) throws -> Double {
    if words.isEmpty, let otherwise { return otherwise }
    return try number(try word(what), what)
  }

  /// A word as a number.
  func number(_ word: String, _ what: String) throws -> Double {
    guard let value = Double(word), value.isFinite else {
      throw failure(expected: "\(what), a number", found: word.quoted, advice: "correct it")
    }
    return value
  }

  /// The centre of a radial function.
  mutating func centre() throws -> Double { try number("the centre", otherwise: 0) }

  /// The width or offset of a radial function.
  mutating func scale(_ name: String) throws -> Double { try number("the \(name)", otherwise: 1) }

  /// All words that are left, as pairs of an option's name and its value; a flag has no value.
  mutating func options(
    _ known: [String], flags: [String] = []
  ) throws -> [String: String] {
    var options: [String: String] = [:]
    while let name = next() {
      guard known.contains(name) || flags.contains(name) else {
        throw unknown("option", name, known: known + flags)
      }
      guard options[name] == nil else {
        throw failure(expected: "\(name) once", found: "it twice", advice: "remove one")
      }
      options[name] = flags.contains(name) ? "" : try word("a value for \(name)")
    }
    return options
  }

  /// What a word stands for.
  func choice<Value>(_ word: String, of table: [String: Value]) throws -> Value {
    guard let value = table[word] else {
      throw unknown("word", word, known: table.keys.sorted())
    }
    return value
  }

  /// Throws where words are left.
  mutating func end(of part: String = "layer") throws {
    if let word = next() {
      throw failure(
        expected: "the end of the \(part)", found: word.quoted,
        advice: "separate \(part)s with commas")
    }
  }

  /// A refusal that says what was expected.
  func failure(expected: String, found: String, advice: String) -> InvalidNetwork {
    InvalidNetwork(description: "\(place): expected \(expected), found \(found): \(advice)")
  }

  /// A refusal of a word that is not in a list.
  func unknown(_ kind: String, _ word: String, known: [String]) -> InvalidNetwork {
    let guess = word.nearest(in: known).map { "; did you mean \"\($0)\"?" } ?? ";"
    return InvalidNetwork(
      description: "\(place): unknown \(kind)"
        + (kind == "layer" ? "" : " \(word.quoted)") + guess
        + " known \(kind)s: \(known.joined(separator: ", "))")
  }
}

extension String {
  /// The text without space at its ends.
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }

  /// The text in quotation marks, cut where it is long.
  var quoted: String { "\"\(prefix(40))\"" }

  /// The word of a list that needs the fewest edits to become this one: at most two, or one in a word of
  /// three letters.
  package func nearest(in words: [String]) -> String? {
    guard count <= 40 else { return nil }
    let best = words.map { (word: $0, distance: distance(to: $0)) }.min {
      $0.distance < $1.distance
    }
    guard let best, best.distance <= (count <= 3 ? 1 : 2) else { return nil }
    return best.word
  }

  /// The number of letters to insert, remove, replace or swap with a neighbour (optimal string
  /// alignment: Damerau 1964, doi:10.1145/363958.363994).
  private func distance(to other: String) -> Int {
    let (a, b) = (Array(self), Array(other))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var least = Swift.min(
          row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = Swift.min(least, rows[i - 1][j - 1] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
