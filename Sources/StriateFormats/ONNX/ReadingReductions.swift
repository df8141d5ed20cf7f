import Striate

extension GraphImport {
  /// How the elements of some axes become one number.
  private enum Reduction {
    case mean, sum, maximum, minimum, norm, absoluteSum, squareSum
  }

  static let reductions: [String: Reader] = {
    let kinds: [String: Reduction] = [
      "ReduceMean": .mean, "ReduceSum": .sum, "ReduceMax": .maximum, "ReduceMin": .minimum,
      "ReduceL2": .norm, "ReduceL1": .absoluteSum, "ReduceSumSquare": .squareSum,
    ]
    var table: [String: Reader] = [:]
    for (name, kind) in kinds {
      table[name] = { graph, node in [.flow(try graph.reduction(node, kind))] }
    }
    table["ArgMax"] = { graph, node in [.flow(try graph.largestPlace(node, sign: 1))] }
    table["ArgMin"] = { graph, node in [.flow(try graph.largestPlace(node, sign: -1))] }
    return table
  }()

  private func reduction(_ node: ONNXNode, _ kind: Reduction) throws -> Flow {
    let x = try flow(0)
    let named = try namedAxes(node, since: node.message.operatorType == "ReduceSum" ? 13 : 18) ?? []
    if named.isEmpty, try node.integer("noop_with_empty_axes", otherwise: 0) == 1 {
      let plain = ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"]
      guard plain.contains(node.message.operatorType) else {
        throw refuse("expected axes, found none with noop_with_empty_axes 1")
      }
      return x
    }
    let all = named.isEmpty ? Array(x.dims.indices) : named
    let axes = Set(try all.map { try imageAxis($0, rank: x.dims.count) })
    let keeps = try node.integer("keepdims", otherwise: 1) == 1
    let gone = Set(try all.map { try axis($0, rank: x.dims.count) })
    let target = x.dims.indices.compactMap { axis -> Int? in
      if gone.contains(axis) { return keeps ? 1 : nil }
      return x.dims[axis]
    }
    return try reshaped(reduced(x, kind, axes: axes), to: target)
  }

  /// The place of the largest or smallest number along an axis.
  private func largestPlace(_ node: ONNXNode, sign: Double) throws -> Flow {
    let x = try flow(0)
    let whole = try axis(try node.integer("axis", otherwise: 0), rank: x.dims.count)
    let axis = try imageAxis(whole, rank: x.dims.count)
    let keeps = try node.integer("keepdims", otherwise: 1) == 1
    let isLast = try node.integer("select_last_index", otherwise: 0) == 1
    let shape = imageShape(x.dims)
    let count = shape[axis]
    let order = [axis] + shape.indices.filter { $0 != axis }
    var columns = try turned(x, order)
    if sign < 0 { columns = try emit(Affine(scale: -1), [columns]) }
    if isLast, count > 1 {
      columns = try emit(Slice(axis: 0, start: count - 1, count: count, step: -1), [columns])
    }
    var y = try emit(ArgMax(), [columns])
    if isLast { y = try emit(Affine(scale: -1, shift: Double(count - 1)), [y]) }
    let target = x.dims.indices.compactMap { $0 == whole ? keeps ? 1 : nil : x.dims[$0] }
    y = try reshaped(y, to: target)
    y.type = .int64
    return y
  }

  /// One number for each place of the other axes, in their order.
  private func reduced(_ x: Flow, _ kind: Reduction, axes: Set<Int>) throws -> Flow {
    let shape = imageShape(x.dims)
    let kept = shape.indices.filter { !axes.contains($0) }
    let order = kept + shape.indices.filter { axes.contains($0) }
    let count = order.dropFirst(kept.count).map { shape[$0] }.reduce(1, *)
    let channels = kept.map { shape[$0] }.reduce(1, *)
    // Means and maxima of whole maps are what pooling knows.
    let turned = try shape.isEmpty || x.dims.isEmpty ? x : turned(x, order)
    let isImage = shape.count == 3 && axes == [1, 2]
    let maps =
      isImage ? turned : try reshaped(turned, to: dims(ofImage: [channels, 1, count]))
    func mean(_ flow: Flow) throws -> Flow { try emit(GlobalAveragePool2D(), [flow]) }
    let y: Flow
    switch kind {
    case .mean: y = try mean(maps)
    case .sum: y = try emit(Affine(scale: Double(count)), [mean(maps)])
    case .absoluteSum:
      y = try emit(Affine(scale: Double(count)), [mean(emit(Absolute(), [maps]))])
    case .squareSum:
      y = try emit(Affine(scale: Double(count)), [mean(emit(Multiply(), [maps, maps]))])
    case .norm:
      let square = try emit(Affine(scale: Double(count)), [mean(emit(Multiply(), [maps, maps]))])
      y = try emit(SquareRoot(), [square])
    case .maximum: y = try emit(GlobalMaxPool2D(), [maps])
    case .minimum:
      y = try emit(
        Affine(scale: -1), [emit(GlobalMaxPool2D(), [emit(Affine(scale: -1), [maps])])])
    }
    return y
  }
}
