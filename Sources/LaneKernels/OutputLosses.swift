/// Losses of single outputs: the loss of an image is the sum or the mean of what each output costs.
///
/// Returns the losses of a block of images and writes their gradients, times what each image counts for.
@export(implementation) @inline(__always)
func outputLoss<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: LossPass, _ outputWeights: UnsafePointer<Float>?,
  _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>, _ weight: Lanes,
  _ dy: UnsafeMutablePointer<Float>
) -> Lanes {
  let (a, b) = (pass.a, pass.b)
  let mean = 1 / Float(pass.outputs)
  let floor = Lanes(repeating: -100)
  switch pass.kernel {
  case .negativeLogLikelihood:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: 1) { p, t, _ in
      (-t * boundedLogarithm(isa, p, floor), -t / select(p .< 1e-12, 1e-12, p))
    }
  case .squaredError:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: 1) { y, t, _ in
      (a * (y - t) * (y - t), 2 * a * (y - t))
    }
  case .absoluteError:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: mean) { y, t, _ in
      (absolute(y - t), stepOf(y - t) - stepOf(t - y))
    }
  case .huber:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: mean) { y, t, _ in
      let (d, size) = (y - t, absolute(y - t))
      return (
        select(size .<= a, 0.5 * d * d, a * (size - 0.5 * a)),
        select(size .<= a, d, a * (stepOf(d) - stepOf(-d)))
      )
    }
  case .smoothL1:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: mean) { y, t, _ in
      let (d, size) = (y - t, absolute(y - t))
      return (
        select(size .< a, (0.5 / a) * d * d, size - 0.5 * a),
        select(size .< a, d / a, stepOf(d) - stepOf(-d))
      )
    }
  case .binaryCrossEntropy:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: mean) { p, t, _ in
      let yes = boundedLogarithm(isa, p, floor)
      let no = boundedLogarithm(isa, 1 - p, floor)
      let width = p * (1 - p)
      return (-(t * yes + (1 - t) * no), (p - t) / select(width .< 1e-12, 1e-12, width))
    }
  case .binaryCrossEntropyWithLogits:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: mean) { y, t, k in
      let w = outputWeights?[k] ?? 1
      let (right, wrong) = softplus(isa, y)
      return (
        w * t * wrong + (1 - t) * right, (1 - t) * logistic(isa, y) - w * t * logistic(isa, -y)
      )
    }
  case .binaryFocal:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: mean) { y, t, _ in
      let (p, q) = (logistic(isa, y), logistic(isa, -y))
      let (right, wrong) = softplus(isa, y)
      let entropy = t * wrong + (1 - t) * right
      let (power, below) = powers(isa, t * q + (1 - t) * p, a)
      let alpha = b < 0 ? Lanes(repeating: 1) : b * t + (1 - b) * (1 - t)
      let sign: Lanes = 1 - 2 * t
      let fall: Lanes = a * below * sign * p * q * entropy
      return (alpha * power * entropy, alpha * (fall + power * (p - t)))
    }
  case .hinge:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: mean) { y, t, _ in
      let sign = 2 * t - 1
      let distance = 1 - sign * y
      return (select(distance .< 0, 0, distance), -sign * stepOf(distance))
    }
  case .klDivergence:
    return forEachOutput(pass.outputs, y, t, weight, dy, share: 1) { y, t, _ in
      let isPositive = t .>= Float.leastNormalMagnitude
      let own = t * logarithm(isa, select(isPositive, t, 1))
      return (select(t .< 0, .nan, select(isPositive, own, 0)) - t * y, -t)
    }
  case .crossEntropy, .focal, .multiMargin:
    // Losses of classes have kernels of their own.
    return .zero
  }
}

/// The sum of what `term` says each output costs, times `share`; the gradients likewise.
@inlinable @inline(__always)
func forEachOutput(
  _ outputs: Int, _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>, _ weight: Lanes,
  _ dy: UnsafeMutablePointer<Float>, share: Float,
  _ term: (_ y: Lanes, _ t: Lanes, _ output: Int) -> (value: Lanes, slope: Lanes)
) -> Lanes {
  var loss = Lanes.zero
  let scale = weight * share
  for k in 0..<outputs {
    let place = k &* laneCount
    let (value, slope) = term((y + place).load(Lanes.self), (t + place).load(Lanes.self), k)
    loss += value
    (dy + place).store(slope * scale)
  }
  return loss * share
}

/// ln(1 + eʸ) and ln(1 + e⁻ʸ).
@export(implementation) @inline(__always)
func softplus<ISA: InstructionSet>(_ isa: ISA.Type, _ y: Lanes) -> (of: Lanes, ofNegative: Lanes) {
  let rest = logarithmOfOnePlus(isa, exponential(isa, -absolute(y)))
  return (select(y .< 0, 0, y) + rest, select(y .> 0, 0, -y) + rest)
}

/// ln p, not below `floor` (p = 0 included); NaN stays NaN.
@export(implementation) @inline(__always)
func boundedLogarithm<ISA: InstructionSet>(
  _ isa: ISA.Type, _ p: Lanes, _ floor: Lanes
) -> Lanes {
  let tiny = p .< Float.leastNormalMagnitude
  let value = select(tiny, floor, logarithm(isa, select(tiny, 1, p)))
  return select(p .!= p, p, select(value .< floor, floor, value))
}
