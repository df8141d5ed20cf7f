/// Random matrices whose rows, or whose columns where there are fewer of them, are orthonormal.
package enum OrthogonalMatrix {
  /// A matrix, row after row: normally distributed numbers, made orthonormal row by row (modified Gram & Schmidt).
  /// A row of which less than a tenth is left is freed of the earlier ones twice, so that no product of two rows is
  /// more than some ten roundings.
  ///
  /// Source: Daniel et al. 1976, doi:10.2307/2005398 (when to do it twice); Giraud et al. 2005,
  /// doi:10.1007/s00211-005-0615-4 (twice is enough); the distribution is Haar's, as that of a QR decomposition
  /// whose R has a positive diagonal (Mezzadri 2007, arXiv:math-ph/0609050).
  ///
  /// Complexity: O(m² · n), m being the smaller extent.
  package static func random(rows: Int, columns: Int, generator: inout SeededGenerator) -> [Double]
  {
    let (m, n) = (min(rows, columns), max(rows, columns))
    // Rows are whole pairs; the number behind a row of odd length is 0 and stays so.
    let pairs = (n + 1) / 2
    var q = [Pair](repeating: .zero, count: m * pairs)
    for i in 0..<m {
      for k in 0..<n { q[i * pairs + k / 2][k % 2] = generator.normal() }
    }
    q.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { orthonormalize(Rows(base: base, pairs: pairs), count: m) }
    }
    return (0..<rows * columns).map { place in
      let (i, j) = place.quotientAndRemainder(dividingBy: columns)
      let (row, k) = rows > columns ? (j, i) : (i, j)
      return q[row * pairs + k / 2][k % 2]
    }
  }

  /// Whether a matrix can be made in some minutes.
  static func isFeasible(rows: Int, columns: Int) -> Bool {
    let (m, n) = (Double(min(rows, columns)), Double(max(rows, columns)))
    return m * m * n <= largestCost
  }

  /// The largest m² · n: that of 10,000 rows and columns.
  static let largestCost = 1e12

  private typealias Pair = SIMD2<Double>

  /// The rows of a matrix, each of so many pairs.
  private struct Rows {
    let base: UnsafeMutablePointer<Pair>
    let pairs: Int

    subscript(_ row: Int) -> UnsafeMutablePointer<Pair> { base + row * pairs }

    func length(_ row: Int) -> Double { product(row, row).squareRoot() }

    /// The inner product of two rows: four sums that take turns.
    func product(_ first: Int, _ second: Int) -> Double {
      let (a, b) = (self[first], self[second])
      var (s, t, u, v) = (Pair.zero, Pair.zero, Pair.zero, Pair.zero)
      var k = 0
      while k + 4 <= pairs {
        s += a[k] * b[k]
        t += a[k + 1] * b[k + 1]
        u += a[k + 2] * b[k + 2]
        v += a[k + 3] * b[k + 3]
        k += 4
      }
      while k < pairs {
        s += a[k] * b[k]
        k += 1
      }
      return ((s + t) + (u + v)).sum()
    }

    /// Frees a row of what it has of another, of length 1.
    func free(_ row: Int, of other: Int) {
      let (a, b, share) = (self[row], self[other], product(row, other))
      for k in 0..<pairs { a[k] -= share * b[k] }
    }

    /// Frees two neighbouring rows of what they have of four others, which are orthonormal: what is loaded is used
    /// several times.
    func freeTwo(_ row: Int, ofFour other: Int) {
      let (x, y) = (self[row], self[row + 1])
      let (a, b, c, d) = (self[other], self[other + 1], self[other + 2], self[other + 3])
      var (xa, xb, xc, xd) = (Pair.zero, Pair.zero, Pair.zero, Pair.zero)
      var (ya, yb, yc, yd) = (Pair.zero, Pair.zero, Pair.zero, Pair.zero)
      for k in 0..<pairs {
        let (p, q) = (x[k], y[k])
        xa += p * a[k]
        xb += p * b[k]
        xc += p * c[k]
        xd += p * d[k]
        ya += q * a[k]
        yb += q * b[k]
        yc += q * c[k]
        yd += q * d[k]
      }
      let (sa, sb, sc, sd) = (xa.sum(), xb.sum(), xc.sum(), xd.sum())
      let (ta, tb, tc, td) = (ya.sum(), yb.sum(), yc.sum(), yd.sum())
      for k in 0..<pairs {
        let (p, q, r, s) = (a[k], b[k], c[k], d[k])
        x[k] -= (sa * p + sb * q) + (sc * r + sd * s)
        y[k] -= (ta * p + tb * q) + (tc * r + td * s)
      }
    }
  }

  /// Rows that are freed of earlier ones together, while those pass by once: even, and a multiple of four.
  private static let panel = 32

  private static func orthonormalize(_ rows: Rows, count: Int) {
    for start in stride(from: 0, to: count, by: panel) {
      let end = min(start + panel, count)
      let lengths = (start..<end).map { rows.length($0) }
      for other in stride(from: 0, to: start, by: 4) {
        for row in stride(from: start, to: end - 1, by: 2) { rows.freeTwo(row, ofFour: other) }
        if (end - start) % 2 == 1 {
          for k in other..<other + 4 { rows.free(end - 1, of: k) }
        }
      }
      for row in start..<end {
        for other in start..<row { rows.free(row, of: other) }
        var length = rows.length(row)
        if length < 0.1 * lengths[row - start] {
          for other in 0..<row { rows.free(row, of: other) }
          length = rows.length(row)
        }
        for k in 0..<rows.pairs { rows[row][k] /= length }
      }
    }
  }
}
