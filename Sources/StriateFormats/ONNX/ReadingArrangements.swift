import Striate

extension GraphImport {
  static let arrangements: [String: Reader] = [
    "Flatten": { graph, node in [.flow(try graph.flatten(node))] },
    "Reshape": { graph, node in [.flow(try graph.reshape(node))] },
    "Squeeze": { graph, node in [.flow(try graph.squeeze(node))] },
    "Unsqueeze": { graph, node in [.flow(try graph.unsqueeze(node))] },
    "Transpose": { graph, node in [.flow(try graph.transpose(node))] },
    "Expand": { graph, node in
      guard let shape = try graph.constantIntegers(1) else { throw node.refuse("expected a shape") }
      let x = try graph.flow(0)
      return [.flow(try graph.expanded(x, to: graph.broadcast(x.dims, shape)))]
    },
    "Concat": { graph, node in [.flow(try graph.concatenation(node))] },
    "Split": { graph, node in try graph.split(node).map { .flow($0) } },
    "Slice": { graph, node in [.flow(try graph.slice(node))] },
    "Gather": { graph, node in [.flow(try graph.gather(node))] },
    "Pad": { graph, node in [.flow(try graph.pad(node))] },
  ]

  private func flatten(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let rank = x.dims.count
    let given = try node.integer("axis", otherwise: 1)
    let axis = given == rank ? rank : try axis(given, rank: rank)
    return try reshaped(
      x, to: [x.dims[..<axis].reduce(1, *), x.dims[axis...].reduce(1, *)])
  }

  private func reshape(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    guard let target = try opset < 5 ? node.integers("shape") : constantIntegers(1) else {
      throw refuse("expected a shape, found none")
    }
    let dims = try Self.resolved(
      target, of: x.dims, keepsZeros: try node.integer("allowzero", otherwise: 0) == 1)
    guard let dims else {
      throw refuse("expected a shape of \(x.dims.reduce(1, *)) elements, found \(target.prefix(16))")
    }
    return try reshaped(x, to: dims)
  }

  /// A shape with its −1 and its zeros filled in; nil where that is not possible.
  static func resolved(_ target: [Int], of dims: [Int], keepsZeros: Bool) throws -> [Int]? {
    var shape = target
    for (axis, size) in target.enumerated() where size == 0 && !keepsZeros {
      guard axis < dims.count else { return nil }
      shape[axis] = dims[axis]
    }
    let open = shape.indices.filter { shape[$0] == -1 }
    guard open.count <= 1, let total = NumericArray.count(of: dims),
      let known = NumericArray.count(of: shape.map { $0 == -1 ? 1 : $0 })
    else { return nil }
    if let axis = open.first {
      guard known > 0, total % known == 0 else { return nil }
      shape[axis] = total / known
      return shape
    }
    return known == total ? shape : nil
  }

  /// The axes that a node names: an attribute until version 12, an input afterwards.
  func namedAxes(_ node: ONNXNode, since version: Int = 13) throws -> [Int]? {
    try opset < version ? node.integers("axes") : constantIntegers(1)
  }

  private func squeeze(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let named = try namedAxes(node)?.map { try axis($0, rank: x.dims.count) }
    let axes = named ?? x.dims.indices.filter { x.dims[$0] == 1 && (batch == nil || $0 > 0) }
    guard axes.allSatisfy({ x.dims[$0] == 1 }), batch == nil || !axes.contains(0) else {
      throw refuse("expected axes of one place that are not the batch's, found \(axes) of \(x.dims)")
    }
    return try reshaped(x, to: x.dims.indices.filter { !axes.contains($0) }.map { x.dims[$0] })
  }

  private func unsqueeze(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    guard let named = try namedAxes(node), named.count < 64 else {
      throw refuse("expected axes, found none")
    }
    let rank = x.dims.count + named.count
    let axes = Set(try named.map { try axis($0, rank: rank) })
    guard axes.count == named.count, batch == nil || !axes.contains(0) else {
      throw refuse("expected each axis once and not the batch's, found \(named)")
    }
    var rest = x.dims[...]
    return try reshaped(x, to: (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() })
  }

  private func transpose(_ node: ONNXNode) throws -> Flow {
    let x = try flow(0)
    let order = try node.integers("perm") ?? Array(x.dims.indices.reversed())
    guard order.sorted() == Array(x.dims.indices) else {
      throw refuse("attribute perm: expected each axis of \(x.dims) once, found \(order.prefix(8))")
    }
    guard batch != nil else { return try turned(x, order) }
    guard order.first == 0 else { throw refuse("expected the batch to stay the first axis, found perm \(order)") }
    return try turned(x, order.dropFirst().map { $0 - 1 })
  }

  /// The value with the axes of its images in another order.
  func turned(_ x: Flow, _ order: [Int]) throws -> Flow {
    order == Array(order.indices) ? x : try emit(Transpose(order), [x])
  }

  // MARK: Parts

  /// Places of one axis of the images.
  private func part(_ x: Flow, axis: Int, start: Int, count: Int, step: Int = 1) throws -> Flow {
    guard count > 0 else { throw refuse("expected at least one place of each axis, found none") }
    if start == 0, step == 1, count == imageShape(x.dims)[axis] { return x }
    return try emit(Slice(axis: axis, start: start, count: count, step: step), [x])
  }

  private func split(_ node: ONNXNode) throws -> [Flow] {
    let x = try flow(0)
    let axis = try imageAxis(try node.integer("axis", otherwise: 0), rank: x.dims.count)
    let size = imageShape(x.dims)[axis]
    var sizes = try opset < 13 ? node.integers("split") : constantIntegers(1)
    if sizes == nil {
      let parts = try node.integer("num_outputs", otherwise: node.message.outputs.count)
      guard (1...max(1, size)).contains(parts) else { throw refuse("expected outputs, found \(parts)") }
      let each = (size + parts - 1) / parts
      sizes = (0..<parts).map { min(each, size - $0 * each) }
    }
    var start = 0
    return try (sizes ?? []).map { count in
      guard count > 0, count <= size - start else {
        throw refuse("expected parts of \(size) places, found \(sizes ?? [])")
      }
      defer { start += count }
      return try part(x, axis: axis, start: start, count: count)
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

  private func slice(_ node: ONNXNode) throws -> Flow {
    var x = try flow(0)
    let isOld = opset < 10
    guard let starts = try isOld ? node.integers("starts") : constantIntegers(1),
      let ends = try isOld ? node.integers("ends") : constantIntegers(2), ends.count == starts.count
    else { throw refuse("expected starts and ends, found others") }
    let axes = try (isOld ? node.integers("axes") : constantIntegers(3)) ?? Array(starts.indices)
    let steps = try (isOld ? nil : constantIntegers(4)) ?? starts.map { _ in 1 }
    guard axes.count == starts.count, steps.count == starts.count else {
      throw refuse("expected an axis and a step for each start, found \(axes.prefix(8)) and \(steps.prefix(8))")
    }
    for index in starts.indices {
      let whole = try axis(axes[index], rank: x.dims.count)
      let size = x.dims[whole]
      guard let (start, count) = GraphImport.places(starts[index], ends[index], steps[index], of: size)
      else { throw refuse("expected at least one place of each axis, found none") }
      if start == 0, count == size, steps[index] == 1 { continue }
      let axis = try imageAxis(whole, rank: x.dims.count)
      x = try part(x, axis: axis, start: start, count: count, step: count == 1 ? 1 : steps[index])
    }
    return x
  }

  private func gather(_ node: ONNXNode) throws -> Flow {
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
          x, axis: axis, start: places[first], count: end - first, step: end - first == 1 ? 1 : step))
      first = end
    }
    let joined = try concatenated(parts, axis: axis)
    return try reshaped(
      joined, to: Array(x.dims[..<whole]) + indices.shape + x.dims[(whole + 1)...])
  }

  // MARK: Together

  private func concatenation(_ node: ONNXNode) throws -> Flow {
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
    guard shapes.allSatisfy({ shape in
      guard shape.count == rest.count else { return false }
      return rest.indices.allSatisfy { $0 == axis || shape[$0] == rest[$0] }
    }) else { throw refuse("expected values of one shape but for axis \(axis), found \(shapes)") }
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

  // MARK: Borders

  private func pad(_ node: ONNXNode) throws -> Flow {
    var x = try flow(0)
    let rank = x.dims.count
    guard let pads = try opset < 11 ? node.integers("pads") : constantIntegers(1) else {
      throw refuse("expected pads, found none")
    }
    let axes = try constantIntegers(3)?.map { try axis($0, rank: rank) } ?? Array(0..<rank)
    guard pads.count == 2 * axes.count, pads.allSatisfy({ abs($0) <= 1 << 16 }) else {
      throw refuse("expected two pads for each axis, found \(pads.prefix(16))")
    }
    let mode = try node.word("mode", otherwise: "constant")
    let modes = ["constant": PaddingMode.zeros, "reflect": .reflect, "edge": .replicate, "wrap": .circular]
    guard let kind = modes[mode] else { throw refuse("attribute mode: unknown word \"\(mode.prefix(40))\"") }
    let value = try opset < 11 ? node.number("value", otherwise: 0) : number(2) ?? 0
    let shape = imageShape(x.dims)
    let sides = axes.indices.map { (axes[$0], pads[$0], pads[$0 + axes.count]) }
    // Rows and columns of images at once.
    if shape.count == 3, pads.allSatisfy({ $0 >= 0 }) {
      let image = sides.filter { $0.1 != 0 || $0.2 != 0 }
      let first = rank - 2
      if !image.isEmpty, image.allSatisfy({ $0.0 >= first }) {
        var padding = Padding(0, 0, 0, 0)
        for (axis, before, after) in image {
          if axis == first { (padding.top, padding.bottom) = (before, after) }
          if axis == first + 1 { (padding.left, padding.right) = (before, after) }
        }
        return try emit(
          kind == .zeros ? Pad2D(padding, constant: value) : Pad2D(padding, mode: kind), [x])
      }
    }
    for (whole, before, after) in sides where before != 0 || after != 0 {
      let axis = try imageAxis(whole, rank: rank)
      let size = imageShape(x.dims)[axis]
      let cut = (max(0, -before), max(0, -after))
      guard cut.0 + cut.1 < size else { throw refuse("expected at least one place to be left, found none") }
      x = try part(x, axis: axis, start: cut.0, count: size - cut.0 - cut.1)
      x = try padded(
        x, axis: axis, before: max(0, before), after: max(0, after), mode: kind, constant: value)
    }
    return x
  }

  /// The images with a border before and after one axis.
  func padded(
    _ x: Flow, axis: Int, before: Int, after: Int, mode: PaddingMode = .zeros, constant: Double = 0
  ) throws -> Flow {
    guard before > 0 || after > 0 else { return x }
    var shape = imageShape(x.dims)
    let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
    let maps = try reshaped(x, to: dims(ofImage: [outer, shape[axis], inner]))
    let padding = Padding(top: before, left: 0, bottom: after, right: 0)
    let layer = mode == .zeros ? Pad2D(padding, constant: constant) : Pad2D(padding, mode: mode)
    shape[axis] += before + after
    return try reshaped(emit(layer, [maps]), to: dims(ofImage: shape))
  }
}

extension Padding {
  fileprivate init(_ top: Int, _ left: Int, _ bottom: Int, _ right: Int) {
    self.init(top: top, left: left, bottom: bottom, right: right)
  }
}
