import LaneKernels

/// Which channel is the largest, at each pixel.
///
///     y[n,0,…] = the least c for which x[n,c,…] is not below any other
///
/// A NaN counts as smaller than any number. The derivative is taken as 0 everywhere.
///
/// Shapes: x [N, C, …] → y [N, 1, …].
/// Source: PyTorch's argmax.
public struct ArgMax: Layer, Equatable {
  /// The place of the largest channel.
  public init() {}

  public var stem: String { "argmax" }

  public var text: String { "argmax" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard shape[0] <= 1 << 24 else {
      throw ShapeMismatch(
        expected: "at most \(1 << 24) channels, which a Float counts", found: "\(shape[0])",
        advice: "reduce them first")
    }
    return [1] + shape.dropFirst()
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let x = inputs[0]
    var places: [Double] = []
    x.forEachColumn { indices in
      var best = 0
      for c in indices.indices where x[indices[c]] > x[indices[best]] || x[indices[best]].isNaN {
        if !x[indices[c]].isNaN { best = c }
      }
      places.append(Double(best))
    }
    return ReferenceTensor(shape: [x.shape[0], 1] + x.shape.dropFirst(2), values: places)
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(inputs: [ReferenceTensor(zeros: inputs[0].shape)])
  }
}

// MARK: Engine

extension ArgMax {
  public func compile(into site: inout LayerSite) {
    let (input, output) = (site.inputs[0], site.output)
    let channels = input.shape[0]
    let pixels = output.elements
    site.forEachPart(of: pixels) { block, range in
      let x = UnsafeRawPointer(input.values + block * input.blockStride)
      let y = UnsafeMutableRawPointer(output.values + block * output.blockStride)
      let size = MemoryLayout<Lanes>.size
      for pixel in range {
        var best = Lanes(repeating: -.infinity)
        var place = Lanes.zero
        var isFound = SIMDMask<SIMD16<Int32>>(repeating: false)
        for c in 0..<channels {
          let value = x.load(fromByteOffset: (c * pixels + pixel) * size, as: Lanes.self)
          let isBetter = (value .> best) .| (.!isFound .& (value .== value))
          best.replace(with: value, where: isBetter)
          place.replace(with: Float(c), where: isBetter)
          isFound = isFound .| isBetter
        }
        y.storeBytes(of: place, toByteOffset: pixel * size, as: Lanes.self)
      }
    }
    guard site.isTraining, let dx = input.gradient else { return }
    site.forEachPart(of: 1, onTheWayBack: true) { block, _ in
      (dx + block * input.blockStride).update(repeating: 0, count: input.blockSize)
    }
  }
}
