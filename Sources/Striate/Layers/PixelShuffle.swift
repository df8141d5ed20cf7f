import LaneKernels

/// Channels become pixels (depth to space).
///
///     y[n, c, r·i + a, r·j + b] = x[n, c·r² + r·a + b, i, j],  0 ≤ a, b < r
///
/// Shapes: x [N, C·r², H, W] → y [N, C, r·H, r·W].
/// Source: Shi et al. 2016, arXiv:1609.05158, eq 4.
public struct PixelShuffle: Layer, Equatable {
  /// r.
  public var factor: Int

  /// An image `factor` times as high and as wide.
  public init(_ factor: Int) { self.factor = factor }

  public var stem: String { "pixelshuffle" }

  public var text: String { "pixelshuffle \(factor)" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    guard factor >= 1, factor <= Window.limit, shape[0] % (factor * factor) == 0 else {
      throw ShapeMismatch(
        expected: "a factor whose square divides \(shape[0]) channels", found: "\(factor)",
        advice: "choose another factor or number of channels")
    }
    return [shape[0] / (factor * factor), shape[1] * factor, shape[2] * factor]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor { inputs[0].shuffled(by: factor) }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(inputs: [gradient.unshuffled(by: factor)])
  }
}

/// Pixels become channels (space to depth): undoes `PixelShuffle`.
///
///     y[n, c·r² + r·a + b, i, j] = x[n, c, r·i + a, r·j + b],  0 ≤ a, b < r
///
/// Shapes: x [N, C, r·H, r·W] → y [N, C·r², H, W].
/// Source: Shi et al. 2016, arXiv:1609.05158, eq 4.
public struct PixelUnshuffle: Layer, Equatable {
  /// r.
  public var factor: Int

  /// An image whose height and width are divided by `factor`.
  public init(_ factor: Int) { self.factor = factor }

  public var stem: String { "pixelunshuffle" }

  public var text: String { "pixelunshuffle \(factor)" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    guard factor >= 1, factor <= Window.limit, shape[1] % factor == 0, shape[2] % factor == 0
    else {
      throw ShapeMismatch(
        expected: "a factor that divides \(shape[1]) rows and \(shape[2]) columns",
        found: "\(factor)", advice: "choose another factor, or put Pad2D before it")
    }
    return [shape[0] * factor * factor, shape[1] / factor, shape[2] / factor]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor { inputs[0].unshuffled(by: factor) }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(inputs: [gradient.shuffled(by: factor)])
  }
}

extension ReferenceTensor {
  /// y[n, c, r·i + a, r·j + b] = x[n, c·r² + r·a + b, i, j].
  fileprivate func shuffled(by r: Int) -> ReferenceTensor {
    var y = ReferenceTensor(zeros: [shape[0], shape[1] / (r * r), shape[2] * r, shape[3] * r])
    for n in 0..<shape[0] {
      for channel in 0..<shape[1] {
        let (c, a, b) = (channel / (r * r), channel / r % r, channel % r)
        for i in 0..<shape[2] {
          for j in 0..<shape[3] { y[n, c, r * i + a, r * j + b] = self[n, channel, i, j] }
        }
      }
    }
    return y
  }

  /// y[n, c·r² + r·a + b, i, j] = x[n, c, r·i + a, r·j + b].
  fileprivate func unshuffled(by r: Int) -> ReferenceTensor {
    var y = ReferenceTensor(zeros: [shape[0], shape[1] * r * r, shape[2] / r, shape[3] / r])
    for n in 0..<shape[0] {
      for c in 0..<shape[1] {
        for i in 0..<shape[2] {
          for j in 0..<shape[3] {
            y[n, c * r * r + i % r * r + j % r, i / r, j / r] = self[n, c, i, j]
          }
        }
      }
    }
    return y
  }
}

// MARK: Engine

extension PixelShuffle {
  public func compile(into site: inout LayerSite) {
    let (input, output) = (site.inputs[0], site.output)
    let shuffle = Shuffle(few: output.shape, factor: factor)
    shuffle.append(to: &site, from: input.values, to: output.values, isSpreading: true)
    guard site.isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    shuffle.append(to: &site, from: dy, to: dx, isSpreading: false, onTheWayBack: true)
  }
}

extension PixelUnshuffle {
  public func compile(into site: inout LayerSite) {
    let (input, output) = (site.inputs[0], site.output)
    let shuffle = Shuffle(few: input.shape, factor: factor)
    shuffle.append(to: &site, from: input.values, to: output.values, isSpreading: false)
    guard site.isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    shuffle.append(to: &site, from: dy, to: dx, isSpreading: true, onTheWayBack: true)
  }
}

/// Copies between few large maps and many small ones.
private struct Shuffle: Sendable {
  /// Large maps, and the rows and columns of a small one.
  let maps: Int, rows: Int, columns: Int
  let factor: Int

  init(few shape: [Int], factor: Int) {
    (maps, self.factor) = (shape[0], factor)
    (rows, columns) = (shape[1] / factor, shape[2] / factor)
  }

  /// Appends the copy: from small maps to large ones where `isSpreading`.
  func append(
    to site: inout LayerSite, from: Floats, to: Floats, isSpreading: Bool,
    onTheWayBack: Bool = false
  ) {
    let kernels = site.kernels
    let small = PixelGrid(rowStride: columns * laneCount, columnStride: laneCount)
    let large = PixelGrid(
      rowStride: factor * factor * columns * laneCount, columnStride: factor * laneCount)
    let parts = factor * factor
    let stride = blockStride(elements: maps * parts * rows * columns)
    site.forEachPart(of: maps, onTheWayBack: onTheWayBack) { block, range in
      for map in range.lowerBound * parts..<range.upperBound * parts {
        let (few, part) = map.quotientAndRemainder(dividingBy: parts)
        let (a, b) = part.quotientAndRemainder(dividingBy: factor)
        let smallPlace = block * stride + map * rows * columns * laneCount
        let largePlace =
          block * stride + few * parts * rows * columns * laneCount
          + (a * factor * columns + b) * laneCount
        if isSpreading {
          kernels.spatial.copyGrid(rows, columns, from + smallPlace, small, to + largePlace, large)
        } else {
          kernels.spatial.copyGrid(rows, columns, from + largePlace, large, to + smallPlace, small)
        }
      }
    }
  }
}
