import Foundation
import LaneKernels

/// Scores turned into probabilities: positive, with sum 1 over the channels.
///
///     y[k] = exp(x[k]) / Σ(j) exp(x[j]),  ∂E/∂x[k] = y[k] · (∂E/∂y[k] − Σ(j) ∂E/∂y[j] · y[j])
///
/// j and k run over the first axis after the batch; the largest x is subtracted from all first, which
/// changes nothing but keeps exp finite.
///
/// Shapes: x [N, C, …] → y [N, C, …].
/// Source: seeds/002 eq 16.
public struct Softmax: Layer, Equatable {
  /// A softmax over the channels.
  public init() {}

  public var stem: String { "softmax" }

  public var text: String { "softmax" }

  public var backwardNeeds: BackwardNeeds { .output }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] { try inputs.only() }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    var y = inputs[0]
    y.forEachColumn { indices in
      let largest = indices.map { y[$0] }.max() ?? 0
      for k in indices { y[k] = exp(y[k] - largest) }
      let sum = indices.reduce(0) { $0 + y[$1] }
      for k in indices { y[k] /= sum }
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var dx = gradient
    dx.forEachColumn { indices in
      let mean = indices.reduce(0) { $0 + gradient[$1] * output[$1] }
      for k in indices { dx[k] = output[k] * (gradient[k] - mean) }
    }
    return ReferenceGradients(inputs: [dx])
  }
}

extension ReferenceTensor {
  /// Calls `body` once for every image and pixel, with the indices of its channels in order.
  func forEachColumn(_ body: ([Int]) -> Void) {
    let size = shape.channelSize
    for n in 0..<shape[0] {
      for pixel in 0..<size {
        body((0..<shape[1]).map { (n * shape[1] + $0) * size + pixel })
      }
    }
  }
}

// MARK: Engine

extension Softmax {
  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let channels = output.shape[0]
    let pixels = output.elements / channels
    site.forEachPart(of: 1) { block, _ in
      kernels.softmax(
        channels, pixels, input.values + block * input.blockStride,
        output.values + block * output.blockStride)
    }
    guard site.isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    site.forEachPart(of: 1, onTheWayBack: true) { block, _ in
      let place = block * output.blockStride
      kernels.softmaxGradient(channels, pixels, output.values + place, dy + place, dx + place)
    }
  }
}
