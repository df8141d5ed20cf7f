/// y = x where x > 0, otherwise slope · x, for some channels of one block.
///
/// - Parameter slopeStride: 1 where each channel has its slope, 0 where all share one.
@export(implementation) @inline(__always)
func parametricReLU<ISA: InstructionSet>(
  _ isa: ISA.Type, range: Range<Int>, pixels: Int, slopes: UnsafePointer<Float>,
  slopeStride: Int, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  for c in range {
    let slope = slopes[c &* slopeStride]
    for pixel in 0..<pixels {
      let k = (c &* pixels &+ pixel) &* laneCount
      let value = (x + k).load(Lanes.self)
      (y + k).store(select(value .> 0, value, value * slope))
    }
  }
}

/// dx = dy where x > 0, otherwise slope · dy.
@export(implementation) @inline(__always)
func parametricReLUGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, range: Range<Int>, pixels: Int, slopes: UnsafePointer<Float>,
  slopeStride: Int, input x: UnsafePointer<Float>, gradient dy: UnsafePointer<Float>,
  to dx: UnsafeMutablePointer<Float>
) {
  for c in range {
    let slope = slopes[c &* slopeStride]
    for pixel in 0..<pixels {
      let k = (c &* pixels &+ pixel) &* laneCount
      let gradient = (dy + k).load(Lanes.self)
      (dx + k).store(select((x + k).load(Lanes.self) .> 0, gradient, gradient * slope))
    }
  }
}

/// For each of some channels, the sum of dy · x over all blocks, pixels and lanes where x is not above 0:
/// the gradient of its slope.
@export(implementation) @inline(__always)
func parametricReLUSlopeGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, range: Range<Int>, pixels: Int, blocks: Int, blockStride: Int,
  input x: UnsafePointer<Float>, gradient dy: UnsafePointer<Float>,
  to result: UnsafeMutablePointer<Float>
) {
  for c in range {
    var sum = Lanes.zero
    for block in 0..<blocks {
      for pixel in 0..<pixels {
        let k = block &* blockStride &+ (c &* pixels &+ pixel) &* laneCount
        let value = (x + k).load(Lanes.self)
        sum = ISA.multiplyAdd(select(value .> 0, 0, value), (dy + k).load(Lanes.self), sum)
      }
    }
    result[c] = sumOfLanes(sum)
  }
}
