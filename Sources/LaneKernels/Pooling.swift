/// How a pooling window becomes one number.
@frozen
public enum PoolingKernel: Sendable {
  /// The largest.
  case maximum
  /// The mean.
  case average
  /// (K²/k · Σ|x|ᵖ)^(1/p), for a window of K² pixels of which k count.
  case norm(power: Float)
}

/// The geometry of a pooling layer, in pixels.
///
/// Unchecked: the tables never change after they were made, and live as long as the plan.
@frozen
public struct PoolingPass: @unchecked Sendable {
  public var inputHeight: Int, inputWidth: Int
  public var outputHeight: Int, outputWidth: Int
  /// For each row (column) of the output three numbers: its window's first row inside the image, how
  /// many rows of the window lie inside, and how many of them count for a mean.
  public var rows: UnsafePointer<Int>, columns: UnsafePointer<Int>
  /// The distance between neighbouring rows (columns) of a window.
  public var rowStep: Int, columnStep: Int
  /// The pixels of a whole window.
  public var kernelSize: Int
  /// No input pixel belongs to two windows.
  public var isDisjoint: Bool
  /// Every input pixel belongs to a window.
  public var coversInput: Bool
  /// All windows are 2 × 2 and lie side by side.
  public var isQuads: Bool

  @inlinable
  public init(
    inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int,
    rows: UnsafePointer<Int>, columns: UnsafePointer<Int>, rowStep: Int, columnStep: Int,
    kernelSize: Int, isDisjoint: Bool, coversInput: Bool, isQuads: Bool
  ) {
    (self.inputHeight, self.inputWidth) = (inputHeight, inputWidth)
    (self.outputHeight, self.outputWidth) = (outputHeight, outputWidth)
    (self.rows, self.columns) = (rows, columns)
    (self.rowStep, self.columnStep) = (rowStep, columnStep)
    self.kernelSize = kernelSize
    (self.isDisjoint, self.coversInput, self.isQuads) = (isDisjoint, coversInput, isQuads)
  }
}

/// The pixels of one window that lie inside the image.
@frozen @usableFromInline
struct PoolingWindow {
  /// Where the first pixel lies, in Floats.
  @usableFromInline var place: Int
  @usableFromInline var rows: Int, columns: Int
  @usableFromInline var rowStride: Int, columnStride: Int
  /// The number of pixels that count for a mean.
  @usableFromInline var size: Int

  @inlinable @inline(__always)
  init(place: Int, rows: Int, columns: Int, rowStride: Int, columnStride: Int, size: Int) {
    (self.place, self.rows, self.columns) = (place, rows, columns)
    (self.rowStride, self.columnStride, self.size) = (rowStride, columnStride, size)
  }

  /// Calls `body` with the place of every pixel, row by row.
  @inlinable @inline(__always)
  func forEachPixel(_ body: (_ place: Int) -> Void) {
    var row = place
    for _ in 0..<rows {
      var pixel = row
      for _ in 0..<columns {
        body(pixel)
        pixel &+= columnStride
      }
      row &+= rowStride
    }
  }
}

/// Calls `body` for every window of `channels` maps with the place of its output in Floats; from the last
/// to the first where `isReversed`.
@inlinable @inline(__always)
func forEachWindow(
  _ pass: PoolingPass, _ channels: Int, isReversed: Bool = false,
  _ body: (_ output: Int, _ window: PoolingWindow) -> Void
) {
  let rowStride = pass.inputWidth &* laneCount
  let (rows, columns) = (pass.outputHeight, pass.outputWidth)
  for c in 0..<channels {
    let plane = c &* pass.inputHeight &* rowStride
    for step in 0..<rows {
      let i = isReversed ? rows &- 1 &- step : step
      let row = pass.rows + 3 &* i
      let line = plane &+ row[0] &* rowStride
      for step in 0..<columns {
        let j = isReversed ? columns &- 1 &- step : step
        let column = pass.columns + 3 &* j
        body(
          ((c &* rows &+ i) &* columns &+ j) &* laneCount,
          PoolingWindow(
            place: line &+ column[0] &* laneCount, rows: row[1], columns: column[1],
            rowStride: pass.rowStep &* rowStride, columnStride: pass.columnStep &* laneCount,
            size: row[2] &* column[2]))
      }
    }
  }
}

/// numerator / size, divided again only where the size changes.
@frozen @usableFromInline
struct PoolingScale {
  @usableFromInline let numerator: Float
  @usableFromInline var size = 0
  @usableFromInline var scale: Float = 0

  @inlinable @inline(__always)
  init(_ numerator: Float) { self.numerator = numerator }

  @inlinable @inline(__always)
  mutating func of(_ window: PoolingWindow) -> Float {
    if window.size != size {
      size = window.size
      scale = numerator / Float(size)
    }
    return scale
  }
}

/// The larger of two numbers; NaN where either is.
@inlinable @inline(__always)
func larger(_ best: Lanes, _ value: Lanes) -> Lanes {
  select((value .> best) .| (value .!= value), value, best)
}

/// Pools `channels` maps.
@inlinable @inline(__always)
func pool<ISA: InstructionSet>(
  _ isa: ISA.Type, _ kind: PoolingKernel, _ pass: PoolingPass, channels: Int,
  from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  switch kind {
  case .maximum:
    if pass.isQuads {
      maximumOfQuads(pass, channels, x, y)
      return
    }
    forEachWindow(pass, channels) { output, window in
      var best = Lanes(repeating: -.infinity)
      window.forEachPixel { best = larger(best, (x + $0).load(Lanes.self)) }
      (y + output).store(best)
    }
  case .average:
    var scale = PoolingScale(1)
    forEachWindow(pass, channels) { output, window in
      var sum = Lanes.zero
      window.forEachPixel { sum += (x + $0).load(Lanes.self) }
      (y + output).store(sum * scale.of(window))
    }
  case .norm(let power):
    var scale = PoolingScale(Float(pass.kernelSize))
    if power == 2 {
      forEachWindow(pass, channels) { output, window in
        var sum = Lanes.zero
        window.forEachPixel {
          let value = (x + $0).load(Lanes.self)
          sum = ISA.multiplyAdd(value, value, sum)
        }
        (y + output).store((sum * scale.of(window)).squareRoot())
      }
    } else {
      forEachWindow(pass, channels) { output, window in
        var sum = Lanes.zero
        window.forEachPixel {
          sum += raised(isa, absolute((x + $0).load(Lanes.self)), to: power)
        }
        (y + output).store(raised(isa, sum * scale.of(window), to: 1 / power))
      }
    }
  }
}

/// The largest of every 2 × 2 pixels.
@inlinable @inline(__always)
func maximumOfQuads(
  _ pass: PoolingPass, _ channels: Int, _ x: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>
) {
  let rowStride = pass.inputWidth &* laneCount
  var target = y
  for c in 0..<channels {
    for i in 0..<pass.outputHeight {
      var upper = x + (c &* pass.inputHeight &+ 2 &* i) &* rowStride
      for _ in 0..<pass.outputWidth {
        let lower = upper + rowStride
        let (a, b) = (upper.load(Lanes.self), (upper + laneCount).load(Lanes.self))
        let (c, d) = (lower.load(Lanes.self), (lower + laneCount).load(Lanes.self))
        let (above, below) = (select(a .> b, a, b), select(c .> d, c, d))
        let isNaN = ((a .!= a) .| (b .!= b)) .| ((c .!= c) .| (d .!= d))
        target.store(select(isNaN, (a + b) + (c + d), select(above .> below, above, below)))
        upper += 2 &* laneCount
        target += laneCount
      }
    }
  }
}

/// The gradient of a pooling layer's input. A maximum passes its gradient to the first of the largest
/// pixels; where windows overlap, gradients add.
@inlinable @inline(__always)
func poolGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ kind: PoolingKernel, _ pass: PoolingPass, channels: Int,
  input x: UnsafePointer<Float>, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  if !pass.isDisjoint || !pass.coversInput {
    clear(isa, count: channels &* pass.inputHeight &* pass.inputWidth &* laneCount, dx)
  }
  switch kind {
  case .maximum:
    if pass.isQuads {
      maximumOfQuadsGradient(pass, channels, x, y, dy, dx)
      return
    }
    forEachWindow(pass, channels) { output, window in
      let largest = (y + output).load(Lanes.self)
      var rest = (dy + output).load(Lanes.self)
      window.forEachPixel {
        let isLargest = (x + $0).load(Lanes.self) .== largest
        put(select(isLargest, rest, 0), to: dx + $0, isFirst: pass.isDisjoint)
        rest = select(isLargest, 0, rest)
      }
    }
  case .average:
    var scale = PoolingScale(1)
    forEachWindow(pass, channels) { output, window in
      let share = (dy + output).load(Lanes.self) * scale.of(window)
      window.forEachPixel { put(share, to: dx + $0, isFirst: pass.isDisjoint) }
    }
  case .norm(let power):
    var scale = PoolingScale(Float(pass.kernelSize))
    forEachWindow(pass, channels) { output, window in
      let length = (y + output).load(Lanes.self)
      let isZero = length .== 0
      let slope = select(isZero, 0, (dy + output).load(Lanes.self) * scale.of(window))
      let inverse = 1 / select(isZero, 1, length)
      window.forEachPixel {
        let value = (x + $0).load(Lanes.self)
        let share: Lanes
        if power == 2 {
          share = value * (slope * inverse)
        } else {
          let part = raised(isa, absolute(value) * inverse, to: power - 1) * slope
          share = select(value .< 0, -part, select(value .== 0, 0, part))
        }
        put(share, to: dx + $0, isFirst: pass.isDisjoint)
      }
    }
  }
}

/// Stores a gradient, or adds it to those of other windows.
@inlinable @inline(__always)
func put(_ value: Lanes, to place: UnsafeMutablePointer<Float>, isFirst: Bool) {
  place.store(isFirst ? value : UnsafePointer(place).load(Lanes.self) + value)
}

@inlinable @inline(__always)
func maximumOfQuadsGradient(
  _ pass: PoolingPass, _ channels: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
  _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>
) {
  let rowStride = pass.inputWidth &* laneCount
  var source = 0
  for c in 0..<channels {
    for i in 0..<pass.outputHeight {
      var upper = (c &* pass.inputHeight &+ 2 &* i) &* rowStride
      for _ in 0..<pass.outputWidth {
        let lower = upper &+ rowStride
        let largest = (y + source).load(Lanes.self)
        var rest = (dy + source).load(Lanes.self)
        let isA = (x + upper).load(Lanes.self) .== largest
        (dx + upper).store(select(isA, rest, 0))
        rest = select(isA, 0, rest)
        let isB = (x + (upper &+ laneCount)).load(Lanes.self) .== largest
        (dx + (upper &+ laneCount)).store(select(isB, rest, 0))
        rest = select(isB, 0, rest)
        let isC = (x + lower).load(Lanes.self) .== largest
        (dx + lower).store(select(isC, rest, 0))
        rest = select(isC, 0, rest)
        let isD = (x + (lower &+ laneCount)).load(Lanes.self) .== largest
        (dx + (lower &+ laneCount)).store(select(isD, rest, 0))
        upper &+= 2 &* laneCount
        source &+= laneCount
      }
    }
  }
}
