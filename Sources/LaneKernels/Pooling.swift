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
  /// many rows of the window lie inside, and how many of them count for a mean. Where all windows are
  /// alike, those of the first two rows are enough.
  public var rows: UnsafePointer<Int>, columns: UnsafePointer<Int>
  /// The distance between neighbouring rows (columns) of a window.
  public var rowStep: Int, columnStep: Int
  /// The pixels of a whole window.
  public var kernelSize: Int
  /// No input pixel belongs to two windows.
  public var isDisjoint: Bool
  /// Every input pixel belongs to a window.
  public var coversInput: Bool
  /// All windows have one size and equal distances.
  public var isUniform: Bool
  /// All windows are 2 × 2 and lie side by side.
  public var isQuads: Bool
  /// Maxima that are not above 0 pass no gradient back.
  public var isMasked = false

  @inlinable
  public init(
    inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int,
    rows: UnsafePointer<Int>, columns: UnsafePointer<Int>, rowStep: Int, columnStep: Int,
    kernelSize: Int, isDisjoint: Bool, coversInput: Bool, isUniform: Bool, isQuads: Bool
  ) {
    (self.inputHeight, self.inputWidth) = (inputHeight, inputWidth)
    (self.outputHeight, self.outputWidth) = (outputHeight, outputWidth)
    (self.rows, self.columns) = (rows, columns)
    (self.rowStep, self.columnStep) = (rowStep, columnStep)
    self.kernelSize = kernelSize
    (self.isDisjoint, self.coversInput) = (isDisjoint, coversInput)
    (self.isUniform, self.isQuads) = (isUniform, isQuads)
  }
}

/// The pixels of one window that lie inside the image.
@frozen @usableFromInline
struct PoolingWindow {
  @usableFromInline var rows: Int, columns: Int
  @usableFromInline var rowStride: Int, columnStride: Int
  /// What the sum over the window is multiplied by.
  @usableFromInline var scale: Float

  @inlinable @inline(__always)
  init(rows: Int, columns: Int, rowStride: Int, columnStride: Int, scale: Float) {
    (self.rows, self.columns, self.scale) = (rows, columns, scale)
    (self.rowStride, self.columnStride) = (rowStride, columnStride)
  }

  /// Calls `body` with the place of every pixel, row by row, and a number that goes from one to the next.
  @inlinable @inline(__always)
  func forEachPixel(
    from place: Int, _ value: inout Lanes, _ body: (_ place: Int, inout Lanes) -> Void
  ) {
    var row = place
    for _ in 0..<rows {
      for v in 0..<columns { body(row &+ v &* columnStride, &value) }
      row &+= rowStride
    }
  }
}

/// Calls `body` for every window of `channels` maps with the place of its output and of its first pixel.
@inlinable @inline(__always)
func forEachWindow(
  _ pass: PoolingPass, _ channels: Int, numerator: Float = 1,
  _ body: (_ output: Int, _ place: Int, _ window: PoolingWindow) -> Void
) {
  if pass.isUniform {
    forEachUniformWindow(pass, channels, numerator: numerator, body)
  } else {
    forEachTabledWindow(pass, channels, numerator: numerator, isReversed: false, body)
  }
}

/// The windows of a pass in which all are of one size and at equal distances.
@inlinable @inline(__always)
func forEachUniformWindow(
  _ pass: PoolingPass, _ channels: Int, numerator: Float,
  _ body: (_ output: Int, _ place: Int, _ window: PoolingWindow) -> Void
) {
  let lineStride = pass.inputWidth &* laneCount
  let (rows, columns) = (pass.outputHeight, pass.outputWidth)
  let strideHeight = rows > 1 ? (pass.rows[3] &- pass.rows[0]) &* lineStride : 0
  let strideWidth = columns > 1 ? (pass.columns[3] &- pass.columns[0]) &* laneCount : 0
  let window = PoolingWindow(
    rows: pass.rows[1], columns: pass.columns[1], rowStride: lineStride,
    columnStride: laneCount, scale: numerator / Float(pass.rows[2] &* pass.columns[2]))
  let first = pass.rows[0] &* lineStride &+ pass.columns[0] &* laneCount
  var output = 0
  for c in 0..<channels {
    let plane = first &+ c &* pass.inputHeight &* lineStride
    for i in 0..<rows {
      for j in 0..<columns {
        body(output, plane &+ i &* strideHeight &+ j &* strideWidth, window)
        output &+= laneCount
      }
    }
  }
}

/// The windows of any pass; from the last to the first where `isReversed`.
@inlinable @inline(__always)
func forEachTabledWindow(
  _ pass: PoolingPass, _ channels: Int, numerator: Float, isReversed: Bool,
  _ body: (_ output: Int, _ place: Int, _ window: PoolingWindow) -> Void
) {
  let lineStride = pass.inputWidth &* laneCount
  let (rowStride, columnStride) = (pass.rowStep &* lineStride, pass.columnStep &* laneCount)
  let planeStride = pass.inputHeight &* lineStride
  let (rows, columns) = (pass.outputHeight, pass.outputWidth)
  let (rowTable, columnTable) = (pass.rows, pass.columns)
  let direction = isReversed ? -1 : 1
  var output = isReversed ? (channels &* rows &* columns &- 1) &* laneCount : 0
  for step in 0..<channels {
    let plane = (isReversed ? channels &- 1 &- step : step) &* planeStride
    for step in 0..<rows {
      let row = rowTable + 3 &* (isReversed ? rows &- 1 &- step : step)
      let (rowCount, rowSize) = (row[1], row[2])
      let line = plane &+ row[0] &* lineStride
      var column = columnTable + (isReversed ? 3 &* (columns &- 1) : 0)
      for _ in 0..<columns {
        body(
          output, line &+ column[0] &* laneCount,
          PoolingWindow(
            rows: rowCount, columns: column[1], rowStride: rowStride,
            columnStride: columnStride, scale: numerator / Float(rowSize &* column[2])))
        output &+= direction &* laneCount
        column += direction &* 3
      }
    }
  }
}

/// The larger of two numbers; NaN where either is.
@inlinable @inline(__always)
func larger(_ best: Lanes, _ value: Lanes) -> Lanes {
  select((value .> best) .| (value .!= value), value, best)
}

/// Pools `channels` maps.
@export(implementation) @inline(__always)
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
    forEachWindow(pass, channels) { output, place, window in
      var best = Lanes(repeating: -.infinity)
      window.forEachPixel(from: place, &best) { $1 = larger($1, (x + $0).load(Lanes.self)) }
      (y + output).store(best)
    }
  case .average:
    forEachWindow(pass, channels) { output, place, window in
      var sum = Lanes.zero
      window.forEachPixel(from: place, &sum) { $1 += (x + $0).load(Lanes.self) }
      (y + output).store(sum * window.scale)
    }
  case .norm(let power):
    if power == 2 {
      forEachWindow(pass, channels, numerator: Float(pass.kernelSize)) { output, place, window in
        var sum = Lanes.zero
        window.forEachPixel(from: place, &sum) {
          let value = (x + $0).load(Lanes.self)
          $1 = ISA.multiplyAdd(value, value, $1)
        }
        (y + output).store((sum * window.scale).squareRoot())
      }
    } else {
      forEachWindow(pass, channels, numerator: Float(pass.kernelSize)) { output, place, window in
        var sum = Lanes.zero
        window.forEachPixel(from: place, &sum) {
          $1 += raised(isa, absolute((x + $0).load(Lanes.self)), to: power)
        }
        (y + output).store(raised(isa, sum * window.scale, to: 1 / power))
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
@export(implementation) @inline(__always)
func poolGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ kind: PoolingKernel, _ pass: PoolingPass, channels: Int,
  input x: UnsafePointer<Float>, output y: UnsafePointer<Float>,
  gradient dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>
) {
  if !pass.isDisjoint || !pass.coversInput {
    clear(isa, count: channels &* pass.inputHeight &* pass.inputWidth &* laneCount, dx)
  }
  if case .maximum = kind, pass.isQuads {
    maximumOfQuadsGradient(pass, channels, x, y, dy, dx)
  } else if pass.isDisjoint {
    poolGradientWindows(isa, kind, pass, channels, x, y, dy) { (dx + $0).store($1) }
  } else {
    poolGradientWindows(isa, kind, pass, channels, x, y, dy) {
      (dx + $0).store(UnsafePointer(dx + $0).load(Lanes.self) + $1)
    }
  }
}

/// What maxima pass back.
@inlinable @inline(__always)
func passed(_ pass: PoolingPass, _ largest: Lanes, _ gradient: Lanes) -> Lanes {
  pass.isMasked ? select(largest .> 0, gradient, 0) : gradient
}

/// `put` takes the place of a pixel and its share of a window's gradient.
@export(implementation) @inline(__always)
func poolGradientWindows<ISA: InstructionSet>(
  _ isa: ISA.Type, _ kind: PoolingKernel, _ pass: PoolingPass, _ channels: Int,
  _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
  put: (_ place: Int, _ share: Lanes) -> Void
) {
  switch kind {
  case .maximum:
    forEachWindow(pass, channels) { output, place, window in
      let largest = (y + output).load(Lanes.self)
      var rest = passed(pass, largest, (dy + output).load(Lanes.self))
      window.forEachPixel(from: place, &rest) {
        let isLargest = (x + $0).load(Lanes.self) .== largest
        put($0, select(isLargest, $1, 0))
        $1 = select(isLargest, 0, $1)
      }
    }
  case .average:
    forEachWindow(pass, channels) { output, place, window in
      var share = (dy + output).load(Lanes.self) * window.scale
      window.forEachPixel(from: place, &share) { put($0, $1) }
    }
  case .norm(let power) where power == 2:
    forEachWindow(pass, channels, numerator: Float(pass.kernelSize)) { output, place, window in
      let length = (y + output).load(Lanes.self)
      var share = (dy + output).load(Lanes.self) * window.scale
      share /= select(length .== 0, .infinity, length)
      window.forEachPixel(from: place, &share) { put($0, (x + $0).load(Lanes.self) * $1) }
    }
  case .norm(let power):
    forEachWindow(pass, channels, numerator: Float(pass.kernelSize)) { output, place, window in
      let length = (y + output).load(Lanes.self)
      let isZero = length .== 0
      var slope = select(isZero, 0, (dy + output).load(Lanes.self) * window.scale)
      let inverse = 1 / select(isZero, 1, length)
      window.forEachPixel(from: place, &slope) {
        let value = (x + $0).load(Lanes.self)
        let part = raised(isa, absolute(value) * inverse, to: power - 1) * $1
        put($0, select(value .< 0, -part, select(value .== 0, 0, part)))
      }
    }
  }
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
        var rest = passed(pass, largest, (dy + source).load(Lanes.self))
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
