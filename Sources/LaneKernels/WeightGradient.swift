/// The gradient of a convolution's weights: for each output channel and each tap of each input channel,
/// a sum over images and output pixels.
///
///     dw[o, k] = Σ(block, i, j, lane) dy[o, i, j] · x[place(i,j) + tap(k)]
///
/// where k runs over channels and taps together, and i over the rows of all slices. Lanes are added up once, at the end.
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
  }
}

/// The gradient of filters `filters` at taps `taps`.
@inlinable @inline(__always)
func weightGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, largestTile: Int, _ pass: WeightGradientPass, filters: Range<Int>,
  taps: Range<Int>, input: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
  result: UnsafeMutablePointer<Float>
) {
  var filter = filters.lowerBound
  while filter < filters.upperBound {
    let height = tileHeight(filtersLeft: filters.upperBound - filter, largest: 4)
    let dy = gradient + filter * pass.filterStride
    let dw = result + filter * pass.tapCount
    switch height {
    case 4: weightGradientRow(isa, Tile<4, 1>.self, largestTile, pass, taps, input, dy, dw)
    case 2: weightGradientRow(isa, Tile<2, 1>.self, largestTile, pass, taps, input, dy, dw)
    default: weightGradientRow(isa, Tile<1, 1>.self, largestTile, pass, taps, input, dy, dw)
    }
    filter += height
  }
}

/// O filters over a range of taps, in tiles as even as they can be.
@inlinable @inline(__always)
func weightGradientRow<ISA: InstructionSet, let O: Int>(
  _ isa: ISA.Type, _ rows: Tile<O, 1>.Type, _ largestTile: Int, _ pass: WeightGradientPass,
  _ taps: Range<Int>, _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  let tiles = (taps.count + largestTile - 1) / largestTile
  for tile in 0..<tiles {
    let tap = taps.lowerBound + taps.count * tile / tiles
    let width = taps.lowerBound + taps.count * (tile + 1) / tiles - tap
    switch width {
    case 6: weightGradientTile(isa, Tile<O, 6>.self, pass, tap, input, gradient, result)
    case 5: weightGradientTile(isa, Tile<O, 5>.self, pass, tap, input, gradient, result)
    case 4: weightGradientTile(isa, Tile<O, 4>.self, pass, tap, input, gradient, result)
    case 3: weightGradientTile(isa, Tile<O, 3>.self, pass, tap, input, gradient, result)
    case 2: weightGradientTile(isa, Tile<O, 2>.self, pass, tap, input, gradient, result)
    default: weightGradientTile(isa, Tile<O, 1>.self, pass, tap, input, gradient, result)
    }
  }
}

/// O filters × T taps in registers, over all pixels of all blocks.
@inlinable @inline(__always)
func weightGradientTile<ISA: InstructionSet, let O: Int, let T: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, T>.Type, _ pass: WeightGradientPass, _ firstTap: Int,
  _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  _ result: UnsafeMutablePointer<Float>
) {
  var sum = InlineArray<O, InlineArray<T, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  for block in 0..<pass.blocks {
    var part = 0
    while part < laneCount {
      var dyRow = gradient + (block * pass.gradientBlockStride + part)
      for slice in 0..<pass.depth {
        var xRow = input + (block * pass.inputBlockStride + slice * pass.inputSliceStep + part)
        for _ in 0..<pass.height {
          var dy = InlineArray<O, UnsafePointer<Float>>(repeating: dyRow)
          for o in 0..<O { dy[o] = dyRow + o &* pass.filterStride }
          var x = InlineArray<T, UnsafePointer<Float>>(repeating: xRow)
          for t in 0..<T { x[t] = xRow + pass.taps[firstTap &+ t] }
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
          dyRow += pass.width &* laneCount
          xRow += pass.inputRowStep
        }
      }
      part += ISA.Vector.scalarCount
    }
  }
  for o in 0..<O {
    for t in 0..<T { result[o &* pass.tapCount &+ firstTap &+ t] = ISA.sum(sum[o][t]) }
  }
}
