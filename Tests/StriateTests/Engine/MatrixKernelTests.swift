import LaneKernels
import Striate
import Testing

/// Products and transposes of matrices, and the iteration that is made of them, on every instruction set.
@Suite struct MatrixKernelTests {
  static let shapes: [[Int]] = [
    [1, 1], [1, 7], [7, 1], [3, 16], [4, 17], [8, 25], [16, 16], [20, 20], [33, 17], [17, 33],
    [48, 64], [64, 100], [100, 31],
  ]

  private func matrix(_ shape: [Int], salt: Int) -> [Double] {
    Fixture.formula(shape, salt: salt).values.map { Double(Float($0)) }
  }

  /// A matrix whose rows are filled up to a stride with a number that should not matter, or with zeros.
  private func padded(_ x: [Double], columns: Int, stride: Int, with filler: Float) -> LaneMemory {
    LaneMemory(
      (0..<x.count / columns * stride).map { k in
        k % stride < columns ? Float(x[k / stride * columns + k % stride]) : filler
      })
  }

  @Test(arguments: shapes, [1, 5, 16, 40]) func productsAgree(_ shape: [Int], _ depth: Int) {
    let (rows, columns) = (shape[0], shape[1].padded)
    let a = matrix([rows, depth], salt: 1)
    let b = matrix([depth, columns], salt: 2)
    let d = matrix([rows, columns], salt: 3)
    var product = Array(repeating: 0.0, count: rows * columns)
    for i in 0..<rows {
      for j in 0..<columns {
        for k in 0..<depth { product[i * columns + j] += a[i * depth + k] * b[k * columns + j] }
      }
    }
    let left = padded(a, columns: depth, stride: depth + 3, with: .nan)
    let (right, addend) = (LaneMemory(b.map(Float.init)), LaneMemory(d.map(Float.init)))
    for kernels in KernelTable.runnable {
      let result = LaneMemory(count: rows * columns)
      let pass = MatrixPass(
        rows: rows, depth: depth, columns: columns, stride: depth + 3, a: 0.75, b: -2)
      kernels.updates.matrixProduct(pass, left.base, right.base, addend.base, result.base)
      let expected = zip(product, d).map { 0.75 * $0 - 2 * $1 }
      #expect(relativeError(result.values, expected) < 1e-6, "\(kernels.name)")
      kernels.updates.matrixProduct(pass, left.base, right.base, nil, result.base)
      #expect(relativeError(result.values, product.map { 0.75 * $0 }) < 1e-6, "\(kernels.name)")
      #expect(result.isGuarded)
    }
  }

  @Test(arguments: shapes) func copiesAndTransposesAreExact(_ shape: [Int]) {
    let (rows, columns) = (shape[0], shape[1])
    let x = matrix(shape, salt: 4)
    for stride in [columns, columns + 5] {
      let source = padded(x, columns: columns, stride: stride, with: .nan)
      for kernels in KernelTable.runnable {
        for gap in [0, 3, 16] {
          let copy = LaneMemory(count: rows * (columns + gap))
          kernels.updates.copyMatrix(
            rows, columns, 0.5, source.base, stride, copy.base, columns + gap)
          let halves = x.map { $0 / 2 }
          #expect(
            copy.values
              == padded(halves, columns: columns, stride: columns + gap, with: 0).values)
          let turned = LaneMemory(count: columns * (rows + gap))
          kernels.updates.transposeMatrix(
            rows, columns, 0.5, source.base, stride, turned.base, rows + gap)
          let expected = (0..<x.count).map { halves[$0 % rows * columns + $0 / rows] }
          #expect(
            turned.values == padded(expected, columns: rows, stride: rows + gap, with: 0).values)
          #expect(copy.isGuarded && turned.isGuarded)
        }
      }
    }
  }

  @Test(arguments: shapes) func theIterationAgreesWithTheReference(_ shape: [Int]) {
    let (rows, columns) = (shape[0], shape[1])
    let g = matrix(shape, salt: 5)
    let expected = NewtonSchulz.muon.reference(g, rows: rows, columns: columns)
    for kernels in KernelTable.runnable {
      let x = LaneMemory(g.map(Float.init))
      let scratch = LaneMemory(
        count: NewtonSchulz.muon.scratchCount(rows: rows, columns: columns))
      NewtonSchulz.muon.orthogonalize(
        x.base, rows: rows, columns: columns, scratch: scratch.base, kernels: kernels.updates,
        squaredNorm: Float(g.reduce(0) { $0 + $1 * $1 }))
      #expect(relativeError(x.values, expected) < 1e-4, "\(kernels.name)")
      #expect(x.isGuarded && scratch.isGuarded)
    }
  }

  @Test(arguments: [(8, 25), (25, 8), (16, 400)])
  func theIterationMakesRowsOrColumnsNearlyOrthonormal(_ rows: Int, _ columns: Int) {
    var generator = SeededGenerator(seed: 1)
    let g = (0..<rows * columns).map { _ in generator.normal() }
    let x = NewtonSchulz.muon.reference(g, rows: rows, columns: columns)
    // Singular values between 0.68 and 1.14 leave this much of a difference to the unit matrix.
    for i in 0..<min(rows, columns) {
      for j in 0..<min(rows, columns) {
        let product = (0..<max(rows, columns)).reduce(0.0) { sum, k in
          sum
            + (rows <= columns
              ? x[i * columns + k] * x[j * columns + k] : x[k * columns + i] * x[k * columns + j])
        }
        #expect(abs(product - (i == j ? 1 : 0)) < 0.55)
      }
    }
  }

  @Test func aMatrixOfZerosAndATinyOneStayFinite() {
    for scale in [0, 1e-30] {
      let x = NewtonSchulz.muon.reference([scale, 0, 0, scale], rows: 2, columns: 2)
      #expect(x.allSatisfy { abs($0) < 1e-10 })
    }
  }
}
