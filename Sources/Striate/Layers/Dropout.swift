import LaneKernels

/// Leaves out random parts of its input while a network is trained; afterwards it changes nothing.
///
///     y = m · x / (1 − rate),  m = 0 with probability rate, else 1;  ∂E/∂x = m · ∂E/∂y / (1 − rate)
///
/// What is left out depends on the seed, the step, the layer, and the place of the image in the batch.
///
/// Shapes: x [N, …] → y [N, …].
/// Source: Srivastava et al. 2014, jmlr.org/papers/v15/srivastava14a.html; Tompson et al. 2015,
/// arXiv:1411.4280 (whole maps); Huang et al. 2016, arXiv:1603.09382 (whole images).
public struct Dropout: TrainingDependent, Equatable {
  /// What is kept or left out as a whole.
  public enum Unit: String, Sendable, CaseIterable {
    /// Each number.
    case element
    /// Each map.
    case channel
    /// Each image.
    case image
  }

  /// The probability that a unit is left out.
  public var rate: Double

  /// What is kept or left out as a whole.
  public var unit: Unit

  /// Dropout of single numbers, unless another unit is given.
  public init(_ rate: Double = 0.5, unit: Unit = .element) {
    self.rate = rate
    self.unit = unit
  }

  public var stem: String {
    switch unit {
    case .element, .channel: "dropout"
    case .image: "droppath"
    }
  }

  public var text: String {
    switch unit {
    case .element: "dropout \(rate.short)"
    case .channel: "dropout2d \(rate.short)"
    case .image: "stochastic-depth \(rate.short)"
    }
  }

  public var backwardNeeds: BackwardNeeds { [] }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    let shape = try inputs.only()
    guard rate >= 0, rate < 1 else {
      throw ShapeMismatch(
        expected: "a rate from 0 to 1, 1 left out", found: "\(rate.short)",
        advice: "choose a share such as 0.5")
    }
    return shape
  }

  /// The pixels of one unit.
  private func unitSize(of shape: some Collection<Int>) -> Int {
    switch unit {
    case .element: 1
    case .channel: shape.dropFirst().reduce(1, *)
    case .image: shape.reduce(1, *)
    }
  }

  private var threshold: UInt32 { UInt32(min(rate * 0x1p32, 0xFFFF_FFFF)) }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor { inputs[0] }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients { ReferenceGradients(inputs: [gradient]) }

  public func referenceTrainingForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor], key: RandomKey
  ) -> ReferenceTensor {
    let size = inputs[0].shape.dropFirst().reduce(1, *)
    let unit = unitSize(of: inputs[0].shape.dropFirst())
    var y = inputs[0]
    for k in 0..<y.count {
      let bits = key.bits(image: k / size, place: k % size / unit)
      y[k] = bits >= threshold ? y[k] / (1 - rate) : 0
    }
    return y
  }

  public func referenceTrainingBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor], key: RandomKey
  ) -> ReferenceGradients {
    ReferenceGradients(
      inputs: [referenceTrainingForward([gradient], parameters: parameters, key: key)])
  }
}

/// Dropout of whole maps.
public func Dropout2D(_ rate: Double = 0.5) -> Dropout { Dropout(rate, unit: .channel) }

/// Dropout of whole images: the branch of a residual block is left out.
public func StochasticDepth(_ rate: Double) -> Dropout { Dropout(rate, unit: .image) }

// MARK: Engine

extension Dropout: RunsInPlace {
  public func compile(into site: inout LayerSite) {
    let (input, output) = (site.inputs[0], site.output)
    appendStep(from: input.values, to: output.values, onTheWayBack: false, site: &site)
    guard let dy = output.gradient, let dx = input.gradient else { return }
    appendStep(from: dy, to: dx, onTheWayBack: true, site: &site)
  }

  private func appendStep(
    from x: Floats, to y: Floats, onTheWayBack: Bool, site: inout LayerSite
  ) {
    let (kernels, stride) = (site.kernels, site.output.blockStride)
    guard let step = site.step else {
      if x.base != y.base {
        site.copy(x, to: y, onTheWayBack: onTheWayBack)
      }
      return
    }
    let (threshold, scale) = (threshold, Float(1 / (1 - rate)))
    let (unit, layer) = (unitSize(of: site.output.shape), site.index)
    site.forEachPart(of: site.output.elements / unit, onTheWayBack: onTheWayBack) { block, units in
      let key = step.key.derived(layer)
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: laneCount) { keys in
        for lane in 0..<laneCount {
          keys.initializeElement(at: lane, to: key.bits(image: block * laneCount + lane))
        }
        guard let keys = keys.baseAddress else { return }
        let place = block * stride + units.lowerBound * unit * laneCount
        kernels.dropOut(
          units.count, unit, units.lowerBound, keys, threshold, scale, x + place, y + place)
      }
    }
  }
}
