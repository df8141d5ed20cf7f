/// Three-dimensional convolution (cross-correlation: the kernel is not flipped), for films and volumes.
///
///     y[n,o,h,i,j] = b[o]
///       + Σ(c,t,u,v) w[o,c,t,u,v] · x[n, c, s·h + d·t − p, s·i + d·u − p, s·j + d·v − p]
///
/// where c runs over the input channels of o's group. What pixels outside the volume are is a matter of
/// the padding mode.
///
/// Shapes: x [N, C, D, H, W] → y [N, O, ⌊(D + 2p − d(K−1) − 1)/s⌋ + 1, likewise for H and W];
/// w [O, C/groups, K, K, K]; b [O], or [O, D′, H′, W′] where the bias is untied.
/// Source: Ji et al. 2013, doi:10.1109/TPAMI.2012.59; Tran et al. 2015, arXiv:1412.0767.
public struct Conv3D: Layer, Equatable {
  /// The number of output channels.
  public var filters: Int

  /// The kernel's size.
  public var kernel: Extent3D

  /// The step from one output to the next, for each axis.
  public var stride: Extent3D

  /// The width of the border before and after each axis.
  public var padding: Extent3D

  /// The distance between neighbouring kernel elements, for each axis.
  public var dilation: Extent3D

  /// The number of groups into which input and output channels are divided.
  public var groups: Int

  /// Which outputs share a bias.
  public var bias: Conv2D.Bias

  /// What stands in the border around the volume.
  public var paddingMode: PaddingMode

  /// A convolution with `filters` kernels.
  public init(
    filters: Int, kernel: Extent3D, stride: Extent3D = 1, padding: Extent3D = 0,
    dilation: Extent3D = 1, groups: Int = 1, bias: Conv2D.Bias = .shared,
    paddingMode: PaddingMode = .zeros
  ) {
    (self.filters, self.kernel, self.stride) = (filters, kernel, stride)
    (self.padding, self.dilation, self.groups) = (padding, dilation, groups)
    (self.bias, self.paddingMode) = (bias, paddingMode)
  }

  public var stem: String { "conv" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public var text: String {
    "conv3d \(filters) \(kernel.full)"
      + (stride == 1 ? "" : " stride \(stride)")
      + (padding == 0 ? "" : " padding \(padding)")
      + (dilation == 1 ? "" : " dilation \(dilation)")
      + (groups == 1 ? "" : " groups \(groups)")
      + (bias == .shared ? "" : " bias \(bias.rawValue)")
      + (paddingMode == .zeros ? "" : " padding-mode \(paddingMode.rawValue)")
  }

  /// The rows and columns of the kernel, without its depth.
  var window: Window {
    Window(
      kernel: kernel.area, stride: stride.area,
      padding: Padding(
        top: padding.height, left: padding.width, bottom: padding.height, right: padding.width),
      dilation: dilation.area)
  }

  /// The depth of the kernel: that of a window of one column.
  var depthWindow: Window {
    Window(
      kernel: Extent(kernel.depth, 1), stride: Extent(stride.depth, 1),
      padding: Padding(top: padding.depth, left: 0, bottom: padding.depth, right: 0),
      dilation: Extent(dilation.depth, 1))
  }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 4, axes: "[C, D, H, W]", advice: "give it a volume")
    let area = try Conv2D(
      filters: filters, kernel: kernel.area, stride: stride.area, padding: window.padding,
      dilation: dilation.area, groups: groups
    ).outputShape(of: [[shape[0], shape[2], shape[3]]])
    try depthWindow.checkNumbers()
    try Window.checkWeight([filters, shape[0] / groups] + kernel.axes)
    let depth = shape[1] + 2 * padding.depth
    guard depth >= depthWindow.reach.height else {
      throw ShapeMismatch(
        expected: "a volume at least \(depthWindow.reach.height) deep", found: "\(depth)",
        advice: "use a smaller kernel or more padding")
    }
    try paddingMode.check(
      borders: padding.axes.map { [$0, $0] }, sizes: Array(shape.dropFirst()))
    return [
      filters, (depth - depthWindow.reach.height) / stride.depth + 1, area[1], area[2],
    ]
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    let channels = inputs[0][0] / groups
    let initializer = Initializer.fanIn(channels * kernel.product)
    let weight = ParameterDescription(
      name: "weight", shape: [filters, channels, kernel.depth, kernel.height, kernel.width],
      initializer: initializer)
    guard bias != .none, let output = try? outputShape(of: inputs) else { return [weight] }
    let shape = bias == .untied ? output : [filters]
    return [weight, ParameterDescription(name: "bias", shape: shape, initializer: initializer)]
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    try outputShape(of: inputs).reduce(1, *) * (inputs[0][0] / groups) * kernel.product
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
      for k in 0..<y.count {
        y[k] += bias == .untied ? b[k % b.count] : b[k / y.shape.channelSize % filters]
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
    for k in 0..<dy.count {
      db[bias == .untied ? k % db.count : k / dy.shape.channelSize % filters] += dy[k]
    }
    return ReferenceGradients(inputs: [dx], parameters: [dw, db])
  }

  private func referenceOutputShape(of x: [Int]) -> [Int] {
    [x[0], filters]
      + (0..<3).map { axis in
        let reach = dilation.axes[axis] * (kernel.axes[axis] - 1) + 1
        return (x[2 + axis] + 2 * padding.axes[axis] - reach) / stride.axes[axis] + 1
      }
  }

  /// Calls `body` with the places of output, weight and input for every term of the sum, leaving out
  /// those that fall on a border of zeros.
  private func forEachProduct(
    x: [Int], y: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    let channels = x[1] / groups
    for map in 0..<y[0] * filters {
      let (n, o) = map.quotientAndRemainder(dividingBy: filters)
      let first = n * x[1] + o / (filters / groups) * channels
      for h in 0..<y[2] {
        for i in 0..<y[3] {
          for j in 0..<y[4] {
            let output = ((map * y[2] + h) * y[3] + i) * y[4] + j
            for c in 0..<channels {
              forEachElement(x: x, h, i, j) { element, place in
                body(
                  output, (o * channels + c) * kernel.product + element,
                  (first + c) * x[2] * x[3] * x[4] + place)
              }
            }
          }
        }
      }
    }
  }

  /// Calls `body` for every element of the kernel at one output, with its place in the volume.
  private func forEachElement(
    x: [Int], _ h: Int, _ i: Int, _ j: Int, _ body: (_ element: Int, _ place: Int) -> Void
  ) {
    for t in 0..<kernel.depth {
      let z = stride.depth * h + dilation.depth * t - padding.depth
      guard let slice = paddingMode.source(of: z, size: x[2]) else { continue }
      for u in 0..<kernel.height {
        let r = stride.height * i + dilation.height * u - padding.height
        guard let row = paddingMode.source(of: r, size: x[3]) else { continue }
        for v in 0..<kernel.width {
          let k = stride.width * j + dilation.width * v - padding.width
          guard let column = paddingMode.source(of: k, size: x[4]) else { continue }
          body((t * kernel.height + u) * kernel.width + v, (slice * x[3] + row) * x[4] + column)
        }
      }
    }
  }
}

extension Conv3D: ProductSum {
  package func forEachProduct(
    of image: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    forEachProduct(x: [1] + image, y: referenceOutputShape(of: [1] + image), body)
  }
}

// MARK: Engine

extension Conv3D: ClampsOutput, NeedsMemory {
  public func compile(into site: inout LayerSite) {
    geometry(volume: site.inputs[0].shape, output: site.output.shape)
      .compile(into: &site, bias: bias, mode: paddingMode)
  }

  private func geometry(volume: [Int], output: [Int]) -> ConvolutionGeometry {
    ConvolutionGeometry(
      channels: volume[0], filters: output[0], groups: groups,
      slices: depthWindow.rows(input: volume[1], output: output[1]),
      rows: window.rows(input: volume[2], output: output[2]),
      columns: window.columns(input: volume[3], output: output[3]))
  }

  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    geometry(volume: inputs[0], output: output)
      .memory(
        isTraining: isTraining, blocks: blocks, workers: workers, bias: bias, mode: paddingMode)
  }

  func sharedMemory(inputs: [[Int]], output: [Int], isTraining: Bool) -> Double {
    geometry(volume: inputs[0], output: output)
      .sharedMemory(isTraining: isTraining, bias: bias)
  }
}
