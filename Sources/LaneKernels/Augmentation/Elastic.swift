/// How a field of random displacements is made.
@frozen
public struct ElasticPass: Sendable {
  public let height: Int
  public let width: Int
  /// The weights reach this many pixels to either side.
  public let radius: Int
  /// What the smoothed field is multiplied by.
  public let strength: Float
  /// The number of the field's first random number.
  public let firstNumber: Int

  @inlinable
  public init(height: Int, width: Int, radius: Int, strength: Float, firstNumber: Int) {
    (self.height, self.width, self.radius) = (height, width, radius)
    (self.strength, self.firstNumber) = (strength, firstNumber)
  }

  /// Floats of scratch memory: a plane of lanes, and a row with space at both ends.
  @inlinable
  public var scratchCount: Int { (height * width + width + 2 * radius) * laneCount }
}

/// Sixteen random numbers from −1 to 1, number `index` of each key's sequence.
///
/// Source: a counter hashed with the constants of Wellons 2018 (lowbias32), https://nullprogram.com/blog/2018/07/31/.
@inlinable @inline(__always)
func noise(_ keys: SIMD16<UInt32>, _ index: Int) -> Lanes {
  let number = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9
  var h = keys &+ SIMD16(repeating: number)
  h = (h ^ (h &>> SIMD16(repeating: 16))) &* SIMD16(repeating: 0x7FEB_352D)
  h = (h ^ (h &>> SIMD16(repeating: 15))) &* SIMD16(repeating: 0x846C_A68B)
  h = h ^ (h &>> SIMD16(repeating: 16))
  // 23 bits after the point make a number from 1 to 2.
  let ones = (h &>> SIMD16(repeating: 9)) | SIMD16(repeating: 0x3F80_0000)
  return Lanes(bitPattern: ones) * 2 - 3
}

/// target[i] = scale · Σ(k) weights[k] · source[i + k·step], for `count` places of lanes in a row.
@export(implementation) @inline(__always)
func weightedSums<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, taps: Int, step: Int, weights: UnsafePointer<Float>, scale: Float,
  from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>
) {
  var i = 0
  while i &+ 4 <= count {
    var sums = InlineArray<4, Lanes>(repeating: .zero)
    for k in 0..<taps {
      let w = Lanes(repeating: weights[k])
      let place = source + (i &* laneCount &+ k &* step)
      for j in 0..<4 {
        sums[j] = ISA.multiplyAdd(w, (place + j &* laneCount).load(Lanes.self), sums[j])
      }
    }
    for j in 0..<4 { (target + (i &+ j) &* laneCount).store(sums[j] * scale) }
    i &+= 4
  }
  while i < count {
    var sum = Lanes.zero
    for k in 0..<taps {
      let x = (source + (i &* laneCount &+ k &* step)).load(Lanes.self)
      sum = ISA.multiplyAdd(Lanes(repeating: weights[k]), x, sum)
    }
    (target + i &* laneCount).store(sum * scale)
    i &+= 1
  }
}

/// One component of 16 displacement fields: random numbers, smoothed by 2 · radius + 1 weights along
/// rows and then along columns, with zeros around the image, times the strength.
@export(implementation) @inline(__always)
func elasticField<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ElasticPass, keys: SIMD16<UInt32>, weights: UnsafePointer<Float>,
  scratch: UnsafeMutablePointer<Float>, to field: UnsafeMutablePointer<Float>
) {
  let (width, height, radius) = (pass.width, pass.height, pass.radius)
  let row = scratch + height &* width &* laneCount
  for k in 0..<(width &+ 2 &* radius) { (row + k &* laneCount).store(Lanes.zero) }
  for y in 0..<height {
    for x in 0..<width {
      (row + (radius &+ x) &* laneCount).store(
        noise(keys, pass.firstNumber &+ y &* width &+ x))
    }
    weightedSums(
      isa, count: width, taps: 2 &* radius &+ 1, step: laneCount, weights: weights, scale: 1,
      from: UnsafePointer(row), to: scratch + y &* width &* laneCount)
  }
  for y in 0..<height {
    let first = max(0, y &- radius)
    let last = min(height &- 1, y &+ radius)
    weightedSums(
      isa, count: width, taps: last &- first &+ 1, step: width &* laneCount,
      weights: weights + (first &- y &+ radius), scale: pass.strength,
      from: UnsafePointer(scratch + first &* width &* laneCount),
      to: field + y &* width &* laneCount)
  }
}
