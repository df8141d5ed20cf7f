import Striate

/// Wrong usage of a command.
enum Usage {
  /// A mistake in the words of a command: who, expected, found.
  struct Mistake: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) { self.description = description }
  }

  /// `; did you mean "…"?` with the nearest known word, or nothing where none is near.
  static func suggestion(for word: String, in known: [String]) -> String {
    let begins = word.count >= 3 ? known.first { $0.hasPrefix(word) } : nil
    return (word.nearest(in: known) ?? begins).map { "; did you mean \"\($0)\"?" } ?? ""
  }
}
