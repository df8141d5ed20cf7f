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
  @export(implementation) @inline(__always)
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

/// What the pixels of a run are made of: for each, where its four neighbours stand in each of 16 images,
/// their weights, and the weight of what lies outside. It is written for a run of pixels and then read
/// for every channel, so that places come from memory, one by one.
@frozen
public enum SamplingScratch {
  /// Pixels in a run.
  @inlinable
  static var length: Int { 16 }

  /// Floats of memory.
  public static let count = 16 * 9 * 16

  /// The places of neighbour `k` (0 to 3) of pixel `i`.
  @inlinable @inline(__always)
  static func places(
    _ scratch: UnsafeMutablePointer<Float>, _ k: Int, _ i: Int
  ) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(scratch + (9 &* i &+ k) &* laneCount)
      .assumingMemoryBound(to: UInt32.self)
  }

  /// The weights of neighbour `k` (0 to 3) of pixel `i`; of what lies outside for k = 4.
  @inlinable @inline(__always)
  static func weights(
    _ scratch: UnsafeMutablePointer<Float>, _ k: Int, _ i: Int
  ) -> UnsafeMutablePointer<Float> {
    scratch + (9 &* i &+ 4 &+ k) &* laneCount
  }
}

/// Sixteen pixels, one of each image.
@inlinable @inline(__always)
func gather(_ base: UnsafePointer<Float>, _ places: UnsafePointer<UInt32>) -> Lanes {
  var result = Lanes.zero
  for n in 0..<16 { result[n] = base[Int(places[n])] }
  return result
}

/// Writes what the pixel number `i` of a run is made of, that lies at (x, y) of the source.
@export(implementation) @inline(__always)
func writeNeighbours<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: SamplingPass, x: Lanes, y: Lanes, _ i: Int,
  to scratch: UnsafeMutablePointer<Float>
) {
  let across = Neighbours(of: x, below: pass.width, reflects: pass.reflects)
  let down = Neighbours(of: y, below: pass.height, reflects: pass.reflects)
  let rowLength = SIMD16<UInt32>(repeating: UInt32(truncatingIfNeeded: pass.width &* laneCount))
  let lane = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  let upper = down.first &* rowLength &+ lane
  let lower = down.second &* rowLength &+ lane
  let bits = SIMD16<UInt32>(repeating: 4)
  let (left, right) = (across.first &<< bits, across.second &<< bits)
  func write(_ k: Int, _ places: SIMD16<UInt32>, _ weight: Lanes) {
    UnsafeMutableRawPointer(SamplingScratch.places(scratch, k, i))
      .assumingMemoryBound(to: SIMD16<UInt32>.self).pointee = places
    SamplingScratch.weights(scratch, k, i).store(weight)
  }
  write(0, upper &+ left, down.firstWeight * across.firstWeight)
  write(1, upper &+ right, down.firstWeight * across.secondWeight)
  write(2, lower &+ left, down.secondWeight * across.firstWeight)
  write(3, lower &+ right, down.secondWeight * across.secondWeight)
  let inside =
    (across.firstWeight + across.secondWeight) * (down.firstWeight + down.secondWeight)
  SamplingScratch.weights(scratch, 4, i).store(1 - inside)
}

/// Reads 16 images at the places of a pass, between pixels by bilinear interpolation.
///
///     y(p) = Σ w·x + (1 − Σ w) · fill[c], over the four pixels around s
@export(implementation) @inline(__always)
func sample<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: SamplingPass, fill: UnsafePointer<Float>,
  fieldX: UnsafePointer<Float>?, fieldY: UnsafePointer<Float>?,
  scratch: UnsafeMutablePointer<Float>, from source: UnsafePointer<Float>,
  to target: UnsafeMutablePointer<Float>
) {
  let plane = pass.width &* pass.height &* laneCount
  for row in 0..<pass.height {
    let qy = pass.rows(isa, row)
    let startX = ISA.multiplyAdd(pass.xy, qy, pass.x)
    let startY = ISA.multiplyAdd(pass.yy, qy, pass.y)
    var start = 0
    while start < pass.width {
      let count = min(SamplingScratch.length, pass.width &- start)
      let place = (row &* pass.width &+ start) &* laneCount
      for i in 0..<count {
        let qx = pass.columns(isa, start &+ i)
        var x = ISA.multiplyAdd(pass.xx, qx, startX)
        var y = ISA.multiplyAdd(pass.yx, qx, startY)
        if let fieldX, let fieldY {
          let dx = (fieldX + (place &+ i &* laneCount)).load(Lanes.self)
          let dy = (fieldY + (place &+ i &* laneCount)).load(Lanes.self)
          x = ISA.multiplyAdd(pass.fieldXX, dx, ISA.multiplyAdd(pass.fieldXY, dy, x))
          y = ISA.multiplyAdd(pass.fieldYX, dx, ISA.multiplyAdd(pass.fieldYY, dy, y))
        }
        writeNeighbours(isa, pass, x: x, y: y, i, to: scratch)
      }
      for c in 0..<pass.channels {
        let image = source + c &* plane
        let line = target + (c &* plane &+ place)
        for i in 0..<count {
          @inline(__always) func weight(_ k: Int) -> Lanes {
            UnsafePointer(SamplingScratch.weights(scratch, k, i)).load(Lanes.self)
          }
          @inline(__always) func neighbour(_ k: Int) -> Lanes {
            gather(image, SamplingScratch.places(scratch, k, i))
          }
          var value = weight(4) * fill[c]
          value = ISA.multiplyAdd(weight(0), neighbour(0), value)
          value = ISA.multiplyAdd(weight(1), neighbour(1), value)
          value = ISA.multiplyAdd(weight(2), neighbour(2), value)
          value = ISA.multiplyAdd(weight(3), neighbour(3), value)
          (line + i &* laneCount).store(value)
        }
      }
      start &+= count
    }
  }
}
