import LaneKernels

/// The sum of two or more values, element by element.
///
///     y = x₁ + x₂ + …,  ∂E/∂xᵢ = ∂E/∂y
///
/// Shapes: each x [N, …] → y [N, …].
/// Source: seeds/004, chain rule.
public struct Add: Layer, Equatable {
  /// A sum.
  public init() {}

  public var stem: String { "add" }

  public var text: String { "add" }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] { try inputs.common() }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    var y = inputs[0]
    for x in inputs.dropFirst() { y.add(x) }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    ReferenceGradients(inputs: inputs.map { _ in gradient })
  }
}

// MARK: Engine

extension Add: MasksGradient {
  public func compile(into site: inout LayerSite) {
    let (kernels, inputs, output, limits) = (site.kernels, site.inputs, site.output, site.limits)
    site.forEachPart(of: output.elements) { block, range in
      let place = block * output.blockStride + range.lowerBound * laneCount
      let (count, y) = (range.count * laneCount, output.values + place)
      for (index, input) in inputs.enumerated().dropFirst() {
        let isLast = index == inputs.count - 1
        kernels.sum(
          count, isLast ? limits : .none, index == 1 ? inputs[0].values + place : y,
          input.values + place, y)
      }
    }
    guard site.isTraining, let dy = output.gradient else { return }
    // The first lies where the sum's lies: see `PassesBackInPlace`.
    let others = inputs.compactMap(\.gradient).filter { $0.base != dy.base }
    if limits == .relu {
      // The sum's own last: the others are made of it.
      let targets = others + [dy]
      site.forEachPart(of: output.elements, onTheWayBack: true) { block, range in
        let place = block * output.blockStride + range.lowerBound * laneCount
        for dx in targets {
          kernels.masked(range.count * laneCount, dy + place, output.values + place, dx + place)
        }
      }
    } else {
      for dx in others { site.copy(dy, to: dx, onTheWayBack: true) }
    }
  }
}
