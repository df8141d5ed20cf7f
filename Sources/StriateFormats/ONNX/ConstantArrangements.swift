extension ConstantFolding {
  func reshape() throws -> NumericArray {
    let x = try input(0)
    let shape = try GraphImport.resolved(
      try integers(1), of: x.shape, keepsZeros: try node.integer("allowzero", otherwise: 0) == 1)
    guard let shape else {
      throw node.refuse("expected a shape of \(x.count) elements, found another")
    }
    return x.reshaped(to: shape)
  }

  private func axes() throws -> [Int]? {
    try node.opset < 13 ? node.integers("axes") : optional(1)?.integers
  }

  func squeeze() throws -> NumericArray {
    let x = try input(0)
    let named = try axes()?.map { try axis($0, rank: x.shape.count) }
    let gone = Set(named ?? x.shape.indices.filter { x.shape[$0] == 1 })
    guard gone.allSatisfy({ x.shape[$0] == 1 }) else {
      throw node.refuse("expected axes of one place, found others")
    }
    return x.reshaped(to: x.shape.indices.filter { !gone.contains($0) }.map { x.shape[$0] })
  }

  func unsqueeze() throws -> NumericArray {
    let x = try input(0)
    guard let named = try axes(), named.count < 64 else {
      throw node.refuse("expected axes, found none")
    }
    let rank = x.shape.count + named.count
    let new = Set(try named.map { try axis($0, rank: rank) })
    guard new.count == named.count else {
      throw node.refuse("expected each axis once, found \(named)")
    }
    var rest = x.shape[...]
    return x.reshaped(to: (0..<rank).map { new.contains($0) ? 1 : rest.removeFirst() })
  }

  func gather() throws -> NumericArray {
    let (x, indices) = (try input(0), try input(1))
    let axis = try axis(try node.integer("axis", otherwise: 0), rank: x.shape.count)
    let size = x.shape[axis]
    guard let places = indices.integers?.map({ $0 < 0 ? $0 &+ size : $0 }),
      places.allSatisfy({ (0..<size).contains($0) })
    else { throw node.refuse("expected indices of \(size) places, found others") }
    let shape = Array(x.shape[..<axis]) + indices.shape + x.shape[(axis + 1)...]
    _ = try checked(shape)
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let outer = x.shape[..<axis].reduce(1, *)
    let sources = (0..<outer).flatMap { o in
      places.flatMap { place in (0..<inner).map { (o * size + place) * inner + $0 } }
    }
    return x.gathered(sources, shape: shape)
  }

  func slice() throws -> NumericArray {
    let x = try input(0)
    let isOld = node.opset < 10
    let starts = try isOld ? node.integers("starts") ?? [] : integers(1)
    let ends = try isOld ? node.integers("ends") ?? [] : integers(2)
    let axes = try (isOld ? node.integers("axes") : optional(3)?.integers) ?? Array(starts.indices)
    let steps = (isOld ? nil : optional(4)?.integers) ?? starts.map { _ in 1 }
    guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count else {
      throw node.refuse("expected an end, an axis and a step for each start, found others")
    }
    var (shape, strides, first) = (x.shape, NumericArray.strides(of: x.shape), 0)
    for index in starts.indices {
      let axis = try axis(axes[index], rank: x.shape.count)
      guard steps[index] != 0 else { throw node.refuse("expected steps that are not 0, found 0") }
      let places = GraphImport.places(starts[index], ends[index], steps[index], of: shape[axis])
      first += (places?.0 ?? 0) * strides[axis]
      shape[axis] = places?.1 ?? 0
      strides[axis] = strides[axis] &* steps[index]
    }
    guard !shape.contains(0) else { return x.gathered([], shape: shape) }
    return x.gathered(
      NumericArray.places(shape: shape, strides: strides, start: first), shape: shape)
  }

  func concatenation() throws -> NumericArray {
    let first = try input(0)
    let arrays = try inputs.indices.map { try input($0) }
    let axis = try axis(try node.integer("axis", otherwise: 0), rank: first.shape.count)
    var shape = first.shape
    for array in arrays {
      guard array.shape.count == shape.count, array.type == first.type,
        shape.indices.allSatisfy({ $0 == axis || array.shape[$0] == shape[$0] })
      else {
        throw node.refuse(
          "expected arrays of one type and shape but for axis \(axis), found others")
      }
    }
    shape[axis] = arrays.reduce(0) { $0 + $1.shape[axis] }
    _ = try checked(shape)
    let outer = shape[..<axis].reduce(1, *)
    func joined<Element>(_ parts: [[Element]]) -> [Element] {
      var elements: [Element] = []
      for o in 0..<outer {
        for part in parts {
          let run = part.count / outer
          elements += part[run * o..<run * (o + 1)]
        }
      }
      return elements
    }
    switch first.elements {
    case .integers:
      return NumericArray(
        shape: shape, integers: joined(arrays.compactMap(\.integers)), type: first.type)
    case .floats, .doubles:
      return NumericArray(
        shape: shape, type: .float64, elements: .doubles(joined(arrays.map(\.doubles)))
      ).converted(to: first.type)
    }
  }

  /// The array over and over, as often as the second input says for each axis.
  func tiled() throws -> NumericArray {
    var x = try input(0)
    let repeats = try integers(1)
    guard repeats.count == x.shape.count, repeats.allSatisfy({ $0 >= 0 }) else {
      throw node.refuse(
        "expected a number of times for each of \(x.shape.count) axes, found others")
    }
    for (axis, times) in repeats.enumerated() where times != 1 {
      var shape = x.shape
      let (size, overflow) = shape[axis].multipliedReportingOverflow(by: times)
      guard !overflow else { throw node.refuse("expected fewer times, found \(times)") }
      shape[axis] = size
      _ = try checked(shape)
      if shape.contains(0) {
        x = NumericArray(empty: shape, type: x.type)
        continue
      }
      let outer = x.shape[..<axis].reduce(1, *)
      let run = x.shape[axis...].reduce(1, *)
      let places = (0..<outer).flatMap { o in
        (0..<times).flatMap { _ in o * run..<(o + 1) * run }
      }
      x = x.gathered(places, shape: shape)
    }
    return x
  }

  func range() throws -> NumericArray {
    let arrays = try (0..<3).map { try input($0) }
    guard arrays.allSatisfy({ $0.count == 1 }) else {
      throw node.refuse("expected three numbers, found others")
    }
    let numbers = arrays.map { $0.doubles[0] }
    let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
    guard count.isFinite, count <= Double(limit) else {
      throw node.refuse("expected at most \(limit) numbers, found \(count)")
    }
    let values = (0..<Int(max(0, count))).map { numbers[0] + Double($0) * numbers[2] }
    return NumericArray(shape: [values.count], type: .float64, elements: .doubles(values))
      .converted(to: arrays[0].type)
  }

  func constantOfShape() throws -> NumericArray {
    let shape = try checked(integers(0))
    let value =
      try node.tensor("value").map { try reader.array($0) }
      ?? NumericArray(shape: [1], floats: [0])
    guard value.count == 1 else {
      throw node.refuse("attribute value: expected one element, found others")
    }
    return value.gathered(Array(repeating: 0, count: shape.reduce(1, *)), shape: shape)
  }
}
