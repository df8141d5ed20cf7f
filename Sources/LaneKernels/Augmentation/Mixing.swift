/// How 16 images are mixed with each other.
///
///     x[i] ← w·x[i] + (1 − w)·x[partner[i]]
///
/// with a weight w inside of image i's rectangle and another outside.
@frozen
public struct MixingPass: Sendable {
  public let channels: Int
  public let height: Int
  public let width: Int
  public var partner = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  public var inside = Lanes(repeating: 1)
  public var outside = Lanes(repeating: 1)
  /// The rectangle's first column and row, and those after its last.
  public var left = Lanes.zero
  public var top = Lanes.zero
  public var right = Lanes.zero
  public var bottom = Lanes.zero

  @inlinable
  public init(channels: Int, height: Int, width: Int) {
    (self.channels, self.height, self.width) = (channels, height, width)
  }
}

/// Mixes 16 images as a pass says.
@export(implementation) @inline(__always)
func mix<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: MixingPass, in x: UnsafeMutablePointer<Float>
) {
  var place = x
  for _ in 0..<pass.channels {
    for row in 0..<pass.height {
      let y = Lanes(repeating: Float(row))
      let isInRows = (y .>= pass.top) .& (y .< pass.bottom)
      for column in 0..<pass.width {
        let x = Lanes(repeating: Float(column))
        let isInside = isInRows .& (x .>= pass.left) .& (x .< pass.right)
        let w = select(isInside, pass.inside, pass.outside)
        var other = Lanes.zero
        for n in 0..<16 { other[n] = place[Int(pass.partner[n])] }
        let own = UnsafePointer(place).load(Lanes.self)
        place.store(ISA.multiplyAdd(w, own, (1 - w) * other))
        place += laneCount
      }
    }
  }
}

/// Fills a rectangle of one image.
@export(implementation) @inline(__always)
func erase<ISA: InstructionSet>(
  _ isa: ISA.Type, channels: Int, height: Int, width: Int, lane: Int, columns: Range<Int>,
  rows: Range<Int>, fill: UnsafePointer<Float>, in x: UnsafeMutablePointer<Float>
) {
  for c in 0..<channels {
    for row in rows {
      let line = x + ((c &* height &+ row) &* width &* laneCount &+ lane)
      for column in columns { line[column &* laneCount] = fill[c] }
    }
  }
}
