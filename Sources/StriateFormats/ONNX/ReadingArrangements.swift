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
    "Split": { graph, node in try graph.split(node) },
    "Slice": { graph, node in [try graph.slice(node)] },
    "Tile": { graph, node in [.flow(try graph.tiled(node))] },
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
      throw refuse(
        "expected a shape of \(x.dims.reduce(1, *)) elements, found \(target.prefix(16))")
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
      throw refuse(
        "expected axes of one place that are not the batch's, found \(axes) of \(x.dims)")
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
    guard order.first == 0 else {
      throw refuse("expected the batch to stay the first axis, found perm \(order)")
    }
    return try turned(x, order.dropFirst().map { $0 - 1 })
  }

  /// The value with the axes of its images in another order.
  func turned(_ x: Flow, _ order: [Int]) throws -> Flow {
    order == Array(order.indices) ? x : try emit(Transpose(order), [x])
  }

  // MARK: Borders

  private func pad(_ node: ONNXNode) throws -> Flow {
    var x = try flow(0)
    let rank = x.dims.count
    guard let pads = try opset < 11 ? node.integers("pads") : constantIntegers(1) else {
      throw refuse("expected pads, found none")
    }
    let axes = try constantIntegers(3)?.map { try axis($0, rank: rank) } ?? Array(0..<rank)
    guard pads.count == 2 * axes.count, pads.allSatisfy({ (-65536...65536).contains($0) }) else {
      throw refuse("expected two pads for each axis, found \(pads.prefix(16))")
    }
    let mode = try node.word("mode", otherwise: "constant")
    let modes = [
      "constant": PaddingMode.zeros, "reflect": .reflect, "edge": .replicate, "wrap": .circular,
    ]
    guard let kind = modes[mode] else {
      throw refuse("attribute mode: unknown word \"\(mode.prefix(40))\"")
    }
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
      guard cut.0 + cut.1 < size else {
        throw refuse("expected at least one place to be left, found none")
      }
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
