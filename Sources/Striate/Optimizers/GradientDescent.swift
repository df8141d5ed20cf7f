import LaneKernels

/// Plain gradient descent.
///
///     w ← w − γ · ∂E/∂w
///
/// Source: seeds/000 §1.4; seeds/003 eq 1.
public struct GradientDescent: Optimizer, Equatable {
  public var learningRate: Float

  /// Gradient descent with learning rate γ.
  public init(learningRate: Float) { self.learningRate = learningRate }

  public var name: String { "gd" }

  public var text: String { "gd \(learningRate.short)" }

  public var stateCount: Int { 0 }

  public func validate() throws {
    try InvalidOptimizer.requirePositive("learning rate", learningRate)
  }

  public func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    for i in w.indices { w[i] -= Double(learningRate) * gradient[i] }
  }
}

// MARK: Engine

extension GradientDescent {
  public func update(_ slice: ParameterSlice, step: Int) {
    slice.kernels.sgd(
      slice.count, slice.weights, slice.gradient, nil, learningRate, 0, 0, false, step == 1)
  }
}
