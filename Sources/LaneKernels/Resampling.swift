/// Where each row and column of a resampled image comes from.
///
/// Unchecked: the tables never change after they were made, and live as long as the plan.
@frozen
public struct ResamplingPass: @unchecked Sendable {
  public var inputHeight: Int, inputWidth: Int
  public var outputHeight: Int, outputWidth: Int
  /// For each row (column) of the output the input row (column) it copies, −1 for a constant; or, to
  /// interpolate, the two rows (columns) it lies between.
  public var rows: UnsafePointer<Int>, columns: UnsafePointer<Int>

  @inlinable
  public init(
    inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int,
    rows: UnsafePointer<Int>, columns: UnsafePointer<Int>
  ) {
    (self.inputHeight, self.inputWidth) = (inputHeight, inputWidth)
    (self.outputHeight, self.outputWidth) = (outputHeight, outputWidth)
    (self.rows, self.columns) = (rows, columns)
  }
}

/// y[c,i,j] = x[c, rows[i], columns[j]], or `constant` where a table says −1.
@export(implementation) @inline(__always)
func gather<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ResamplingPass, channels: Int, constant: Float,
  from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>
) {
  let rowStride = pass.inputWidth &* laneCount
  let border = Lanes(repeating: constant)
  var target = y
  for c in 0..<channels {
    for i in 0..<pass.outputHeight {
      let row = pass.rows[i]
      let line = x + (c &* pass.inputHeight &+ max(0, row)) &* rowStride
      for j in 0..<pass.outputWidth {
        let column = pass.columns[j]
        let isInside = row >= 0 && column >= 0
        target.store(isInside ? (line + column &* laneCount).load(Lanes.self) : border)
        target += laneCount
      }
    }
  }
}

/// The gradient of the input of `gather`: each pixel's copies added up.
@export(implementation) @inline(__always)
func gatherGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ResamplingPass, channels: Int, gradient dy: UnsafePointer<Float>,
  to dx: UnsafeMutablePointer<Float>
) {
  let rowStride = pass.inputWidth &* laneCount
  clear(isa, count: channels &* pass.inputHeight &* rowStride, dx)
  for c in 0..<channels {
    for i in 0..<pass.outputHeight where pass.rows[i] >= 0 {
      let line = dx + (c &* pass.inputHeight &+ pass.rows[i]) &* rowStride
      let source = dy + (c &* pass.outputHeight &+ i) &* pass.outputWidth &* laneCount
      for j in 0..<pass.outputWidth where pass.columns[j] >= 0 {
        let place = line + pass.columns[j] &* laneCount
        place.store(
          UnsafePointer(place).load(Lanes.self) + (source + j &* laneCount).load(Lanes.self))
      }
    }
  }
}

/// y[c,i,j] = (1 − a)·((1 − b)·x₀₀ + b·x₀₁) + a·((1 − b)·x₁₀ + b·x₁₁), where x₀₀ … x₁₁ are the pixels that the
/// output lies between, a and b its distance from the first.
///
/// - Parameters:
///   - rowShares: a for each row.
///   - columnShares: b for each column.
@export(implementation) @inline(__always)
func interpolate<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ResamplingPass, channels: Int, rowShares: UnsafePointer<Float>,
  columnShares: UnsafePointer<Float>, from x: UnsafePointer<Float>,
  to y: UnsafeMutablePointer<Float>
) {
  let rowStride = pass.inputWidth &* laneCount
  var target = y
  for c in 0..<channels {
    let plane = x + c &* pass.inputHeight &* rowStride
    for i in 0..<pass.outputHeight {
      let upper = plane + pass.rows[2 &* i] &* rowStride
      let lower = plane + pass.rows[2 &* i &+ 1] &* rowStride
      let (a, aRest) = (Lanes(repeating: rowShares[i]), 1 - rowShares[i])
      for j in 0..<pass.outputWidth {
        let left = pass.columns[2 &* j] &* laneCount
        let right = pass.columns[2 &* j &+ 1] &* laneCount
        let (b, bRest) = (Lanes(repeating: columnShares[j]), 1 - columnShares[j])
        let above = ISA.multiplyAdd(
          (upper + right).load(Lanes.self), b, (upper + left).load(Lanes.self) * bRest)
        let below = ISA.multiplyAdd(
          (lower + right).load(Lanes.self), b, (lower + left).load(Lanes.self) * bRest)
        target.store(ISA.multiplyAdd(below, a, above * aRest))
        target += laneCount
      }
    }
  }
}

/// Adds lanes to those in a place.
@inlinable @inline(__always)
func accumulate(_ value: Lanes, to place: UnsafeMutablePointer<Float>) {
  place.store(UnsafePointer(place).load(Lanes.self) + value)
}

/// The gradient of the input of `interpolate`.
@export(implementation) @inline(__always)
func interpolateGradient<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: ResamplingPass, channels: Int, rowShares: UnsafePointer<Float>,
  columnShares: UnsafePointer<Float>, gradient dy: UnsafePointer<Float>,
  to dx: UnsafeMutablePointer<Float>
) {
  let rowStride = pass.inputWidth &* laneCount
  clear(isa, count: channels &* pass.inputHeight &* rowStride, dx)
  var source = dy
  for c in 0..<channels {
    let plane = dx + c &* pass.inputHeight &* rowStride
    for i in 0..<pass.outputHeight {
      let upper = plane + pass.rows[2 &* i] &* rowStride
      let lower = plane + pass.rows[2 &* i &+ 1] &* rowStride
      let a = rowShares[i]
      for j in 0..<pass.outputWidth {
        let left = pass.columns[2 &* j] &* laneCount
        let right = pass.columns[2 &* j &+ 1] &* laneCount
        let b = columnShares[j]
        let slope = source.load(Lanes.self)
        // Two of the four may be one pixel, so each is written before the next is read.
        accumulate(slope * ((1 - a) * (1 - b)), to: upper + left)
        accumulate(slope * ((1 - a) * b), to: upper + right)
        accumulate(slope * (a * (1 - b)), to: lower + left)
        accumulate(slope * (a * b), to: lower + right)
        source += laneCount
      }
    }
  }
}

/// A grid of pixels in memory: the Floats from one row, and from one pixel, to the next.
@frozen
public struct PixelGrid: Sendable {
  public var rowStride: Int
  public var columnStride: Int

  @inlinable
  public init(rowStride: Int, columnStride: Int) {
    self.rowStride = rowStride
    self.columnStride = columnStride
  }
}

/// Copies pixels of lanes from one grid to another.
@export(implementation) @inline(__always)
func copyGrid<ISA: InstructionSet>(
  _ isa: ISA.Type, rows: Int, columns: Int, from x: UnsafePointer<Float>, _ source: PixelGrid,
  to y: UnsafeMutablePointer<Float>, _ target: PixelGrid
) {
  for i in 0..<rows {
    for j in 0..<columns {
      (y + (i &* target.rowStride &+ j &* target.columnStride)).store(
        (x + (i &* source.rowStride &+ j &* source.columnStride)).load(Lanes.self))
    }
  }
}
