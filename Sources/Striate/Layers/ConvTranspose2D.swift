/// Transposed convolution: what a convolution does to gradients on its way back, as a layer of its own.
/// It enlarges an image by its stride.
///
///     y[n, o, s·i + d·u − p, s·j + d·v − p] = b[o] + Σ(c,i,j,u,v) w[c,o,u,v] · x[n, c, i, j]
///
/// where c runs over the input channels of o's group, and terms that fall outside the output are left
/// out.
///
/// Shapes: x [N, C, H, W] → y [N, O, s(H − 1) − 2p + d(K−1) + 1 + output padding, likewise for W];
/// w [C, O/groups, K, K]; b [O].
/// Source: Zeiler et al. 2010, doi:10.1109/CVPR.2010.5539957; Dumoulin & Visin 2016,
/// arXiv:1603.07285 §4.
public struct ConvTranspose2D: Layer, Equatable {
  /// The number of output channels.
  public var filters: Int

  /// Kernel, stride, padding and dilation of the convolution that this one transposes: padding cuts
  /// pixels off the output.
  public var window: Window

  /// Rows at the bottom and columns at the right that the output has more: a stride leaves open how
  /// large the image was that a convolution made smaller.
  public var outputPadding: Extent

  /// The number of groups into which input and output channels are divided.
  public var groups: Int

  /// Whether each map has a bias.
  public var bias: Bool

  /// A transposed convolution that gives `filters` channels.
  public init(
    filters: Int, kernel: Extent, stride: Extent = 1, padding: Padding = 0,
    outputPadding: Extent = 0, dilation: Extent = 1, groups: Int = 1, bias: Bool = true
  ) {
    self.filters = filters
    self.window = Window(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
    self.outputPadding = outputPadding
    self.groups = groups
    self.bias = bias
  }

  public var stem: String { "convtranspose" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public var text: String {
    "conv-transpose \(filters) \(window.kernel.height)x\(window.kernel.width)\(window.options)"
      + (outputPadding == 0 ? "" : " output-padding \(outputPadding)")
      + (groups == 1 ? "" : " groups \(groups)") + (bias ? "" : " bias none")
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
    try window.checkNumbers()
    try Window.checkWeight(
      [shape[0], filters / groups, window.kernel.height, window.kernel.width])
    // Such an image, if it existed, is one that the convolution would make no smaller.
    let most = Extent(
      max(window.stride.height, window.dilation.height) - 1,
      max(window.stride.width, window.dilation.width) - 1)
    guard (0...most.height).contains(outputPadding.height),
      (0...most.width).contains(outputPadding.width)
    else {
      throw ShapeMismatch(
        expected: "output padding smaller than the stride or the dilation",
        found: "output padding \(outputPadding), stride \(window.stride), "
          + "dilation \(window.dilation)",
        advice: "choose at most \(most)")
    }
    let size = outputSize(of: shape)
    guard size.height >= 1, size.width >= 1 else {
      throw ShapeMismatch(
        expected: "padding that leaves an output", found: "an output of \(size)",
        advice: "use less padding")
    }
    return [filters, size.height, size.width]
  }

  private func outputSize(of image: [Int]) -> Extent {
    let p = window.padding
    return Extent(
      window.stride.height * (image[1] - 1) - p.top - p.bottom + window.reach.height
        + outputPadding.height,
      window.stride.width * (image[2] - 1) - p.left - p.right + window.reach.width
        + outputPadding.width)
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    // PyTorch takes the weight's second axis for the fan-in, as it does for a convolution.
    let initializer = Initializer.fanIn(
      filters / groups * window.kernel.height * window.kernel.width)
    let weight = ParameterDescription(
      name: "weight",
      shape: [inputs[0][0], filters / groups, window.kernel.height, window.kernel.width],
      initializer: initializer)
    guard bias else { return [weight] }
    return [
      weight, ParameterDescription(name: "bias", shape: [filters], initializer: initializer),
    ]
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    _ = try outputShape(of: inputs)
    return inputs[0].reduce(1, *) * (filters / groups) * window.kernel.height
      * window.kernel.width
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (x, w) = (inputs[0], parameters[0])
    let size = outputSize(of: Array(x.shape.dropFirst()))
    var y = ReferenceTensor(zeros: [x.shape[0], filters, size.height, size.width])
    if bias {
      for k in 0..<y.count { y[k] = parameters[1][k / (size.height * size.width) % filters] }
    }
    forEachProduct(x: x.shape, y: y.shape) { output, weight, input in
      y[output] += w[weight] * x[input]
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
    guard bias else { return ReferenceGradients(inputs: [dx], parameters: [dw]) }
    var db = ReferenceTensor(zeros: [filters])
    for k in 0..<dy.count { db[k / dy.shape.channelSize % filters] += dy[k] }
    return ReferenceGradients(inputs: [dx], parameters: [dw, db])
  }

  /// Calls `body` for every term, leaving out those that fall outside the output.
  private func forEachProduct(
    x: [Int], y: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    let groupFilters = filters / groups
    let (height, width) = (window.kernel.height, window.kernel.width)
    for map in 0..<x[0] * x[1] {
      let (n, c) = map.quotientAndRemainder(dividingBy: x[1])
      let first = n * filters + c / (x[1] / groups) * groupFilters
      for i in 0..<x[2] {
        for j in 0..<x[3] {
          for o in 0..<groupFilters {
            for u in 0..<height {
              let row = window.stride.height * i + window.dilation.height * u - window.padding.top
              guard row >= 0, row < y[2] else { continue }
              for v in 0..<width {
                let column =
                  window.stride.width * j + window.dilation.width * v - window.padding.left
                guard column >= 0, column < y[3] else { continue }
                body(
                  ((first + o) * y[2] + row) * y[3] + column,
                  ((c * groupFilters + o) * height + u) * width + v, (map * x[2] + i) * x[3] + j)
              }
            }
          }
        }
      }
    }
  }
}

extension ConvTranspose2D: ProductSum {
  package func forEachProduct(
    of image: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    let size = outputSize(of: image)
    forEachProduct(x: [1] + image, y: [1, filters, size.height, size.width], body)
  }
}

// MARK: Engine

extension ConvTranspose2D: ClampsOutput, NeedsMemory {
  public func compile(into site: inout LayerSite) {
    geometry(image: site.inputs[0].shape, output: site.output.shape)
      .compileTransposed(into: &site, bias: bias)
  }

  /// The convolution from the output to the input. The output may have rows that it never reads: the
  /// output padding.
  private func geometry(image: [Int], output: [Int]) -> ConvolutionGeometry {
    ConvolutionGeometry(
      channels: output[0], filters: image[0], groups: groups, slices: .flat,
      rows: window.rows(input: output[1], output: image[1]),
      columns: window.columns(input: output[2], output: image[2]))
  }

  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    geometry(image: inputs[0], output: output)
      .transposedMemory(isTraining: isTraining, blocks: blocks, workers: workers)
  }

  func sharedMemory(inputs: [[Int]], output: [Int], isTraining: Bool) -> Double {
    geometry(image: inputs[0], output: output).sharedMemory(isTraining: isTraining, bias: .none)
  }
}
