import LaneKernels

/// Units that answer to the distance of the input from a centre that they learn.
///
///     y[n,k] = φ(‖x[n] − c[k]‖)
///
/// Shapes: x [N, F] → y [N, K]; c [K, F].
/// Source: seeds/003 §1.2.2; Broomhead & Lowe 1988.
public struct RadialBasis: Layer, Equatable {
  /// The number of units.
  public var units: Int

  /// φ.
  public var function: RadialFunction

  /// A layer of `units` centres.
  public init(units: Int, function: RadialFunction) {
    self.units = units
    self.function = function
  }

  public var stem: String { "radial" }

  public var text: String { "radial \(units) \(function.name) \(function.scale.short)" }

  public var backwardNeeds: BackwardNeeds { [.inputs, .output] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    _ = try inputs.only(rank: 1, axes: "[features]", advice: "put Flatten() before it")
    guard units >= 1, units <= Network.elementLimit else {
      throw ShapeMismatch(
        expected: "1 to \(Network.elementLimit) units", found: "\(units)",
        advice: "choose a number in that range")
    }
    try function.validate()
    return [units]
  }

  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] {
    [
      ParameterDescription(
        name: "centres", shape: [units, inputs[0][0]], initializer: .uniform(bound: 1))
    ]
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    try outputShape(of: inputs)[0] * inputs[0][0]
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (x, c) = (inputs[0], parameters[0])
    var y = ReferenceTensor(zeros: [x.shape[0], units])
    for n in 0..<x.shape[0] {
      for k in 0..<units {
        y[n, k] = function.value(atSquaredDistance: squaredDistance(x, n, c, k))
      }
    }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let (x, c) = (inputs[0], parameters[0])
    var dx = ReferenceTensor(zeros: x.shape)
    var dc = ReferenceTensor(zeros: c.shape)
    for n in 0..<x.shape[0] {
      for k in 0..<units {
        let slope =
          gradient[n, k] * function.derivative(atSquaredDistance: squaredDistance(x, n, c, k))
        for f in 0..<x.shape[1] {
          dx[n, f] += slope * 2 * (x[n, f] - c[k, f])
          dc[k, f] -= slope * 2 * (x[n, f] - c[k, f])
        }
      }
    }
    return ReferenceGradients(inputs: [dx], parameters: [dc])
  }

  /// ‖x[n] − c[k]‖².
  private func squaredDistance(
    _ x: ReferenceTensor, _ n: Int, _ c: ReferenceTensor, _ k: Int
  ) -> Double {
    (0..<x.shape[1]).reduce(0) { $0 + (x[n, $1] - c[k, $1]) * (x[n, $1] - c[k, $1]) }
  }
}

// MARK: Engine

extension RadialBasis: NeedsMemory {
  /// The slopes of the outputs.
  func ownMemory(
    inputs: [[Int]], output: [Int], isTraining: Bool, blocks: Int, workers: Int
  ) -> Double {
    isTraining ? Double(blocks) * blockStride(elements: Double(output.product)) : 0
  }

  public func compile(into site: inout LayerSite) {
    let (kernels, input, output) = (site.kernels, site.inputs[0], site.output)
    let (features, units, blocks) = (input.elements, units, site.blocks)
    let centres = site.parameters[0].values
    let (kernel, scale) = (function.kernel, Float(function.scale))
    site.forEachPart(of: 1) { block, _ in
      kernels.radial(
        kernel, scale, features, units, input.values + block * input.blockStride, centres + 0,
        output.values + block * output.blockStride)
    }
    guard site.isTraining, let dy = output.gradient else { return }
    let slope = site.allocateOverwritten(blocks * output.blockStride)
    site.forEachPart(of: 1, onTheWayBack: true) { block, _ in
      let place = block * output.blockStride
      kernels.radialSlope(
        kernel, scale, units, output.values + place, dy + place, slope + place)
    }
    site.begin(.back)
    if let dc = site.parameters[0].gradient {
      let parts = min(units, LayerSite.fewestTasks)
      site.add(.back, tasks: parts, reach: .parameters) { part in
        kernels.radialCentreGradient(
          features, units, units * part / parts..<units * (part + 1) / parts, blocks,
          input.values + 0, centres + 0, slope + 0, dc + 0)
      }
    }
    guard let dx = input.gradient else { return }
    site.add(.back, tasks: blocks, reach: .block) { block in
      kernels.radialInputGradient(
        features, units, input.values + block * input.blockStride, centres + 0,
        slope + block * output.blockStride, dx + block * input.blockStride)
    }
  }
}

extension RadialFunction {
  fileprivate var kernel: RadialKernel {
    switch self {
    case .gaussian: .gaussian
    case .multiquadratic: .multiquadratic
    case .inverseMultiquadratic: .inverseMultiquadratic
    }
  }
}
