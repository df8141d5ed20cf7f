import Striate

/// The window of a convolution or pooling over one to three axes, from a node's attributes.
struct ONNXWindow {
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  /// Borders before and after each axis.
  var before: [Int]
  var after: [Int]

  /// The window over pixels of these extents.
  init(_ node: ONNXNode, kernel: [Int], over extents: [Int]) throws {
    let axes = extents.count
    guard (1...3).contains(axes) else {
      throw node.refuse("expected images of 1 to 3 axes behind batch and channels, found \(axes)")
    }
    guard kernel.count == axes, try node.integers("kernel_shape") ?? kernel == kernel else {
      throw node.refuse(
        "attribute kernel_shape: expected \(axes) sizes as the weight has, found others")
    }
    self.kernel = kernel
    strides = try node.sizes("strides", count: axes, otherwise: 1)
    dilations = try node.sizes("dilations", count: axes, otherwise: 1)
    let pads = try node.sizes("pads", count: 2 * axes, otherwise: 0)
    (before, after) = (Array(pads.prefix(axes)), Array(pads.suffix(axes)))
    let sizes = kernel + strides + dilations
    guard sizes.allSatisfy({ (1...1 << 16).contains($0) }),
      pads.allSatisfy({ (0...1 << 16).contains($0) })
    else {
      throw node.refuse(
        "expected kernel, strides and dilations from 1 and pads from 0 to 65536, found others")
    }
    let automatic = try node.word("auto_pad", otherwise: "NOTSET")
    switch automatic {
    case "NOTSET": break
    case "VALID": (before, after) = (kernel.map { _ in 0 }, kernel.map { _ in 0 })
    case "SAME_UPPER", "SAME_LOWER":
      for axis in 0..<axes {
        let reach = dilations[axis] * (kernel[axis] - 1) + 1
        let border = max(
          0, (extents[axis] - 1) / strides[axis] * strides[axis] + reach - extents[axis])
        before[axis] = automatic == "SAME_UPPER" ? border / 2 : border - border / 2
        after[axis] = border - before[axis]
      }
    default: throw node.refuse("attribute auto_pad: unknown word \"\(automatic.prefix(40))\"")
    }
  }

  /// The numbers of one or two axes as those of rows and columns.
  func extent(_ numbers: [Int]) -> Extent {
    numbers.count == 1 ? Extent(1, numbers[0]) : Extent(numbers[0], numbers[1])
  }

  var padding: Padding {
    before.count == 1
      ? Padding(top: 0, left: before[0], bottom: 0, right: after[0])
      : Padding(top: before[0], left: before[1], bottom: after[0], right: after[1])
  }

  /// The numbers of three axes.
  func extent3D(_ numbers: [Int]) -> Extent3D { Extent3D(numbers[0], numbers[1], numbers[2]) }

  /// The window of the axes from `range` alone.
  func part(_ range: Range<Int>) -> ONNXWindow {
    var part = self
    (part.kernel, part.strides) = (Array(kernel[range]), Array(strides[range]))
    (part.dilations, part.before) = (Array(dilations[range]), Array(before[range]))
    part.after = Array(after[range])
    return part
  }
}

extension GraphImport {
  static let convolutions: [String: Reader] = [
    "Conv": { graph, node in [.flow(try graph.convolution(node))] },
    "ConvTranspose": { graph, node in [.flow(try graph.transposedConvolution(node))] },
  ]

  /// The name of the node's weight.
  private func weightName(_ node: ONNXNode) -> String? { node.message.inputs.dropFirst().first }

  private func convolution(_ node: ONNXNode) throws -> Flow {
    let x = try image(flow(0))
    let w = try neededConstant(1, "a constant weight").tensor
    let b = try constant(2)?.tensor
    let shape = imageShape(x.dims)
    guard w.shape.count == shape.count + 1, !w.shape.contains(0) else {
      throw refuse("expected a weight for images \(shape), found \(w.shape)")
    }
    let groups = try node.integer("group", otherwise: 1)
    guard groups >= 1, w.shape[1].multipliedReportingOverflow(by: groups) == (shape[0], false)
    else {
      throw refuse(
        "expected a weight for \(shape[0]) channels in \(groups) groups, found \(w.shape)")
    }
    let window = try ONNXWindow(
      node, kernel: Array(w.shape.dropFirst(2)), over: Array(shape.dropFirst()))
    let parameters = [w] + (b.map { [$0] } ?? [])
    let (layer, source) = try convolution(
      window, filters: w.shape[0], groups: groups, hasBias: b != nil, of: x)
    return try graphValue(emit(layer, [source], weight: weightName(node), parameters: parameters))
  }

  /// The layer, and its input with what border the layer does not know.
  func convolution(
    _ window: ONNXWindow, filters: Int, groups: Int, hasBias: Bool, of x: Flow
  ) throws -> (any Layer, Flow) {
    let bias: Conv2D.Bias = hasBias ? .shared : .none
    let channels = imageShape(x.dims)[0]
    switch window.kernel.count {
    case 1:
      return (
        Conv1D(
          filters: filters, kernel: window.kernel[0], stride: window.strides[0],
          padding: Padding(left: window.before[0], right: window.after[0]),
          dilation: window.dilations[0], groups: groups, bias: bias), x
      )
    case 2 where groups > 1 && groups == channels && filters % channels == 0:
      return (
        DepthwiseConv2D(
          kernel: window.extent(window.kernel), stride: window.extent(window.strides),
          padding: window.padding, dilation: window.extent(window.dilations),
          multiplier: filters / channels, bias: bias), x
      )
    case 2:
      return (
        Conv2D(
          filters: filters, kernel: window.extent(window.kernel),
          stride: window.extent(window.strides), padding: window.padding,
          dilation: window.extent(window.dilations), groups: groups, bias: bias), x
      )
    default:
      var (source, border) = (x, window.before)
      if window.before != window.after {
        for axis in 0..<3 {
          source = try padded(
            source, axis: axis + 1, before: window.before[axis], after: window.after[axis])
        }
        border = [0, 0, 0]
      }
      return (
        Conv3D(
          filters: filters, kernel: window.extent3D(window.kernel),
          stride: window.extent3D(window.strides), padding: window.extent3D(border),
          dilation: window.extent3D(window.dilations), groups: groups, bias: bias), source
      )
    }
  }

  private func transposedConvolution(_ node: ONNXNode) throws -> Flow {
    let x = try image(flow(0))
    var w = try neededConstant(1, "a constant weight").tensor
    let b = try constant(2)?.tensor
    let shape = imageShape(x.dims)
    guard w.shape.count == shape.count + 1, (2...3).contains(shape.count), !w.shape.contains(0)
    else {
      throw refuse(
        "expected images of 1 or 2 axes behind batch and channels, found \(shape) and \(w.shape)")
    }
    let groups = try node.integer("group", otherwise: 1)
    let (filters, overflow) = w.shape[1].multipliedReportingOverflow(by: groups)
    guard groups >= 1, !overflow else { throw refuse("expected groups from 1, found \(groups)") }
    let extents = Array(shape.dropFirst())
    var window = try ONNXWindow(node, kernel: Array(w.shape.dropFirst(2)), over: extents)
    var more = try node.sizes("output_padding", count: extents.count, otherwise: 0)
    let automatic = try node.word("auto_pad", otherwise: "NOTSET")
    let isSame = automatic.hasPrefix("SAME")
    let wanted =
      try node.integers("output_shape")
      ?? (isSame ? zip(extents, window.strides).map { $0 * $1 } : nil)
    if let wanted {
      let sizes = wanted.suffix(extents.count)
      guard sizes.count == extents.count, more.allSatisfy({ (0...1 << 16).contains($0) }) else {
        throw refuse(
          "attribute output_shape: expected \(extents.count) sizes, found \(wanted.prefix(8))")
      }
      for (axis, size) in sizes.enumerated() {
        let reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1
        let whole = window.strides[axis] * (extents[axis] - 1) + more[axis] + reach
        guard (1...1 << 20).contains(size) else {
          throw refuse("expected sizes from 1, found \(size)")
        }
        let cut = max(0, whole - size)
        more[axis] += max(0, size - whole)
        window.before[axis] = automatic == "SAME_UPPER" ? cut / 2 : cut - cut / 2
        window.after[axis] = cut - window.before[axis]
      }
    }
    // A sequence is an image of one row.
    var source = x
    if shape.count == 2 {
      source = try reshaped(x, to: dims(ofImage: [shape[0], 1, shape[1]]))
      w = w.reshaped(to: [w.shape[0], w.shape[1], 1, w.shape[2]])
    }
    let layer = ConvTranspose2D(
      filters: filters, kernel: window.extent(window.kernel), stride: window.extent(window.strides),
      padding: window.padding,
      outputPadding: more.count == 1 ? Extent(0, more[0]) : Extent(more[0], more[1]),
      dilation: window.extent(window.dilations), groups: groups, bias: b != nil)
    let y = try emit(
      layer, [source], weight: weightName(node), parameters: [w] + (b.map { [$0] } ?? []))
    guard shape.count == 2 else { return try graphValue(y) }
    let output = imageShape(y.dims)
    return try graphValue(reshaped(y, to: dims(ofImage: [output[0], output[2]])))
  }
}
