import Foundation
import Striate

/// A smooth relative of ReLU.
///
///     y = x · σ(x),  ∂E/∂x = ∂E/∂y · (y + σ(x) · (1 − y)),  σ(x) = 1 / (1 + e⁻ˣ)
///
/// Shapes: x [N, …] → y [N, …].
/// Source: Ramachandran, Zoph & Le 2017, arXiv:1710.05941.
public struct Swish: Layer {
  public init() {}

  public var stem: String { "swish" }

  public var text: String { "swish" }

  // The way back computes from x alone.
  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    guard inputs.count == 1 else {
      throw ShapeMismatch(
        expected: "one input", found: "\(inputs.count)", advice: "combine them with Add() first")
    }
    return inputs[0]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    inputs[0].map { $0 / (1 + exp(-$0)) }
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var dx = gradient
    for k in dx.values.indices {
      let gate = 1 / (1 + exp(-inputs[0][k]))
      dx[k] *= output[k] + gate * (1 - output[k])
    }
    return ReferenceGradients(inputs: [dx])
  }

  // MARK: Engine

  public func compile(into site: inout LayerSite) {
    let (x, y) = (site.inputs[0], site.output)
    let lanes = y.blockStride / y.elements
    site.forEachPart(of: y.elements) { block, elements in
      let place = block * y.blockStride + elements.lowerBound * lanes
      let (from, to) = (x.values + place, y.values + place)
      for k in 0..<elements.count * lanes { to[k] = from[k] / (1 + exp(-from[k])) }
    }
    guard site.isTraining, let dy = y.gradient, let dx = x.gradient else { return }
    site.forEachPart(of: y.elements, onTheWayBack: true) { block, elements in
      let place = block * y.blockStride + elements.lowerBound * lanes
      let (from, above, to) = (x.values + place, dy + place, dx + place)
      for k in 0..<elements.count * lanes {
        let gate = 1 / (1 + exp(-from[k]))
        let y = from[k] * gate
        to[k] = above[k] * (y + gate * (1 - y))
      }
    }
  }
}
