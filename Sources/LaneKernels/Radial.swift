/// The radial functions that have kernels: φ of a squared distance s.
@frozen
public enum RadialKernel: Sendable {
  /// exp(−s / 2a²).
  case gaussian
  /// √(s + a²).
  case multiquadratic
  /// 1 / √(s + a²).
  case inverseMultiquadratic
}

/// y[k] = φ(Σ(f) (x[f] − c[k,f])²) for one block of images.
@export(implementation) @inline(__always)
func radial<ISA: InstructionSet>(
  _ isa: ISA.Type, _ function: RadialKernel, _ a: Float, features: Int, units: Int,
  from x: UnsafePointer<Float>, centres: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  for k in 0..<units {
    var s = Lanes.zero
    for f in 0..<features {
      let d = (x + f &* laneCount).load(Lanes.self) - centres[k &* features &+ f]
      s = ISA.multiplyAdd(d, d, s)
    }
    let value =
      switch function {
      case .gaussian: exponential(isa, s * (-1 / (2 * a * a)))
      case .multiquadratic: (s + a * a).squareRoot()
      case .inverseMultiquadratic: 1 / (s + a * a).squareRoot()
      }
    (y + k &* laneCount).store(value)
  }
}

/// slope[k] = 2 · dy[k] · φ′(s), where φ′ follows from y = φ(s).
@export(implementation) @inline(__always)
func radialSlope<ISA: InstructionSet>(
  _ isa: ISA.Type, _ function: RadialKernel, _ a: Float, units: Int,
  output y: UnsafePointer<Float>, gradient dy: UnsafePointer<Float>,
  to slope: UnsafeMutablePointer<Float>
) {
  forEachGradient(units, y, dy, slope) { y in
    switch function {
    case .gaussian: y * (-1 / (a * a))
    case .multiquadratic: 1 / y
    case .inverseMultiquadratic: -(y * y * y)
    }
  }
}

/// dx[f] = Σ(k) slope[k] · (x[f] − c[k,f]).
@export(implementation) @inline(__always)
func radialInputGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, features: Int, units: Int, input x: UnsafePointer<Float>,
  centres: UnsafePointer<Float>, slope: UnsafePointer<Float>,
  to dx: UnsafeMutablePointer<Float>
) {
  for f in 0..<features {
    let value = (x + f &* laneCount).load(Lanes.self)
    var sum = Lanes.zero
    for k in 0..<units {
      sum = ISA.multiplyAdd(
        (slope + k &* laneCount).load(Lanes.self), value - centres[k &* features &+ f], sum)
    }
    (dx + f &* laneCount).store(sum)
  }
}

/// dc[k,f] = −Σ(image) slope[k] · (x[f] − c[k,f]) for units `units`, over all blocks.
@export(implementation) @inline(__always)
func radialCentreGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, features: Int, allUnits: Int, units: Range<Int>, blocks: Int,
  input x: UnsafePointer<Float>, centres: UnsafePointer<Float>, slope: UnsafePointer<Float>,
  to result: UnsafeMutablePointer<Float>
) {
  let (inputStride, slopeStride) = (
    blockStride(elements: features), blockStride(elements: allUnits)
  )
  for k in units {
    for f in 0..<features {
      let centre = Lanes(repeating: centres[k &* features &+ f])
      var sum = Lanes.zero
      for block in 0..<blocks {
        let value = (x + (block &* inputStride &+ f &* laneCount)).load(Lanes.self)
        let weight = (slope + (block &* slopeStride &+ k &* laneCount)).load(Lanes.self)
        sum = ISA.multiplyAdd(weight, centre - value, sum)
      }
      result[k &* features &+ f] = sumOfLanes(sum)
    }
  }
}
