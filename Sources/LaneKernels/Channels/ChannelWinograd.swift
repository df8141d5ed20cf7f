/// A convolution of 3 × 3 with stride 1 of images whose channels lie side by side, by Winograd's F(4×4, 3×3): see
/// `WinogradPass`. All channels of a lot of tiles are transformed first; then registers of filters pass over them.
@frozen
public struct ChannelWinogradPass {
  /// Input channels, and the distance from 16 of them to the next 16.
  public var channels: Int, channelStride: Int
  /// Output channels, and the distance from 16 of them to the next 16.
  public var filters: Int, filterStride: Int
  /// Images, and the distances between two of them.
  public var images: Int, inputStride: Int, outputStride: Int
  /// Pixels a row, and rows, of the input and of the output.
  public var inputWidth: Int, inputHeight: Int, width: Int, height: Int
  /// Columns and rows of zeros before the input.
  public var left: Int, top: Int
  /// Where outputs end.
  public var limits: OutputLimits
  /// Whether sums are added to what the output holds.
  public var adds = false
  /// Tiles of a lot.
  public var tilesAtOnce: Int

  @inlinable
  public init(
    channels: Int, channelStride: Int, filters: Int, filterStride: Int, images: Int,
    inputStride: Int, outputStride: Int, inputWidth: Int, inputHeight: Int, width: Int,
    height: Int, left: Int, top: Int, limits: OutputLimits, tilesAtOnce: Int
  ) {
    (self.channels, self.channelStride) = (channels, channelStride)
    (self.filters, self.filterStride) = (filters, filterStride)
    (self.images, self.inputStride, self.outputStride) = (images, inputStride, outputStride)
    (self.inputWidth, self.inputHeight) = (inputWidth, inputHeight)
    (self.width, self.height) = (width, height)
    (self.left, self.top) = (left, top)
    (self.limits, self.tilesAtOnce) = (limits, tilesAtOnce)
  }

  /// Tiles in a row, and rows of them.
  @inlinable public var tileColumns: Int { (width &+ 3) / 4 }
  @inlinable public var tileRows: Int { (height &+ 3) / 4 }
  /// Tiles of all images.
  @inlinable public var tiles: Int { images &* tileRows &* tileColumns }
  @inlinable public var lots: Int { (tiles &+ tilesAtOnce &- 1) / tilesAtOnce }
  /// Groups of 16 channels.
  @inlinable public var groups: Int { (channels &+ laneCount &- 1) / laneCount }
  /// Floats from one transformed tile to the next: not a power of two.
  @inlinable var row: Int { (groups &+ 1) &* laneCount }
  /// Floats of a place of a lot.
  @inlinable var place: Int { tilesAtOnce &* row }
  /// Floats of a lot's transformed input.
  @inlinable public var lotCount: Int { 36 &* place }
  /// Registers of filters that run over a place before the next comes.
  @inlinable static var registersAtOnce: Int { 8 }
  /// Floats of a place of the products, in registers of that many Floats: not a power of two.
  @inlinable func productStride(registerWidth width: Int) -> Int {
    tilesAtOnce &* ChannelWinogradPass.registersAtOnce &* width &+ laneCount
  }
  /// Floats of memory that a worker needs.
  @inlinable public func scratch(registerWidth width: Int) -> Int {
    36 &* productStride(registerWidth: width)
  }
  /// Floats of the transformed weights.
  @inlinable public func weightCount(registerWidth width: Int) -> Int {
    36 &* registers(of: width) &* width &* channels
  }
  /// Registers of filters, the last one with zeros behind the last filter.
  @inlinable public func registers(of width: Int) -> Int {
    (filters &+ width &- 1) / width
  }
}

/// Bᵀ d B of groups `groups` of channels of a lot of tiles: [place][tile][channel]. `zeros` becomes
/// a row of zeros of a tile.
@export(implementation) @inline(__always)
func channelWinogradInputs<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ChannelWinogradPass, lot: Int, groups: Range<Int>,
  input: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>,
  zeros: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let line = pass.inputWidth &* laneCount
  let columns = pass.tileColumns
  let tiles = pass.tileRows &* columns
  let first = lot &* pass.tilesAtOnce
  let count = min(pass.tilesAtOnce, pass.tiles &- first)
  zeros.update(repeating: 0, count: 6 &* laneCount)
  for k in 0..<count {
    let image = (first &+ k) / tiles
    let tile = first &+ k &- image &* tiles
    let tileRow = tile / columns
    let row = 4 &* tileRow &- pass.top
    let column = 4 &* (tile &- tileRow &* columns) &- pass.left
    for group in groups {
      let corner =
        input
        + (image &* pass.inputStride &+ group &* pass.channelStride &+ row &* line
          &+ column &* laneCount)
      let target = result + (k &* pass.row &+ group &* laneCount)
      var part = 0
      while part < laneCount {
        winogradInputTile(
          isa, corner + part, line, row, column, pass.inputHeight, pass.inputWidth, zeros,
          target + part, pass.place)
        part += size
      }
    }
  }
}

/// The products of registers `registers` of filters with a lot of transformed tiles, transformed back. Some registers
/// share what they read of a place before the next comes.
@export(implementation) @inline(__always)
func channelWinograd<ISA: InstructionSet, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<F, P>.Type, _ pass: ChannelWinogradPass, lot: Int,
  registers: Range<Int>, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
  bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
  scratch: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let count = min(pass.tilesAtOnce, pass.tiles &- lot &* pass.tilesAtOnce)
  let stride = pass.productStride(registerWidth: size)
  var first = registers.lowerBound
  while first < registers.upperBound {
    let end = min(first &+ ChannelWinogradPass.registersAtOnce, registers.upperBound)
    for place in 0..<36 {
      let x = input + place &* pass.place
      var register = first
      while register < end {
        let height = tileHeight(filtersLeft: registers.upperBound &- register, largest: F)
        let w =
          weights + (register &* 36 &+ place &* height) &* size &* pass.channels
        let y = scratch + (place &* stride &+ (register &- first) &* size)
        switch height {
        case F: channelWinogradProducts(isa, tile, pass, count, x, w, y)
        case 2: channelWinogradProducts(isa, Tile<2, P>.self, pass, count, x, w, y)
        default: channelWinogradProducts(isa, Tile<1, P>.self, pass, count, x, w, y)
        }
        register &+= height
      }
    }
    for register in first..<end {
      let lane = register &* size
      channelWinogradOutputs(
        isa, pass, lot &* pass.tilesAtOnce, count, scratch + (register &- first) &* size, stride,
        bias + lane,
        output + (lane / laneCount &* pass.filterStride &+ lane % laneCount))
    }
    first = end
  }
}

/// The sums over channels of a place: [tile] of F registers.
@export(implementation) @inline(__always)
func channelWinogradProducts<ISA: InstructionSet, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<F, P>.Type, _ pass: ChannelWinogradPass, _ tiles: Int,
  _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
  let row = ChannelWinogradPass.registersAtOnce &* ISA.Vector.scalarCount
  var t = 0
  while t &+ P <= tiles {
    channelProducts(isa, tile, pass.channels, x + t &* pass.row, pass.row, w, y + t &* row)
    t &+= P
  }
  while P > 4 && t &+ 4 <= tiles {
    channelProducts(
      isa, Tile<F, 4>.self, pass.channels, x + t &* pass.row, pass.row, w, y + t &* row)
    t &+= 4
  }
  while P > 2 && t &+ 2 <= tiles {
    channelProducts(
      isa, Tile<F, 2>.self, pass.channels, x + t &* pass.row, pass.row, w, y + t &* row)
    t &+= 2
  }
  while t < tiles {
    channelProducts(
      isa, Tile<F, 1>.self, pass.channels, x + t &* pass.row, pass.row, w, y + t &* row)
    t &+= 1
  }
}

/// F registers of filters × P tiles of one place.
@export(implementation) @inline(__always)
func channelProducts<ISA: InstructionSet, let F: Int, let P: Int>(
  _ isa: ISA.Type, _ tile: Tile<F, P>.Type, _ channels: Int, _ x: UnsafePointer<Float>,
  _ row: Int, _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var sum = InlineArray<F, InlineArray<P, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  let sources = InlineArray<P, UnsafePointer<Float>> { p in x + p &* row }
  var w = weights
  for c in 0..<channels {
    let weight = InlineArray<F, ISA.Vector> { f in (w + f &* size).load(ISA.Vector.self) }
    for p in 0..<P {
      let x = ISA.broadcast(sources[p][c])
      for f in 0..<F { ISA.multiplyAdd(&sum[f][p], weight[f], x) }
    }
    w += F &* size
  }
  for p in 0..<P {
    for f in 0..<F {
      (result + (p &* ChannelWinogradPass.registersAtOnce &+ f) &* size).store(sum[f][p])
    }
  }
}

/// Aᵀ M A of a register of filters and a lot of tiles, with bias and limits.
@export(implementation) @inline(__always)
func channelWinogradOutputs<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ChannelWinogradPass, _ first: Int, _ count: Int,
  _ products: UnsafePointer<Float>, _ place: Int, _ bias: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  let columns = pass.tileColumns
  let tiles = pass.tileRows &* columns
  let line = pass.width &* laneCount
  let b = bias.load(ISA.Vector.self)
  for k in 0..<count {
    let image = (first &+ k) / tiles
    let tile = first &+ k &- image &* tiles
    let row = tile / columns
    let column = tile &- row &* columns
    let y =
      output + (image &* pass.outputStride &+ 4 &* row &* line &+ 4 &* column &* laneCount)
    winogradOutputTile(
      isa, Tile<4, 4>.self, products + k &* ChannelWinogradPass.registersAtOnce &* size, place, b,
      pass.limits, pass.adds, min(4, pass.height &- 4 &* row), min(4, pass.width &- 4 &* column),
      line, y)
  }
}

/// G g Gᵀ of registers `registers` of filters: tile of registers, place, channel, filter.
@export(implementation) @inline(__always)
func channelWinogradWeights<ISA: InstructionSet>(
  _ isa: ISA.Type, largestTile: Int, _ pass: ChannelWinogradPass, registers: Range<Int>,
  from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>
) {
  let size = ISA.Vector.scalarCount
  var register = registers.lowerBound
  while register < registers.upperBound {
    let height = tileHeight(
      filtersLeft: registers.upperBound &- register, largest: largestTile)
    let u = target + register &* size &* pass.channels &* 36
    let place = height &* size &* pass.channels
    for c in 0..<pass.channels {
      var lane = 0
      while lane < height &* size {
        let next = u + (c &* height &* size &+ lane)
        let filter = register &* size &+ lane
        let count = max(0, min(8, min(height &* size &- lane, pass.filters &- filter)))
        if count > 0 {
          let g = InlineArray<8, UnsafePointer<Float>> { k in
            source + ((filter &+ min(k, count &- 1)) &* pass.channels &+ c) &* 9
          }
          winogradWeights(isa, Tile<3, 3>.self, g, count, next, place) { $0 }
        }
        for k in 0..<36 {
          for empty in count..<min(8, height &* size &- lane) { next[k &* place &+ empty] = 0 }
        }
        lane &+= 8
      }
    }
    register &+= height
  }
}
