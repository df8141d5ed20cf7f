/// One-dimensional convolution (cross-correlation: the kernel is not flipped).
///
///     y[n,o,i] = b[o] + Σ(c,u) w[o,c,u] · x[n, c, s·i + d·u − p]
///
/// where c runs over the input channels of o's group. It is a `Conv2D` on an image of one row. With
/// d(K−1) zeros before the sequence and none after it, no output sees what comes later.
///
/// Shapes: x [N, C, L] → y [N, O, ⌊(L + 2p − d(K−1) − 1)/s⌋ + 1], or [N, O, ⌈L/s⌉] where the
/// padding is `same`; w [O, C/groups, K]; b [O], or [O, L′] where the bias is untied.
/// Source: seeds/001 §2.1; Dumoulin & Visin 2016, arXiv:1603.07285.
public struct Conv1D: Layer, Equatable {
  /// The number of output channels.
  public var filters: Int

  /// The length of the kernel.
  public var kernel: Int

  /// The step from one output to the next.
  public var stride: Int

  /// The border before (left) and after (right) the sequence.
  public var padding: Padding

  /// The distance between neighbouring kernel elements.
  public var dilation: Int

  /// The number of groups into which input and output channels are divided.
  public var groups: Int

  /// Which outputs share a bias.
  public var bias: Conv2D.Bias

  /// What stands in the border.
  public var paddingMode: PaddingMode

  /// What the weights hold before training; with all but PyTorch's default, biases start at 0.
  public var initialization: Initializer

  /// A convolution with `filters` kernels. Only `left` and `right` of the padding matter.
  public init(
    filters: Int, kernel: Int, stride: Int = 1, padding: Padding = 0, dilation: Int = 1,
    groups: Int = 1, bias: Conv2D.Bias = .shared, paddingMode: PaddingMode = .zeros,
    initialization: Initializer = .standard
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding.isSame ? .same : Padding(left: padding.left, right: padding.right)
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
    self.initialization = initialization
    self.paddingMode = paddingMode
  }

  /// The same convolution on an image of one row.
  package var asConv2D: Conv2D {
    Conv2D(
      filters: filters, kernel: Extent(1, kernel), stride: Extent(1, stride),
      padding: padding.isSame ? .same : Padding(left: padding.left, right: padding.right),
      dilation: Extent(1, dilation), groups: groups, bias: bias, paddingMode: paddingMode,
      initialization: initialization)
  }

  public var stem: String { "conv" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public var text: String {
    "conv1d \(filters) \(kernel)"
      + (stride == 1 ? "" : " stride \(stride)")
      + paddingText
      + (dilation == 1 ? "" : " dilation \(dilation)")
      + (groups == 1 ? "" : " groups \(groups)") + asConv2D.optionsOfBorderAndBias
  }

  private var paddingText: String {
    if padding.isSame { return " padding same" }
    if padding.left != padding.right { return " padding \(padding.left),\(padding.right)" }
    return padding.left == 0 ? "" : " padding \(padding.left)"
  }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only(rank: 2, axes: "[C, L]", advice: "give it a sequence")
    return try asConv2D.outputShape(of: [shape.oneRow]).removing(axis: 1)
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    asConv2D.parameters(of: inputs.map(\.oneRow)).map { parameter in
      ParameterDescription(
        name: parameter.name,
        shape: parameter.shape.count > 1 ? parameter.shape.removing(axis: -2) : parameter.shape,
        initializer: parameter.initializer)
    }
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    _ = try outputShape(of: inputs)
    return try asConv2D.multiplyAdds(of: inputs.map(\.oneRow))
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let y = asConv2D.referenceForward(
      inputs.map(\.oneRow), parameters: [parameters[0].oneRow] + parameters.dropFirst())
    return y.reshaped(to: y.shape.removing(axis: -2))
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let gradients = asConv2D.referenceBackward(
      gradient.oneRow, inputs: inputs.map(\.oneRow), output: output.oneRow,
      parameters: [parameters[0].oneRow] + parameters.dropFirst())
    return ReferenceGradients(
      inputs: zip(gradients.inputs, inputs).map { $0.reshaped(to: $1.shape) },
      parameters: zip(gradients.parameters, parameters).map { $0.reshaped(to: $1.shape) })
  }
}

extension [Int] {
  /// The shape with an axis of one row before the last axis.
  var oneRow: [Int] { dropLast() + [1] + suffix(1) }

  /// The shape without an axis, counted from the end where negative.
  fileprivate func removing(axis: Int) -> [Int] {
    var shape = self
    shape.remove(at: axis < 0 ? count + axis : axis)
    return shape
  }
}

extension ReferenceTensor {
  fileprivate var oneRow: ReferenceTensor { reshaped(to: shape.oneRow) }
}

extension Conv1D: ProductSum {
  package func forEachProduct(
    of image: [Int], _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
  ) {
    asConv2D.forEachProduct(of: image.oneRow, body)
  }
}

// MARK: Engine

extension Conv1D {
  public func compile(into site: inout LayerSite) {
    asConv2D.compile(
      into: &site, image: site.inputs[0].shape.oneRow, output: site.output.shape.oneRow)
  }
}
