public import CPUFeatures

/// One pass of a convolution over one block of images: every output pixel is a sum over input channels
/// and taps, where a tap is an offset from the pixel's place in the input.
///
///     y[o, q] = b[o] + Σ(c,t) w[o,c,t] · x[c, place(q) + tap(t)]
///
/// A forward convolution is one pass whose taps are the kernel's pixels. The gradient of its input is
/// one pass for each phase of the stride, over the outputs' gradients, with the taps that fall on that
/// phase. Zero borders are part of the input. All strides and offsets count Floats, 16 a pixel.
@frozen
public struct ConvolutionPass {
  /// Input channels summed over, and the distance between two of them.
  public var channels: Int, channelStride: Int
  /// The offsets of the taps.
  public var taps: UnsafePointer<Int>, tapCount: Int
  /// Output channels, and the distance between two of them.
  public var filters: Int, filterStride: Int
  /// Output pixels a row, and rows.
  public var width: Int, height: Int
  /// The input's distance from one output row and column to the next.
  public var inputRowStep: Int, inputColumnStep: Int
  /// The output's distance from one row and column to the next.
  public var outputRowStep: Int, outputColumnStep: Int
  /// The bias's distance from one filter and one pixel to the next; both 0 where there is one for all.
  public var biasFilterStride: Int, biasPixelStride: Int
  /// Where outputs end.
  public var limits: OutputLimits
  /// Whether sums are added to what the output holds.
  public var adds = false
  /// Output pixels and input channels that all filters run over before the next ones come: few enough
  /// that the first-level cache holds what they read.
  public var pixelsAtOnce: Int, channelsAtOnce: Int
  /// From what a pixel reads first to what the next row of outputs reads besides, so that it can be asked
  /// for in time; 0 where all is near.
  public var nextRow: Int

  @inlinable
  public init(
    channels: Int, channelStride: Int, taps: UnsafePointer<Int>, tapCount: Int, filters: Int,
    filterStride: Int, width: Int, height: Int, inputRowStep: Int, inputColumnStep: Int,
    outputRowStep: Int, outputColumnStep: Int, biasFilterStride: Int, biasPixelStride: Int,
    limits: OutputLimits
  ) {
    (self.channels, self.channelStride) = (channels, channelStride)
    (self.taps, self.tapCount) = (taps, tapCount)
    (self.filters, self.filterStride) = (filters, filterStride)
    (self.width, self.height) = (width, height)
    (self.inputRowStep, self.inputColumnStep) = (inputRowStep, inputColumnStep)
    (self.outputRowStep, self.outputColumnStep) = (outputRowStep, outputColumnStep)
    (self.biasFilterStride, self.biasPixelStride) = (biasFilterStride, biasPixelStride)
    self.limits = limits
    (pixelsAtOnce, channelsAtOnce) = (24, channels)
    nextRow = 0
  }

  /// The Floats of the packed weights.
  public var weightCount: Int { filters * channels * tapCount }
}

/// The number of filters in the tile that starts where `left` filters remain: all tiles are full but
/// the last, which are powers of two.
@inlinable @inline(__always)
func tileHeight(filtersLeft left: Int, largest: Int) -> Int {
  var height = largest
  while height > left { height /= 2 }
  return height
}

/// Runs rows `rows` of a pass for all its filters: some pixels and channels at a time, which stay in the
/// first-level cache while all filters pass over them. What was summed so far waits in the output.
@export(implementation) @inline(__always)
func convolve<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: ConvolutionPass, rows: Range<Int>,
  input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>
) {
  askForPacked(weights, count: pass.weightCount)
  let end = rows.upperBound &* pass.width
  var pixel = rows.lowerBound &* pass.width
  while pixel < end {
    // What is left over for less than a tile goes along.
    let left = end &- pixel
    let pixels = pixel..<pixel &+ (left < pass.pixelsAtOnce &+ P ? left : pass.pixelsAtOnce)
    var channel = 0
    while channel < pass.channels {
      let channels = channel..<min(channel &+ pass.channelsAtOnce, pass.channels)
      if pass.nextRow != 0 { prefetchNextRow(pass, pixels, channels, input) }
      var filter = 0
      while filter < pass.filters {
        let height = tileHeight(filtersLeft: pass.filters &- filter, largest: O)
        let w =
          weights
          + (filter &* pass.channels &+ channel &* height) &* pass.tapCount
        let b = bias + filter &* pass.biasFilterStride
        let y = output + filter &* pass.filterStride
        switch height {
        case O: convolveTiles(isa, Tile<O, P>.self, pass, pixels, channels, input, w, b, y)
        case 4 where O > 4:
          convolveTiles(isa, Tile<4, 3>.self, pass, pixels, channels, input, w, b, y)
        case 2: convolveTiles(isa, Tile<2, 4>.self, pass, pixels, channels, input, w, b, y)
        default: convolveTiles(isa, Tile<1, 8>.self, pass, pixels, channels, input, w, b, y)
        }
        filter &+= height
      }
      channel = channels.upperBound
    }
    pixel = pixels.upperBound
  }
}

/// Asks for packed weights, all of up to 64 KiB, before the first is read: another core may have written them, and
/// sums, which read each in its turn, would wait for one line after the other.
@inlinable @inline(__always)
func askForPacked(_ weights: UnsafePointer<Float>, count: Int) {
  guard count <= 16_384 else { return }
  for place in stride(from: 0, to: count, by: laneCount) { striate_prefetch(weights + place) }
}

/// Asks for what the outputs below some pixels read and these do not.
@inlinable @inline(__always)
func prefetchNextRow(
  _ pass: ConvolutionPass, _ pixels: Range<Int>, _ channels: Range<Int>,
  _ input: UnsafePointer<Float>
) {
  for pixel in pixels {
    let row = pixel / pass.width
    let column = pixel &- row &* pass.width
    var place =
      input
      + (row &* pass.inputRowStep &+ column &* pass.inputColumnStep &+ pass.nextRow
        &+ channels.lowerBound &* pass.channelStride)
    for _ in channels {
      striate_prefetch(place)
      place += pass.channelStride
    }
  }
}

/// Runs O filters over pixels, P at a time; pixels run on from row to row.
@export(implementation) @inline(__always)
func convolveTiles<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: ConvolutionPass, _ pixels: Range<Int>,
  _ channels: Range<Int>, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  let first = input + channels.lowerBound &* pass.channelStride
  var pixel = pixels.lowerBound
  // Single pixels have too few sums to hide how long a multiply-add takes: four are two and two.
  let pairs = P == 3 ? (3 &- pixels.count % 3) % 3 : 0
  let end = pixels.upperBound &- (pixels.count >= 2 ? 2 &* pairs : 0)
  while pixel &+ P <= end {
    convolvePixels(isa, tile, pass, pixel, channels, first, weights, bias, output)
    pixel &+= P
  }
  while P == 3 && pixel &+ 2 <= pixels.upperBound {
    convolvePixels(isa, Tile<O, 2>.self, pass, pixel, channels, first, weights, bias, output)
    pixel &+= 2
  }
  while pixel < pixels.upperBound {
    convolvePixels(isa, Tile<O, 1>.self, pass, pixel, channels, first, weights, bias, output)
    pixel &+= 1
  }
}

/// Runs O filters over P pixels from `pixel` on.
@export(implementation) @inline(__always)
func convolvePixels<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: ConvolutionPass, _ pixel: Int,
  _ channels: Range<Int>, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  var row = pixel / pass.width
  var column = pixel &- row &* pass.width
  var place = InlineArray<P, UnsafePointer<Float>>(repeating: input)
  var target = InlineArray<P, UnsafeMutablePointer<Float>>(repeating: output)
  var offset = InlineArray<P, Int>(repeating: 0)
  for p in 0..<P {
    place[p] = input + (row &* pass.inputRowStep &+ column &* pass.inputColumnStep)
    target[p] = output + (row &* pass.outputRowStep &+ column &* pass.outputColumnStep)
    offset[p] = (pixel &+ p) &* pass.biasPixelStride
    column &+= 1
    if column == pass.width {
      column = 0
      row &+= 1
    }
  }
  convolveTile(isa, tile, pass, channels, place, weights, bias, offset, target)
}

/// O filters × P pixels in registers.
@export(implementation) @inline(__always)
func convolveTile<ISA: InstructionSet, let O: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<O, P>.Type, _ pass: ConvolutionPass, _ channels: Range<Int>,
  _ place: InlineArray<P, UnsafePointer<Float>>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>, _ offset: InlineArray<P, Int>,
  _ target: InlineArray<P, UnsafeMutablePointer<Float>>
) {
  var part = 0
  while part < laneCount {
    var sum = InlineArray<O, InlineArray<P, ISA.Vector>>(
      repeating: InlineArray(repeating: ISA.broadcast(0)))
    for o in 0..<O {
      for p in 0..<P {
        sum[o][p] =
          channels.lowerBound == 0
          ? ISA.broadcast(bias[o &* pass.biasFilterStride &+ offset[p]])
          : UnsafePointer(target[p] + (o &* pass.filterStride &+ part)).load(ISA.Vector.self)
      }
    }
    // By itself: among the loads above it would cost all sums their registers.
    if pass.adds && channels.lowerBound == 0 {
      for o in 0..<O {
        for p in 0..<P {
          sum[o][p] =
            sum[o][p]
            + UnsafePointer(target[p] + (o &* pass.filterStride &+ part)).load(ISA.Vector.self)
        }
      }
    }
    var w = weights
    var start = part
    for _ in channels {
      for t in 0..<pass.tapCount {
        let shift = start &+ pass.taps[t]
        var x = InlineArray<P, ISA.Vector>(repeating: ISA.broadcast(0))
        for p in 0..<P { x[p] = (place[p] + shift).load(ISA.Vector.self) }
        for o in 0..<O {
          let weight = ISA.broadcast(w[o])
          for p in 0..<P { ISA.multiplyAdd(&sum[o][p], weight, x[p]) }
        }
        w += O
      }
      start &+= pass.channelStride
    }
    let limits = channels.upperBound == pass.channels ? pass.limits : .none
    // By itself: a loop too long to be unrolled costs all sums their registers.
    for o in 0..<O {
      for p in 0..<P { sum[o][p] = limits.applied(isa, to: sum[o][p]) }
    }
    for o in 0..<O {
      for p in 0..<P { (target[p] + (o &* pass.filterStride &+ part)).store(sum[o][p]) }
    }
    part += ISA.Vector.scalarCount
  }
}

/// How weights in PyTorch's order are brought into the order in which a pass reads them:
/// tile of filters, channel, tap, filter of the tile.
@frozen
public struct WeightPacking {
  /// The source's distance from one filter and one channel of the pass to the next.
  public var filterStride: Int, channelStride: Int
  /// For each tap of the pass, its place in the source.
  public var taps: UnsafePointer<Int>

  @inlinable
  public init(filterStride: Int, channelStride: Int, taps: UnsafePointer<Int>) {
    (self.filterStride, self.channelStride) = (filterStride, channelStride)
    self.taps = taps
  }
}

/// Packs the weights of a pass.
@export(implementation) @inline(__always)
func packWeights<ISA: InstructionSet>(
  _ isa: ISA.Type, largestTile: Int, _ pass: ConvolutionPass, _ packing: WeightPacking,
  from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>
) {
  var filter = 0
  var next = target
  while filter < pass.filters {
    let height = tileHeight(filtersLeft: pass.filters - filter, largest: largestTile)
    for c in 0..<pass.channels {
      for t in 0..<pass.tapCount {
        var from =
          source + (filter &* packing.filterStride &+ c &* packing.channelStride &+ packing.taps[t])
        for _ in 0..<height {
          next.pointee = from.pointee
          next += 1
          from += packing.filterStride
        }
      }
    }
    filter += height
  }
}
