/// The words of a text such as "focal 2 alpha 0.25", read from left to right.
struct TextWords {
  /// A text that says something else than what was expected.
  struct Mistake: Error {
    let description: String
  }

  private let place: String
  private var words: ArraySlice<String>

  /// The words of `text`, in lower case; parentheses are words of their own. `what` says what the text
  /// describes, `limit` how many bytes it may have.
  init(_ text: String, of what: String, limit: Int) throws(Mistake) {
    guard text.utf8.count <= limit else {
      throw Mistake(
        description: "\(what): expected at most \(limit) bytes, found \(text.utf8.count)")
    }
    place = what
    var spaced = ""
    for character in text.lowercased() {
      spaced += character == "(" || character == ")" ? " \(character) " : String(character)
    }
    words = spaced.split(whereSeparator: \.isWhitespace).map(String.init)[...]
  }

  /// The next word, which stays where it is.
  var first: String? { words.first }

  /// The next word, if there is one.
  mutating func next() -> String? { words.popFirst() }

  /// Takes the next word where it is this one.
  mutating func take(_ word: String) -> Bool {
    guard first == word else { return false }
    words = words.dropFirst()
    return true
  }

  /// Takes the next word, which must be this one.
  mutating func expect(_ word: String) throws(Mistake) {
    guard take(word) else { throw mistake("\"\(word)\"", found: first) }
  }

  /// The next word as a finite number.
  mutating func number(_ what: String) throws(Mistake) -> Double {
    let word = next()
    guard let word, let value = Double(word), value.isFinite else {
      throw mistake("\(what), a number", found: word)
    }
    return value
  }

  /// The next word as a number, or nil where it is none.
  mutating func numberIfAny() -> Double? {
    guard let word = first, let value = Double(word), value.isFinite else { return nil }
    words = words.dropFirst()
    return value
  }

  /// The next word as a whole number that is not negative.
  mutating func integer(_ what: String) throws(Mistake) -> Int {
    let word = next()
    guard let word, let value = Int(word), value >= 0 else {
      throw mistake("\(what), a whole number", found: word)
    }
    return value
  }

  /// The next word as numbers between commas: "1,2,0.5".
  mutating func numbers(_ what: String) throws(Mistake) -> [Double] {
    let word = next()
    let values = (word ?? "").split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0) ?? .nan
    }
    guard values.allSatisfy(\.isFinite) else {
      throw mistake("\(what), numbers such as 1,2,0.5", found: word)
    }
    return values
  }

  /// The next word as whole numbers between commas: "60,120".
  mutating func integers(_ what: String) throws(Mistake) -> [Int] {
    let word = next()
    let values = (word ?? "").split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0) ?? -1
    }
    guard values.allSatisfy({ $0 >= 0 }) else {
      throw mistake("\(what), whole numbers such as 60,120", found: word)
    }
    return values
  }

  /// Throws where words are left.
  mutating func end() throws(Mistake) {
    if let word = next() { throw mistake("the end", found: word) }
  }

  /// A refusal that says what was expected.
  func mistake(_ expected: String, found word: String?) -> Mistake {
    let found = word.map { "\"\($0.prefix(40))\"" } ?? "the end"
    return Mistake(description: "\(place): expected \(expected), found \(found)")
  }
}

extension [Double] {
  /// The numbers as a text writes them: "1,2,0.5".
  var short: String { map(\.short).joined(separator: ",") }
}
