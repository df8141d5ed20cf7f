/// Where a number of a network is: "conv2[3, 7, 9]" of a layer, "conv2.weight[3, 0, 2, 2]" of a parameter, or "loss".
package struct CellAddress: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// The layer, the parameter, the input, or "loss".
  package var name: String

  /// Its place there, without the batch.
  package var index: [Int]

  package init(name: String, index: [Int]) {
    (self.name, self.index) = (name, index)
  }

  /// The address that a user writes. Throws `InvalidTrace`.
  package init(_ text: String) throws {
    guard text.hasSuffix("]"), let bracket = text.lastIndex(of: "[") else {
      self.init(name: text.trimmed, index: [])
      return
    }
    let words = text[text.index(after: bracket)...].dropLast().split(
      separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0.trimmed) }
    guard numbers.count == words.count else {
      throw InvalidTrace(
        "cell \"\(text.prefix(80))\": expected whole numbers between the brackets, such as "
          + "conv1[0, 3, 4]")
    }
    self.init(name: text[..<bracket].trimmed, index: numbers)
  }

  package var description: String {
    index.isEmpty ? name : "\(name)[\(index.map { "\($0)" }.joined(separator: ", "))]"
  }

  /// The indices of a flat place in an array of that shape.
  static func indices(_ flat: Int, in shape: [Int]) -> [Int] {
    var (rest, result) = (flat, [Int]())
    for extent in shape.reversed() {
      result.append(rest % extent)
      rest /= extent
    }
    return result.reversed()
  }

  /// The flat place of indices in an array of that shape; nil where they are not inside it.
  package static func place(of index: [Int], in shape: [Int]) -> Int? {
    guard index.count == shape.count, zip(index, shape).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
      return nil
    }
    return zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }
}

/// A number cannot be taken apart: what was expected, what was found, what to do.
package struct InvalidTrace: Error, CustomStringConvertible, Equatable {
  package let description: String

  init(_ description: String) { self.description = description }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
