import Foundation
import Striate

extension GraphImport {
  static let resampling: [String: Reader] = [
    "Resize": { graph, node in [.flow(try graph.resize(node))] },
    "Upsample": { graph, node in [.flow(try graph.resize(node))] },
    "DepthToSpace": { graph, node in [.flow(try graph.depthToSpace(node))] },
    "SpaceToDepth": { graph, node in [.flow(try graph.spaceToDepth(node))] },
  ]

  private func resize(_ node: ONNXNode) throws -> Flow {
    let x = try image(flow(0))
    let shape = imageShape(x.dims)
    let isUpsample = node.message.operatorType == "Upsample"
    guard (2...3).contains(shape.count) else {
      throw refuse("expected images of 1 or 2 axes behind batch and channels, found \(shape)")
    }
    for (name, usual) in [("antialias", 0), ("exclude_outside", 0)] {
      guard try node.integer(name, otherwise: usual) == usual else {
        throw refuse("attribute \(name): expected \(usual), found another")
      }
    }
    let extents = Array(shape.dropFirst())
    let target = try sizes(node, of: extents, isOld: isUpsample || opset < 11)
    let place =
      isUpsample || opset < 11
      ? "asymmetric" : try node.word("coordinate_transformation_mode", otherwise: "half_pixel")
    let mode = try node.word("mode", otherwise: "nearest")
    let layer = try resampler(node, mode, place, from: extents, to: target)
    let rows = shape.count == 3 ? x : try reshaped(x, to: dims(ofImage: [shape[0], 1, shape[1]]))
    let y = try emit(layer, [rows])
    return try graphValue(reshaped(y, to: dims(ofImage: [shape[0]] + target)))
  }

  /// The sizes of the output of each axis of the image.
  private func sizes(_ node: ONNXNode, of extents: [Int], isOld: Bool) throws -> [Int] {
    let count = extents.count
    let isAttribute = node.message.operatorType == "Upsample" && opset < 9
    if !isOld, let sizes = try constantIntegers(3), !sizes.isEmpty {
      guard try node.word("keep_aspect_ratio_policy", otherwise: "stretch") == "stretch" else {
        throw refuse("attribute keep_aspect_ratio_policy: expected stretch, found another")
      }
      let last = try ordered(sizes.map(Double.init), count: count, node)
      guard last.allSatisfy({ (1...65536).contains($0) }) else {
        throw refuse("expected sizes from 1 to 65536, found \(sizes.prefix(8))")
      }
      return last.map { Int($0) }
    }
    let array = try isAttribute ? node.numbers("scales") : constant(isOld ? 1 : 2)?.floats
    guard let scales = array else { throw refuse("expected scales, found none") }
    let last = try ordered(scales.map { Double($0) }, count: count, node)
    return try zip(extents, last).map { extent, scale in
      let size = Double(extent) * scale
      guard scale > 0, size >= 1, size <= 65536, size == size.rounded() else {
        throw refuse(
          "expected a scale that gives whole sizes from 1 to 65536, found \(extent) · \(scale)")
      }
      return Int(size)
    }
  }

  /// The numbers of rows and columns, where those of other axes change nothing.
  private func ordered(_ numbers: [Double], count: Int, _ node: ONNXNode) throws -> [Double] {
    let rank = count + 2
    let isAll = try node.integers("axes") == nil
    let axes = try node.integers("axes")?.map { try axis($0, rank: rank) } ?? Array(0..<rank)
    guard axes.count == numbers.count, Set(axes).count == axes.count,
      isAll || axes.sorted() == Array(2..<rank)
    else { throw refuse("expected a number for each axis of the image, found \(numbers.count)") }
    let sorted = zip(axes, numbers).sorted { $0.0 < $1.0 }.map(\.1)
    // Sizes tell the channels, and the file's own batch; scales tell neither.
    let isSizes = node.message.inputs.count > 3 && !node.message.inputs[3].isEmpty
    let channels = try Double(flow(0).dims[1])
    let isUnchanged = sorted.dropLast(count).enumerated().allSatisfy { axis, number in
      isSizes ? axis == 0 || number == channels : number == 1
    }
    guard isUnchanged else {
      throw refuse("expected rows and columns alone to change, found others")
    }
    return Array(sorted.suffix(count))
  }

  private func resampler(
    _ node: ONNXNode, _ mode: String, _ place: String, from: [Int], to: [Int]
  ) throws -> any Layer {
    let size = to.count == 1 ? Extent(1, to[0]) : Extent(to[0], to[1])
    switch mode {
    case "nearest":
      let rounding =
        node.message.operatorType == "Upsample" || opset < 11
        ? "floor" : try node.word("nearest_mode", otherwise: "round_prefer_floor")
      for (size, outputs) in zip(from, to) {
        for i in 0..<outputs {
          let source = Self.nearest(i, size, outputs, place, rounding)
          guard source == i * size / outputs else {
            throw refuse(
              "expected the nearest pixel to be ⌊i · \(size) / \(outputs)⌋, found another for i = \(i): "
                + "use coordinate_transformation_mode asymmetric and nearest_mode floor")
          }
        }
      }
      return Upsample2D(size: size, mode: .nearest)
    case "linear", "bilinear":
      if place == "align_corners" {
        return Upsample2D(size: size, mode: .bilinear(alignsCorners: true))
      }
      guard
        ["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"].contains(place) || from == to,
        place != "pytorch_half_pixel" || zip(from, to).allSatisfy({ $0 == $1 || $1 > 1 })
      else {
        throw refuse(
          "attribute coordinate_transformation_mode: expected half_pixel or align_corners, found \(place.prefix(40))"
        )
      }
      return Upsample2D(size: size, mode: .bilinear)
    default:
      throw refuse("attribute mode: expected nearest or linear, found \"\(mode.prefix(40))\"")
    }
  }

  /// The pixel that an output copies, or −1 where the standard knows no such words.
  private static func nearest(
    _ i: Int, _ size: Int, _ outputs: Int, _ place: String, _ rounding: String
  ) -> Int {
    let ratio = Double(size) / Double(outputs)
    let x: Double
    switch place {
    case "half_pixel", "half_pixel_symmetric": x = (Double(i) + 0.5) * ratio - 0.5
    case "pytorch_half_pixel": x = outputs > 1 ? (Double(i) + 0.5) * ratio - 0.5 : 0
    case "align_corners": x = outputs > 1 ? Double(i) * Double(size - 1) / Double(outputs - 1) : 0
    case "asymmetric": x = Double(i) * ratio
    default: return -1
    }
    let pixel: Double
    switch rounding {
    case "floor": pixel = x.rounded(.down)
    case "ceil": pixel = x.rounded(.up)
    case "round_prefer_floor": pixel = (x - 0.5).rounded(.up)
    case "round_prefer_ceil": pixel = (x + 0.5).rounded(.down)
    default: return -1
    }
    return min(size - 1, max(0, Int(pixel)))
  }

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
