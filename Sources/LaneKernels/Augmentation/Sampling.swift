/// Where each of 16 images is read, all of one size: its own straight map, and a displacement.
///
///     q = clamp(scale · p + offset, low, high)    for x and for y
///     s = A·q + a + B·d(p)
///
/// p is a pixel of the result, s the place in the source that it shows, in pixels from the centre of
/// the first one; d is a displacement field, where there is one.
@frozen
public struct SamplingPass: Sendable {
  /// One coordinate of q.
  @frozen
  public struct Window: Sendable {
    public var scale = Lanes(repeating: 1)
    public var offset = Lanes.zero
    public var low = Lanes(repeating: -.infinity)
    public var high = Lanes(repeating: .infinity)

    @inlinable
    public init() {}
  }

  public let channels: Int
  public let height: Int
  public let width: Int
  /// Whether the source goes on as its own mirror image beyond its first and last pixels; otherwise
  /// there is the fill colour.
  public var reflects = false
  public var columns = Window()
  public var rows = Window()
  /// A: a row for x and a row for y of the source.
  public var xx = Lanes(repeating: 1)
  public var xy = Lanes.zero
  public var yx = Lanes.zero
  public var yy = Lanes(repeating: 1)
  /// a.
  public var x = Lanes.zero
  public var y = Lanes.zero
  /// B; zero for no displacement.
  public var fieldXX = Lanes.zero
  public var fieldXY = Lanes.zero
  public var fieldYX = Lanes.zero
  public var fieldYY = Lanes.zero

  @inlinable
  public init(channels: Int, height: Int, width: Int) {
    (self.channels, self.height, self.width) = (channels, height, width)
  }
}

extension SamplingPass.Window {
  @inlinable @inline(__always)
  func callAsFunction<ISA: InstructionSet>(_ isa: ISA.Type, _ place: Int) -> Lanes {
    clamped(ISA.multiplyAdd(Lanes(repeating: Float(place)), scale, offset), low, high)
  }
}

/// The two pixels of an axis on either side of a coordinate: their indices and weights. A pixel outside
/// the image weighs nothing.
@frozen
@usableFromInline
struct Neighbours {
  @usableFromInline var first: SIMD16<UInt32>
  @usableFromInline var second: SIMD16<UInt32>
  @usableFromInline var firstWeight: Lanes
  @usableFromInline var secondWeight: Lanes

  @inlinable @inline(__always)
  init(of coordinate: Lanes, below count: Int, reflects: Bool) {
    let last = Lanes(repeating: Float(count &- 1))
    var s = coordinate
    if reflects {
      s = absolute(s)
      s = select(s .> last, last + last - s, s)
    }
    s = clamped(s, Lanes(repeating: -1), Lanes(repeating: Float(count)))
    let floor = roundedDown(s)
    let share = s - floor
    firstWeight = select((floor .>= 0) .& (floor .<= last), 1 - share, 0)
    secondWeight = select(floor .< last, share, 0)
    first = integers(clamped(floor, .zero, last))
    second = integers(clamped(floor + 1, .zero, last))
  }
}

/// Sixteen pixels, one of each image.
@inlinable @inline(__always)
func gather(_ base: UnsafePointer<Float>, _ places: SIMD16<UInt32>) -> Lanes {
  var result = Lanes.zero
  for n in 0..<16 { result[n] = base[Int(places[n]) &* laneCount &+ n] }
  return result
}

/// Reads 16 images at the places of a pass, between pixels by bilinear interpolation.
///
///     y(p) = Σ w·x + (1 − Σ w) · fill[c], over the four pixels around s
@inlinable @inline(__always)
func sample<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: SamplingPass, fill: UnsafePointer<Float>,
  fieldX: UnsafePointer<Float>?, fieldY: UnsafePointer<Float>?, from source: UnsafePointer<Float>,
  to target: UnsafeMutablePointer<Float>
) {
  let (width, height) = (pass.width, pass.height)
  let plane = width &* height &* laneCount
  let rowLength = SIMD16<UInt32>(repeating: UInt32(truncatingIfNeeded: width))
  for row in 0..<height {
    let qy = pass.rows(isa, row)
    let startX = ISA.multiplyAdd(pass.xy, qy, pass.x)
    let startY = ISA.multiplyAdd(pass.yy, qy, pass.y)
    for column in 0..<width {
      let qx = pass.columns(isa, column)
      var x = ISA.multiplyAdd(pass.xx, qx, startX)
      var y = ISA.multiplyAdd(pass.yx, qx, startY)
      let place = (row &* width &+ column) &* laneCount
      if let fieldX, let fieldY {
        let dx = (fieldX + place).load(Lanes.self)
        let dy = (fieldY + place).load(Lanes.self)
        x = ISA.multiplyAdd(pass.fieldXX, dx, ISA.multiplyAdd(pass.fieldXY, dy, x))
        y = ISA.multiplyAdd(pass.fieldYX, dx, ISA.multiplyAdd(pass.fieldYY, dy, y))
      }
      let across = Neighbours(of: x, below: width, reflects: pass.reflects)
      let down = Neighbours(of: y, below: height, reflects: pass.reflects)
      let upper = down.first &* rowLength
      let lower = down.second &* rowLength
      let weights = (
        down.firstWeight * across.firstWeight, down.firstWeight * across.secondWeight,
        down.secondWeight * across.firstWeight, down.secondWeight * across.secondWeight
      )
      let places = (
        upper &+ across.first, upper &+ across.second, lower &+ across.first,
        lower &+ across.second
      )
      let inside =
        (across.firstWeight + across.secondWeight) * (down.firstWeight + down.secondWeight)
      let outside = 1 - inside
      for c in 0..<pass.channels {
        let image = source + c &* plane
        var value = outside * fill[c]
        value = ISA.multiplyAdd(weights.0, gather(image, places.0), value)
        value = ISA.multiplyAdd(weights.1, gather(image, places.1), value)
        value = ISA.multiplyAdd(weights.2, gather(image, places.2), value)
        value = ISA.multiplyAdd(weights.3, gather(image, places.3), value)
        (target + (c &* plane &+ place)).store(value)
      }
    }
  }
}
