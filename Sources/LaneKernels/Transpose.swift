/// Transposes 16 × 16 Floats in registers.
///
/// Number the 256 places by row and column, four bits each. Taking the even halves of neighbouring rows
/// and then the odd ones rotates the eight bits by one; four such steps exchange row and column.
@inlinable @inline(__always)
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
@inlinable @inline(__always)
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
@inlinable @inline(__always)
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
