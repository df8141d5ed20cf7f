import Foundation

/// The numbers of an answer, row by row: "1 0; 0 2", "[[1, 0], [0, 2]]", "f = −12, ∂f/∂x = 4", "1/4", "25 %".
///
/// Rows end at a semicolon, a line's end, or a bracket that closes; numbers are parted by spaces or commas.
struct AnswerReader {
  /// Why an answer cannot be read.
  struct Unreadable: Error, CustomStringConvertible, Equatable {
    let description: String
  }

  private(set) var rows: [[Double]] = []

  /// Longer answers are refused unread.
  static let longest = 10_000

  /// - Parameter isSingle: Whether one number is expected: "0,25" is one then.
  ///
  /// Throws `Unreadable`.
  init(_ text: String, isSingle: Bool) throws {
    guard text.utf8.count <= Self.longest else {
      throw Unreadable(
        description: "expected at most \(Self.longest) characters, found \(text.utf8.count)")
    }
    var plain = text.replacing("−", with: "-").replacing("–", with: "-").replacing("½", with: "1/2")
      .replacing(" %", with: "%").replacing(" = ", with: "=").replacing("= ", with: "=")
      .replacing(" =", with: "=").replacing(" and ", with: " ")
    if isSingle, !plain.contains("." as Character), plain.filter({ $0 == "," }).count == 1 {
      plain = plain.replacing(",", with: ".")
    }
    let isEnd = { (c: Character) in c == ";" || c == "]" || c == "|" || c.isNewline }
    for line in plain.split(whereSeparator: isEnd) {
      let words = line.split { $0.isWhitespace || ",[(){}".contains($0) }
      let numbers = try words.map { try Self.number(String($0)) }
      if !numbers.isEmpty { rows.append(numbers) }
    }
    guard !rows.isEmpty else { throw Unreadable(description: "expected numbers, found none") }
  }

  /// "3", "1/4", "25%", "x=3".
  private static func number(_ word: String) throws -> Double {
    var text = word.split(separator: "=").last.map { String($0) } ?? ""
    if text.hasSuffix(".") { text.removeLast() }
    let isPercentage = text.hasSuffix("%")
    if isPercentage { text.removeLast() }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      .map { Double($0) ?? .nan }
    let value =
      switch parts.count {
      case 1: parts[0]
      case 2: parts[0] / parts[1]
      default: Double.nan
      }
    guard value.isFinite else {
      throw Unreadable(description: "expected numbers, found \"\(word.prefix(20).printable)\"")
    }
    return isPercentage ? value / 100 : value
  }
}

extension Substring {
  fileprivate var printable: String { String(self).printable }
}
