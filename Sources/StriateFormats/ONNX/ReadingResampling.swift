import Striate

extension GraphImport {
  static let resampling: [String: Reader] = [
    "Resize": { graph, node in [.flow(try graph.resize(node))] },
    "Upsample": { graph, node in [.flow(try graph.resize(node))] },
    "DepthToSpace": { graph, node in [.flow(try graph.depthToSpace(node))] },
    "SpaceToDepth": { graph, node in [.flow(try graph.spaceToDepth(node))] },
  ]

  private func blocks(_ node: ONNXNode) throws -> (x: Flow, shape: [Int], size: Int) {
    let x = try image(flow(0))
    let (shape, size) = (imageShape(x.dims), try node.integer("blocksize", otherwise: 0))
    guard shape.count == 3, (1...1 << 12).contains(size) else {
      throw refuse("expected images and a blocksize from 1 to 4096, found \(shape) and \(size)")
    }
    return (x, shape, size)
  }

  private func depthToSpace(_ node: ONNXNode) throws -> Flow {
    let (x, shape, size) = try blocks(node)
    switch try node.word("mode", otherwise: "DCR") {
    case "CRD": return try graphValue(emit(PixelShuffle(size), [x]))
    case "DCR":
      guard shape[0] % (size * size) == 0 else {
        throw refuse("expected channels that \(size * size) divides, found \(shape[0])")
      }
      let channels = shape[0] / (size * size)
      let parts = try reshaped(x, to: dims(ofImage: [size, size, channels, shape[1], shape[2]]))
      return try graphValue(
        reshaped(
          turned(parts, [2, 3, 0, 4, 1]),
          to: dims(ofImage: [channels, shape[1] * size, shape[2] * size])))
    default: throw refuse("attribute mode: expected DCR or CRD, found another")
    }
  }

  private func spaceToDepth(_ node: ONNXNode) throws -> Flow {
    let (x, shape, size) = try blocks(node)
    guard shape[1] % size == 0, shape[2] % size == 0 else {
      throw refuse("expected rows and columns that \(size) divides, found \(shape)")
    }
    if try node.word("mode", otherwise: "DCR") == "CRD" {
      return try graphValue(emit(PixelUnshuffle(size), [x]))
    }
    let (rows, columns) = (shape[1] / size, shape[2] / size)
    let parts = try reshaped(x, to: dims(ofImage: [shape[0], rows, size, columns, size]))
    return try graphValue(
      reshaped(
        turned(parts, [2, 4, 0, 1, 3]),
        to: dims(ofImage: [shape[0] * size * size, rows, columns])))
  }
}
