public import CPUFeatures

/// The gradient of a convolution's weights: for each output channel and each tap of each input channel,
/// a sum over images and output pixels.
///
///     dw[o, k] = Σ(block, i, j, lane) dy[o, i, j] · x[place(i,j) + tap(k)]
///
/// where k runs over channels and taps together, and i over the rows of all slices. All filters and taps
/// run over some rows before the next ones come, so that the first-level cache holds what they read;
/// meanwhile the sums wait in memory, lane by lane. Lanes are added up once, at the end.
@frozen
public struct WeightGradientPass {
  /// The offsets of channels and taps together, in the order of the weights.
  public var taps: UnsafePointer<Int>, tapCount: Int
  /// Output channels of the group, and the distance between two of them in the gradient.
  public var filters: Int, filterStride: Int
  /// Output pixels a row, rows, and slices.
  public var width: Int, height: Int, depth: Int
  /// The input's distance from one output slice, row and column to the next.
  public var inputSliceStep: Int, inputRowStep: Int, inputColumnStep: Int
  /// Blocks of images, and the distance between two of them in the input and in the gradient.
  public var blocks: Int, inputBlockStride: Int, gradientBlockStride: Int
  /// Blocks and rows that all taps run over before the next ones come: either one block, or all rows.
  public var blocksAtOnce: Int, rowsAtOnce: Int
  /// The taps of one channel, whose last one says what the next rows read; 0 where all is near.
  public var channelTaps: Int

  @inlinable
  public init(
    taps: UnsafePointer<Int>, tapCount: Int, filters: Int, filterStride: Int, width: Int,
    height: Int, depth: Int, inputSliceStep: Int, inputRowStep: Int, inputColumnStep: Int,
    blocks: Int, inputBlockStride: Int, gradientBlockStride: Int
  ) {
    (self.taps, self.tapCount) = (taps, tapCount)
    (self.filters, self.filterStride) = (filters, filterStride)
    (self.width, self.height, self.depth) = (width, height, depth)
    self.inputSliceStep = inputSliceStep
    (self.inputRowStep, self.inputColumnStep) = (inputRowStep, inputColumnStep)
    self.blocks = blocks
    (self.inputBlockStride, self.gradientBlockStride) = (inputBlockStride, gradientBlockStride)
    (blocksAtOnce, rowsAtOnce) = (1, height)
    channelTaps = 0
  }
}

/// The rows of some blocks that a tile runs over.
@frozen
@usableFromInline
struct WeightGradientBand {
  @usableFromInline var blocks: Range<Int>, rows: Range<Int>

  @inlinable @inline(__always)
  init(blocks: Range<Int>, rows: Range<Int>) { (self.blocks, self.rows) = (blocks, rows) }
}

/// The gradient of filters `filters` at taps `taps`. `sums` has room for 16 Floats for each.
@export(implementation) @inline(__always)
func weightGradient<ISA: InstructionSet, let T: Int>(
  _ isa: ISA.Type, _ tile: Tile<4, T>.Type, _ pass: WeightGradientPass, filters: Range<Int>,
  taps: Range<Int>, input: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
  sums: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  sums.update(repeating: 0, count: filters.count &* taps.count &* size)
  var block = 0
  while block < pass.blocks {
    let blocks = block..<min(block &+ pass.blocksAtOnce, pass.blocks)
    var row = 0
    while row < pass.height {
      let rows = row..<min(row &+ pass.rowsAtOnce, pass.height)
      let band = WeightGradientBand(blocks: blocks, rows: rows)
      if pass.channelTaps > 0 {
        for filter in filters {
          prefetchNextBand(
            pass, band, gradient + filter &* pass.filterStride, pass.gradientBlockStride,
            pass.width &* laneCount, laneCount)
        }
      }
      var filter = filters.lowerBound
      while filter < filters.upperBound {
        let height = tileHeight(filtersLeft: filters.upperBound &- filter, largest: 4)
        let dy = gradient + filter &* pass.filterStride
        let sum = sums + (filter &- filters.lowerBound) &* taps.count &* size
        switch height {
        case 4: weightGradientRow(isa, tile, pass, band, taps, input, dy, sum)
        case 2: weightGradientRow(isa, Tile<2, T>.self, pass, band, taps, input, dy, sum)
        default: weightGradientRow(isa, Tile<1, T>.self, pass, band, taps, input, dy, sum)
        }
        filter &+= height
      }
      row = rows.upperBound
    }
    block = blocks.upperBound
  }
  var sum = UnsafePointer(sums)
  for filter in filters {
    for tap in taps {
      result[filter &* pass.tapCount &+ tap] = ISA.sum(sum.load(ISA.Vector.self))
      sum += size
    }
  }
}

/// Asks for the lines of a map that the band after this one reads.
@inlinable @inline(__always)
func prefetchNextBand(
  _ pass: WeightGradientPass, _ band: WeightGradientBand, _ map: UnsafePointer<Float>,
  _ blockStride: Int, _ rowStep: Int, _ columnStep: Int
) {
  let isLast = band.rows.upperBound == pass.height
  let shift = isLast ? band.blocks.count &* blockStride : band.rows.upperBound &* rowStep
  for block in band.blocks {
    var row = map + (block &* blockStride &+ shift)
    for _ in band.rows {
      var place = row
      for _ in 0..<pass.width {
        striate_prefetch(place)
        place += columnStep
      }
      row += rowStep
    }
  }
}

/// O filters over a range of taps, in tiles of T taps at most, as even as they can be.
@export(implementation) @inline(__always)
func weightGradientRow<ISA: InstructionSet, let O: Int, let T: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, T>.Type, _ pass: WeightGradientPass,
  _ band: WeightGradientBand, _ taps: Range<Int>, _ input: UnsafePointer<Float>,
  _ gradient: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>
) {
  let tiles = (taps.count + T - 1) / T
  let step = taps.count
  for index in 0..<tiles {
    let first = taps.count * index / tiles
    let width = taps.count * (index + 1) / tiles - first
    let x = pass.taps + (taps.lowerBound + first)
    let sum = sums + first &* ISA.Vector.scalarCount
    if pass.channelTaps > 0 {
      let end = taps.lowerBound &+ first &+ width
      let past = end % pass.channelTaps
      if past < width {
        prefetchNextBand(
          pass, band, input + pass.taps[end &- past &- 1], pass.inputBlockStride,
          pass.inputRowStep, pass.inputColumnStep)
      }
    }
    switch width {
    case 6 where T >= 6:
      weightGradientTile(isa, Tile<O, 6>.self, pass, band, x, step, input, gradient, sum)
    case 5 where T >= 5:
      weightGradientTile(isa, Tile<O, 5>.self, pass, band, x, step, input, gradient, sum)
    case 4 where T >= 4:
      weightGradientTile(isa, Tile<O, 4>.self, pass, band, x, step, input, gradient, sum)
    case 3 where T >= 3:
      weightGradientTile(isa, Tile<O, 3>.self, pass, band, x, step, input, gradient, sum)
    case 2: weightGradientTile(isa, Tile<O, 2>.self, pass, band, x, step, input, gradient, sum)
    default: weightGradientTile(isa, Tile<O, 1>.self, pass, band, x, step, input, gradient, sum)
    }
  }
}

/// O filters × T taps in registers, over all pixels of a band. The sums of two filters lie `step`
/// vectors apart.
@export(implementation) @inline(__always)
func weightGradientTile<ISA: InstructionSet, let O: Int, let T: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, T>.Type, _ pass: WeightGradientPass,
  _ band: WeightGradientBand, _ taps: UnsafePointer<Int>, _ step: Int,
  _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var sum = InlineArray<O, InlineArray<T, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  for o in 0..<O {
    for t in 0..<T {
      sum[o][t] = UnsafePointer(sums + (o &* step &+ t) &* size).load(ISA.Vector.self)
    }
  }
  let line = pass.width &* laneCount
  for block in band.blocks {
    var part = 0
    while part < laneCount {
      for slice in 0..<pass.depth {
        var dyRow =
          gradient
          + (block &* pass.gradientBlockStride &+ part
            &+ (slice &* pass.height &+ band.rows.lowerBound) &* line)
        var xRow =
          input
          + (block &* pass.inputBlockStride &+ slice &* pass.inputSliceStep &+ part
            &+ band.rows.lowerBound &* pass.inputRowStep)
        for _ in band.rows {
          var dy = InlineArray<O, UnsafePointer<Float>>(repeating: dyRow)
          for o in 0..<O { dy[o] = dyRow + o &* pass.filterStride }
          var x = InlineArray<T, UnsafePointer<Float>>(repeating: xRow)
          for t in 0..<T { x[t] = xRow + taps[t] }
          var from = 0
          var to = 0
          for _ in 0..<pass.width {
            for o in 0..<O {
              let d = (dy[o] + from).load(ISA.Vector.self)
              for t in 0..<T {
                ISA.multiplyAdd(&sum[o][t], d, (x[t] + to).load(ISA.Vector.self))
              }
            }
            from &+= laneCount
            to &+= pass.inputColumnStep
          }
          dyRow += line
          xRow += pass.inputRowStep
        }
      }
      part += size
    }
  }
  for o in 0..<O {
    for t in 0..<T { (sums + (o &* step &+ t) &* size).store(sum[o][t]) }
  }
}
