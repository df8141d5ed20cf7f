/// The order in which `im2col` lists the pixels of a patch, and the patches of an image.
public enum PatchOrder: Sendable, Equatable {
  /// Row by row, as a tensor stores them.
  case rows
  /// Column by column (Patel, Convolutional Neural Networks, §4).
  case columns
}

/// The patches that a kernel sees, one a column: what turns a convolution into a matrix product.
///
///     convolution = kernels [O, C·K·K] × patches [C·K·K, positions]
///
/// Shapes: x [H, W] or [C, H, W] → [C·K·K, H′·W′]. With several channels all pixels of the first
/// channel's patch come first.
/// Source: Patel, Convolutional Neural Networks, §4.
///
/// Throws `ShapeMismatch` where the input is no image or not even one window fits.
public func im2col(
  _ input: Tensor, kernel: Extent, stride: Extent = 1, padding: Padding = 0,
  order: PatchOrder = .rows
) throws -> Tensor {
  guard input.shape.count == 2 || input.shape.count == 3 else {
    throw ShapeMismatch(
      expected: "[H, W] or [C, H, W]", found: "\(input.shape)", advice: "reshape it")
  }
  let x = input.shape.count == 3 ? input : input.reshaped(to: [1] + input.shape)
  let (height, width) = (x.shape[1], x.shape[2])
  let output = try Window(kernel: kernel, stride: stride, padding: padding)
    .outputSize(of: Extent(height, width))
  let pixels = order.walk(kernel)
  let positions = order.walk(output)
  var patches = Tensor(
    repeating: 0, shape: [x.shape[0] * pixels.count, positions.count])
  for c in 0..<x.shape[0] {
    for (k, pixel) in pixels.enumerated() {
      for (n, position) in positions.enumerated() {
        let row = stride.height * position.row + pixel.row - padding.top
        let column = stride.width * position.column + pixel.column - padding.left
        guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
        patches[c * pixels.count + k, n] = x[c, row, column]
      }
    }
  }
  return patches
}

extension PatchOrder {
  /// All places of a rectangle in this order.
  fileprivate func walk(_ size: Extent) -> [(row: Int, column: Int)] {
    switch self {
    case .rows: (0..<size.height).flatMap { row in (0..<size.width).map { (row, $0) } }
    case .columns: (0..<size.width).flatMap { column in (0..<size.height).map { ($0, column) } }
    }
  }
}
