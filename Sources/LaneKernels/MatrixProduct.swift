/// The product of two matrices, row after row: C = a·A·B + b·D.
@frozen
public struct MatrixPass: Sendable {
  /// Rows of A, C and D.
  public var rows: Int
  /// Columns of A, which are the rows of B.
  public var depth: Int
  /// Columns of B, C and D, a multiple of 16.
  public var columns: Int
  /// Floats from one row of A to the next; those of B, C and D are as long as their rows.
  public var stride: Int
  /// The factors.
  public var a: Float, b: Float

  @inlinable
  public init(rows: Int, depth: Int, columns: Int, stride: Int, a: Float, b: Float) {
    (self.rows, self.depth, self.columns) = (rows, depth, columns)
    (self.stride, self.a, self.b) = (stride, a, b)
  }
}

/// C = a·A·B + b·D, or a·A·B without D. C overlaps neither A nor B; all but A start on a cache line.
@export(implementation) @inline(__always)
func matrixProduct<ISA: InstructionSet>(
  _ isa: ISA.Type, _ pass: MatrixPass, _ left: UnsafePointer<Float>,
  _ right: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?,
  _ result: UnsafeMutablePointer<Float>
) {
  let width = ISA.Vector.scalarCount
  var column = 0
  while column < pass.columns {
    let isWide = column &+ 3 &* width <= pass.columns
    var row = 0
    while row < pass.rows {
      let isHigh = row &+ 4 <= pass.rows
      let place = row &* pass.columns &+ column
      let a = left + row &* pass.stride
      let (b, d, c) = (right + column, addend.map { $0 + place }, result + place)
      switch (isHigh, isWide) {
      case (true, true): matrixTile(isa, Tile<4, 3>.self, pass, a, b, d, c)
      case (true, false): matrixTile(isa, Tile<4, 1>.self, pass, a, b, d, c)
      case (false, true): matrixTile(isa, Tile<1, 3>.self, pass, a, b, d, c)
      case (false, false): matrixTile(isa, Tile<1, 1>.self, pass, a, b, d, c)
      }
      row &+= isHigh ? 4 : 1
    }
    column &+= isWide ? 3 &* width : width
  }
}

/// R rows × V vectors of columns in registers.
@export(implementation) @inline(__always)
func matrixTile<ISA: InstructionSet, let R: Int, let V: Int>(
  _ isa: ISA.Type, _ tile: Tile<R, V>.Type, _ pass: MatrixPass, _ left: UnsafePointer<Float>,
  _ right: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?,
  _ result: UnsafeMutablePointer<Float>
) {
  let width = ISA.Vector.scalarCount
  var sum = InlineArray<R, InlineArray<V, ISA.Vector>>(
    repeating: InlineArray(repeating: ISA.broadcast(0)))
  var b = right
  for k in 0..<pass.depth {
    for r in 0..<R {
      let factor = ISA.broadcast(left[r &* pass.stride &+ k])
      for v in 0..<V {
        ISA.multiplyAdd(&sum[r][v], factor, (b + v &* width).load(ISA.Vector.self))
      }
    }
    b += pass.columns
  }
  let (a, d) = (ISA.broadcast(pass.a), ISA.broadcast(pass.b))
  for r in 0..<R {
    for v in 0..<V {
      let place = r &* pass.columns &+ v &* width
      var value = ISA.broadcast(0)
      if let addend { ISA.multiplyAdd(&value, d, (addend + place).load(ISA.Vector.self)) }
      ISA.multiplyAdd(&value, a, sum[r][v])
      (result + place).store(value)
    }
  }
}

/// Copies a matrix times `factor`. The rows of the copy are filled with zeros up to `targetStride`.
@export(implementation) @inline(__always)
func copyMatrix<ISA: InstructionSet>(
  _ isa: ISA.Type, rows: Int, columns: Int, factor: Float, from x: UnsafePointer<Float>,
  stride: Int, to y: UnsafeMutablePointer<Float>, targetStride: Int
) {
  for row in 0..<rows {
    let (x, y) = (x + row &* stride, y + row &* targetStride)
    var k = 0
    while k &+ laneCount <= columns {
      let value = x.advanced(by: k).loadUnaligned(Lanes.self) * factor
      UnsafeMutableRawPointer(y + k).storeBytes(of: value, as: Lanes.self)
      k &+= laneCount
    }
    while k < columns {
      y[k] = x[k] * factor
      k &+= 1
    }
    while k < targetStride {
      y[k] = 0
      k &+= 1
    }
  }
}

/// Writes the transpose of a matrix, times `factor`. The rows of the result are filled with zeros up to
/// `targetStride`.
@export(implementation) @inline(__always)
func transposeMatrix<ISA: InstructionSet>(
  _ isa: ISA.Type, rows: Int, columns: Int, factor: Float, from x: UnsafePointer<Float>,
  stride: Int, to y: UnsafeMutablePointer<Float>, targetStride: Int
) {
  var row = 0
  while row < rows {
    let height = rows &- row < 16 ? rows &- row : 16
    var column = 0
    while column < columns {
      let width = columns &- column < 16 ? columns &- column : 16
      let source = x + (row &* stride &+ column)
      let target = y + (column &* targetStride &+ row)
      if height == 16 && width == 16 {
        var block = InlineArray<16, Lanes>(repeating: .zero)
        for k in 0..<16 { block[k] = (source + k &* stride).loadUnaligned(Lanes.self) * factor }
        let turned = transposed(isa, block)
        for k in 0..<16 {
          UnsafeMutableRawPointer(target + k &* targetStride)
            .storeBytes(of: turned[k], as: Lanes.self)
        }
      } else {
        for i in 0..<height {
          for j in 0..<width { target[j &* targetStride &+ i] = source[i &* stride &+ j] * factor }
        }
      }
      column &+= 16
    }
    row &+= 16
  }
  for column in 0..<columns {
    var k = rows
    while k < targetStride {
      y[column &* targetStride &+ k] = 0
      k &+= 1
    }
  }
}
