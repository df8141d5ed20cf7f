import Foundation
import LaneKernels

/// Each channel divided by what its neighbours say.
///
///     s[c] = k + α/n · Σ x[d]²,  c − ⌊n/2⌋ ≤ d ≤ c + ⌊(n−1)/2⌋,  y[c] = x[c] · s[c]^(−β)
///     ∂E/∂x[c] = ∂E/∂y[c] · s[c]^(−β) − 2αβ/n · x[c] · Σ ∂E/∂y[d] · x[d] · s[d]^(−β−1)
///
/// at each pixel, where the first sum runs over the channels there are and the second over those in
/// whose window c lies.
///
/// Shapes: x [N, C, …] → y [N, C, …].
/// Source: Krizhevsky, Sutskever & Hinton 2012, doi:10.1145/3065386, §3.3; α is divided by n as in
/// PyTorch.
public struct LocalResponseNorm: Layer, Equatable {
  /// n, the channels of a window.
  public var size: Int

  /// The weight of the neighbours.
  public var alpha: Double

  /// The exponent.
  public var beta: Double

  /// What the sum begins with.
  public var k: Double

  /// A normalisation over `size` channels.
  public init(size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
    (self.size, self.alpha, self.beta, self.k) = (size, alpha, beta, k)
  }

  public var stem: String { "lrn" }

  public var text: String {
    "lrn \(size)" + (alpha == 1e-4 ? "" : " alpha \(alpha.short)")
      + (beta == 0.75 ? "" : " beta \(beta.short)") + (k == 1 ? "" : " k \(k.short)")
  }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard size >= 1, size <= Window.limit else {
      throw ShapeMismatch(
        expected: "1 to \(Window.limit) channels in a window", found: "\(size)",
        advice: "choose a number in that range")
    }
    guard k >= 1e-12, k <= 1e12, alpha >= 0, alpha <= 1e12, beta >= 0, beta <= 16 else {
      throw ShapeMismatch(
        expected: "k from 1e-12 to 1e12, alpha from 0 to 1e12, beta from 0 to 16",
        found: "k \(k.short), alpha \(alpha.short), beta \(beta.short)",
        advice: "choose numbers in that range")
    }
    return shape
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let x = inputs[0]
    var y = x
    x.forEachColumn { indices in
      for c in indices.indices { y[indices[c]] *= pow(base(x, indices, c), -beta) }
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let x = inputs[0]
    var dx = ReferenceTensor(zeros: x.shape)
    x.forEachColumn { indices in
      for c in indices.indices {
        let (k, s) = (indices[c], base(x, indices, c))
        dx[k] += gradient[k] * pow(s, -beta)
        for d in window(of: c, channels: indices.count) {
          dx[indices[d]] -=
            2 * alpha * beta / Double(size) * x[indices[d]] * gradient[k] * x[k]
            * pow(s, -beta - 1)
        }
      }
    }
    return ReferenceGradients(inputs: [dx])
  }

  /// s^(−β) of an element of one image [1, …].
  package func referenceFactor(of element: Int, in x: ReferenceTensor) -> Double {
    let size = x.shape.channelSize
    let column = (0..<x.shape[1]).map { $0 * size + element % size }
    return pow(base(x, column, element / size), -beta)
  }

  private func window(of c: Int, channels: Int) -> ClosedRange<Int> {
    max(0, c - size / 2)...min(channels - 1, c + (size - 1) / 2)
  }

  private func base(_ x: ReferenceTensor, _ indices: [Int], _ c: Int) -> Double {
    window(of: c, channels: indices.count).reduce(k) { sum, d in
      sum + alpha / Double(size) * x[indices[d]] * x[indices[d]]
    }
  }
}

// MARK: Engine

extension LocalResponseNorm: NeedsMemory {
  /// Each number's share in the gradients of its neighbours.
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    isTraining ? Double(blocks) * blockStride(elements: Double(output.product)) : 0
  }

  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let pass = ResponseNormPass(
      channels: input.shape[0], pixels: input.elements / input.shape[0], before: size / 2,
      after: (size - 1) / 2, scale: Float(alpha / Double(size)), exponent: Float(beta),
      offset: Float(k))
    let stride = input.blockStride
    site.forEachPart(of: pass.channels) { block, range in
      kernels.normalization.responseNorm(
        pass, range, input.values + block * stride, output.values + block * stride)
    }
    guard site.isTraining, let dy = output.gradient, let dx = input.gradient else { return }
    let shares = site.allocateOverwritten(site.blocks * stride)
    site.forEachPart(of: pass.channels, onTheWayBack: true) { block, range in
      kernels.normalization.responseNormShare(
        pass, range, input.values + block * stride, dy + block * stride, shares + block * stride)
    }
    site.forEachPart(of: pass.channels, onTheWayBack: true) { block, range in
      kernels.normalization.responseNormGradient(
        pass, range, input.values + block * stride, shares + block * stride, dy + block * stride,
        dx + block * stride)
    }
  }
}
