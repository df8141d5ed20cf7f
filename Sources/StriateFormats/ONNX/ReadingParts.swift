import Striate

/// Operators that take values apart and put them together.
extension GraphImport {
  /// Places of one axis of the images.
  func part(_ x: Flow, axis: Int, start: Int, count: Int, step: Int = 1) throws -> Flow {
    guard count > 0 else { throw refuse("expected at least one place of each axis, found none") }
    if start == 0, step == 1, count == imageShape(x.dims)[axis] { return x }
    return try emit(Slice(axis: axis, start: start, count: count, step: step), [x])
  }

  /// A value without elements: a constant.
  private func empty(_ x: Flow, axis: Int) throws -> Value {
    guard batch == nil else {
      throw refuse("expected at least one place of each axis of an image, found none")
    }
    var shape = x.dims
    shape[axis] = 0
    return .constant(NumericArray(empty: shape, type: x.type))
  }

  func split(_ node: ONNXNode) throws -> [Value] {
    let x = try flow(0)
    let axis = try imageAxis(try node.integer("axis", otherwise: 0), rank: x.dims.count)
    let size = imageShape(x.dims)[axis]
    var sizes = try opset < 13 ? node.integers("split") : constantIntegers(1)
    if sizes == nil {
      let parts = try node.integer("num_outputs", otherwise: node.message.outputs.count)
      guard (1...max(1, size)).contains(parts) else {
        throw refuse("expected outputs, found \(parts)")
      }
      let each = (size + parts - 1) / parts
      sizes = (0..<parts).map { min(each, size - $0 * each) }
    }
    var start = 0
    return try (sizes ?? []).map { count in
      guard count >= 0, count <= size - start else {
        throw refuse("expected parts of \(size) places, found \(sizes ?? [])")
      }
      defer { start += count }
      if count == 0 { return try empty(x, axis: axis) }
      return .flow(try part(x, axis: axis, start: start, count: count))
    }
  }

  /// Start, number and step of a slice as Python reads them; nil for no place.
  static func places(_ start: Int, _ end: Int, _ step: Int, of size: Int) -> (Int, Int)? {
    guard step != 0, step > Int.min, size < 1 << 48 else { return nil }
    func clamped(_ place: Int, _ range: ClosedRange<Int>) -> Int {
      min(range.upperBound, max(range.lowerBound, place < 0 ? max(place, -size - 1) + size : place))
    }
    let range = step > 0 ? 0...size : -1...size - 1
    let (first, last) = (clamped(start, range), clamped(end, range))
    let distance = step > 0 ? last - first : first - last
    guard distance > 0 else { return nil }
    return (first, (distance - 1) / abs(step) + 1)
  }

  func slice(_ node: ONNXNode) throws -> Value {
    var x = try flow(0)
    let isOld = opset < 10
    guard let starts = try isOld ? node.integers("starts") : constantIntegers(1),
      let ends = try isOld ? node.integers("ends") : constantIntegers(2), ends.count == starts.count
    else { throw refuse("expected starts and ends, found others") }
    let axes = try (isOld ? node.integers("axes") : constantIntegers(3)) ?? Array(starts.indices)
    let steps = try (isOld ? nil : constantIntegers(4)) ?? starts.map { _ in 1 }
    guard axes.count == starts.count, steps.count == starts.count else {
      throw refuse(
        "expected an axis and a step for each start, found \(axes.prefix(8)) and \(steps.prefix(8))"
      )
    }
    for index in starts.indices {
      let whole = try axis(axes[index], rank: x.dims.count)
      let size = x.dims[whole]
      guard steps[index] != 0 else { throw refuse("expected steps that are not 0, found 0") }
      guard
        let (start, count) = GraphImport.places(starts[index], ends[index], steps[index], of: size)
      else { return try empty(x, axis: whole) }
      if start == 0, count == size, steps[index] == 1 { continue }
      let axis = try imageAxis(whole, rank: x.dims.count)
      x = try part(x, axis: axis, start: start, count: count, step: count == 1 ? 1 : steps[index])
    }
    return .flow(x)
  }

  /// The images over and over along each axis.
  func tiled(_ node: ONNXNode) throws -> Flow {
    var x = try flow(0)
    guard let repeats = try constantIntegers(1), repeats.count == x.dims.count,
      repeats.allSatisfy({ (1...1 << 12).contains($0) })
    else { throw refuse("expected 1 to 4096 times for each axis, found others") }
    for (whole, times) in repeats.enumerated() where times > 1 {
      let axis = try imageAxis(whole, rank: x.dims.count)
      x = try concatenated(Array(repeating: x, count: times), axis: axis)
    }
    return x
  }

  func gather(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let indices = try neededConstant(1, "constant indices")
    let whole = try axis(try node.integer("axis", otherwise: 0), rank: x.dims.count)
    let axis = try imageAxis(whole, rank: x.dims.count)
    let size = x.dims[whole]
    guard let places = indices.integers?.map({ $0 < 0 ? $0 + size : $0 }), !places.isEmpty,
      places.count <= 4096, places.allSatisfy({ (0..<size).contains($0) })
    else { throw refuse("expected 1 to 4096 indices of \(size) places, found others") }
    // Places in even steps are one slice.
    var parts: [Flow] = []
    var first = 0
    while first < places.count {
      let step = first + 1 < places.count ? places[first + 1] - places[first] : 1
      var end = first + 1
      while end < places.count, places[end] - places[end - 1] == step { end += 1 }
      parts.append(
        try part(
          x, axis: axis, start: places[first], count: end - first, step: end - first == 1 ? 1 : step
        ))
      first = end
    }
    let joined = try concatenated(parts, axis: axis)
    return try reshaped(
      joined, to: Array(x.dims[..<whole]) + indices.shape + x.dims[(whole + 1)...])
  }

  // MARK: Together

  func concatenation(_ node: ONNXNode) throws -> Flow {
    let inputs = try node.message.inputs.indices.map { try input($0) }
    let known = inputs.compactMap { if case .flow(let flow)? = $0 { flow } else { nil } }
    let axis = try imageAxis(try node.integer("axis", otherwise: 0), rank: known[0].dims.count)
    let flows = try inputs.map { input -> Flow in
      switch input {
      case .flow(let flow)?: return flow
      case .constant(let array)?: return try learned(array, for: known[0])
      case nil: throw refuse("expected inputs, found an empty name")
      }
    }
    return try concatenated(flows, axis: axis)
  }

  /// The images one after the other along an axis.
  private func concatenated(_ flows: [Flow], axis: Int) throws -> Flow {
    guard flows.count > 1 else { return flows[0] }
    let shapes = flows.map { imageShape($0.dims) }
    var rest = shapes[0]
    guard
      shapes.allSatisfy({ shape in
        guard shape.count == rest.count else { return false }
        return rest.indices.allSatisfy { $0 == axis || shape[$0] == rest[$0] }
      })
    else { throw refuse("expected values of one shape but for axis \(axis), found \(shapes)") }
    if axis == 0 { return try emit(Concatenate(), flows) }
    let outer = rest[..<axis].reduce(1, *)
    rest[axis] = shapes.reduce(0) { $0 + $1[axis] }
    let rows = try flows.map { flow in
      let size = imageShape(flow.dims).reduce(1, *) / outer
      if outer == 1 { return try reshaped(flow, to: dims(ofImage: [size])) }
      return try turned(reshaped(flow, to: dims(ofImage: [outer, size])), [1, 0])
    }
    let joined = try emit(Concatenate(), rows)
    return try reshaped(outer == 1 ? joined : turned(joined, [1, 0]), to: dims(ofImage: rest))
  }
}
