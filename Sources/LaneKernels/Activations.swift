/// The activation functions that have kernels; `a` and `b` are their parameters.
@frozen
public enum ActivationKernel: Sendable {
  case identity, step, sigmoid, tanh, arctan, relu, softplus
  /// a is the slope below 0.
  case leakyReLU
  /// a is the centre, b the width σ.
  case gaussian
  /// a is the centre, b the offset.
  case multiquadratic, inverseMultiquadratic
}

@inlinable @inline(__always)
func forEachLanes(
  _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ body: (Lanes) -> Lanes
) {
  for i in 0..<count {
    (y + i &* laneCount).store(body((x + i &* laneCount).load(Lanes.self)))
  }
}

/// y = f(x) for `count` pixels of lanes; y may be x.
@inlinable @inline(__always)
func activate<ISA: InstructionSet>(
  _ isa: ISA.Type, _ function: ActivationKernel, _ a: Float, _ b: Float, count: Int,
  from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  switch function {
  case .identity: forEachLanes(count, x, y) { $0 }
  case .step: forEachLanes(count, x, y) { select($0 .> 0, 1, select($0 .<= 0, 0, $0)) }
  case .sigmoid: forEachLanes(count, x, y) { logistic(isa, $0) }
  case .tanh: forEachLanes(count, x, y) { hyperbolicTangent(isa, $0) }
  case .arctan: forEachLanes(count, x, y) { arcTangent(isa, $0) }
  case .relu: forEachLanes(count, x, y) { select($0 .< 0, 0, $0) }
  case .leakyReLU: forEachLanes(count, x, y) { select($0 .< 0, $0 * a, $0) }
  case .softplus:
    forEachLanes(count, x, y) {
      select($0 .< 0, 0, $0) + logarithmOfOnePlus(isa, exponential(isa, -absolute($0)))
    }
  case .gaussian:
    let scale = -1 / (2 * b * b)
    forEachLanes(count, x, y) { exponential(isa, ($0 - a) * ($0 - a) * scale) }
  case .multiquadratic:
    forEachLanes(count, x, y) { (($0 - a) * ($0 - a) + b * b).squareRoot() }
  case .inverseMultiquadratic:
    forEachLanes(count, x, y) { 1 / (($0 - a) * ($0 - a) + b * b).squareRoot() }
  }
}

@inlinable @inline(__always)
func forEachGradient(
  _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
  _ dx: UnsafeMutablePointer<Float>, _ body: (_ x: Lanes, _ y: Lanes) -> Lanes
) {
  for i in 0..<count {
    let k = i &* laneCount
    (dx + k).store(
      body((x + k).load(Lanes.self), (y + k).load(Lanes.self)) * (dy + k).load(Lanes.self))
  }
}

/// dx = f′(x) · dy, where f′ follows from the input x or the output y; dx may be dy. Where the
/// derivative follows from y alone, x is not read.
@inlinable @inline(__always)
func activationGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ function: ActivationKernel, _ a: Float, _ b: Float, count: Int,
  input x: UnsafePointer<Float>, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  switch function {
  case .identity: forEachLanes(count, dy, dx) { $0 }
  case .step: forEachLanes(count, dy, dx) { _ in .zero }
  case .sigmoid: forEachGradient(count, y, y, dy, dx) { $1 * (1 - $1) }
  case .tanh: forEachGradient(count, y, y, dy, dx) { 1 - $1 * $1 }
  case .arctan: forEachGradient(count, x, x, dy, dx) { x, _ in 1 / (1 + x * x) }
  case .relu:
    for i in 0..<count {
      let k = i &* laneCount
      let d = (dy + k).load(Lanes.self)
      (dx + k).store(select((y + k).load(Lanes.self) .> 0, d, 0))
    }
  case .leakyReLU:
    forEachGradient(count, x, x, dy, dx) { x, _ in select(x .> 0, 1, a) }
  case .softplus: forEachGradient(count, y, y, dy, dx) { 1 - exponential(isa, -$1) }
  case .gaussian:
    let scale = -1 / (b * b)
    forEachGradient(count, x, x, dy, dx) { x, _ in
      exponential(isa, (x - a) * (x - a) * (scale / 2)) * (x - a) * scale
    }
  case .multiquadratic:
    forEachGradient(count, x, x, dy, dx) { x, _ in
      (x - a) / ((x - a) * (x - a) + b * b).squareRoot()
    }
  case .inverseMultiquadratic:
    forEachGradient(count, x, x, dy, dx) { x, _ in
      let square = (x - a) * (x - a) + b * b
      return -(x - a) / (square * square.squareRoot())
    }
  }
}

/// Softmax over `channels` for each of `pixels` places: y = exp(x − max) / Σ exp(x − max).
@inlinable @inline(__always)
func softmax<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, from x: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  let stride = pixels &* laneCount
  for pixel in 0..<pixels {
    let x = x + pixel &* laneCount
    let y = y + pixel &* laneCount
    var largest = x.load(Lanes.self)
    for c in 1..<max(1, channels) {
      let value = (x + c &* stride).load(Lanes.self)
      largest = select(value .> largest, value, largest)
    }
    var sum = Lanes.zero
    for c in 0..<channels {
      let value = exponential(isa, (x + c &* stride).load(Lanes.self) - largest)
      sum += value
      (y + c &* stride).store(value)
    }
    let scale = 1 / sum
    for c in 0..<channels {
      (y + c &* stride).store(UnsafePointer(y + c &* stride).load(Lanes.self) * scale)
    }
  }
}

/// dx = y · (dy − Σ dy · y).
@inlinable @inline(__always)
func softmaxGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, pixels: Int, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  let stride = pixels &* laneCount
  for pixel in 0..<pixels {
    var sum = Lanes.zero
    for c in 0..<channels {
      let k = pixel &* laneCount &+ c &* stride
      sum = ISA.multiplyAdd((y + k).load(Lanes.self), (dy + k).load(Lanes.self), sum)
    }
    for c in 0..<channels {
      let k = pixel &* laneCount &+ c &* stride
      (dx + k).store((y + k).load(Lanes.self) * ((dy + k).load(Lanes.self) - sum))
    }
  }
}
