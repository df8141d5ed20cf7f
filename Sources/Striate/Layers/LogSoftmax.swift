import Foundation
import LaneKernels

/// The logarithms of the probabilities that `Softmax` gives.
///
///     y[k] = x[k] − log Σ(j) exp(x[j]),  ∂E/∂x[k] = ∂E/∂y[k] − exp(y[k]) · Σ(j) ∂E/∂y[j]
///
/// j and k run over the first axis after the batch; the largest x is subtracted from all first, which
/// changes nothing but keeps exp finite.
///
/// Shapes: x [N, C, …] → y [N, C, …].
/// Source: Goodfellow, Bengio & Courville 2016, Deep Learning, §6.2.2.3.
public struct LogSoftmax: Layer, Equatable {
  /// A log-softmax over the channels.
  public init() {}

  public var stem: String { "logsoftmax" }

  public var text: String { "log-softmax" }

  public var backwardNeeds: BackwardNeeds { .output }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] { try inputs.only() }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    var y = inputs[0]
    y.forEachColumn { indices in
      let largest = indices.map { y[$0] }.max() ?? 0
      let sum = indices.reduce(0) { $0 + exp(y[$1] - largest) }
      for k in indices { y[k] -= largest + log(sum) }
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    var dx = gradient
    dx.forEachColumn { indices in
      let sum = indices.reduce(0) { $0 + gradient[$1] }
      for k in indices { dx[k] = gradient[k] - exp(output[k]) * sum }
    }
    return ReferenceGradients(inputs: [dx])
  }
}

// MARK: Engine

extension LogSoftmax {
  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let channels = output.shape[0]
    let pixels = output.elements / channels
    site.forEachPart(of: 1) { block, _ in
      kernels.logSoftmax(
        channels, pixels, input.values + block * input.blockStride,
        output.values + block * output.blockStride)
    }
    guard site.isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    site.forEachPart(of: 1, onTheWayBack: true) { block, _ in
      let place = block * output.blockStride
      kernels.logSoftmaxGradient(channels, pixels, output.values + place, dy + place, dx + place)
    }
  }
}
