/// Random matrices whose rows, or whose columns where there are fewer of them, are orthonormal.
package enum OrthogonalMatrix {
  /// A matrix, row after row: normally distributed numbers, made orthonormal row by row (Gram & Schmidt). Each
  /// row is freed of the earlier ones twice, which leaves no more than rounding.
  ///
  /// Source: Giraud et al. 2005, doi:10.1007/s00211-005-0615-4 (twice is enough); the distribution is Haar's,
  /// as that of a QR decomposition whose R has a positive diagonal (Mezzadri 2007, arXiv:math-ph/0609050).
  package static func random(rows: Int, columns: Int, generator: inout SeededGenerator) -> [Double]
  {
    let (m, n) = (min(rows, columns), max(rows, columns))
    var q = (0..<m * n).map { _ in generator.normal() }
    q.withUnsafeMutableBufferPointer { q in
      for i in 0..<m {
        for _ in 0..<2 {
          for j in 0..<i {
            let share = product(q, i * n, j * n, count: n)
            for k in 0..<n { q[i * n + k] -= share * q[j * n + k] }
          }
        }
        let length = product(q, i * n, i * n, count: n).squareRoot()
        for k in 0..<n { q[i * n + k] /= length }
      }
    }
    guard rows > columns else { return q }
    return (0..<rows * columns).map { q[$0 % columns * n + $0 / columns] }
  }

  /// The inner product of two rows: eight sums that take turns, always the same ones.
  private static func product(
    _ q: UnsafeMutableBufferPointer<Double>, _ a: Int, _ b: Int, count: Int
  ) -> Double {
    var sums = SIMD8<Double>.zero
    var k = 0
    while k + 8 <= count {
      for lane in 0..<8 { sums[lane] += q[a + k + lane] * q[b + k + lane] }
      k += 8
    }
    var sum = 0.0
    for lane in 0..<8 { sum += sums[lane] }
    while k < count {
      sum += q[a + k] * q[b + k]
      k += 1
    }
    return sum
  }
}
