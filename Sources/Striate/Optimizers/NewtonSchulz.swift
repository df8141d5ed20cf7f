import LaneKernels

/// An iteration that brings the singular values of a matrix near to 1 and leaves its singular vectors.
///
///     X₀ = G / max(‖G‖, ε)
///     X ← a·X + (b·X·Xᵀ + c·(X·Xᵀ)²) · X, a number of times
///
/// ‖G‖ is the root of the sum of all squares. With the numbers of `muon` a few steps suffice, and the
/// singular values end between 0.7 and 1.2, unless they were tiny. A matrix that has more rows than columns is
/// transposed on the way.
///
/// Shapes: G [rows, columns] → [rows, columns].
/// Source: Jordan et al. 2024, Muon, https://kellerjordan.github.io/posts/muon; Björck & Bowie 1971,
/// doi:10.1137/0708036.
public struct NewtonSchulz: Sendable, Equatable {
  /// The coefficients of X, of its third power and of its fifth.
  public var a: Double, b: Double, c: Double

  /// How often the matrix is improved.
  public var steps: Int

  /// ε: keeps the denominator from 0.
  public var epsilon: Double

  /// An iteration with these numbers.
  public init(a: Double, b: Double, c: Double, steps: Int, epsilon: Double) {
    (self.a, self.b, self.c) = (a, b, c)
    (self.steps, self.epsilon) = (steps, epsilon)
  }

  /// The iteration of Muon: its slope at 0 is as steep as can be.
  public static let muon = NewtonSchulz(
    a: 3.4445, b: -4.7750, c: 2.0315, steps: 5, epsilon: 1e-7)

  /// The result in Double, row after row.
  public func reference(_ g: [Double], rows: Int, columns: Int) -> [Double] {
    if rows > columns {
      let transposed = NewtonSchulz.transpose(g, rows: rows, columns: columns)
      return NewtonSchulz.transpose(
        reference(transposed, rows: columns, columns: rows), rows: columns, columns: rows)
    }
    let norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var x = g.map { $0 / max(norm, epsilon) }
    for _ in 0..<steps {
      var gram = Array(repeating: 0.0, count: rows * rows)
      for i in 0..<rows {
        for j in 0..<rows {
          for k in 0..<columns { gram[i * rows + j] += x[i * columns + k] * x[j * columns + k] }
        }
      }
      var polynomial = gram.map { b * $0 }
      for i in 0..<rows {
        for j in 0..<rows {
          for k in 0..<rows {
            polynomial[i * rows + j] += c * gram[i * rows + k] * gram[k * rows + j]
          }
        }
      }
      var next = x.map { a * $0 }
      for i in 0..<rows {
        for k in 0..<rows {
          for j in 0..<columns {
            next[i * columns + j] += polynomial[i * rows + k] * x[k * columns + j]
          }
        }
      }
      x = next
    }
    return x
  }

  private static func transpose(_ x: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<x.count).map { x[$0 % rows * columns + $0 / rows] }
  }
}

// MARK: Engine

extension NewtonSchulz {
  /// The Floats of memory that `orthogonalize` needs.
  package func scratchCount(rows: Int, columns: Int) -> Int {
    let (m, n) = (min(rows, columns), max(rows, columns))
    return 2 * m * n.padded + n * m.padded + 2 * m * m.padded
  }

  /// Puts the result in the place of a matrix whose rows follow one another without gaps.
  package func orthogonalize(
    _ matrix: UnsafeMutablePointer<Float>, rows: Int, columns: Int,
    scratch: UnsafeMutablePointer<Float>, kernels: UpdateKernels, squaredNorm: Float
  ) {
    let isTall = rows > columns
    let (m, n) = (min(rows, columns), max(rows, columns))
    let (wide, narrow) = (n.padded, m.padded)
    var x = scratch
    var next = x + m * wide
    let turned = next + m * wide
    let gram = turned + n * narrow
    let polynomial = gram + m * narrow
    let factor = 1 / max(squaredNorm.squareRoot(), Float(epsilon))
    let load = isTall ? kernels.transposeMatrix : kernels.copyMatrix
    load(rows, columns, factor, matrix, columns, x, wide)
    let square = MatrixPass(
      rows: m, depth: n, columns: narrow, stride: wide, a: 1, b: 0)
    let even = MatrixPass(
      rows: m, depth: m, columns: narrow, stride: narrow, a: Float(c), b: Float(b))
    let odd = MatrixPass(
      rows: m, depth: m, columns: wide, stride: narrow, a: 1, b: Float(a))
    for _ in 0..<steps {
      kernels.transposeMatrix(m, n, 1, x, wide, turned, narrow)
      kernels.matrixProduct(square, x, turned, nil, gram)
      kernels.matrixProduct(even, gram, gram, gram, polynomial)
      kernels.matrixProduct(odd, polynomial, x, x, next)
      swap(&x, &next)
    }
    let store = isTall ? kernels.transposeMatrix : kernels.copyMatrix
    store(m, n, 1, x, wide, matrix, columns)
  }
}

extension Int {
  /// The next multiple of the number of lanes.
  package var padded: Int { (self + laneCount - 1) / laneCount * laneCount }
}
