import Striate

extension CoreMLExport.Translation {
  mutating func pad(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let pads = try integers(item.inputs[1])
    let axes = pads.count / 2
    let (before, after) = (Array(pads.prefix(axes)), Array(pads.suffix(axes)))
    guard axes >= 3, (before.dropLast(2) + after.dropLast(2)).allSatisfy({ $0 == 0 }) else {
      throw Inexpressible(reason: "a border around other axes than the last two")
    }
    let kind =
      switch item.string("mode") {
      case "constant": 1
      case "reflect": 2
      default: 3
      }
    let constant = item.inputs.count > 2 ? try scalar(item.inputs[2]) : 0
    append(.padding, [item.inputs[0]], to: item.output) { message in
      message.add(
        kind,
        ProtobufWriter { if kind == 1 { $0.add(1, Float(constant)) } })
      message.add(
        10, .borderAmounts(before: Array(before.suffix(2)), after: Array(after.suffix(2))))
    }
  }

  /// Each pixel several times.
  mutating func resize(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let factors = try parameter(item.inputs[2]).floats.suffix(2).map { Int($0) }
    append(.upsample, [item.inputs[0]], to: item.output) { $0.add(1, packed: factors) }
  }

  mutating func rearrange(_ item: CoreMLExport.Operator) throws(Inexpressible) {
    let (x, output) = (item.inputs[0], item.output)
    switch item.operation {
    case "Shape": integers[output] = try shape(x)
    case "Gather" where integers[x] != nil:
      let (list, places) = (try integers(x), try integers(item.inputs[1]))
      integers[output] = places.map { list[$0] }
    case "Concat" where item.inputs.allSatisfy({ integers[$0] != nil }):
      var list: [Int] = []
      for name in item.inputs { list += try integers(name) }
      integers[output] = list
    case "Expand":
      let (constant, shape) = (try parameter(x), try integers(item.inputs[1]))
      try load(constant.floats, shape: shape, to: output)
    case "Reshape":
      let shape = try integers(item.inputs[1]).map { $0 == 0 ? 1 : $0 }
      guard shape.count <= 5 else {
        throw Inexpressible(reason: "a value of \(shape.count) axes, more than 5")
      }
      shapes[output] = shape
      append(.reshapeStatic, [x], to: output) { $0.add(1, packed: shape) }
    case "Flatten": append(.flattenTo2D, [x], to: output) { $0.add(1, 1) }
    case "Transpose":
      append(.transpose, [x], to: output) { $0.add(1, packed: item.integers("perm")) }
    case "Concat":
      let names = try operands(item)
      append(.concatND, names, to: output) { $0.add(1, item.integer("axis")) }
    case "Gather":
      let names = try operands(item)
      append(.gather, names, to: output) { $0.add(1, item.integer("axis")) }
    case "Slice":
      let bounds = (try integers(item.inputs[1])[0], try integers(item.inputs[2])[0])
      let axis = try integers(item.inputs[3])[0]
      let places = fresh("\(output).places")
      let list = (bounds.0..<bounds.1).map { Float($0) }
      try load(list, shape: [list.count], to: places)
      append(.gather, [x, places], to: output) { $0.add(1, axis) }
    default: throw Inexpressible(reason: "\(item.operation)")
    }
  }
}
