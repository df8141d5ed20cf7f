extension [[Int]] {
  /// The shape of the only input, which may have any number of axes but not none.
  func only() throws -> [Int] {
    guard count == 1 else {
      throw ShapeMismatch(
        expected: "one input", found: "\(count)", advice: "combine them with Add() first")
    }
    guard !self[0].isEmpty else {
      throw ShapeMismatch(
        expected: "at least one axis", found: "[]", advice: "give it a vector or an image")
    }
    return self[0]
  }

  /// The shape that two or more inputs have in common.
  func common() throws -> [Int] {
    guard count >= 2 else {
      throw ShapeMismatch(
        expected: "at least two inputs", found: "\(count)", advice: "give it two values or more")
    }
    if let other = first(where: { $0 != self[0] }) {
      throw ShapeMismatch(
        expected: "inputs of one shape, \(self[0])", found: "\(other)",
        advice: "bring them to one shape first")
    }
    return self[0]
  }
}

extension [Int] {
  /// Of a batch's shape [N, C, …], the number of elements of one channel.
  var channelSize: Int { dropFirst(2).reduce(1, *) }
}

extension Double {
  /// The number as it is written in a network text: "1" and not "1.0".
  var short: String {
    self == rounded() && abs(self) < 1e15 ? String(Int(self)) : String(self)
  }
}

extension [Int] {
  /// The number of elements of a shape.
  var product: Int { reduce(1, *) }
}
