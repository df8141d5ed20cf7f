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
    site.forEachPart(of: y.elements) { block, elements in
      let place = block * y.blockStride + elements.lowerBound * Lanes.scalarCount
      let (from, to) = ((x.values + place).lanes, (y.values + place).lanes)
      for k in 0..<elements.count { to[k] = from[k] * gate(from[k]) }
    }
    guard site.isTraining, let dy = y.gradient, let dx = x.gradient else { return }
    site.forEachPart(of: y.elements, onTheWayBack: true) { block, elements in
      let place = block * y.blockStride + elements.lowerBound * Lanes.scalarCount
      let from = (x.values + place).lanes
      let (above, to) = ((dy + place).lanes, (dx + place).lanes)
      for k in 0..<elements.count {
        let gate = gate(from[k])
        to[k] = above[k] * (gate + from[k] * gate * (1 - gate))
      }
    }
  }
}

/// Sixteen images side by side.
typealias Lanes = SIMD16<Float>

extension UnsafeMutablePointer<Float> {
  /// The numbers from here on, sixteen at a time.
  fileprivate var lanes: UnsafeMutablePointer<Lanes> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Lanes.self)
  }
}

/// σ(x) = 1 / (1 + e⁻ˣ), for sixteen images.
private func gate(_ x: Lanes) -> Lanes {
  var power = x
  for lane in x.indices { power[lane] = exp(-x[lane]) }
  return 1 / (1 + power)
}
