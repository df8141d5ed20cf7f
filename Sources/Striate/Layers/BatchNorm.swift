import Foundation
import LaneKernels

/// Brings every channel to mean 0 and deviation 1, then to a learned mean and deviation.
///
///     y = γ[c] · (x − μ[c]) / √(σ²[c] + ε) + β[c]
///
/// While the network is trained, μ and σ² are those of the batch, over images and pixels, and running
/// means of them are kept; afterwards the running means are used:
///
///     running ← (1 − momentum) · running + momentum · batch's    (σ² with N·H·W − 1 in the denominator)
///     ∂E/∂x = γ/√(σ² + ε) · (∂E/∂y − mean(∂E/∂y) − x̂ · mean(∂E/∂y · x̂)),  x̂ = (x − μ)/√(σ² + ε)
///
/// Shapes: x [N, C, …] → y [N, C, …]; weight, bias, running_mean and running_var [C].
/// Source: Ioffe & Szegedy 2015, arXiv:1502.03167, algorithms 1 and 2; the names and the momentum of
/// torch.nn.BatchNorm2d.
public struct BatchNorm: TrainingDependent, Equatable {
  /// ε.
  public var epsilon: Double

  /// How much one batch counts in the running statistics.
  public var momentum: Double

  /// Whether γ and β are learned; without them they are 1 and 0.
  public var isAffine: Bool

  /// Batch normalisation.
  public init(epsilon: Double = 1e-5, momentum: Double = 0.1, isAffine: Bool = true) {
    (self.epsilon, self.momentum, self.isAffine) = (epsilon, momentum, isAffine)
  }

  public var stem: String { "bn" }

  public var text: String {
    let usual = BatchNorm()
    return "batchnorm" + (epsilon == usual.epsilon ? "" : " epsilon \(epsilon.short)")
      + (momentum == usual.momentum ? "" : " momentum \(momentum.short)")
      + (isAffine ? "" : " affine none")
  }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard epsilon > 0, Float(epsilon).isNormal, momentum >= 0, momentum <= 1 else {
      throw ShapeMismatch(
        expected: "a positive epsilon and a momentum from 0 to 1",
        found: "\(epsilon.short) and \(momentum.short)", advice: "choose numbers in that range")
    }
    return shape
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    func description(_ name: String, _ value: Float, isLearned: Bool) -> ParameterDescription {
      ParameterDescription(
        name: name, shape: [inputs[0][0]], initializer: .constant(value), isLearned: isLearned)
    }
    return
      (isAffine
      ? [
        description("weight", 1, isLearned: true), description("bias", 0, isLearned: true),
      ] : []) + [
        description("running_mean", 0, isLearned: false),
        description("running_var", 1, isLearned: false),
      ]
  }

  // MARK: Reference

  /// μ and σ² of every channel, and how many numbers a channel has.
  private func statistics(
    of x: ReferenceTensor
  ) -> (mean: [Double], variance: [Double], count: Double) {
    let (channels, size) = (x.shape[1], x.shape.channelSize)
    let m = Double(x.shape[0] * size)
    var mean = Array(repeating: 0.0, count: channels)
    var variance = mean
    for k in 0..<x.count { mean[k / size % channels] += x[k] / m }
    for k in 0..<x.count {
      let c = k / size % channels
      variance[c] += (x[k] - mean[c]) * (x[k] - mean[c]) / m
    }
    return (mean, variance, m)
  }

  private func normalized(
    _ x: ReferenceTensor, mean: [Double], variance: [Double], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (channels, size) = (x.shape[1], x.shape.channelSize)
    var y = x
    for k in 0..<y.count {
      let c = k / size % channels
      y[k] = (x[k] - mean[c]) / (variance[c] + epsilon).squareRoot()
      if isAffine { y[k] = parameters[0][c] * y[k] + parameters[1][c] }
    }
    return y
  }

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    normalized(
      inputs[0], mean: parameters[parameters.count - 2].values,
      variance: parameters[parameters.count - 1].values, parameters: parameters)
  }

  public func referenceTrainingForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor], key: RandomKey
  ) -> ReferenceTensor {
    let batch = statistics(of: inputs[0])
    return normalized(
      inputs[0], mean: batch.mean, variance: batch.variance, parameters: parameters)
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    gradients(
      gradient, x: inputs[0], mean: parameters[parameters.count - 2].values,
      variance: parameters[parameters.count - 1].values, parameters: parameters, count: nil)
  }

  public func referenceTrainingBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor], key: RandomKey
  ) -> ReferenceGradients {
    let batch = statistics(of: inputs[0])
    return gradients(
      gradient, x: inputs[0], mean: batch.mean, variance: batch.variance, parameters: parameters,
      count: batch.count)
  }

  /// The gradients; with a count those that also flow through the statistics.
  private func gradients(
    _ dy: ReferenceTensor, x: ReferenceTensor, mean: [Double], variance: [Double],
    parameters: [ReferenceTensor], count m: Double?
  ) -> ReferenceGradients {
    let (channels, size) = (x.shape[1], x.shape.channelSize)
    var dw = ReferenceTensor(zeros: [channels])
    var db = dw
    var xHat = x
    for k in 0..<x.count {
      let c = k / size % channels
      xHat[k] = (x[k] - mean[c]) / (variance[c] + epsilon).squareRoot()
      dw[c] += dy[k] * xHat[k]
      db[c] += dy[k]
    }
    var dx = dy
    for k in 0..<x.count {
      let c = k / size % channels
      if let m { dx[k] -= db[c] / m + xHat[k] * dw[c] / m }
      dx[k] *= (isAffine ? parameters[0][c] : 1) / (variance[c] + epsilon).squareRoot()
    }
    let zero = ReferenceTensor(zeros: [channels])
    return ReferenceGradients(
      inputs: [dx], parameters: (isAffine ? [dw, db] : []) + [zero, zero])
  }

  public func referenceTrained(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> [ReferenceTensor] {
    let batch = statistics(of: inputs[0])
    var result = parameters
    let (mean, variance) = (parameters.count - 2, parameters.count - 1)
    for c in batch.mean.indices {
      let unbiased = batch.variance[c] * batch.count / max(1, batch.count - 1)
      result[mean][c] += momentum * (batch.mean[c] - result[mean][c])
      result[variance][c] += momentum * (unbiased - result[variance][c])
    }
    return result
  }
}

/// Batch normalisation of features [N, C] or sequences [N, C, L].
public typealias BatchNorm1D = BatchNorm

/// Batch normalisation of images [N, C, H, W].
public typealias BatchNorm2D = BatchNorm
