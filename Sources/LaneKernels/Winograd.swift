public import CPUFeatures

/// A convolution of 3 × 3 or 5 × 5 with stride 1 by Winograd's F(4×4, 3×3) or F(2×2, 5×5): 36 multiplications
/// for 16 outputs instead of 144, or for 4 instead of 100.
///
///     Y = Aᵀ [ Σ(c) (G g(c) Gᵀ) ⊙ (Bᵀ d(c) B) ] A
///
/// A tile is 4 × 4 or 2 × 2 outputs and the 6 × 6 inputs d that they read; what lies outside the image is zero.
/// On random images of mean 0 the result differs from the sum's by less than 2e-5 of its largest element;
/// where large terms cancel, by more. Source: Lavin & Gray 2016,
/// arXiv:1509.09308, with the points 0, ±1, ±2, ∞.
@frozen
public struct WinogradPass {
  /// Input channels, and the distance between two of them.
  public var channels: Int, channelStride: Int
  /// Output channels, and the distance between two of them.
  public var filters: Int, filterStride: Int
  /// Pixels a row, and rows, of the input and of the output.
  public var inputWidth: Int, inputHeight: Int, width: Int, height: Int
  /// Columns and rows of zeros before the input.
  public var left: Int, top: Int
  /// The bias's distance from one filter to the next.
  public var biasFilterStride: Int
  /// Where outputs end.
  public var limits: OutputLimits
  /// Whether sums are added to what the output holds.
  public var adds = false
  /// Tiles that are transformed together, and filters whose products wait for them.
  public var tilesAtOnce: Int, filtersAtOnce: Int
  /// Rows of the kernel, 3 or 5.
  public var kernel: Int
  /// Whether the input, and the output, are too large to be near: then they are asked for ahead of time.
  public var asksForInput = false, asksForOutput = false

  @inlinable
  public init(
    channels: Int, channelStride: Int, filters: Int, filterStride: Int, inputWidth: Int,
    inputHeight: Int, width: Int, height: Int, left: Int, top: Int, biasFilterStride: Int,
    limits: OutputLimits, tilesAtOnce: Int, filtersAtOnce: Int, kernel: Int
  ) {
    (self.channels, self.channelStride) = (channels, channelStride)
    (self.filters, self.filterStride) = (filters, filterStride)
    (self.inputWidth, self.inputHeight) = (inputWidth, inputHeight)
    (self.width, self.height) = (width, height)
    (self.left, self.top) = (left, top)
    (self.biasFilterStride, self.limits) = (biasFilterStride, limits)
    (self.tilesAtOnce, self.filtersAtOnce) = (tilesAtOnce, filtersAtOnce)
    self.kernel = kernel
  }

  /// Rows of outputs of a tile: 4 or 2.
  @inlinable var side: Int { 7 &- kernel }
  /// Tiles in a row.
  @inlinable public var tileColumns: Int { (width &+ side &- 1) / side }
  /// Rows of tiles.
  @inlinable public var tileRows: Int { (height &+ side &- 1) / side }
  /// All tiles.
  @inlinable public var tiles: Int { tileRows &* tileColumns }
  /// Floats between two of the 36 places of the transformed input: not a power of two.
  @inlinable var inputPlaceStride: Int { channels &* tilesAtOnce &* laneCount &+ laneCount }
  /// Floats between two of the 36 places of the products.
  @inlinable var productPlaceStride: Int {
    filtersAtOnce &* tilesAtOnce &* laneCount &+ laneCount
  }
  /// Floats of memory that a worker needs.
  @inlinable public var scratch: Int { 36 &* (inputPlaceStride &+ productPlaceStride) }
  /// Floats of the transformed weights.
  @inlinable public var weightCount: Int {
    let lots = (filters &+ filtersAtOnce &- 1) / filtersAtOnce
    return 36 &* (filters &* channels &+ lots &* laneCount)
  }
  /// Where the transformed weights of the lot begin that begins with this filter. Between two places lie 16
  /// Floats, so that their distance is no power of two.
  @inlinable func weightPlace(lot filter: Int) -> Int {
    36 &* (filter &* channels &+ filter / filtersAtOnce &* laneCount)
  }
}

/// Runs tiles `tiles`, counted row after row, for all filters.
@export(implementation) @inline(__always)
func winograd<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: WinogradPass, tiles: Range<Int>,
  input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
) {
  let products = scratch + 36 &* pass.inputPlaceStride
  askForPacked(weights, count: pass.weightCount)
  var part = 0
  while part < laneCount {
    var first = tiles.lowerBound
    while first < tiles.upperBound {
      let left = tiles.upperBound &- first
      let group = first..<first &+ (left < pass.tilesAtOnce ? left : pass.tilesAtOnce)
      winogradInputs(isa, pass, group, input + part, scratch, zeros: products)
      var filter = 0
      while filter < pass.filters {
        let end = min(filter &+ pass.filtersAtOnce, pass.filters)
        winogradProducts(
          isa, tile, pass, filter..<end, group.count, scratch,
          weights + pass.weightPlace(lot: filter), products)
        if pass.side == 4 {
          winogradOutputs(
            isa, Tile<4, 4>.self, pass, filter..<end, group, products, bias, output + part)
        } else {
          winogradOutputs(
            isa, Tile<2, 2>.self, pass, filter..<end, group, products, bias, output + part)
        }
        filter = end
      }
      first = group.upperBound
    }
    part += ISA.Vector.scalarCount
  }
}

/// Bᵀ d B of all channels of some tiles: [place][channel][tile] of vectors. `zeros` becomes a row of zeros of a tile.
@export(implementation) @inline(__always)
func winogradInputs<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: WinogradPass, _ tiles: Range<Int>, _ input: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>, zeros: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let columns = pass.tileColumns
  let line = pass.inputWidth &* laneCount
  let firstRow = tiles.lowerBound / columns
  zeros.update(repeating: 0, count: 6 &* laneCount)
  var source = input
  var target = result
  // A channel's tiles lie side by side, and its lines of the cache are written once.
  for _ in 0..<pass.channels {
    var row = pass.side &* firstRow &- pass.top
    var column = pass.side &* (tiles.lowerBound &- firstRow &* columns) &- pass.left
    let last = pass.side &* (columns &- 1) &- pass.left
    for _ in tiles {
      let corner = source + (row &* line &+ column &* laneCount)
      if pass.asksForInput { askForTile(corner + pass.channelStride, line, columns: pass.side) }
      winogradInputTile(
        isa, corner, line, row, column, pass.inputHeight, pass.inputWidth, zeros, target,
        pass.inputPlaceStride)
      target += size
      column &+= pass.side
      if column > last {
        column = -pass.left
        row &+= pass.side
      }
    }
    source += pass.channelStride
  }
}

/// Asks for the lines of a tile that no tile to its left has: those of its last columns.
@inlinable @inline(__always)
func askForTile(_ corner: UnsafePointer<Float>, _ line: Int, columns: Int) {
  for i in 0..<6 {
    let end = corner + (i &* line &+ 5 &* laneCount)
    for j in 0..<columns { striate_prefetch(end - j &* laneCount) }
  }
}

/// For each of the 36 places the sums over channels: [place][filter][tile] of vectors.
@export(implementation) @inline(__always)
func winogradProducts<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: WinogradPass, _ filters: Range<Int>,
  _ tiles: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  for place in 0..<36 {
    let x = input + place &* pass.inputPlaceStride
    let y = result + place &* pass.productPlaceStride
    var w = weights + place &* (filters.count &* pass.channels &+ laneCount)
    var filter = 0
    while filter < filters.count {
      let height = tileHeight(filtersLeft: filters.count &- filter, largest: O)
      let target = y + filter &* tiles &* size
      switch height {
      case O: winogradTiles(isa, tile, pass.channels, tiles, x, w, target)
      case 4 where O > 4: winogradTiles(isa, Tile<4, P>.self, pass.channels, tiles, x, w, target)
      case 2: winogradTiles(isa, Tile<2, P>.self, pass.channels, tiles, x, w, target)
      default: winogradTiles(isa, Tile<1, P>.self, pass.channels, tiles, x, w, target)
      }
      filter &+= height
      w += height &* pass.channels
    }
  }
}

/// O filters over all tiles, P at a time; what is left over in twos.
@export(implementation) @inline(__always)
func winogradTiles<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ channels: Int, _ tiles: Int,
  _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var t = 0
  let pairs = P == 3 ? (3 &- tiles % 3) % 3 : 0
  let end = tiles &- (tiles >= 2 ? 2 &* pairs : 0)
  while t &+ P <= end {
    winogradTile(isa, tile, channels, tiles, x + t &* size, w, y + t &* size)
    t &+= P
  }
  while P == 3 && t &+ 2 <= tiles {
    winogradTile(isa, Tile<O, 2>.self, channels, tiles, x + t &* size, w, y + t &* size)
    t &+= 2
  }
  while t < tiles {
    winogradTile(isa, Tile<O, 1>.self, channels, tiles, x + t &* size, w, y + t &* size)
    t &+= 1
  }
}

/// O filters × P tiles in registers.
@export(implementation) @inline(__always)
func winogradTile<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ channels: Int, _ tiles: Int,
  _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var sum = InlineArray<O, InlineArray<P, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  var x = input
  var w = weights
  let step = tiles &* size
  for _ in 0..<channels {
    var v = InlineArray<P, ISA.Vector>(repeating: ISA.broadcast(0))
    for p in 0..<P { v[p] = (x + p &* size).load(ISA.Vector.self) }
    for o in 0..<O {
      let weight = ISA.broadcast(w[o])
      for p in 0..<P { ISA.multiplyAdd(&sum[o][p], weight, v[p]) }
    }
    x += step
    w += O
  }
  for o in 0..<O {
    for p in 0..<P { (result + (o &* step &+ p &* size)).store(sum[o][p]) }
  }
}

/// Aᵀ M A of some filters and tiles of S × S outputs, with bias and limits.
@export(implementation) @inline(__always)
func winogradOutputs<ISA: InstructionSet, let S: Int>(
  _ isa: ISA.Type, _ tile: Tile<S, S>.Type, _ pass: WinogradPass, _ filters: Range<Int>,
  _ tiles: Range<Int>,
  _ products: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let columns = pass.tileColumns
  let line = pass.width &* laneCount
  let firstRow = tiles.lowerBound / columns
  var m = products
  for filter in filters {
    let b = ISA.broadcast(bias[filter &* pass.biasFilterStride])
    var row = firstRow
    var column = tiles.lowerBound &- firstRow &* columns
    for _ in tiles {
      let y =
        output
        + (filter &* pass.filterStride &+ S &* row &* line &+ S &* column &* laneCount)
      if pass.asksForOutput {
        let next = y + pass.filterStride
        for i in 0..<S {
          for j in 0..<S { striate_prefetch(next + (i &* line &+ j &* laneCount)) }
        }
      }
      winogradOutputTile(
        isa, Tile<S, S>.self, m, pass.productPlaceStride, b, pass.limits, pass.adds,
        min(S, pass.height &- S &* row), min(S, pass.width &- S &* column), line, y)
      m += size
      column &+= 1
      if column == columns { (row, column) = (row &+ 1, 0) }
    }
  }
}
