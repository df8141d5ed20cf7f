/// A convolution of images whose channels lie side by side: [image][group][pixel] of 16 channels.
///
///     y[n, o, q] = b[o] + Σ(c,t) w[o,c,t] · x[n, c, place(q) + tap(t)]
///
/// A register holds neighbouring filters of one pixel, and each input is one number for all of them: that is what
/// there is to do side by side where images are few, and what an image reads stays small where they are large. An
/// image whose pixels lie one by one is one of a single channel, with all of its channels' pixels as taps. A dense
/// layer is a convolution with a kernel as large as the image. Zero borders are part of the input. All strides and
/// offsets count Floats.
@frozen
public struct ChannelPass {
  /// Input channels, and the distance from 16 of them to the next 16.
  public var channels: Int, channelStride: Int
  /// The offsets of the taps.
  public var taps: UnsafePointer<Int>, tapCount: Int
  /// Output channels, and the distance from 16 of them to the next 16.
  public var filters: Int, filterStride: Int
  /// Output pixels a row, and rows. Rows that follow one another without a gap may count as one.
  public var width: Int, height: Int
  /// The input's distance from one image, one output row and one output column to the next.
  public var inputStride: Int, inputRowStep: Int, inputColumnStep: Int
  /// The output's distance from one image, row and column to the next.
  public var outputStride: Int, outputRowStep: Int, outputColumnStep: Int
  /// Where outputs end.
  public var limits: OutputLimits
  /// Whether sums are added to what the output holds.
  public var adds = false
  /// Registers of filters in a tile.
  public var registersAtOnce: Int
  /// Input channels, a multiple of 16, that all pixels run over before the next ones come.
  public var channelsAtOnce: Int

  @inlinable
  public init(
    channels: Int, channelStride: Int, taps: UnsafePointer<Int>, tapCount: Int, filters: Int,
    filterStride: Int, width: Int, height: Int, inputStride: Int, inputRowStep: Int,
    inputColumnStep: Int, outputStride: Int, outputRowStep: Int, outputColumnStep: Int,
    limits: OutputLimits, registersAtOnce: Int, channelsAtOnce: Int
  ) {
    (self.channels, self.channelStride) = (channels, channelStride)
    (self.taps, self.tapCount) = (taps, tapCount)
    (self.filters, self.filterStride) = (filters, filterStride)
    (self.width, self.height) = (width, height)
    (self.inputStride, self.inputRowStep) = (inputStride, inputRowStep)
    self.inputColumnStep = inputColumnStep
    (self.outputStride, self.outputRowStep) = (outputStride, outputRowStep)
    self.outputColumnStep = outputColumnStep
    (self.limits, self.registersAtOnce) = (limits, registersAtOnce)
    self.channelsAtOnce = channelsAtOnce
  }

  /// Whether the pixels of a row lie side by side, in the input and in the output.
  @inlinable var hasRuns: Bool {
    inputColumnStep == laneCount && outputColumnStep == laneCount
  }

  /// Whether some pixels and their rows are made of runs of that length.
  @inlinable func hasRuns(of length: Int, _ pixels: Range<Int>) -> Bool {
    hasRuns && width % length == 0 && pixels.lowerBound % length == 0 && pixels.count % length == 0
  }

  /// Registers of filters, the last one with zeros behind the last filter.
  @inlinable public func registers(of width: Int) -> Int {
    (filters &+ width &- 1) / width
  }

  /// The Floats of the packed weights, in registers of that many Floats.
  @inlinable public func weightCount(registerWidth width: Int) -> Int {
    registers(of: width) &* width &* channels &* tapCount
  }
}

/// Runs registers `registers` of filters, which begin with a tile, over pixels `pixels`, counted image after image.
@export(implementation) @inline(__always)
func convolveChannels<ISA: InstructionSet, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<F, P>.Type, _ pass: ChannelPass, registers: Range<Int>,
  pixels: Range<Int>, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
  bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var register = registers.lowerBound
  while register < registers.upperBound {
    let height = tileHeight(
      filtersLeft: registers.upperBound &- register, largest: pass.registersAtOnce)
    let w = weights + register &* size &* pass.channels &* pass.tapCount
    let b = bias + register &* size
    var channel = 0
    while channel < pass.channels {
      let channels = channel..<min(channel &+ pass.channelsAtOnce, pass.channels)
      let source = w + channel &* pass.tapCount &* height &* size
      switch height {
      case 8:
        convolveChannelTiles(
          isa, Tile<8, 1>.self, pass, register, pixels, channels, input, source, b, output)
      case 4 where F == 4:
        convolveChannelTiles(
          isa, Tile<4, P>.self, pass, register, pixels, channels, input, source, b, output)
      case 4:
        convolveChannelTiles(
          isa, Tile<4, 1>.self, pass, register, pixels, channels, input, source, b, output)
      case 2:
        convolveChannelTiles(
          isa, Tile<2, P>.self, pass, register, pixels, channels, input, source, b, output)
      default:
        // As wide a register as there are lanes: the others have two for as many filters.
        if size == laneCount, pass.hasRuns(of: 8, pixels) {
          convolveChannelRuns(
            isa, Tile<2, 8>.self, pass, register, pixels, channels, input, source, b, output)
        } else if size == laneCount, pass.hasRuns(of: 7, pixels) {
          convolveChannelRuns(
            isa, Tile<2, 7>.self, pass, register, pixels, channels, input, source, b, output)
        } else {
          convolveChannelTiles(
            isa, Tile<1, 8>.self, pass, register, pixels, channels, input, source, b, output)
        }
      }
      channel = channels.upperBound
    }
    register &+= height
  }
}

/// Runs F registers of filters over pixels, P at a time; pixels run on from row to row and from image to image.
@export(implementation) @inline(__always)
func convolveChannelTiles<ISA: InstructionSet, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<F, P>.Type, _ pass: ChannelPass, _ register: Int,
  _ pixels: Range<Int>, _ channels: Range<Int>, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  var left = pixels.count
  var pixel = ChannelPixel(pixels.lowerBound, pass)
  while left >= P {
    convolveChannelTile(
      isa, tile, pass, register, pixel, channels, input, weights, bias, output)
    pixel.advance(by: P, pass)
    left &-= P
  }
  while P > 4 && left >= 4 {
    convolveChannelTile(
      isa, Tile<F, 4>.self, pass, register, pixel, channels, input, weights, bias, output)
    pixel.advance(by: 4, pass)
    left &-= 4
  }
  while P > 2 && left >= 2 {
    convolveChannelTile(
      isa, Tile<F, 2>.self, pass, register, pixel, channels, input, weights, bias, output)
    pixel.advance(by: 2, pass)
    left &-= 2
  }
  while P > 1 && left > 0 {
    convolveChannelTile(
      isa, Tile<F, 1>.self, pass, register, pixel, channels, input, weights, bias, output)
    pixel.advance(by: 1, pass)
    left &-= 1
  }
}

/// Runs one register of filters over pixels, two runs of P at a time. Rows are made of such runs.
@export(implementation) @inline(__always)
func convolveChannelRuns<ISA: InstructionSet, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<2, P>.Type, _ pass: ChannelPass, _ register: Int,
  _ pixels: Range<Int>, _ channels: Range<Int>, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  var left = pixels.count
  var pixel = ChannelPixel(pixels.lowerBound, pass)
  while left > 0 {
    let places = pixel.places(pass)
    let first = PixelRun(input + places.input, output + places.output)
    var second = first
    if left > P {
      pixel.advance(by: P, pass)
      let places = pixel.places(pass)
      second = PixelRun(input + places.input, output + places.output)
    }
    convolveChannelTile(
      isa, tile, pass, register, PixelRunPair(first, second), channels, weights, bias)
    pixel.advance(by: P, pass)
    left &-= 2 &* P
  }
}

/// F registers of filters × P pixels.
@export(implementation) @inline(__always)
func convolveChannelTile<ISA: InstructionSet, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<F, P>.Type, _ pass: ChannelPass, _ register: Int,
  _ first: ChannelPixel, _ channels: Range<Int>, _ input: UnsafePointer<Float>,
  _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  if P == 1 || pass.hasRuns && first.column &+ P <= pass.width {
    let places = first.places(pass)
    let run = PixelRun(input + places.input, output + places.output)
    convolveChannelTile(isa, tile, pass, register, run, channels, weights, bias)
  } else {
    let pixels = ScatteredPixels<P>(first, pass, input, output)
    convolveChannelTile(isa, tile, pass, register, pixels, channels, weights, bias)
  }
}

/// F rows, registers of filters or runs, × P pixels.
@export(implementation) @inline(__always)
func convolveChannelTile<ISA: InstructionSet, Pixels: ChannelPixels, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<F, P>.Type, _ pass: ChannelPass, _ register: Int,
  _ pixels: Pixels, _ channels: Range<Int>, _ weights: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let places = InlineArray<F, Int> { f in
    let lane = (register &+ (Pixels.areRuns ? 0 : f)) &* size
    return lane / laneCount &* pass.filterStride &+ lane % laneCount
  }
  // The Floats of the weights of one channel and tap.
  let step = (Pixels.areRuns ? 1 : F) &* size
  // Loops short enough to be unrolled: sums stay in registers where all their places are known.
  var sum = InlineArray<F, InlineArray<P, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  if channels.lowerBound == 0 {
    for f in 0..<F {
      let b = (bias + (Pixels.areRuns ? 0 : f &* size)).load(ISA.Vector.self)
      for p in 0..<P { sum[f][p] = b }
    }
  }
  if pass.adds || channels.lowerBound > 0 {
    for p in 0..<P {
      var y = UnsafePointer(pixels.target(0, p))
      for f in 0..<F {
        if Pixels.areRuns, f > 0 { y = UnsafePointer(pixels.target(f, p)) }
        sum[f][p] = sum[f][p] + (y + places[f]).load(ISA.Vector.self)
      }
    }
  }
  var w = weights
  if pass.channels == 1 {
    for t in 0..<pass.tapCount {
      addChannelProducts(isa, &sum, w, pixels, pass.taps[t])
      w += step
    }
  } else {
    var channel = channels.lowerBound
    var start = channel / laneCount &* pass.channelStride
    while channel < channels.upperBound {
      let count = min(laneCount, channels.upperBound &- channel)
      for t in 0..<pass.tapCount {
        let shift = start &+ pass.taps[t]
        var c = 0
        while c &+ 4 <= count {
          for k in 0..<4 {
            addChannelProducts(isa, &sum, w + k &* step, pixels, shift &+ c &+ k)
          }
          w += 4 &* step
          c &+= 4
        }
        while c < count {
          addChannelProducts(isa, &sum, w, pixels, shift &+ c)
          w += step
          c &+= 1
        }
      }
      channel &+= laneCount
      start &+= pass.channelStride
    }
  }
  let limits = channels.upperBound == pass.channels ? pass.limits : .none
  for p in 0..<P {
    for f in 0..<F { sum[f][p] = limits.applied(isa, to: sum[f][p]) }
  }
  for p in 0..<P {
    var y = pixels.target(0, p)
    for f in 0..<F {
      if Pixels.areRuns, f > 0 { y = pixels.target(f, p) }
      (y + places[f]).store(sum[f][p])
    }
  }
}

/// Adds the products of F registers of weights, or one for F runs, with a number of each of P pixels.
@export(implementation) @inline(__always)
func addChannelProducts<ISA: InstructionSet, Pixels: ChannelPixels, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ sum: inout InlineArray<F, InlineArray<P, ISA.Vector>>,
  _ weights: UnsafePointer<Float>, _ pixels: Pixels, _ offset: Int
) {
  let weight = InlineArray<F, ISA.Vector> { f in
    (weights + (Pixels.areRuns ? 0 : f &* ISA.Vector.scalarCount)).load(ISA.Vector.self)
  }
  for p in 0..<P {
    var x = ISA.broadcast(pixels.source(0, p)[offset])
    for f in 0..<F {
      if Pixels.areRuns, f > 0 { x = ISA.broadcast(pixels.source(f, p)[offset]) }
      ISA.multiplyAdd(&sum[f][p], weight[f], x)
    }
  }
}

/// Packs weights as `convolveChannels` reads them: tile of registers, 16 channels, tap, channel, filter.
@export(implementation) @inline(__always)
func packChannelWeights<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ChannelPass, _ packing: WeightPacking, registers: Range<Int>,
  from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var register = registers.lowerBound
  var next = target + register &* size &* pass.channels &* pass.tapCount
  while register < registers.upperBound {
    let height = tileHeight(
      filtersLeft: registers.upperBound &- register, largest: pass.registersAtOnce)
    var first = 0
    while first < pass.channels {
      let channels = first..<min(first &+ laneCount, pass.channels)
      for t in 0..<pass.tapCount {
        for c in channels {
          let from = source + (c &* packing.channelStride &+ packing.taps[t])
          for lane in 0..<height &* size {
            let filter = register &* size &+ lane
            next.pointee = filter < pass.filters ? from[filter &* packing.filterStride] : 0
            next += 1
          }
        }
      }
      first = channels.upperBound
    }
    register &+= height
  }
}
