/// A layer that reduces every window of every channel to one number.
///
///     y[n,c,i,j] = reduce { x[n, c, s·i + u, s·j + v] : 0 ≤ u, v < K }
///
/// A window that does not fit wholly inside the image is left out. Where windows overlap, the
/// gradients of one pixel add.
///
/// Shapes: x [N, C, H, W] → y [N, C, ⌊(H − K)/s⌋ + 1, ⌊(W − K)/s⌋ + 1].
/// Source: seeds/001 §7; seeds/002 §4.3 (its printed gradient is right only without overlap).
public protocol Pool2D: Layer {
  /// Kernel and stride.
  var window: Window { get }

  /// The number that stands for the pixels of one window, given in row order.
  func referencePool(_ pixels: [Double]) -> Double

  /// ∂output/∂pixel for each pixel of one window.
  func referencePoolGradient(_ pixels: [Double], output: Double) -> [Double]
}

extension Pool2D {
  /// The stem, the kernel, and the stride where it is not the kernel: "maxpool 3x3 stride 2".
  public var text: String {
    window.stride == window.kernel
      ? "\(stem) \(window.kernel)"
      : "\(stem) \(window.kernel.height)x\(window.kernel.width) stride \(window.stride)"
  }

  /// As many channels, one pixel a window.
  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    let size = try window.outputSize(of: Extent(shape[1], shape[2]))
    return [shape[0], size.height, size.width]
  }

  // MARK: Reference

  /// Reduces every window.
  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let x = inputs[0]
    let rows = (x.shape[2] - window.kernel.height) / window.stride.height + 1
    let columns = (x.shape[3] - window.kernel.width) / window.stride.width + 1
    var y = ReferenceTensor(zeros: [x.shape[0], x.shape[1], rows, columns])
    forEachWindow(x: x.shape, y: y.shape) { k, pixels in
      y[k] = referencePool(pixels.map { x[$0] })
    }
    return y
  }

  /// Adds each window's gradient to the pixels it covers.
  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let x = inputs[0]
    var dx = ReferenceTensor(zeros: x.shape)
    forEachWindow(x: x.shape, y: gradient.shape) { k, pixels in
      let slopes = referencePoolGradient(pixels.map { x[$0] }, output: output[k])
      for (pixel, slope) in zip(pixels, slopes) { dx[pixel] += gradient[k] * slope }
    }
    return ReferenceGradients(inputs: [dx])
  }

  /// Calls `body` for every window with the index of its output and those of its pixels.
  private func forEachWindow(
    x: [Int], y: [Int], _ body: (_ output: Int, _ pixels: [Int]) -> Void
  ) {
    let (rows, columns) = (y[2], y[3])
    for map in 0..<y[0] * y[1] {
      for i in 0..<rows {
        for j in 0..<columns {
          let corner = (map * x[2] + i * window.stride.height) * x[3] + j * window.stride.width
          let pixels = (0..<window.kernel.height).flatMap { u in
            (0..<window.kernel.width).map { v in corner + u * x[3] + v }
          }
          body((map * rows + i) * columns + j, pixels)
        }
      }
    }
  }
}

extension [Double] {
  /// The index of the first of the largest elements, or of the first NaN where there is one.
  ///
  /// - Precondition: there is at least one element.
  var firstMaximum: Int {
    var best = 0
    for i in indices where self[i] > self[best] || (self[i].isNaN && !self[best].isNaN) {
      best = i
    }
    return best
  }
}
