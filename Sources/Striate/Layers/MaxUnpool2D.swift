import LaneKernels

/// Undoes a maximum pooling: each number goes back to the pixel it came from.
///
///     z[n, c, a(i,j)] = y[n,c,i,j],  a(i,j) = argmax of x over the window of (i,j);  0 elsewhere
///
/// It reads two values: y, what is to be unpooled, and x, what a `MaxPool2D` with the same window was
/// given: `MaxUnpool2D(2)(y, x)`. The first maximum in row order counts. Where windows overlap and share
/// a maximum, the last window's number stays, and the others have no gradient. x has none at all.
///
/// Shapes: y [N, C, H′, W′], as the pooling gives it; x [N, C, H, W] → z [N, C, H, W].
/// Source: Zeiler & Fergus 2013, arXiv:1311.2901; PyTorch's MaxUnpool2d, which reads indices in place
/// of x.
public struct MaxUnpool2D: Layer, Equatable {
  /// The pooling that is undone.
  public var pooling: MaxPool2D

  /// Undoes a pooling over `kernel`; without a stride the windows lie side by side.
  public init(
    _ kernel: Extent, stride: Extent? = nil, padding: Padding = 0, dilation: Extent = 1,
    ceilMode: Bool = false
  ) {
    pooling = MaxPool2D(
      kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
  }

  public var stem: String { "maxunpool" }

  public var text: String { "maxunpool \(pooling.geometryText)" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    guard inputs.count == 2 else {
      throw ShapeMismatch(
        expected: "two inputs", found: "\(inputs.count)",
        advice: "give it the pooled value and what the pooling was given")
    }
    let pooled = try pooling.outputShape(of: [inputs[1]])
    guard inputs[0] == pooled else {
      throw ShapeMismatch(
        expected: "\(pooled), what \(pooling.text) gives for \(inputs[1])",
        found: "\(inputs[0])", advice: "use the window of the pooling")
    }
    return inputs[1]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (y, x) = (inputs[0], inputs[1])
    var z = ReferenceTensor(zeros: x.shape)
    pooling.forEachWindow(x: x.shape, y: y.shape) { k, pixels in
      z[pixels.inside[pixels.inside.map { x[$0] }.firstMaximum]] = y[k]
    }
    return z
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let (y, x) = (inputs[0], inputs[1])
    // The window whose number stayed at each pixel.
    var writers: [Int: Int] = [:]
    pooling.forEachWindow(x: x.shape, y: y.shape) { k, pixels in
      writers[pixels.inside[pixels.inside.map { x[$0] }.firstMaximum]] = k
    }
    var dy = ReferenceTensor(zeros: y.shape)
    for (pixel, k) in writers { dy[k] = gradient[pixel] }
    return ReferenceGradients(inputs: [dy, ReferenceTensor(zeros: x.shape)])
  }
}

// MARK: Engine

extension MaxUnpool2D: NeedsMemory {
  /// A copy of the gradient, where windows overlap.
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    guard isTraining, !pooling.windows(over: inputs[1]).isDisjoint else { return 0 }
    return Double(blocks) * blockStride(elements: Double(output.product))
  }

  public func compile(into site: inout LayerSite) {
    let (kernels, values, image) = (site.kernels, site.inputs[0], site.inputs[1])
    let output = site.output
    let windows = pooling.windows(over: image.shape)
    let pass = windows.pass(for: &site, inTables: true)
    let (channels, map) = (image.shape[0], pass.inputHeight * pass.inputWidth * laneCount)
    let pooledMap = pass.outputHeight * pass.outputWidth * laneCount
    site.forEachPart(of: channels) { block, range in
      let place = block * image.blockStride + range.lowerBound * map
      kernels.spatial.unpool(
        pass, range.count,
        values.values + (block * values.blockStride + range.lowerBound * pooledMap),
        image.values + place, output.values + place)
    }
    guard site.isTraining, let dz = output.gradient else { return }
    if let dy = values.gradient {
      // Where windows overlap, the kernel takes gradients away as it finds them.
      let copy =
        windows.isDisjoint ? nil : site.allocateOverwritten(site.blocks * output.blockStride)
      site.forEachPart(of: channels, onTheWayBack: true) { block, range in
        let place = block * output.blockStride + range.lowerBound * map
        let count = range.count * map
        if let copy { kernels.copyRows(1, count, dz + place, count, copy + place, count) }
        kernels.spatial.unpoolGradient(
          pass, range.count, image.values + place, (copy ?? dz) + place,
          dy + (block * values.blockStride + range.lowerBound * pooledMap))
      }
    }
    if let dx = image.gradient { site.clear(dx, count: site.blocks * image.blockStride) }
  }
}
