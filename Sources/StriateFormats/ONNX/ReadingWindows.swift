import Striate

/// Poolings that no layer knows: as sums by a convolution, and as comparisons of shifted images.
extension GraphImport {
  /// The window of a pooling, with a border after the images that gives the outputs of ceil_mode, and those outputs.
  private func window(
    _ node: ONNXNode, over x: Flow, isCeil: Bool
  ) throws -> (window: ONNXWindow, outputs: [Int], border: [Range<Int>]) {
    guard let kernel = try node.integers("kernel_shape") else {
      throw refuse("attribute kernel_shape: expected sizes, found none")
    }
    let extents = Array(imageShape(x.dims).dropFirst())
    var window = try ONNXWindow(node, kernel: kernel, over: extents)
    // The pixels and the border that the node has itself.
    let border = extents.indices.map { -window.before[$0]..<extents[$0] + window.after[$0] }
    let outputs = try extents.indices.map { axis in
      let (stride, reach) = (window.strides[axis], window.reach(axis))
      let room = extents[axis] + window.before[axis] + window.after[axis] - reach
      guard room >= 0 else {
        throw refuse("expected an image of at least the kernel's size, found \(extents)")
      }
      var count = (isCeil ? room + stride - 1 : room) / stride + 1
      // No window begins behind the image.
      if isCeil, (count - 1) * stride >= extents[axis] + window.before[axis] { count -= 1 }
      window.after[axis] = max(
        window.after[axis], (count - 1) * stride + reach - extents[axis] - window.before[axis])
      return count
    }
    return (window, outputs, border)
  }

  /// The sum over a window of each channel: a convolution by ones.
  private func sum(over window: ONNXWindow, of x: Flow) throws -> Flow {
    let channels = imageShape(x.dims)[0]
    let (layer, source) = try convolution(
      window, filters: channels, groups: channels, hasBias: false, of: x)
    let ones = Tensor(repeating: 1, shape: [channels, 1] + window.kernel)
    return try emit(layer, [source], parameters: [ones])
  }

  /// The mean over windows with gaps: the sum times one over the number of pixels.
  func dilatedMean(_ node: ONNXNode, isCeil: Bool, countsPadding: Bool) throws -> Flow {
    let x = try image(flow(0))
    let (window, outputs, border) = try window(node, over: x, isCeil: isCeil)
    let total = try sum(over: window, of: x)
    let extents = imageShape(x.dims).dropFirst()
    guard outputs.reduce(1, *) <= allowance else {
      throw refuse("expected fewer windows, found \(outputs)")
    }
    let counts = extents.enumerated().map { axis, extent -> [Int] in
      let counted = countsPadding ? border[axis] : 0..<extent
      return (0..<outputs[axis]).map { output in
        let first = output * window.strides[axis] - window.before[axis]
        return (0..<window.kernel[axis]).count {
          counted.contains(first + $0 * window.dilations[axis])
        }
      }
    }
    let numbers = counts.reduce([1]) { products, axis in
      products.flatMap { product in axis.map { product * $0 } }
    }
    guard !numbers.contains(0) else { throw refuse("expected windows with pixels, found none") }
    let inverse = NumericArray(
      shape: (batch == nil ? [1] : [1, 1]) + outputs, floats: numbers.map { 1 / Float($0) })
    return try graphValue(product(total, learned(inverse, for: total)))
  }

  /// (Σ |x|ᵖ)^(1/p) over windows with gaps.
  func dilatedNorm(_ node: ONNXNode, isCeil: Bool, power: Double) throws -> Flow {
    guard power >= 1 else { throw refuse("attribute p: expected 1 or more, found \(power)") }
    let x = try image(flow(0))
    let window = try window(node, over: x, isCeil: isCeil).window
    if power == 2 {
      let total = try sum(over: window, of: emit(Multiply(), [x, x]))
      return try graphValue(emit(SquareRoot(), [total]))
    }
    let size = try emit(Absolute(), [x])
    if power == 1 { return try graphValue(sum(over: window, of: size)) }
    let total = try sum(over: window, of: emit(Power(power), [size]))
    return try graphValue(emit(Power(1 / power), [total]))
  }

  /// Where in the whole value the largest number of each window lies.
  func largestPlaces(_ node: ONNXNode, isCeil: Bool) throws -> Flow {
    guard (batch ?? 1) == 1 else {
      throw refuse("expected places in a batch of one image, found a batch of \(batch ?? 1)")
    }
    let whole = try image(flow(0))
    let shape = imageShape(whole.dims)
    guard (2...3).contains(shape.count) else {
      throw refuse("expected places in images of 1 or 2 axes, found \(shape)")
    }
    var (window, outputs, _) = try window(node, over: whole, isCeil: isCeil)
    // A sequence is an image of one row.
    var x = whole
    if shape.count == 2 {
      x = try reshaped(whole, to: dims(ofImage: [shape[0], 1, shape[1]]))
      (window, outputs) = (window.underOneRow, [1] + outputs)
    }
    let (channels, height, width) = (shape[0], imageShape(x.dims)[1], imageShape(x.dims)[2])
    let places = NumericArray.count(of: [channels] + outputs) ?? .max
    guard channels * height * width <= 1 << 24, places <= min(allowance, 1 << 24),
      window.kernel[0] * window.kernel[1] <= 1 << 12,
      (window.kernel[0] + window.kernel[1]) * (window.dilations[0] + window.dilations[1])
        * max(height, width) <= 1 << 24
    else {
      throw refuse(
        "expected at most \(1 << 24) places, which a Float counts, and a kernel of at most \(1 << 12) pixels, found "
          + "\(shape) and \(window.kernel)")
    }
    for axis in 0..<2 {
      x = try padded(
        x, axis: axis + 1, before: window.before[axis], after: window.after[axis],
        constant: -Double(Float.greatestFiniteMagnitude))
    }
    var shifted: [Flow] = []
    for row in 0..<window.kernel[0] {
      for column in 0..<window.kernel[1] {
        let rows = try part(
          x, axis: 1, start: row * window.dilations[0], count: outputs[0],
          step: outputs[0] == 1 ? 1 : window.strides[0])
        let pixels = try part(
          rows, axis: 2, start: column * window.dilations[1], count: outputs[1],
          step: outputs[1] == 1 ? 1 : window.strides[1])
        shifted.append(try reshaped(pixels, to: dims(ofImage: [1, places])))
      }
    }
    let tap = try emit(
      ArgMax(), [shifted.count == 1 ? shifted[0] : emit(Concatenate(), shifted)])
    // The tap's row is ⌊tap / columns⌋, its column what is left.
    let columns = Double(window.kernel[1])
    let isTurned = try node.integer("storage_order", otherwise: 0) == 1
    let steps = isTurned ? (1, height) : (width, 1)
    let (down, right) = (
      Double(steps.0 * window.dilations[0]), Double(steps.1 * window.dilations[1])
    )
    let row = try emit(
      Round(), [emit(Affine(scale: 1 / columns, shift: (1 - columns) / 2 / columns), [tap])])
    let offset = try sum(
      emit(Affine(scale: right), [tap]), emit(Affine(scale: down - right * columns), [row]))
    var first: [Int] = []
    for channel in 0..<channels {
      for i in 0..<outputs[0] {
        for j in 0..<outputs[1] {
          let y = i * window.strides[0] - window.before[0]
          let x = j * window.strides[1] - window.before[1]
          first.append(channel * height * width + y * steps.0 + x * steps.1)
        }
      }
    }
    let origin = NumericArray(
      shape: (batch == nil ? [] : [1]) + [1, places], floats: first.map { Float($0) })
    var y = try graphValue(
      reshaped(
        sum(offset, learned(origin, for: offset)),
        to: dims(ofImage: [channels] + (shape.count == 2 ? [outputs[1]] : outputs))))
    y.type = .int64
    return y
  }
}

extension ONNXWindow {
  /// How many pixels of an axis the kernel lies over, gaps included.
  fileprivate func reach(_ axis: Int) -> Int { dilations[axis] * (kernel[axis] - 1) + 1 }

  /// The window over one axis as one over images of one row.
  fileprivate var underOneRow: ONNXWindow {
    var window = self
    (window.kernel, window.strides) = ([1] + kernel, [1] + strides)
    (window.dilations, window.before) = ([1] + dilations, [0] + before)
    window.after = [0] + after
    return window
  }
}
