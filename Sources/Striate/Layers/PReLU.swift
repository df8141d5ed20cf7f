import LaneKernels

/// A ReLU whose slope below 0 is learned.
///
///     y = x where x > 0, otherwise w · x
///     ∂E/∂x = ∂E/∂y where x > 0, otherwise w · ∂E/∂y;  ∂E/∂w = Σ ∂E/∂y · x over all x ≤ 0
///
/// Shapes: x [N, C, …] → y [N, C, …]; w [1], or [C] where each channel has its own.
/// Source: He et al. 2015, arXiv:1502.01852, eq 1–4.
public struct PReLU: Layer, Equatable {
  /// Whether each channel has a slope of its own.
  public var perChannel: Bool

  /// One slope, or one for each channel.
  public init(perChannel: Bool = false) { self.perChannel = perChannel }

  public var stem: String { "prelu" }

  public var text: String { "prelu" + (perChannel ? " per-channel" : "") }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] { try inputs.only() }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    [
      ParameterDescription(
        name: "weight", shape: [perChannel ? inputs[0][0] : 1], initializer: .constant(0.25))
    ]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (x, w) = (inputs[0], parameters[0])
    var y = x
    for k in 0..<x.count where !(x[k] > 0) { y[k] *= w[slope(of: k, x.shape)] }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let (x, w) = (inputs[0], parameters[0])
    var (dx, dw) = (gradient, ReferenceTensor(zeros: w.shape))
    for k in 0..<x.count where !(x[k] > 0) {
      dx[k] *= w[slope(of: k, x.shape)]
      dw[slope(of: k, x.shape)] += gradient[k] * x[k]
    }
    return ReferenceGradients(inputs: [dx], parameters: [dw])
  }

  private func slope(of index: Int, _ shape: [Int]) -> Int {
    perChannel ? index / shape.channelSize % shape[1] : 0
  }
}

// MARK: Engine

extension PReLU {
  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let (channels, stride, blocks) = (input.shape[0], input.blockStride, site.blocks)
    let pixels = input.elements / channels
    let (slopes, slopeStride) = (site.parameters[0].values, perChannel ? 1 : 0)
    site.forEachPart(of: channels) { block, range in
      kernels.parametricReLU(
        range, pixels, slopes + 0, slopeStride, input.values + block * stride,
        output.values + block * stride)
    }
    guard site.isTraining, let dy = output.gradient else { return }
    if let dw = site.parameters[0].gradient {
      let sums = perChannel ? dw : site.allocateOverwritten(channels)
      let parts = min(channels, LayerSite.fewestTasks)
      site.backward(tasks: parts) { part in
        kernels.parametricReLUSlopeGradient(
          channels * part / parts..<channels * (part + 1) / parts, pixels, blocks, stride,
          input.values + 0, dy + 0, sums + 0)
      }
      if !perChannel {
        site.backward(tasks: 1) { _ in
          dw.base[0] = (0..<channels).reduce(0) { $0 + sums.base[$1] }
        }
      }
    }
    guard let dx = input.gradient else { return }
    site.forEachPart(of: channels, onTheWayBack: true) { block, range in
      kernels.parametricReLUGradient(
        range, pixels, slopes + 0, slopeStride, input.values + block * stride,
        dy + block * stride, dx + block * stride)
    }
  }
}
