public import CPUFeatures

/// The gradient of the weights of a convolution of 3 × 3 or 5 × 5 with stride 1 by Winograd's F(4×4, 3×3) or
/// F(2×2, 5×5), with 36 multiplications where the sum over pixels has 144 or 100.
///
///     ∂E/∂g = Gᵀ [ Σ(tiles) (A ∂E/∂Y Aᵀ) ⊙ (Bᵀ d B) ] G
///
/// It is the transpose of the algorithm for the outputs, with the same matrices. The sum runs over tiles and
/// images: for each of the 36 places a product of matrices, filters × (tiles, images) × channels. Its lanes are
/// channels, so the image is transposed on the way.
///
/// On random images the result differs from the sum's by less than 2e-5 of its largest element. Source: Lavin &
/// Gray 2016, arXiv:1509.09308, with the points 0, ±1, ±2, ∞.
@frozen
public struct WinogradGradientPass {
  /// Channels of the image, and the distance between two of them.
  public var channels: Int, channelStride: Int
  /// The distance between two channels of the output.
  public var filterStride: Int
  /// Pixels a row, and rows, of the image and of the output.
  public var inputWidth: Int, inputHeight: Int, width: Int, height: Int
  /// Columns and rows of zeros before the image.
  public var left: Int, top: Int
  /// The distance between two blocks of images, and of their outputs.
  public var inputBlockStride: Int, gradientBlockStride: Int
  /// Channels and filters whose sums are kept together, and tiles that are transformed together.
  public var channelsAtOnce: Int, filtersAtOnce: Int, tilesAtOnce: Int
  /// Rows of the kernel, 3 or 5.
  public var kernel: Int

  @inlinable
  public init(
    channels: Int, channelStride: Int, filterStride: Int, inputWidth: Int,
    inputHeight: Int, width: Int, height: Int, left: Int, top: Int, inputBlockStride: Int,
    gradientBlockStride: Int, channelsAtOnce: Int, filtersAtOnce: Int, tilesAtOnce: Int,
    kernel: Int
  ) {
    (self.channels, self.channelStride) = (channels, channelStride)
    self.filterStride = filterStride
    (self.inputWidth, self.inputHeight) = (inputWidth, inputHeight)
    (self.width, self.height) = (width, height)
    (self.left, self.top) = (left, top)
    (self.inputBlockStride, self.gradientBlockStride) = (inputBlockStride, gradientBlockStride)
    (self.channelsAtOnce, self.filtersAtOnce) = (channelsAtOnce, filtersAtOnce)
    (self.tilesAtOnce, self.kernel) = (tilesAtOnce, kernel)
  }

  /// Rows of outputs of a tile: 4 or 2.
  @inlinable var side: Int { 7 &- kernel }
  /// Tiles in a row.
  @inlinable public var tileColumns: Int { (width &+ side &- 1) / side }
  /// Rows of tiles.
  @inlinable public var tileRows: Int { (height &+ side &- 1) / side }
  /// Floats of one transformed image's channels: whole registers.
  @inlinable var sumRow: Int {
    (channelsAtOnce &+ laneCount &- 1) / laneCount &* laneCount
  }
  /// Floats between two of them: no large power of two.
  @inlinable var inputRow: Int { sumRow % 64 == 0 ? sumRow &+ laneCount : sumRow }
  /// Floats between two of the 36 places of the transformed image: no power of two.
  @inlinable var inputPlaceStride: Int { tilesAtOnce &* laneCount &* inputRow &+ laneCount }
  /// Floats between two places of the transformed gradient.
  @inlinable var gradientPlaceStride: Int {
    filtersAtOnce &* tilesAtOnce &* laneCount &+ laneCount
  }
  /// Floats between two places of the sums.
  @inlinable var sumPlaceStride: Int { filtersAtOnce &* sumRow &+ laneCount }
  /// Floats of memory that a worker needs.
  @inlinable public var scratch: Int {
    36 &* (laneCount &* laneCount &+ inputPlaceStride &+ gradientPlaceStride &+ sumPlaceStride)
  }
}

/// The sums of filters `filters` and channels `channels` over rows of tiles `rows`, counted through all blocks;
/// writes weights [filter][channel][row][column].
@export(implementation) @inline(__always)
func winogradWeightGradient<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: WinogradGradientPass, filters: Range<Int>,
  channels: Range<Int>, rows: Range<Int>, input: UnsafePointer<Float>,
  gradient: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>,
  result: UnsafeMutablePointer<Float>
) {
  let pixels = scratch
  let x = pixels + 36 &* laneCount &* laneCount
  let dy = x + 36 &* pass.inputPlaceStride
  let sums = dy + 36 &* pass.gradientPlaceStride
  sums.update(repeating: 0, count: 36 &* pass.sumPlaceStride)
  for index in rows {
    let block = index / pass.tileRows
    let row = index &- block &* pass.tileRows
    let image =
      input + (block &* pass.inputBlockStride &+ channels.lowerBound &* pass.channelStride)
    let output =
      gradient
      + (block &* pass.gradientBlockStride &+ filters.lowerBound &* pass.filterStride)
    var column = 0
    while column < pass.tileColumns {
      let count = min(pass.tilesAtOnce, pass.tileColumns &- column)
      winogradImages(isa, pass, channels.count, row, column, count, image, pixels, x)
      for k in 0..<count {
        if pass.side == 4 {
          winogradGradient(
            isa, Tile<4, 4>.self, pass, filters.count, row, column &+ k, k, output, dy)
        } else {
          winogradGradient(
            isa, Tile<2, 2>.self, pass, filters.count, row, column &+ k, k, output, dy)
        }
      }
      winogradSums(isa, tile, pass, filters.count, channels.count, count, x, dy, sums)
      column &+= count
    }
  }
  if pass.kernel == 3 {
    winogradKernels(isa, Tile<3, 3>.self, pass, filters, channels, sums, pixels, result)
  } else {
    winogradKernels(isa, Tile<5, 5>.self, pass, filters, channels, sums, pixels, result)
  }
}

/// Bᵀ d B of some neighbouring tiles: [place][tile, image] of channels.
///
/// Columns of pixels that two of them share are turned about once: they lie in a ring of six.
@export(implementation) @inline(__always)
func winogradImages<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: WinogradGradientPass, _ channels: Int, _ tileRow: Int,
  _ tileColumn: Int, _ tiles: Int, _ image: UnsafePointer<Float>,
  _ pixels: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let line = pass.inputWidth &* laneCount
  let row = pass.side &* tileRow &- pass.top
  var c = 0
  while c < channels {
    let count = min(size, channels &- c)
    let map = image + c &* pass.channelStride
    // The place in the ring of the tile's first column.
    var first = 0
    for tile in 0..<tiles {
      let column = pass.side &* (tileColumn &+ tile) &- pass.left
      for j in (tile == 0 ? 0 : 6 &- pass.side)..<6 {
        let x = column &+ j
        let ring = pixels + (first &+ j) % 6 &* laneCount &* size
        for i in 0..<6 {
          let y = row &+ i
          let target = ring + 6 &* i &* laneCount &* size
          if y >= 0 && y < pass.inputHeight && x >= 0 && x < pass.inputWidth {
            let source = map + (y &* line &+ x &* laneCount)
            channelsOfImages(isa, source, pass.channelStride, count, target)
            // What the next tile reads besides.
            if j &+ pass.side >= 6 {
              for k in 0..<count {
                striate_prefetch(source + (k &* pass.channelStride &+ pass.side &* laneCount))
              }
            }
          } else {
            for n in 0..<laneCount { (target + n &* size).store(ISA.broadcast(0)) }
          }
        }
      }
      let places = InlineArray<6, Int> { j in (first &+ j) % 6 &* laneCount &* size }
      for n in 0..<laneCount {
        let d = UnsafePointer(pixels + n &* size)
        let target = result + ((tile &* laneCount &+ n) &* pass.inputRow &+ c)
        let rows = InlineArray<6, UnsafePointer<Float>> { i in
          d + 6 &* i &* laneCount &* size
        }
        winogradInputTile(isa, rows, places, 0..<6, target, pass.inputPlaceStride)
      }
      first = (first &+ pass.side) % 6
    }
    c &+= size
  }
}

/// A dY Aᵀ of one tile of S × S outputs: [place][filter][tile, image].
@export(implementation) @inline(__always)
func winogradGradient<ISA: InstructionSet, let S: Int>(
  _ isa: ISA.Type, _ shape: Tile<S, S>.Type, _ pass: WinogradGradientPass, _ filters: Int,
  _ tileRow: Int,
  _ tileColumn: Int, _ tile: Int, _ output: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  let line = pass.width &* laneCount
  let height = min(S, pass.height &- S &* tileRow)
  let width = min(S, pass.width &- S &* tileColumn)
  let isWhole = height == S && width == S
  let corner = output + (S &* tileRow &* line &+ S &* tileColumn &* laneCount)
  for f in 0..<filters {
    var part = 0
    let next = corner + (f &* pass.filterStride &+ S &* laneCount)
    for i in 0..<S {
      for j in 0..<S { striate_prefetch(next + (i &* line &+ j &* laneCount)) }
    }
    while part < laneCount {
      let dy = corner + (f &* pass.filterStride &+ part)
      let target =
        result + ((f &* pass.tilesAtOnce &+ tile) &* laneCount &+ part)
      let half = InlineArray<S, InlineArray<6, ISA.Vector>> { j in
        winogradSpread(
          isa,
          InlineArray<S, ISA.Vector> { i in
            isWhole || i < height && j < width
              ? (dy + (i &* line &+ j &* laneCount)).load(ISA.Vector.self) : ISA.broadcast(0)
          })
      }
      for i in 0..<6 {
        let u = winogradSpread(isa, InlineArray<S, ISA.Vector> { j in half[j][i] })
        for j in 0..<6 { (target + (i &* 6 &+ j) &* pass.gradientPlaceStride).store(u[j]) }
      }
      part &+= ISA.Vector.scalarCount
    }
  }
}

/// A y, of S numbers.
@export(implementation) @inline(__always)
func winogradSpread<ISA: InstructionSet, let S: Int>(
  _ isa: ISA.Type, _ y: InlineArray<S, ISA.Vector>
) -> InlineArray<6, ISA.Vector> {
  if S == 2 {
    let double = y[1] + y[1]
    return [y[0], y[0] + y[1], y[0] - y[1], y[0] + double, y[0] - double, y[1]]
  }
  let (even, odd) = (y[0] + y[2], y[1] + y[3])
  var (far, farOdd) = (y[0], y[1] + y[1])
  ISA.multiplyAdd(&far, ISA.broadcast(4), y[2])
  ISA.multiplyAdd(&farOdd, ISA.broadcast(8), y[3])
  return [y[0], even + odd, even - odd, far + farOdd, far - farOdd, y[3]]
}

/// Adds the products of all 36 places to the sums [place][filter][channel].
@export(implementation) @inline(__always)
func winogradSums<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: WinogradGradientPass, _ filters: Int,
  _ channels: Int, _ tiles: Int, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let count = tiles &* laneCount
  for place in 0..<36 {
    let v = x + place &* pass.inputPlaceStride
    let u = dy + place &* pass.gradientPlaceStride
    let m = sums + place &* pass.sumPlaceStride
    var c = 0
    while c < channels {
      let left = (channels &- c &+ size &- 1) / size
      if left >= P {
        winogradSums(isa, tile, pass, filters, count, v + c, u, m + c)
        c &+= P &* size
      } else if P > 2 && left == 2 {
        winogradSums(isa, Tile<O, 2>.self, pass, filters, count, v + c, u, m + c)
        c &+= 2 &* size
      } else {
        winogradSums(isa, Tile<O, 1>.self, pass, filters, count, v + c, u, m + c)
        c &+= size
      }
    }
  }
}

/// P registers of channels, all filters: O at a time, what is left in twos.
@export(implementation) @inline(__always)
func winogradSums<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: WinogradGradientPass, _ filters: Int,
  _ count: Int, _ v: UnsafePointer<Float>, _ u: UnsafePointer<Float>,
  _ m: UnsafeMutablePointer<Float>
) {
  let step = pass.tilesAtOnce &* laneCount
  var f = 0
  while f &+ O <= filters {
    winogradSum(
      isa, tile, count, v, pass.inputRow, u + f &* step, step, m + f &* pass.sumRow, pass.sumRow)
    f &+= O
  }
  while f &+ 2 <= filters {
    winogradSum(
      isa, Tile<2, P>.self, count, v, pass.inputRow, u + f &* step, step, m + f &* pass.sumRow,
      pass.sumRow)
    f &+= 2
  }
  if f < filters {
    winogradSum(
      isa, Tile<1, P>.self, count, v, pass.inputRow, u + f &* step, step, m + f &* pass.sumRow,
      pass.sumRow)
  }
}

/// O filters × P registers of channels in registers.
@export(implementation) @inline(__always)
func winogradSum<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ count: Int, _ v: UnsafePointer<Float>,
  _ inputRow: Int, _ u: UnsafePointer<Float>, _ gradientRow: Int,
  _ m: UnsafeMutablePointer<Float>, _ sumRow: Int
) {
  let size = ISA.Vector.scalarCount
  var sum = InlineArray<O, InlineArray<P, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  var x = v
  for k in 0..<count {
    var channels = InlineArray<P, ISA.Vector>(repeating: ISA.broadcast(0))
    for p in 0..<P { channels[p] = (x + p &* size).load(ISA.Vector.self) }
    for o in 0..<O {
      let d = ISA.broadcast(u[o &* gradientRow &+ k])
      for p in 0..<P { ISA.multiplyAdd(&sum[o][p], d, channels[p]) }
    }
    x += inputRow
  }
  for o in 0..<O {
    for p in 0..<P {
      let place = m + (o &* sumRow &+ p &* size)
      place.store(UnsafePointer(place).load(ISA.Vector.self) + sum[o][p])
    }
  }
}

/// Gᵀ M G: the weights' gradients of kernels of K × K, from the sums.
@export(implementation) @inline(__always)
func winogradKernels<ISA: InstructionSet, let K: Int>(
  _ isa: ISA.Type, _ kernel: Tile<K, K>.Type, _ pass: WinogradGradientPass, _ filters: Range<Int>,
  _ channels: Range<Int>,
  _ sums: UnsafePointer<Float>, _ memory: UnsafeMutablePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  for f in filters {
    var c = 0
    while c < channels.count {
      let m = sums + ((f &- filters.lowerBound) &* pass.sumRow &+ c)
      let half = InlineArray<6, InlineArray<K, ISA.Vector>> { j in
        winogradKernel(
          isa, Tile<K, 1>.self,
          InlineArray { i in (m + (i &* 6 &+ j) &* pass.sumPlaceStride).load(ISA.Vector.self) })
      }
      for i in 0..<K {
        let g = winogradKernel(isa, Tile<K, 1>.self, InlineArray { j in half[j][i] })
        for j in 0..<K { (memory + (i &* K &+ j) &* size).store(g[j]) }
      }
      let target = result + (f &* pass.channels &+ channels.lowerBound &+ c) &* K &* K
      for k in 0..<min(size, channels.count &- c) {
        for t in 0..<K &* K { target[k &* K &* K &+ t] = memory[t &* size &+ k] }
      }
      c &+= size
    }
  }
}

/// Gᵀ m: K numbers.
@export(implementation) @inline(__always)
func winogradKernel<ISA: InstructionSet, let K: Int>(
  _ isa: ISA.Type, _ kernel: Tile<K, 1>.Type, _ m: InlineArray<6, ISA.Vector>
) -> InlineArray<K, ISA.Vector> {
  let sixth = ISA.broadcast(1 / 6)
  let (s, d) = ((m[1] + m[2]) * sixth, (m[2] - m[1]) * sixth)
  let (p, q) = (m[3] + m[4], m[3] - m[4])
  var g = InlineArray<K, ISA.Vector>(repeating: ISA.broadcast(0) - s)
  g[0] = m[0] * ISA.broadcast(0.25) - s
  ISA.multiplyAdd(&g[0], ISA.broadcast(1 / 24), p)
  g[1] = d
  ISA.multiplyAdd(&g[1], ISA.broadcast(1 / 12), q)
  ISA.multiplyAdd(&g[2], sixth, p)
  if K == 5 {
    g[3] = d
    ISA.multiplyAdd(&g[3], ISA.broadcast(1 / 3), q)
    ISA.multiplyAdd(&g[4], ISA.broadcast(2 / 3), p)
  }
  g[K &- 1] = g[K &- 1] + m[5]
  return g
}
