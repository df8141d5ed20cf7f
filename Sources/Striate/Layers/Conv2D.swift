/// Two-dimensional convolution (cross-correlation: the kernel is not flipped).
///
///     y[n,o,i,j] = b[o] + Σ(c,u,v) w[o,c,u,v] · x[n, c, s·i + d·u − p, s·j + d·v − p]
///
/// where c runs over the input channels of o's group. What pixels outside the image are is a matter of
/// the padding mode.
///
/// Shapes: x [N, C, H, W] → y [N, O, ⌊(H + 2p − d(K−1) − 1)/s⌋ + 1, likewise for W], or
/// [N, O, ⌈H/s⌉, ⌈W/s⌉] where the padding is `same`; w [O, C/groups, K, K]; b [O], or [O, H′, W′]
/// where the bias is untied.
/// Source: seeds/002 eq 33, seeds/003 eq 17–20; Dumoulin & Visin 2016, arXiv:1603.07285.
public struct Conv2D: Layer, Equatable {
  /// The number of output channels.
  public var filters: Int

  /// Kernel, stride, padding and dilation.
  public var window: Window

  /// The number of groups into which input and output channels are divided.
  public var groups: Int

  /// Which outputs share a bias.
  public var bias: Bias

  /// What the weights hold before training; with all but PyTorch's default, biases start at 0.
  public var initialization: Initializer
  /// What stands in the border around the image.
  public var paddingMode: PaddingMode

  /// A convolution with `filters` kernels.
  public init(
    filters: Int, kernel: Extent, stride: Extent = 1, padding: Padding = 0, dilation: Extent = 1,
    groups: Int = 1, bias: Bias = .shared, paddingMode: PaddingMode = .zeros,
    initialization: Initializer = .standard
  ) {
    self.filters = filters
    self.window = Window(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
    self.groups = groups
    self.bias = bias
    self.initialization = initialization
    self.paddingMode = paddingMode
  }

  /// Which outputs of a convolution share a bias.
  public enum Bias: String, Sendable, Equatable {
    /// One for each map (seeds/000 §2.2).
    case shared
    /// One for each output pixel (seeds/003 eq 17).
    case untied
    /// None.
    case none
  }

  public var stem: String { "conv" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public var text: String {
    let kernel = "\(window.kernel.height)x\(window.kernel.width)"
    return "conv \(filters) \(kernel)\(window.options)"
      + (groups == 1 ? "" : " groups \(groups)") + optionsOfBorderAndBias
  }

  /// Bias and padding mode as they are written in a network text, where they are not the usual ones.
  var optionsOfBorderAndBias: String {
    (bias == .shared ? "" : " bias \(bias.rawValue)")
      + (paddingMode == .zeros ? "" : " padding-mode \(paddingMode.rawValue)")
      + initialization.option
  }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 3, axes: "[C, H, W]", advice: "give it an image")
    guard filters >= 1, filters <= Window.limit else {
      throw ShapeMismatch(
        expected: "1 to \(Window.limit) filters", found: "\(filters)",
        advice: "choose a number in that range")
    }
    guard groups >= 1, shape[0] % groups == 0, filters % groups == 0 else {
      throw ShapeMismatch(
        expected: "groups that divide \(shape[0]) input channels and \(filters) filters",
        found: "groups \(groups)", advice: "choose a common divisor")
    }
    try initialization.validate()
    let window = window(on: shape)
    let size = try window.outputSize(of: Extent(shape[1], shape[2]))
    try Window.checkWeight(
      [filters, shape[0] / groups, window.kernel.height, window.kernel.width])
    try paddingMode.check(
      borders: [
        [window.padding.top, window.padding.bottom], [window.padding.left, window.padding.right],
      ], sizes: [shape[1], shape[2]])
    return [filters, size.height, size.width]
  }

  /// The window on images [C, H, W]: with its padding in pixels.
  func window(on image: [Int]) -> Window { window.resolved(for: Extent(image[1], image[2])) }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    let channels = inputs[0][0] / groups
    let weight = ParameterDescription(
      name: "weight", shape: [filters, channels, window.kernel.height, window.kernel.width],
      initializer: initialization)
    guard bias != .none, let output = try? outputShape(of: inputs) else { return [weight] }
    let shape = bias == .untied ? output : [filters]
    let fanIn = channels * window.kernel.height * window.kernel.width
    return [
      weight,
      ParameterDescription(
        name: "bias", shape: shape, initializer: initialization.bias(fanIn: fanIn)),
    ]
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    try outputShape(of: inputs).reduce(1, *) * (inputs[0][0] / groups) * window.kernel.height
      * window.kernel.width
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (x, w) = (inputs[0], parameters[0])
    var y = ReferenceTensor(zeros: referenceOutputShape(of: x.shape))
    forEachProduct(x: x.shape, y: y.shape) { output, weight, input in
      y[output] += w[weight] * x[input]
    }
    if bias != .none {
      let b = parameters[1]
      let pixels = y.shape[2] * y.shape[3]
      for k in 0..<y.count {
        y[k] += bias == .untied ? b[k % b.count] : b[k / pixels % filters]
      }
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let (x, w, dy) = (inputs[0], parameters[0], gradient)
    var dx = ReferenceTensor(zeros: x.shape)
    var dw = ReferenceTensor(zeros: w.shape)
    forEachProduct(x: x.shape, y: dy.shape) { output, weight, input in
      dw[weight] += dy[output] * x[input]
      dx[input] += dy[output] * w[weight]
    }
    guard bias != .none else { return ReferenceGradients(inputs: [dx], parameters: [dw]) }
    var db = ReferenceTensor(zeros: parameters[1].shape)
    let pixels = dy.shape[2] * dy.shape[3]
    for k in 0..<dy.count {
      db[bias == .untied ? k % db.count : k / pixels % filters] += dy[k]
    }
    return ReferenceGradients(inputs: [dx], parameters: [dw, db])
  }

  private func referenceOutputShape(of x: [Int]) -> [Int] {
    let window = window(on: Array(x.dropFirst()))
    let rows = x[2] + window.padding.top + window.padding.bottom - window.reach.height
    let columns = x[3] + window.padding.left + window.padding.right - window.reach.width
    return [
      x[0], filters, rows / window.stride.height + 1, columns / window.stride.width + 1,
    ]
  }

  /// Calls `body` for every term of the sum, leaving out those that fall on a border of zeros.
  private func forEachProduct(
    x: [Int], y: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    let channels = x[1] / groups
    let window = window(on: Array(x.dropFirst()))
    let (height, width) = (window.kernel.height, window.kernel.width)
    for map in 0..<y[0] * filters {
      let (n, o) = map.quotientAndRemainder(dividingBy: filters)
      let first = n * x[1] + o / (filters / groups) * channels
      for i in 0..<y[2] {
        for j in 0..<y[3] {
          for c in 0..<channels {
            for u in 0..<height {
              let r = window.stride.height * i + window.dilation.height * u - window.padding.top
              guard let row = paddingMode.source(of: r, size: x[2]) else { continue }
              for v in 0..<width {
                let k = window.stride.width * j + window.dilation.width * v - window.padding.left
                guard let column = paddingMode.source(of: k, size: x[3]) else { continue }
                body(
                  (map * y[2] + i) * y[3] + j, ((o * channels + c) * height + u) * width + v,
                  ((first + c) * x[2] + row) * x[3] + column)
              }
            }
          }
        }
      }
    }
  }
}

extension Conv2D: ProductSum {
  package func forEachProduct(
    of image: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    forEachProduct(x: [1] + image, y: referenceOutputShape(of: [1] + image), body)
  }
}

extension [[Int]] {
  /// The shape of the only input, which must have `rank` axes.
  func only(rank: Int, axes: String, advice: String) throws -> [Int] {
    guard count == 1 else {
      throw ShapeMismatch(
        expected: "one input", found: "\(count)", advice: "combine them with Add() first")
    }
    guard self[0].count == rank else {
      throw ShapeMismatch(expected: axes, found: "\(self[0])", advice: advice)
    }
    return self[0]
  }
}
