extension NumericArray {
  /// The array with its axes in another order: axis i of the result is axis `order[i]` of this one.
  ///
  /// - Precondition: `order` names every axis once.
  func permuted(_ order: [Int]) -> NumericArray {
    let strides = NumericArray.strides(of: shape)
    let target = order.map { shape[$0] }
    return gathered(
      NumericArray.places(shape: target, strides: order.map { strides[$0] }), shape: target)
  }

  /// How far apart neighbours along each axis lie.
  static func strides(of shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }

  /// The shape that two shapes are stretched to, as in NumPy; nil where they do not fit each other.
  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let (a, b) = (
      Array(repeating: 1, count: rank - a.count) + a, Array(repeating: 1, count: rank - b.count) + b
    )
    guard zip(a, b).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else { return nil }
    return zip(a, b).map { m, n in m == 1 ? n : m }
  }

  /// Where the elements of a view lie, in its row-major order.
  static func places(shape: [Int], strides: [Int], start: Int = 0) -> [Int] {
    guard !shape.contains(0) else { return [] }
    var places = [start]
    for (extent, stride) in zip(shape, strides) {
      places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
    }
    return places
  }
}
