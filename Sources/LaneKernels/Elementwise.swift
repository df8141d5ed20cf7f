/// y += x for `count` Floats, a multiple of 16.
@export(implementation) @inline(__always)
func add<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k < count {
    (y + k).store(UnsafePointer(y + k).load(Lanes.self) + (x + k).load(Lanes.self))
    k += laneCount
  }
}

/// y = a + b within `limits`, for `count` Floats, a multiple of 16.
@export(implementation) @inline(__always)
func sum<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, limits: OutputLimits, _ a: UnsafePointer<Float>,
  _ b: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k < count {
    let sum = (a + k).load(ISA.Vector.self) + (b + k).load(ISA.Vector.self)
    (y + k).store(limits.applied(isa, to: sum))
    k += ISA.Vector.scalarCount
  }
}

/// dx = dy where y is above 0, else 0, for `count` Floats, a multiple of 16.
@export(implementation) @inline(__always)
func masked<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ dy: UnsafePointer<Float>, by y: UnsafePointer<Float>,
  to dx: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k < count {
    (dx + k).store(select((y + k).load(Lanes.self) .> 0, (dy + k).load(Lanes.self), 0))
    k += laneCount
  }
}

/// y *= x for `count` Floats, a multiple of 16.
@export(implementation) @inline(__always)
func multiply<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k < count {
    (y + k).store(UnsafePointer(y + k).load(Lanes.self) * (x + k).load(Lanes.self))
    k += laneCount
  }
}

/// y[row] *= x[row] for each of `rows` rows of `count` Floats, a multiple of 16: a row of y is multiplied
/// by one vector of x.
@export(implementation) @inline(__always)
func multiplyRows<ISA: InstructionSet>(
  _ isa: ISA.Type, rows: Int, count: Int, _ x: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let factor = (x + row &* laneCount).load(Lanes.self)
    let line = y + row &* count
    var k = 0
    while k < count {
      (line + k).store(UnsafePointer(line + k).load(Lanes.self) * factor)
      k += laneCount
    }
  }
}

/// result[row] = Σ a[row] · b[row] for each of `rows` rows of `count` Floats, a multiple of 16, lane by
/// lane.
@export(implementation) @inline(__always)
func sumProducts<ISA: InstructionSet>(
  _ isa: ISA.Type, rows: Int, count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
  to result: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let (a, b) = (a + row &* count, b + row &* count)
    let (sum, _) = sumElements(isa, count: count / laneCount) { k, sum, _ in
      sum = ISA.multiplyAdd(
        (a + k &* laneCount).load(Lanes.self), (b + k &* laneCount).load(Lanes.self), sum)
    }
    (result + row &* laneCount).store(sum)
  }
}

/// Copies `rows` rows of `count` Floats, a multiple of 16.
@export(implementation) @inline(__always)
func copyRows<ISA: InstructionSet>(
  _ isa: ISA.Type, rows: Int, count: Int, from x: UnsafePointer<Float>, stride: Int,
  to y: UnsafeMutablePointer<Float>, targetStride: Int
) {
  for row in 0..<rows {
    var k = 0
    while k < count {
      (y + (row &* targetStride &+ k)).store((x + (row &* stride &+ k)).load(Lanes.self))
      k += laneCount
    }
  }
}

/// y += x for `rows` rows of `count` Floats, a multiple of 16.
@export(implementation) @inline(__always)
func addRows<ISA: InstructionSet>(
  _ isa: ISA.Type, rows: Int, count: Int, _ x: UnsafePointer<Float>, stride: Int,
  to y: UnsafeMutablePointer<Float>, targetStride: Int
) {
  for row in 0..<rows {
    add(isa, count: count, x + row &* stride, to: y + row &* targetStride)
  }
}

/// For each of `count` elements, the sum over blocks, over `pixels` neighbouring places and over lanes:
/// the gradient of a bias.
@export(implementation) @inline(__always)
func sumLanes<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, pixels: Int, blocks: Int, blockStride: Int,
  from x: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>
) {
  for i in 0..<count {
    var sums = InlineArray<4, Lanes>(repeating: .zero)
    for block in 0..<blocks {
      let place = x + (block &* blockStride &+ i &* pixels &* laneCount)
      var p = 0
      while p &+ 4 <= pixels {
        for k in 0..<4 { sums[k] += (place + (p &+ k) &* laneCount).load(Lanes.self) }
        p &+= 4
      }
      while p < pixels {
        sums[0] += (place + p &* laneCount).load(Lanes.self)
        p &+= 1
      }
    }
    result[i] = sumOfLanes((sums[0] + sums[1]) + (sums[2] + sums[3]))
  }
}

/// The sum of the sixteen lanes, by halves.
@inlinable @inline(__always)
func sumOfLanes(_ x: Lanes) -> Float {
  let eight = x.lowHalf + x.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// y = 0 for `count` Floats, a multiple of 16.
@export(implementation) @inline(__always)
func clear<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, _ y: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k < count {
    (y + k).store(Lanes.zero)
    k += laneCount
  }
}
