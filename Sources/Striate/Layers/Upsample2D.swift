import LaneKernels

/// The image at another size: each pixel repeated, or numbers in between.
///
///     nearest   y[n,c,i,j] = x[n, c, ⌊i·H/H′⌋, ⌊j·W/W′⌋]
///     bilinear  y[n,c,i,j] = Σ(u,v) max(0, 1 − |r(i) − u|) · max(0, 1 − |r(j) − v|) · x[n,c,u,v]
///               r(i) = max(0, (i + ½)·H/H′ − ½), or i·(H − 1)/(H′ − 1) where corners are aligned
///
/// Beyond the last pixel the last pixel counts.
///
/// Shapes: x [N, C, H, W] → y [N, C, H′, W′], by a factor f [N, C, f·H, f·W].
/// Source: PyTorch's Upsample; Odena, Dumoulin & Olah 2016, doi:10.23915/distill.00003.
public struct Upsample2D: Layer, Equatable {
  /// How big the output is.
  public enum Target: Sendable, Equatable {
    /// So many times as big as the image, for each axis.
    case factor(Extent)
    /// As big as this.
    case size(Extent)
  }

  /// How an output follows from the pixels around it.
  public enum Mode: Sendable, Equatable {
    /// The pixel that it lies in.
    case nearest
    /// A mixture of four pixels. With aligned corners the outermost pixels of output and image have the
    /// same centres, without it the same outer edges.
    case bilinear(alignsCorners: Bool)

    /// The mixture whose outer edges are those of the image.
    public static let bilinear = Mode.bilinear(alignsCorners: false)
  }

  /// How big the output is.
  public var target: Target

  /// How an output follows from the pixels around it.
  public var mode: Mode

  /// An image `factor` times as big.
  public init(_ factor: Extent, mode: Mode = .nearest) {
    (target, self.mode) = (.factor(factor), mode)
  }

  /// An image of `size`.
  public init(size: Extent, mode: Mode = .nearest) {
    (target, self.mode) = (.size(size), mode)
  }

  public var stem: String { "upsample" }

  public var text: String {
    let size =
      switch target {
      case .factor(let factor): "\(factor)"
      case .size(let size): "size \(size)"
      }
    return switch mode {
    case .nearest: "upsample \(size)"
    case .bilinear(let alignsCorners):
      "upsample \(size) bilinear" + (alignsCorners ? " align-corners" : "")
    }
  }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    let numbers =
      switch target {
      case .factor(let numbers), .size(let numbers): numbers
      }
    let limit = 1...Window.limit
    guard limit.contains(numbers.height), limit.contains(numbers.width) else {
      throw ShapeMismatch(
        expected: "a factor or a size from 1 to \(Window.limit)", found: "\(numbers)",
        advice: "choose numbers in that range")
    }
    return outputShape(image: shape)
  }

  private func outputShape(image: [Int]) -> [Int] {
    switch target {
    case .factor(let factor): [image[0], image[1] * factor.height, image[2] * factor.width]
    case .size(let size): [image[0], size.height, size.width]
    }
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let x = inputs[0]
    var y = ReferenceTensor(
      zeros: [x.shape[0]] + outputShape(image: Array(x.shape.dropFirst())))
    forEachShare(x: x.shape, y: y.shape) { k, pixel, share in y[k] += share * x[pixel] }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var dx = ReferenceTensor(zeros: inputs[0].shape)
    forEachShare(x: dx.shape, y: gradient.shape) { k, pixel, share in
      dx[pixel] += share * gradient[k]
    }
    return ReferenceGradients(inputs: [dx])
  }

  /// Calls `body` for every output and every pixel that has a share in it.
  private func forEachShare(
    x: [Int], y: [Int], _ body: (_ output: Int, _ pixel: Int, _ share: Double) -> Void
  ) {
    let rows = (0..<y[2]).map { shares(of: $0, size: x[2], outputs: y[2]) }
    let columns = (0..<y[3]).map { shares(of: $0, size: x[3], outputs: y[3]) }
    for map in 0..<y[0] * y[1] {
      for i in 0..<y[2] {
        for j in 0..<y[3] {
          for (u, a) in rows[i] {
            for (v, b) in columns[j] {
              body((map * y[2] + i) * y[3] + j, (map * x[2] + u) * x[3] + v, a * b)
            }
          }
        }
      }
    }
  }

  /// The pixels of an axis that have a share in output `i`.
  package func shares(of i: Int, size: Int, outputs: Int) -> [(pixel: Int, share: Double)] {
    guard case .bilinear(let alignsCorners) = mode else { return [(i * size / outputs, 1)] }
    let place =
      alignsCorners
      ? (outputs > 1 ? Double(i) * Double(size - 1) / Double(outputs - 1) : 0)
      : max(0, (Double(i) + 0.5) * Double(size) / Double(outputs) - 0.5)
    let first = min(Int(place), size - 1)
    let share = place - Double(first)
    return [(first, 1 - share), (min(first + 1, size - 1), share)]
  }
}

// MARK: Engine

extension Upsample2D {
  public func compile(into site: inout LayerSite) {
    let (shape, output) = (site.inputs[0].shape, site.output.shape)
    switch mode {
    case .nearest:
      site.appendGather(
        rows: (0..<output[1]).map { $0 * shape[1] / output[1] },
        columns: (0..<output[2]).map { $0 * shape[2] / output[2] }, constant: 0)
    case .bilinear:
      site.appendInterpolation(
        rows: (0..<output[1]).map { shares(of: $0, size: shape[1], outputs: output[1]) },
        columns: (0..<output[2]).map { shares(of: $0, size: shape[2], outputs: output[2]) })
    }
  }
}
