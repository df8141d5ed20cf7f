/// What each layer makes of shapes, with its own numbers: what a refusal explains itself with.
///
/// The arithmetic wraps around: these texts are also written for numbers that the layer refuses.

extension Window {
  /// ⌊(size + padding − reach) / stride⌋ + 1 for rows and columns, as short as it can be written.
  fileprivate func rule(ceilMode: Bool = false) -> String {
    func axis(_ size: String, _ padding: Int, _ kernel: Int, _ stride: Int, _ dilation: Int)
      -> String
    {
      guard !self.padding.isSame else { return stride == 1 ? size : "⌈\(size) / \(stride)⌉" }
      let more = padding &- dilation &* (kernel &- 1) &- 1
      guard stride != 1 else { return size.plus(more &+ 1) }
      let steps = "(\(size.plus(more))) / \(stride)"
      return ceilMode ? "⌈\(steps)⌉ + 1" : "⌊\(steps)⌋ + 1"
    }
    return
      axis("H", padding.top &+ padding.bottom, kernel.height, stride.height, dilation.height)
      + ", "
      + axis("W", padding.left &+ padding.right, kernel.width, stride.width, dilation.width)
  }
}

extension String {
  /// "H + 2", "H − 4" or "H".
  fileprivate func plus(_ number: Int) -> String {
    number == 0 ? self : number > 0 ? "\(self) + \(number)" : "\(self) − \(number.magnitude)"
  }

  /// "2 · H", or "H" for 1.
  fileprivate func times(_ number: Int) -> String { number == 1 ? self : "\(number) · \(self)" }
}

extension Conv2D {
  public var shapeRule: String { "[C, H, W] → [\(filters), \(window.rule())]" }
}

extension DepthwiseConv2D {
  public var shapeRule: String { "[C, H, W] → [\("C".times(multiplier)), \(window.rule())]" }
}

extension Conv1D {
  public var shapeRule: String {
    let sides = asConv2D.window.rule().split(separator: ", ")
    return "[C, L] → [\(filters), \(sides[1].replacing("W", with: "L"))]"
  }
}

extension Conv3D {
  public var shapeRule: String {
    let depth = depthWindow.rule().split(separator: ", ")[0].replacing("H", with: "D")
    return "[C, D, H, W] → [\(filters), \(depth), \(window.rule())]"
  }
}

extension ConvTranspose2D {
  public var shapeRule: String {
    func axis(
      _ size: String, _ stride: Int, _ padding: Int, _ kernel: Int, _ dilation: Int, _ more: Int
    ) -> String {
      let rest = dilation &* (kernel &- 1) &+ 1 &+ more &- padding
      return (stride == 1 ? size : "(\(size) − 1) · \(stride)").plus(stride == 1 ? rest &- 1 : rest)
    }
    let (w, p) = (window, window.padding)
    let rows = axis(
      "H", w.stride.height, p.top &+ p.bottom, w.kernel.height, w.dilation.height,
      outputPadding.height)
    let columns = axis(
      "W", w.stride.width, p.left &+ p.right, w.kernel.width, w.dilation.width,
      outputPadding.width)
    return "[C, H, W] → [\(filters), \(rows), \(columns)]"
  }
}

extension Pool2D {
  /// Channels stay; rows and columns become the windows of each axis.
  public var shapeRule: String { "[C, H, W] → [C, \(window.rule(ceilMode: ceilMode))]" }
}

extension MaxUnpool2D {
  public var shapeRule: String {
    "[C, \(pooling.window.rule(ceilMode: pooling.ceilMode))] and [C, H, W] → [C, H, W]"
  }
}

extension AdaptivePool2D {
  public var shapeRule: String { "[C, H, W] → [C, \(size.height), \(size.width)]" }
}

extension Upsample2D {
  public var shapeRule: String {
    switch target {
    case .factor(let factor):
      "[C, H, W] → [C, \("H".times(factor.height)), \("W".times(factor.width))]"
    case .size(let size): "[C, H, W] → [C, \(size.height), \(size.width)]"
    }
  }
}

extension PixelShuffle {
  public var shapeRule: String {
    "[C, H, W] → [C / \(factor)², \("H".times(factor)), \("W".times(factor))]"
  }
}

extension PixelUnshuffle {
  public var shapeRule: String { "[C, H, W] → [\(factor)² · C, H / \(factor), W / \(factor)]" }
}

extension Pad2D {
  public var shapeRule: String {
    "[C, H, W] → [C, \("H".plus(padding.top &+ padding.bottom)), "
      + "\("W".plus(padding.left &+ padding.right))]"
  }
}

extension Dense {
  public var shapeRule: String { "[N] → [\(outputs)]" }
}

extension RadialBasis {
  public var shapeRule: String { "[N] → [\(units)]" }
}

extension Fold {
  public var shapeRule: String { "[C, …] → [C / \(pieces), …]" }
}

extension Flatten {
  public var shapeRule: String { "[C, H, W] → [C · H · W]" }
}

extension Concatenate {
  public var shapeRule: String { "[A, …] and [B, …] → [A + B, …]" }
}

extension Add {
  public var shapeRule: String { "[…] and the same […] → […]" }
}

extension Multiply {
  public var shapeRule: String { "[C, …] and the same [C, …] or a gate [C, 1, …] → [C, …]" }
}

extension GroupNorm {
  public var shapeRule: String { "[C, …] → [C, …], C a multiple of \(groups)" }
}

extension InstanceNorm2D {
  public var shapeRule: String { "[C, H, W] → [C, H, W]" }
}

extension Reshape {
  public var shapeRule: String { "[…] → \(shape)" }
}

extension LearnedTensor {
  public var shapeRule: String { "[…] → \(shape)" }
}

extension Transpose {
  public var shapeRule: String { "[…] → its axes \(axes.text)" }
}

extension Slice {
  public var shapeRule: String { "[…] → [\(count) places of axis \(axis)]" }
}

extension MatMul {
  public var shapeRule: String { "[…, I, K] and […, K, J] → […, I, J]" }
}

extension ArgMax {
  public var shapeRule: String { "[C, …] → [1, …]" }
}
