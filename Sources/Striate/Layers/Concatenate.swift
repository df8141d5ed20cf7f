import LaneKernels

/// The channels of two or more values one after the other.
///
///     y[n, c₁ + … + cᵢ₋₁ + c, …] = xᵢ[n, c, …],  ∂E/∂xᵢ = the channels of ∂E/∂y that are its own
///
/// Shapes: xᵢ [N, Cᵢ, …] → y [N, ΣCᵢ, …].
/// Source: Szegedy et al. 2015, arXiv:1409.4842.
public struct Concatenate: Layer, Equatable {
  /// A concatenation along the channels.
  public init() {}

  public var stem: String { "concat" }

  public var text: String { "concat" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    guard inputs.count >= 2 else {
      throw ShapeMismatch(
        expected: "at least two inputs", found: "\(inputs.count)",
        advice: "give it two values or more")
    }
    let rest = inputs[0].dropFirst()
    guard !inputs[0].isEmpty,
      let channels = inputs.reduce(
        Int?(0),
        { sum, shape in
          guard let sum, !shape.isEmpty, shape.dropFirst() == rest else { return nil }
          return sum + shape[0]
        })
    else {
      throw ShapeMismatch(
        expected: "inputs of one size after their channels, \(inputs[0])",
        found: inputs.dropFirst().map { "\($0)" }.joined(separator: ", "),
        advice: "bring them to one size with stride, padding or pooling")
    }
    return [channels] + rest
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let images = inputs[0].shape[0]
    let channels = inputs.reduce(0) { $0 + $1.shape[1] }
    var values: [Double] = []
    for n in 0..<images {
      for x in inputs {
        let size = x.count / images
        values += x.values[n * size..<(n + 1) * size]
      }
    }
    return ReferenceTensor(
      shape: [images, channels] + inputs[0].shape.dropFirst(2), values: values)
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let images = gradient.shape[0]
    let whole = gradient.count / images
    var first = 0
    return ReferenceGradients(
      inputs: inputs.map { x in
        let size = x.count / images
        defer { first += size }
        return ReferenceTensor(
          shape: x.shape,
          values: (0..<images).flatMap { n in
            gradient.values[n * whole + first..<n * whole + first + size]
          })
      })
  }
}

// MARK: Engine

extension Concatenate {
  public func compile(into site: inout LayerSite) {
    let (copy, output, blocks) = (site.kernels.copyRows, site.output, site.blocks)
    var first = 0
    site.begin(.forward)
    site.begin(.back)
    for input in site.inputs {
      let (place, count) = (first, input.blockSize)
      site.add(.forward, tasks: blocks, reach: .block) { block in
        copy(
          1, count, input.values + block * input.blockStride, count,
          output.values + (block * output.blockStride + place), count)
      }
      if let dy = output.gradient, let dx = input.gradient {
        site.add(.back, tasks: blocks, reach: .block) { block in
          copy(
            1, count, dy + (block * output.blockStride + place), count,
            dx + block * input.blockStride, count)
        }
      }
      first += count
    }
  }
}
