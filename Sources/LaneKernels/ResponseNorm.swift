/// The geometry and the constants of a local response normalisation.
@frozen
public struct ResponseNormPass: Sendable {
  public var channels: Int, pixels: Int
  /// The channels of a window before and after its own.
  public var before: Int, after: Int
  /// α / n, β and k.
  public var scale: Float, exponent: Float, offset: Float

  @inlinable
  public init(
    channels: Int, pixels: Int, before: Int, after: Int, scale: Float, exponent: Float,
    offset: Float
  ) {
    (self.channels, self.pixels, self.before, self.after) = (channels, pixels, before, after)
    (self.scale, self.exponent, self.offset) = (scale, exponent, offset)
  }

  /// s = k + α/n · Σ x² over the window of channel c, at one pixel.
  @export(implementation) @inline(__always)
  func base<ISA: InstructionSet>(
    _ isa: ISA.Type, of c: Int, at pixel: Int, _ x: UnsafePointer<Float>
  ) -> Lanes {
    var sum = Lanes.zero
    for d in max(0, c &- before)...min(channels &- 1, c &+ after) {
      let value = (x + (d &* pixels &+ pixel) &* laneCount).load(Lanes.self)
      sum = ISA.multiplyAdd(value, value, sum)
    }
    return ISA.multiplyAdd(sum, Lanes(repeating: scale), Lanes(repeating: offset))
  }
}

/// s^p for a normal s > 0; NaN stays NaN.
@export(implementation) @inline(__always)
func positive<ISA: InstructionSet>(_ isa: ISA.Type, _ s: Lanes, to power: Float) -> Lanes {
  select(s .== s, exponential(isa, logarithm(isa, s) * power), s)
}

/// y = x · s^(−β) for some channels of one block.
@export(implementation) @inline(__always)
func responseNorm<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ResponseNormPass, range: Range<Int>, from x: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  for c in range {
    for pixel in 0..<pass.pixels {
      let k = (c &* pass.pixels &+ pixel) &* laneCount
      let s = pass.base(isa, of: c, at: pixel, x)
      (y + k).store((x + k).load(Lanes.self) * positive(isa, s, to: -pass.exponent))
    }
  }
}

/// t = dy · x · s^(−β−1): what a channel's gradient says to all channels of its window.
@export(implementation) @inline(__always)
func responseNormShare<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ResponseNormPass, range: Range<Int>, input x: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to t: UnsafeMutablePointer<Float>
) {
  for c in range {
    for pixel in 0..<pass.pixels {
      let k = (c &* pass.pixels &+ pixel) &* laneCount
      let s = pass.base(isa, of: c, at: pixel, x)
      let product = (dy + k).load(Lanes.self) * (x + k).load(Lanes.self)
      (t + k).store(product * positive(isa, s, to: -pass.exponent - 1))
    }
  }
}

/// dx = dy · s^(−β) − 2β · α/n · x · Σ t over the channels in whose window c lies.
@export(implementation) @inline(__always)
func responseNormGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ResponseNormPass, range: Range<Int>, input x: UnsafePointer<Float>,
  shares t: UnsafePointer<Float>, gradient dy: UnsafePointer<Float>,
  to dx: UnsafeMutablePointer<Float>
) {
  let factor = -2 * pass.exponent * pass.scale
  for c in range {
    let readers = max(0, c &- pass.after)...min(pass.channels &- 1, c &+ pass.before)
    for pixel in 0..<pass.pixels {
      let k = (c &* pass.pixels &+ pixel) &* laneCount
      let s = pass.base(isa, of: c, at: pixel, x)
      var sum = Lanes.zero
      for d in readers { sum += (t + (d &* pass.pixels &+ pixel) &* laneCount).load(Lanes.self) }
      let own = (dy + k).load(Lanes.self) * positive(isa, s, to: -pass.exponent)
      (dx + k).store(ISA.multiplyAdd((x + k).load(Lanes.self) * factor, sum, own))
    }
  }
}
