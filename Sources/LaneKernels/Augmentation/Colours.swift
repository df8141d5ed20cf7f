/// How the colours of 16 images change, each in its own way.
///
///     d = grey · g(p) + mean · ḡ          what the image is blended with
///     x ← clamp(factor · x + (1 − factor) · d, 0, 1)
///
/// g is the brightness of a pixel and ḡ its mean over the image. Brightness blends with black, contrast
/// with ḡ, saturation with g. Hue turns instead.
@frozen
public struct ColourPass: Sendable {
  public let channels: Int
  public let pixels: Int
  public var factor = Lanes(repeating: 1)
  public var grey = Lanes.zero
  public var mean = Lanes.zero
  /// 1 in lanes that are blended, else 0.
  public var blends = Lanes.zero
  /// By how many sixths of a circle the hue turns, from −3 to 3.
  public var turn = Lanes.zero
  /// 1 in lanes whose hue turns, else 0.
  public var turns = Lanes.zero
  /// Whether any lane's `mean` is not 0.
  public var usesMean = false
  /// Whether any lane's hue turns.
  public var usesHue = false

  @inlinable
  public init(channels: Int, pixels: Int) { (self.channels, self.pixels) = (channels, pixels) }
}

/// The brightness of a colour. Source: ITU-R BT.601.
@export(implementation) @inline(__always)
func brightness<ISA: InstructionSet>(
  _ isa: ISA.Type, _ r: Lanes, _ g: Lanes, _ b: Lanes
) -> Lanes {
  ISA.multiplyAdd(
    r, Lanes(repeating: 0.299),
    ISA.multiplyAdd(g, Lanes(repeating: 0.587), b * Lanes(repeating: 0.114)))
}

/// The brightness of the pixel at `x`: of three channels that of a colour, else their mean.
@export(implementation) @inline(__always)
func brightness<ISA: InstructionSet>(
  _ isa: ISA.Type, at x: UnsafePointer<Float>, channels: Int, stride: Int
) -> Lanes {
  if channels == 3 {
    return brightness(
      isa, x.load(Lanes.self), (x + stride).load(Lanes.self), (x + 2 &* stride).load(Lanes.self))
  }
  var sum = x.load(Lanes.self)
  for c in 1..<max(1, channels) { sum += (x + c &* stride).load(Lanes.self) }
  return sum * (1 / Float(channels))
}

/// The mean brightness of each image, summed in runs, so that a large image loses no digits.
@export(implementation) @inline(__always)
func meanBrightness<ISA: InstructionSet>(
  _ isa: ISA.Type, of x: UnsafePointer<Float>, channels: Int, pixels: Int
) -> Lanes {
  var total = Lanes.zero
  var p = 0
  while p < pixels {
    var sum = Lanes.zero
    let end = min(p &+ 64, pixels)
    while p < end {
      sum += brightness(
        isa, at: x + p &* laneCount, channels: channels, stride: pixels &* laneCount)
      p &+= 1
    }
    total += sum
  }
  return total * (1 / Float(pixels))
}

/// One channel of a colour of the given hue (in sixths of a circle), largest channel and chroma.
///
///     v − chroma · clamp(min(k, 4 − k), 0, 1), k = (hue + n) mod 6; n = 5, 3, 1 for red, green, blue
@inlinable @inline(__always)
func channel(_ n: Float, hue: Lanes, largest: Lanes, chroma: Lanes) -> Lanes {
  var k = hue + n
  k = select(k .>= 6, k - 6, k)
  let fall = 4 - k
  return largest - chroma * clampedToUnit(select(k .< fall, k, fall))
}

/// A colour whose hue is turned by so many sixths of a circle; grey stays as it is.
@inlinable @inline(__always)
func turned(
  _ r: Lanes, _ g: Lanes, _ b: Lanes, by turn: Lanes
) -> (Lanes, Lanes, Lanes) {
  var largest = select(g .> r, g, r)
  largest = select(b .> largest, b, largest)
  var least = select(g .< r, g, r)
  least = select(b .< least, b, least)
  let chroma = largest - least
  let divisor = select(chroma .> 0, chroma, 1)
  var hue = select(
    largest .== r, (g - b) / divisor,
    select(largest .== g, (b - r) / divisor + 2, (r - g) / divisor + 4))
  hue += turn
  hue = select(hue .< 0, hue + 6, hue)
  hue = select(hue .>= 6, hue - 6, hue)
  return (
    channel(5, hue: hue, largest: largest, chroma: chroma),
    channel(3, hue: hue, largest: largest, chroma: chroma),
    channel(1, hue: hue, largest: largest, chroma: chroma)
  )
}

/// Changes brightness, contrast, saturation and hue as a pass says.
@export(implementation) @inline(__always)
func adjustColours<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ColourPass, in x: UnsafeMutablePointer<Float>
) {
  let stride = pass.pixels &* laneCount
  let (factor, rest) = (pass.factor, 1 - pass.factor)
  let blends = pass.blends .> 0
  var level = Lanes.zero
  if pass.usesMean {
    level =
      pass.mean
      * meanBrightness(isa, of: UnsafePointer(x), channels: pass.channels, pixels: pass.pixels)
  }
  guard pass.channels == 3 else {
    for p in 0..<pass.pixels {
      let place = x + p &* laneCount
      let g = brightness(
        isa, at: UnsafePointer(place), channels: pass.channels, stride: stride)
      let d = rest * ISA.multiplyAdd(pass.grey, g, level)
      for c in 0..<pass.channels {
        let old = UnsafePointer(place + c &* stride).load(Lanes.self)
        let new = clampedToUnit(ISA.multiplyAdd(factor, old, d))
        (place + c &* stride).store(select(blends, new, old))
      }
    }
    return
  }
  for p in 0..<pass.pixels {
    let place = x + p &* laneCount
    var r = UnsafePointer(place).load(Lanes.self)
    var g = UnsafePointer(place + stride).load(Lanes.self)
    var b = UnsafePointer(place + 2 &* stride).load(Lanes.self)
    let d = rest * ISA.multiplyAdd(pass.grey, brightness(isa, r, g, b), level)
    r = select(blends, clampedToUnit(ISA.multiplyAdd(factor, r, d)), r)
    g = select(blends, clampedToUnit(ISA.multiplyAdd(factor, g, d)), g)
    b = select(blends, clampedToUnit(ISA.multiplyAdd(factor, b, d)), b)
    if pass.usesHue {
      let turns = pass.turns .> 0
      let colour = turned(r, g, b, by: pass.turn)
      r = select(turns, colour.0, r)
      g = select(turns, colour.1, g)
      b = select(turns, colour.2, b)
    }
    place.store(r)
    (place + stride).store(g)
    (place + 2 &* stride).store(b)
  }
}
