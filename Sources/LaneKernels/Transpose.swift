/// Transposes 16 × 16 Floats in registers.
///
/// Number the 256 places by row and column, four bits each. Taking the even halves of neighbouring rows
/// and then the odd ones rotates the eight bits by one; four such steps exchange row and column.
@export(implementation) @inline(__always)
func transposed<ISA: InstructionSet>(
  _ isa: ISA.Type, _ rows: InlineArray<16, Lanes>
) -> InlineArray<16, Lanes> {
  var rows = rows
  for _ in 0..<4 {
    var next = rows
    for k in 0..<8 {
      let (a, b) = (rows[2 &* k], rows[2 &* k &+ 1])
      next[k] = Lanes(lowHalf: a.evenHalf, highHalf: b.evenHalf)
      next[k &+ 8] = Lanes(lowHalf: a.oddHalf, highHalf: b.oddHalf)
    }
    rows = next
  }
  return rows
}

/// Lanes [element] to rows [image][element]: the first `count` elements of one block.
@export(implementation) @inline(__always)
func lanesToRows<ISA: InstructionSet>(
  _ isa: ISA.Type, count: Int, from lanes: UnsafePointer<Float>,
  to rows: UnsafeMutablePointer<Float>, rowStride: Int
) {
  var i = 0
  while i + 16 <= count {
    var block = InlineArray<16, Lanes>(repeating: .zero)
    for k in 0..<16 { block[k] = (lanes + (i &+ k) &* laneCount).load(Lanes.self) }
    let result = transposed(isa, block)
    for n in 0..<16 {
      UnsafeMutableRawPointer(rows + (n &* rowStride &+ i)).storeBytes(
        of: result[n], as: Lanes.self)
    }
    i += 16
  }
  while i < count {
    for n in 0..<laneCount { rows[n &* rowStride &+ i] = lanes[i &* laneCount &+ n] }
    i += 1
  }
}

/// Rows of 16 images to lanes, each pixel as (pixel · scale[c] + shift[c]); `channelSize` pixels share
/// a scale. `rows` holds an address for each image; `read` takes 16 pixels, `value` one.
@export(implementation) @inline(__always)
func rowsToLanes<ISA: InstructionSet, Pixel>(
  _ isa: ISA.Type, count: Int, channelSize: Int, from rows: UnsafePointer<UnsafePointer<Pixel>>,
  scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, to lanes: UnsafeMutablePointer<Float>,
  read: (UnsafePointer<Pixel>) -> Lanes, value: (Pixel) -> Float
) {
  var start = 0
  var channel = 0
  while start < count {
    let a = Lanes(repeating: scale[channel])
    let b = Lanes(repeating: shift[channel])
    let end = min(start + channelSize, count)
    var i = start
    while i + 16 <= end {
      var block = InlineArray<16, Lanes>(repeating: .zero)
      for n in 0..<16 { block[n] = read(rows[n] + i) }
      let result = transposed(isa, block)
      for k in 0..<16 {
        (lanes + (i &+ k) &* laneCount).store(ISA.multiplyAdd(result[k], a, b))
      }
      i += 16
    }
    while i < end {
      var pixel = Lanes.zero
      for n in 0..<16 { pixel[n] = value(rows[n][i]) }
      (lanes + i &* laneCount).store(ISA.multiplyAdd(pixel, a, b))
      i += 1
    }
    start = end
    channel += 1
  }
}

/// Sixteen bytes as Floats, one by one: the compiler makes vectors of it, and no conversion of the
/// standard library that two instruction sets could share.
@inlinable @inline(__always)
func lanes(of bytes: UnsafePointer<UInt8>) -> Lanes {
  var result = Lanes.zero
  for k in 0..<16 { result[k] = Float(bytes[k]) }
  return result
}

/// One pixel of some channels of 16 images, turned about: for each image a register of channels, zeros after
/// the last. `count` channels, `stride` Floats from one to the next.
@export(implementation) @inline(__always)
func channelsOfImages<ISA: InstructionSet>(
  _ isa: ISA.Type, _ source: UnsafePointer<Float>, _ stride: Int, _ count: Int,
  _ target: UnsafeMutablePointer<Float>
) {
  if ISA.Vector.scalarCount == 16 {
    var rows = InlineArray<16, Lanes>(repeating: .zero)
    if count == 16 {
      for k in 0..<16 { rows[k] = (source + k &* stride).load(Lanes.self) }
    } else {
      for k in 0..<16 where k < count { rows[k] = (source + k &* stride).load(Lanes.self) }
    }
    let columns = transposed(isa, rows)
    for n in 0..<16 { (target + n &* 16).store(columns[n]) }
  } else if ISA.Vector.scalarCount == 8 {
    for half in 0..<2 {
      var rows = InlineArray<8, SIMD8<Float>>(repeating: .zero)
      let first = source + half &* 8
      if count == 8 {
        for k in 0..<8 { rows[k] = (first + k &* stride).load(SIMD8<Float>.self) }
      } else {
        for k in 0..<8 where k < count {
          rows[k] = (first + k &* stride).load(SIMD8<Float>.self)
        }
      }
      let columns = transposed(isa, rows)
      for n in 0..<8 { (target + (half &* 8 &+ n) &* 8).store(columns[n]) }
    }
  } else {
    for quarter in 0..<4 {
      var rows = InlineArray<4, SIMD4<Float>>(repeating: .zero)
      for k in 0..<4 where k < count {
        rows[k] = (source + (k &* stride &+ quarter &* 4)).load(SIMD4<Float>.self)
      }
      for n in 0..<4 {
        (target + (quarter &* 4 &+ n) &* 4)
          .store(SIMD4(rows[0][n], rows[1][n], rows[2][n], rows[3][n]))
      }
    }
  }
}

/// Transposes 8 × 8 Floats in registers: pairs of rows are interleaved, then pairs of pairs, within the halves
/// of a register, which change places at last.
@export(implementation) @inline(__always)
func transposed<ISA: InstructionSet>(
  _ isa: ISA.Type, _ rows: InlineArray<8, SIMD8<Float>>
) -> InlineArray<8, SIMD8<Float>> {
  var (pairs, fours, columns) = (rows, rows, rows)
  for k in 0..<4 {
    let (a, b) = (rows[2 &* k], rows[2 &* k &+ 1])
    pairs[2 &* k] = SIMD8(a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5])
    pairs[2 &* k &+ 1] = SIMD8(a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7])
  }
  for k in 0..<2 {
    for i in 0..<2 {
      let (a, b) = (pairs[4 &* k &+ i], pairs[4 &* k &+ 2 &+ i])
      fours[4 &* k &+ 2 &* i] = SIMD8(a[0], a[1], b[0], b[1], a[4], a[5], b[4], b[5])
      fours[4 &* k &+ 2 &* i &+ 1] = SIMD8(a[2], a[3], b[2], b[3], a[6], a[7], b[6], b[7])
    }
  }
  for i in 0..<4 {
    let (a, b) = (fours[i], fours[4 &+ i])
    columns[i] = SIMD8(lowHalf: a.lowHalf, highHalf: b.lowHalf)
    columns[4 &+ i] = SIMD8(lowHalf: a.highHalf, highHalf: b.highHalf)
  }
  return columns
}
