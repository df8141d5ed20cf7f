/// Where a kernel may stand while it slides over an image.
public enum CorrelationMode: Sendable, Equatable {
  /// Wholly inside the image: the output is smaller.
  case valid
  /// With its centre inside the image: at stride 1 the output has the image's size. An even kernel
  /// needs an odd number of zeros, and the odd one goes below and to the right.
  case same
  /// Wherever it touches the image: the output is larger.
  case full
  /// Wholly inside the image with zeros around it.
  case padded(Padding)

  func padding(for kernel: Extent) -> Padding {
    let (rows, columns) = (kernel.height - 1, kernel.width - 1)
    return switch self {
    case .valid: 0
    case .same:
      Padding(
        top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
    case .full: Padding(top: rows, left: columns, bottom: rows, right: columns)
    case .padded(let padding): padding
    }
  }
}

/// Cross-correlation: the kernel slides over the image as it is, and each position gives a sum of
/// products.
///
///     y[i,j] = Σ(u,v) k[u,v] · x[s·i + u − p, s·j + v − p]
///     y[o,i,j] = Σ(c,u,v) k[o,c,u,v] · x[c, s·i + u − p, s·j + v − p]
///
/// It is what networks call convolution; `Conv2D` computes the same with a bias.
///
/// Shapes: x [H, W] and k [K, K] → [H′, W′], or x [C, H, W] and k [O, C, K, K] → [O, H′, W′].
/// Source: Chidiac, Convolutional Neural Networks, eq 14 (valid) and 16 (full); seeds/002 eq 33.
///
/// Throws `ShapeMismatch` where the shapes do not go together or no position is left.
public func crossCorrelate(
  _ input: Tensor, _ kernel: Tensor, mode: CorrelationMode = .valid, stride: Extent = 1
) throws -> Tensor {
  if input.shape.count == 2, kernel.shape.count == 2 {
    let y = try crossCorrelate(
      input.reshaped(to: [1] + input.shape), kernel.reshaped(to: [1, 1] + kernel.shape),
      mode: mode, stride: stride)
    return y.reshaped(to: Array(y.shape.dropFirst()))
  }
  guard input.shape.count == 3, kernel.shape.count == 4, kernel.shape[1] == input.shape[0] else {
    throw ShapeMismatch(
      expected: "a matrix and a matrix, or [C, H, W] and [O, C, K, K]",
      found: "\(input.shape) and \(kernel.shape)", advice: "reshape one of them")
  }
  let size = Extent(kernel.shape[2], kernel.shape[3])
  let p = mode.padding(for: size)
  let (height, width) = (input.shape[1], input.shape[2])
  let output = try Window(kernel: size, stride: stride, padding: p)
    .outputSize(of: Extent(height, width))
  var y = Tensor(repeating: 0, shape: [kernel.shape[0], output.height, output.width])
  for o in 0..<kernel.shape[0] {
    for i in 0..<output.height {
      for j in 0..<output.width {
        for c in 0..<input.shape[0] {
          for u in 0..<size.height {
            for v in 0..<size.width {
              let row = stride.height * i + u - p.top
              let column = stride.width * j + v - p.left
              guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
              y[o, i, j] += kernel[o, c, u, v] * input[c, row, column]
            }
          }
        }
      }
    }
  }
  return y
}

/// Convolution as mathematics has it: cross-correlation with the kernel turned by 180°.
///
///     y[i,j] = Σ(u,v) k[u,v] · x[i − u, j − v]
///
/// With mode `.full` it is commutative: `convolve(k, m) == convolve(m, k)`.
///
/// Shapes: as for `crossCorrelate(_:_:mode:stride:)`.
/// Source: seeds/002 eq 30 and 31; Chidiac, Convolutional Neural Networks, eq 15.
///
/// Throws `ShapeMismatch` where the shapes do not go together or no position is left.
public func convolve(
  _ input: Tensor, _ kernel: Tensor, mode: CorrelationMode = .valid, stride: Extent = 1
) throws -> Tensor {
  try crossCorrelate(input, rotatedBy180Degrees(kernel), mode: mode, stride: stride)
}

/// A kernel flipped along both of its last two axes.
///
/// - Precondition: the tensor has at least two axes.
public func rotatedBy180Degrees(_ kernel: Tensor) -> Tensor {
  precondition(
    kernel.shape.count >= 2,
    "rotatedBy180Degrees: expected at least two axes, found \(kernel.shape)")
  let size = kernel.shape.suffix(2).reduce(1, *)
  guard size > 0 else { return kernel }
  var flipped = kernel
  for start in stride(from: 0, to: kernel.count, by: size) {
    flipped.scalars.replaceSubrange(
      start..<start + size, with: kernel.scalars[start..<start + size].reversed())
  }
  return flipped
}
