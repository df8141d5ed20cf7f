/// How layers that move numbers read the words after their names.
extension LayerGrammar {
  static let arrangements: [String: Reader] = [
    "argmax": { _ in ArgMax() },
    "matmul": { _ in MatMul() },
    "reshape": { Reshape(try $0.sizes("the shape")) },
    "learned": { LearnedTensor(try $0.sizes("the shape")) },
    "transpose": { Transpose(try $0.sizes("the axes")) },
    "slice": { words in
      let axis = try words.integer("the axis")
      let start = try words.integer("the first place")
      let count = try words.integer("the number of places")
      var step = 1
      if words.follows("step") {
        step = try words.integer("the step")
      } else if words.follows("back") {
        step = -(try words.integer("the step back"))
      }
      return Slice(axis: axis, start: start, count: count, step: step)
    },
  ]
}

extension LayerWords {
  /// The next word as whole numbers: "3x4".
  fileprivate mutating func sizes(_ what: String) throws -> [Int] {
    let word = try word(what)
    let sizes = word.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard sizes.count <= 64, sizes.allSatisfy({ $0 >= 0 }) else {
      throw failure(
        expected: "\(what) such as 3x4", found: word.quoted, advice: "correct it")
    }
    return sizes
  }
}
