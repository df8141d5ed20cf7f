import Foundation

/// A node whose inputs are all constants: it is computed when the model is read.
struct ConstantFolding {
  let node: ONNXNode
  let inputs: [NumericArray?]
  let reader: ONNXTensorReader
  /// The most elements that the node may make.
  let limit: Int

  typealias Fold = @Sendable (ConstantFolding) throws -> [NumericArray]

  static let operators: [String: Fold] = {
    var table: [String: Fold] = [
      "Identity": { [try $0.input(0)] },
      "Dropout": { [try $0.input(0)] },
      "Cast": { fold in
        let number = try fold.node.integer("to", otherwise: 0)
        guard let type = ONNXTensorReader.elementType(number) else {
          throw fold.node.refuse(
            "expected a type of numbers, found \(ONNXTensorReader.name(ofType: number))")
        }
        return [try fold.input(0).converted(to: type)]
      },
      "Reshape": { [try $0.reshape()] },
      "Flatten": { fold in
        let x = try fold.input(0)
        let given = try fold.node.integer("axis", otherwise: 1)
        let axis = given < 0 ? given + x.shape.count : given
        guard (0...x.shape.count).contains(axis) else {
          throw fold.node.refuse("expected an axis, found \(given)")
        }
        return [x.reshaped(to: [x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)])]
      },
      "Squeeze": { [try $0.squeeze()] },
      "Unsqueeze": { [try $0.unsqueeze()] },
      "Transpose": { fold in
        let x = try fold.input(0)
        let order = try fold.node.integers("perm") ?? Array(x.shape.indices.reversed())
        guard order.sorted() == Array(x.shape.indices) else {
          throw fold.node.refuse(
            "attribute perm: expected each axis of \(x.shape) once, found others")
        }
        return [x.permuted(order)]
      },
      "Gather": { [try $0.gather()] },
      "Slice": { [try $0.slice()] },
      "Concat": { [try $0.concatenation()] },
      "Expand": { fold in
        let (x, shape) = (try fold.input(0), try fold.integers(1))
        return [try fold.stretched(x, to: fold.broadcast(x.shape, shape))]
      },
      "Range": { [try $0.range()] },
      "ConstantOfShape": { [try $0.constantOfShape()] },
      "Where": { fold in
        let (c, a, b) = (try fold.input(0), try fold.input(1), try fold.input(2))
        let shape = try fold.broadcast(fold.broadcast(c.shape, a.shape), b.shape)
        let (yes, no) = (try fold.stretched(a, to: shape), try fold.stretched(b, to: shape))
        let choice = try fold.stretched(c, to: shape).doubles
        return [
          NumericArray(
            shape: shape, type: .float64,
            elements: .doubles(
              choice.indices.map { choice[$0] != 0 ? yes.doubles[$0] : no.doubles[$0] })
          ).converted(to: a.type)
        ]
      },
      "DequantizeLinear": { [try $0.dequantized()] },
      "Tile": { [try $0.tiled()] },
      "Mod": { fold in
        // With fmod 1 the sign of the dividend, otherwise that of the divisor.
        let truncates = try fold.node.integer("fmod", otherwise: 0) == 1
        return [
          try fold.combined {
            if $1 == 0 { return .nan }
            return truncates
              ? $0.truncatingRemainder(dividingBy: $1) : $0 - $1 * ($0 / $1).rounded(.down)
          }
        ]
      },
    ]
    for name in ["ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceMean"] {
      table[name] = { [try $0.reduced(name)] }
    }
    for (name, function) in unary { table[name] = { [try $0.mapped(function)] } }
    for (name, function) in binary { table[name] = { [try $0.combined(function)] } }
    for (name, function) in comparisons {
      table[name] = { [try $0.combined { function($0, $1) ? 1 : 0 }.converted(to: .bool)] }
    }
    return table
  }()

  private static let unary: [String: @Sendable (Double) -> Double] = [
    "Neg": { -$0 }, "Abs": { abs($0) }, "Sqrt": { $0.squareRoot() }, "Exp": { exp($0) },
    "Log": { log($0) }, "Floor": { $0.rounded(.down) }, "Ceil": { $0.rounded(.up) },
    "Round": { $0.rounded(.toNearestOrEven) }, "Reciprocal": { 1 / $0 },
    "Sigmoid": { 1 / (1 + exp(-$0)) }, "Tanh": { tanh($0) }, "Relu": { max(0, $0) },
    "Erf": { erf($0) }, "Not": { $0 == 0 ? 1 : 0 },
  ]

  private static let binary: [String: @Sendable (Double, Double) -> Double] = [
    "Add": { $0 + $1 }, "Sub": { $0 - $1 }, "Mul": { $0 * $1 }, "Div": { $0 / $1 },
    "Pow": { pow($0, $1) }, "Max": { max($0, $1) }, "Min": { min($0, $1) },
  ]

  private static let comparisons: [String: @Sendable (Double, Double) -> Bool] = [
    "Equal": { $0 == $1 }, "Less": { $0 < $1 }, "Greater": { $0 > $1 },
    "LessOrEqual": { $0 <= $1 }, "GreaterOrEqual": { $0 >= $1 },
    "And": { $0 != 0 && $1 != 0 }, "Or": { $0 != 0 || $1 != 0 },
  ]

  // MARK: Inputs

  func input(_ index: Int) throws -> NumericArray {
    guard index < inputs.count, let array = inputs[index] else {
      throw node.refuse("expected an input \(index + 1), found none")
    }
    return array
  }

  func optional(_ index: Int) -> NumericArray? { index < inputs.count ? inputs[index] : nil }

  func integers(_ index: Int) throws -> [Int] {
    guard let integers = try input(index).integers else {
      throw node.refuse(
        "expected integers as input \(index + 1), found \(try input(index).type.rawValue)")
    }
    return integers
  }

  /// Throws where a shape has too many elements for a constant.
  func checked(_ shape: [Int]) throws -> [Int] {
    guard let count = NumericArray.count(of: shape), count <= limit else {
      throw node.refuse(
        "expected a constant of at most \(limit) elements, found \(shape.prefix(8))")
    }
    return shape
  }

  func broadcast(_ a: [Int], _ b: [Int]) throws -> [Int] {
    guard let shape = NumericArray.broadcast(a, b) else {
      throw node.refuse("expected shapes that fit each other, found \(a) and \(b)")
    }
    return try checked(shape)
  }

  func stretched(_ x: NumericArray, to shape: [Int]) throws -> NumericArray {
    if x.shape == shape { return x }
    let own = Array(repeating: 1, count: shape.count - x.shape.count) + x.shape
    let strides = NumericArray.strides(of: own)
    let steps = own.indices.map { own[$0] == shape[$0] ? strides[$0] : 0 }
    return x.gathered(NumericArray.places(shape: shape, strides: steps), shape: shape)
  }

  // MARK: Numbers

  private func mapped(_ function: (Double) -> Double) throws -> NumericArray {
    let x = try input(0)
    return NumericArray(shape: x.shape, type: .float64, elements: .doubles(x.doubles.map(function)))
      .converted(to: x.type)
  }

  private func combined(_ function: (Double, Double) -> Double) throws -> NumericArray {
    var result = try input(0)
    for index in 1..<max(2, inputs.count) {
      let next = try input(index)
      let shape = try broadcast(result.shape, next.shape)
      let (a, b) = (try stretched(result, to: shape), try stretched(next, to: shape))
      let type = result.type
      if let m = a.integers, let n = b.integers, let exact = exact(m, n) {
        result = NumericArray(shape: shape, integers: exact).converted(to: type)
        continue
      }
      let (x, y) = (a.doubles, b.doubles)
      result = NumericArray(
        shape: shape, type: .float64, elements: .doubles(x.indices.map { function(x[$0], y[$0]) })
      ).converted(to: type)
    }
    return result
  }

  /// Sums, differences, products and quotients of integers, without rounding.
  private func exact(_ a: [Int], _ b: [Int]) -> [Int]? {
    switch node.message.operatorType {
    case "Add": a.indices.map { a[$0] &+ b[$0] }
    case "Sub": a.indices.map { a[$0] &- b[$0] }
    case "Mul": a.indices.map { a[$0] &* b[$0] }
    case "Div":
      a.indices.map { b[$0] == 0 ? 0 : a[$0].dividedReportingOverflow(by: b[$0]).partialValue }
    case "Max": a.indices.map { max(a[$0], b[$0]) }
    case "Min": a.indices.map { min(a[$0], b[$0]) }
    default: nil
    }
  }

  private func reduced(_ name: String) throws -> NumericArray {
    let x = try input(0)
    let given = try optional(1)?.integers ?? node.integers("axes") ?? []
    if given.isEmpty, try node.integer("noop_with_empty_axes", otherwise: 0) == 1 { return x }
    let named = given.isEmpty ? Array(x.shape.indices) : given
    let axes = Set(try named.map { try axis($0, rank: x.shape.count) })
    let keeps = try node.integer("keepdims", otherwise: 1) == 1
    let (kept, gone) = (
      x.shape.indices.filter { !axes.contains($0) }, x.shape.indices.filter { axes.contains($0) }
    )
    let turned = x.permuted(kept + gone).doubles
    let size = gone.map { x.shape[$0] }.reduce(1, *)
    let rows = kept.map { x.shape[$0] }.reduce(1, *)
    let values = (0..<rows).map { row -> Double in
      let part = turned[row * size..<(row + 1) * size]
      return switch name {
      case "ReduceProd": part.reduce(1, *)
      case "ReduceSum": part.reduce(0, +)
      case "ReduceMax": part.max() ?? x.type.least
      case "ReduceMin": part.min() ?? x.type.largest
      default: part.reduce(0, +) / Double(size)
      }
    }
    let shape = x.shape.indices.compactMap { axes.contains($0) ? keeps ? 1 : nil : x.shape[$0] }
    return NumericArray(shape: shape, type: .float64, elements: .doubles(values)).converted(
      to: x.type)
  }

  private func dequantized() throws -> NumericArray {
    let (x, scale) = (try input(0), try input(1))
    let axis = try node.integer("axis", otherwise: 1)
    let values = x.doubles
    let zeros = optional(2)?.doubles ?? Array(repeating: 0, count: scale.count)
    guard
      scale.count == 1
        || (scale.shape.count == 1
          && x.shape.indices.contains(axis < 0 ? axis + x.shape.count : axis)),
      zeros.count == scale.count
    else {
      throw node.refuse("expected one scale, or one a place of an axis, found \(scale.shape)")
    }
    let place = axis < 0 ? axis + x.shape.count : axis
    guard scale.count == 1 || x.shape[place] == scale.count else {
      throw node.refuse("expected \(x.shape[place]) scales, found \(scale.count)")
    }
    let run = scale.count == 1 ? 1 : x.shape[(place + 1)...].reduce(1, *)
    let scales = scale.doubles
    return NumericArray(
      shape: x.shape, type: .float64,
      elements: .doubles(
        values.indices.map {
          let k = scale.count == 1 ? 0 : $0 / run % scale.count
          return (values[$0] - zeros[k]) * scales[k]
        })
    ).converted(to: scale.type)
  }

  func axis(_ index: Int, rank: Int) throws -> Int {
    guard (-rank..<max(rank, 1)).contains(index), rank > 0 else {
      throw node.refuse("expected an axis of \(rank), found \(index)")
    }
    return index < 0 ? index + rank : index
  }
}

extension NumericArray.ElementType {
  /// The number below all others: the maximum of none.
  fileprivate var least: Double { range.map { Double($0.lowerBound) } ?? -.infinity }

  /// The number above all others: the minimum of none.
  fileprivate var largest: Double { range.map { Double($0.upperBound) } ?? .infinity }
}
