import LaneKernels

/// A border around the image: a constant, its mirror image, its outermost pixels, or its other end.
///
///     y[n,c,i,j] = x[n, c, s(i − top), s(j − left)]
///
/// where s is the source that the mode names for a place outside the image, or the constant where it
/// names none.
///
/// Shapes: x [N, C, H, W] → y [N, C, H + top + bottom, W + left + right].
/// Source: PyTorch's ConstantPad2d, ReflectionPad2d, ReplicationPad2d and CircularPad2d.
public struct Pad2D: Layer, Equatable {
  /// The width of the border on each side.
  public let padding: Padding

  /// What stands in the border.
  public let mode: PaddingMode

  /// What stands there where the mode is zeros.
  public let constant: Double

  /// A border of `padding` pixels.
  public init(_ padding: Padding, mode: PaddingMode = .zeros) {
    (self.padding, self.mode, constant) = (padding, mode, 0)
  }

  /// A border of one number.
  public init(_ padding: Padding, constant: Double) {
    (self.padding, mode, self.constant) = (padding, .zeros, constant)
  }

  public var stem: String { "pad" }

  public var text: String {
    let sides = [padding.top, padding.left, padding.bottom, padding.right]
    let width =
      sides.allSatisfy { $0 == sides[0] }
      ? "\(sides[0])" : sides.map(String.init).joined(separator: ",")
    return "pad \(width)" + (mode == .zeros ? "" : " \(mode.rawValue)")
      + (constant == 0 ? "" : " constant \(constant.short)")
  }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    let (rows, columns) = ([padding.top, padding.bottom], [padding.left, padding.right])
    guard !padding.isSame, (rows + columns).allSatisfy({ $0 >= 0 && $0 <= Window.limit }) else {
      throw ShapeMismatch(
        expected: "padding from 0 to \(Window.limit)",
        found: "padding \(padding.isSame ? "same" : "\(rows + columns)")",
        advice: "choose numbers in that range")
    }
    guard Float(constant).isFinite else {
      throw ShapeMismatch(
        expected: "a finite constant", found: "\(constant)", advice: "choose a number")
    }
    try mode.check(borders: [rows, columns], sizes: [shape[1], shape[2]])
    return [shape[0], shape[1] + rows[0] + rows[1], shape[2] + columns[0] + columns[1]]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let x = inputs[0]
    var y = ReferenceTensor(
      zeros: [
        x.shape[0], x.shape[1], x.shape[2] + padding.top + padding.bottom,
        x.shape[3] + padding.left + padding.right,
      ])
    forEachPixel(x: x.shape, y: y.shape) { k, source in
      y[k] = source.map { x[$0] } ?? constant
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var dx = ReferenceTensor(zeros: inputs[0].shape)
    forEachPixel(x: dx.shape, y: gradient.shape) { k, source in
      if let source { dx[source] += gradient[k] }
    }
    return ReferenceGradients(inputs: [dx])
  }

  /// Calls `body` for every pixel of the output with its index and that of its source.
  private func forEachPixel(x: [Int], y: [Int], _ body: (_ output: Int, _ source: Int?) -> Void) {
    for map in 0..<y[0] * y[1] {
      for i in 0..<y[2] {
        for j in 0..<y[3] {
          let row = mode.source(of: i - padding.top, size: x[2])
          let column = mode.source(of: j - padding.left, size: x[3])
          var source: Int?
          if let row, let column { source = (map * x[2] + row) * x[3] + column }
          body((map * y[2] + i) * y[3] + j, source)
        }
      }
    }
  }
}

// MARK: Engine

extension Pad2D {
  public func compile(into site: inout LayerSite) {
    let (shape, output) = (site.inputs[0].shape, site.output.shape)
    site.appendGather(
      rows: (0..<output[1]).map { mode.source(of: $0 - padding.top, size: shape[1]) },
      columns: (0..<output[2]).map { mode.source(of: $0 - padding.left, size: shape[2]) },
      constant: Float(constant))
  }
}
