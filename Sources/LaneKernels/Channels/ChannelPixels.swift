/// An output pixel of a batch.
@frozen
@usableFromInline
struct ChannelPixel {
  @usableFromInline var image: Int, row: Int, column: Int

  /// The pixel of that number, counted row after row and image after image.
  @inlinable @inline(__always)
  init(_ number: Int, _ pass: ChannelPass) {
    let line = number / pass.width
    column = number &- line &* pass.width
    image = line / pass.height
    row = line &- image &* pass.height
  }

  @inlinable @inline(__always)
  mutating func advance(by count: Int, _ pass: ChannelPass) {
    column &+= count
    while column >= pass.width {
      column &-= pass.width
      row &+= 1
      if row == pass.height { (image, row) = (image &+ 1, 0) }
    }
  }

  /// Where it lies in the input, and in the output.
  @inlinable @inline(__always)
  func places(_ pass: ChannelPass) -> (input: Int, output: Int) {
    (
      image &* pass.inputStride &+ row &* pass.inputRowStep &+ column &* pass.inputColumnStep,
      image &* pass.outputStride &+ row &* pass.outputRowStep
        &+ column &* pass.outputColumnStep
    )
  }
}

/// Where the pixels of a tile lie. The rows of a tile are registers of filters that run over the same pixels, or runs
/// of pixels for one register.
@usableFromInline
protocol ChannelPixels {
  /// Whether the rows are runs of pixels.
  static var areRuns: Bool { get }
  /// What pixel p of a row of the tile reads.
  func source(_ row: Int, _ p: Int) -> UnsafePointer<Float>
  /// What it writes.
  func target(_ row: Int, _ p: Int) -> UnsafeMutablePointer<Float>
}

/// Pixels side by side: one address, with distances that are known beforehand, is that of all of them.
@frozen
@usableFromInline
struct PixelRun: ChannelPixels {
  @usableFromInline let input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>

  @inlinable @inline(__always)
  init(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
    (self.input, self.output) = (input, output)
  }

  @inlinable static var areRuns: Bool { false }

  @inlinable @inline(__always)
  func source(_ row: Int, _ p: Int) -> UnsafePointer<Float> { input + p &* laneCount }

  @inlinable @inline(__always)
  func target(_ row: Int, _ p: Int) -> UnsafeMutablePointer<Float> { output + p &* laneCount }
}

/// Two runs of pixels side by side: one register of filters has enough sums for all multiply-adds that are under way.
@frozen
@usableFromInline
struct PixelRunPair: ChannelPixels {
  @usableFromInline let first: PixelRun, second: PixelRun

  @inlinable @inline(__always)
  init(_ first: PixelRun, _ second: PixelRun) { (self.first, self.second) = (first, second) }

  @inlinable static var areRuns: Bool { true }

  @inlinable @inline(__always)
  func source(_ row: Int, _ p: Int) -> UnsafePointer<Float> {
    (row == 0 ? first : second).source(0, p)
  }

  @inlinable @inline(__always)
  func target(_ row: Int, _ p: Int) -> UnsafeMutablePointer<Float> {
    (row == 0 ? first : second).target(0, p)
  }
}

/// Pixels further apart, or of several rows or images.
@frozen
@usableFromInline
struct ScatteredPixels<let P: Int>: ChannelPixels {
  @usableFromInline var sources: InlineArray<P, UnsafePointer<Float>>
  @usableFromInline var targets: InlineArray<P, UnsafeMutablePointer<Float>>

  @inlinable @inline(__always)
  init(
    _ first: ChannelPixel, _ pass: ChannelPass, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    sources = InlineArray(repeating: input)
    targets = InlineArray(repeating: output)
    var pixel = first
    for p in 0..<P {
      let places = pixel.places(pass)
      sources[p] = input + places.input
      targets[p] = output + places.output
      pixel.advance(by: 1, pass)
    }
  }

  @inlinable static var areRuns: Bool { false }

  @inlinable @inline(__always)
  func source(_ row: Int, _ p: Int) -> UnsafePointer<Float> { sources[p] }

  @inlinable @inline(__always)
  func target(_ row: Int, _ p: Int) -> UnsafeMutablePointer<Float> { targets[p] }
}
