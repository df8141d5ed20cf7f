// The transforms of Winograd's algorithm, of one tile: those of images and of outputs, where lanes hold images or channels
// alike. The way back of the weights has its own in WinogradGradient, the weights theirs in WinogradWeights.

/// Bᵀ d B of a tile whose first pixel would lie in that row and column of an image; those outside are zeros. One
/// column at least lies inside: borders are narrower than the kernel.
@export(implementation) @inline(__always)
func winogradInputTile<ISA: InstructionSet>(
  _ isa: ISA.Type, _ corner: UnsafePointer<Float>, _ line: Int, _ row: Int, _ column: Int,
  _ height: Int, _ width: Int, _ zeros: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, _ placeStride: Int
) {
  let places = InlineArray<6, Int> { j in j &* laneCount }
  if row >= 0 && column >= 0 && row &+ 6 <= height && column &+ 6 <= width {
    let rows = InlineArray<6, UnsafePointer<Float>> { i in corner + i &* line }
    winogradInputTile(isa, rows, places, 0..<6, target, placeStride)
  } else {
    let rows = InlineArray<6, UnsafePointer<Float>> { i in
      row &+ i >= 0 && row &+ i < height ? corner + i &* line : zeros
    }
    winogradInputTile(
      isa, rows, places, max(0, -column)..<min(6, width &- column), target, placeStride)
  }
}

/// Bᵀ d B of a tile whose columns begin at `places` in each row; those outside `columns` are zeros.
///
/// Step by step, without loops over columns and rows: so most of the 36 numbers in between stay in registers.
@export(implementation) @inline(__always)
func winogradInputTile<ISA: InstructionSet>(
  _ isa: ISA.Type, _ rows: InlineArray<6, UnsafePointer<Float>>, _ places: InlineArray<6, Int>,
  _ columns: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ placeStride: Int
) {
  let a = winogradInputColumn(isa, rows, places[0], columns.contains(0))
  let b = winogradInputColumn(isa, rows, places[1], columns.contains(1))
  let c = winogradInputColumn(isa, rows, places[2], columns.contains(2))
  let d = winogradInputColumn(isa, rows, places[3], columns.contains(3))
  let e = winogradInputColumn(isa, rows, places[4], columns.contains(4))
  let f = winogradInputColumn(isa, rows, places[5], columns.contains(5))
  winogradInputRow(isa, [a[0], b[0], c[0], d[0], e[0], f[0]], target, placeStride)
  let step = 6 &* placeStride
  winogradInputRow(isa, [a[1], b[1], c[1], d[1], e[1], f[1]], target + step, placeStride)
  winogradInputRow(isa, [a[2], b[2], c[2], d[2], e[2], f[2]], target + 2 &* step, placeStride)
  winogradInputRow(isa, [a[3], b[3], c[3], d[3], e[3], f[3]], target + 3 &* step, placeStride)
  winogradInputRow(isa, [a[4], b[4], c[4], d[4], e[4], f[4]], target + 4 &* step, placeStride)
  winogradInputRow(isa, [a[5], b[5], c[5], d[5], e[5], f[5]], target + 5 &* step, placeStride)
}

/// Bᵀ d of a column, zeros where it is not there.
@export(implementation) @inline(__always)
func winogradInputColumn<ISA: InstructionSet>(
  _ isa: ISA.Type, _ rows: InlineArray<6, UnsafePointer<Float>>, _ place: Int, _ isThere: Bool
) -> InlineArray<6, ISA.Vector> {
  guard isThere else { return InlineArray(repeating: ISA.broadcast(0)) }
  return winogradInput(isa, InlineArray { i in (rows[i] + place).load(ISA.Vector.self) })
}

/// d B of a row, stored.
@export(implementation) @inline(__always)
func winogradInputRow<ISA: InstructionSet>(
  _ isa: ISA.Type, _ d: InlineArray<6, ISA.Vector>, _ target: UnsafeMutablePointer<Float>,
  _ placeStride: Int
) {
  let t = winogradInput(isa, d)
  for j in 0..<6 { (target + j &* placeStride).store(t[j]) }
}

/// Bᵀ d.
@export(implementation) @inline(__always)
func winogradInput<ISA: InstructionSet>(
  _ isa: ISA.Type, _ d: InlineArray<6, ISA.Vector>
) -> InlineArray<6, ISA.Vector> {
  let (two, minusFour, minusFive) = (ISA.broadcast(2), ISA.broadcast(-4), ISA.broadcast(-5))
  let four = ISA.broadcast(4)
  var t = d
  t[0] = d[4]
  ISA.multiplyAdd(&t[0], minusFive, d[2])
  ISA.multiplyAdd(&t[0], four, d[0])
  var (a, b) = (d[4], d[3])
  ISA.multiplyAdd(&a, minusFour, d[2])
  ISA.multiplyAdd(&b, minusFour, d[1])
  t[1] = a + b
  t[2] = a - b
  let (c, e) = (d[4] - d[2], (d[3] - d[1]) * two)
  t[3] = c + e
  t[4] = c - e
  t[5] = d[5]
  ISA.multiplyAdd(&t[5], minusFive, d[3])
  ISA.multiplyAdd(&t[5], four, d[1])
  return t
}

/// Aᵀ M A of one tile of S × S outputs, of which `height` × `width` are there.
@export(implementation) @inline(__always)
func winogradOutputTile<ISA: InstructionSet, let S: Int>(
  _ isa: ISA.Type, _ tile: Tile<S, S>.Type, _ products: UnsafePointer<Float>, _ place: Int,
  _ bias: ISA.Vector, _ limits: OutputLimits, _ adds: Bool, _ height: Int, _ width: Int,
  _ line: Int,
  _ y: UnsafeMutablePointer<Float>
) {
  let once = Tile<S, 1>.self
  let a = winogradOutputColumn(isa, tile, products, place)
  let b = winogradOutputColumn(isa, tile, products + place, place)
  let c = winogradOutputColumn(isa, tile, products + 2 &* place, place)
  let d = winogradOutputColumn(isa, tile, products + 3 &* place, place)
  let e = winogradOutputColumn(isa, tile, products + 4 &* place, place)
  let f = winogradOutputColumn(isa, tile, products + 5 &* place, place)
  var t = InlineArray<S, InlineArray<S, ISA.Vector>>(
    repeating: winogradOutput(isa, once, [a[0], b[0], c[0], d[0], e[0], f[0]]))
  t[1] = winogradOutput(isa, once, [a[1], b[1], c[1], d[1], e[1], f[1]])
  if S == 4 {
    t[2] = winogradOutput(isa, once, [a[2], b[2], c[2], d[2], e[2], f[2]])
    t[3] = winogradOutput(isa, once, [a[3], b[3], c[3], d[3], e[3], f[3]])
  }
  for i in 0..<S where i < height {
    for j in 0..<S where j < width {
      let place = y + (i &* line &+ j &* laneCount)
      var sum = t[i][j] + bias
      if adds { sum = sum + UnsafePointer(place).load(ISA.Vector.self) }
      place.store(limits.applied(isa, to: sum))
    }
  }
}

/// Aᵀ m of a column of the products.
@export(implementation) @inline(__always)
func winogradOutputColumn<ISA: InstructionSet, let S: Int>(
  _ isa: ISA.Type, _ tile: Tile<S, S>.Type, _ products: UnsafePointer<Float>, _ place: Int
) -> InlineArray<S, ISA.Vector> {
  winogradOutput(
    isa, Tile<S, 1>.self,
    InlineArray { i in (products + i &* 6 &* place).load(ISA.Vector.self) })
}

/// Aᵀ m: S numbers.
@export(implementation) @inline(__always)
func winogradOutput<ISA: InstructionSet, let S: Int>(
  _ isa: ISA.Type, _ tile: Tile<S, 1>.Type, _ m: InlineArray<6, ISA.Vector>
) -> InlineArray<S, ISA.Vector> {
  let (s, d) = (m[1] + m[2], m[1] - m[2])
  let (p, q) = (m[3] + m[4], m[3] - m[4])
  var y = InlineArray<S, ISA.Vector>(repeating: m[0])
  y[0] = m[0] + s + p
  y[1] = S == 2 ? d + m[5] : d
  ISA.multiplyAdd(&y[1], ISA.broadcast(2), q)
  if S == 4 {
    y[2] = s
    ISA.multiplyAdd(&y[2], ISA.broadcast(4), p)
    y[3] = d + m[5]
    ISA.multiplyAdd(&y[3], ISA.broadcast(8), q)
  }
  return y
}
