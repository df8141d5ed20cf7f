import LaneKernels

/// The product of two values as matrices, for every image and for each place of the axes before the last two.
///
///     y[n,…,i,j] = Σ(k) a[n,…,i,k] · b[n,…,k,j]
///     ∂E/∂a = ∂E/∂y · bᵀ,  ∂E/∂b = aᵀ · ∂E/∂y
///
/// Shapes: a [N, …, I, K] and b [N, …, K, J] → y [N, …, I, J].
/// Source: seeds/004 §4 (the product); PyTorch's matmul, without the stretching of axes.
public struct MatMul: Layer, Equatable {
  /// A product of matrices.
  public init() {}

  public var stem: String { "matmul" }

  public var text: String { "matmul" }

  public var backwardNeeds: BackwardNeeds { .inputs }

  public func outputShape(of inputs: [[Int]]) throws -> [Int] {
    guard inputs.count == 2 else {
      throw ShapeMismatch(
        expected: "two inputs", found: "\(inputs.count)", advice: "give it two matrices")
    }
    let (a, b) = (inputs[0], inputs[1])
    guard a.count >= 2, b.count == a.count, a.dropLast(2) == b.dropLast(2),
      a[a.count - 1] == b[b.count - 2]
    else {
      throw ShapeMismatch(
        expected: "matrices […, I, K] and […, K, J]", found: "\(a) and \(b)",
        advice: "bring them to such shapes with Reshape() and Transpose() first")
    }
    return a.dropLast() + [b[b.count - 1]]
  }

  public func multiplyAdds(of inputs: [[Int]]) throws -> Int {
    try outputShape(of: inputs).product * (inputs[0].last ?? 1)
  }

  // MARK: Reference

  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor {
    let (a, b) = (inputs[0], inputs[1])
    let sizes = Sizes(a.shape, b.shape)
    var y = ReferenceTensor(zeros: a.shape.dropLast() + [sizes.columns])
    sizes.forEachProduct { place, i, j in y[place] += a[i] * b[j] }
    return y
  }

  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients {
    let (a, b) = (inputs[0], inputs[1])
    var (da, db) = (ReferenceTensor(zeros: a.shape), ReferenceTensor(zeros: b.shape))
    Sizes(a.shape, b.shape).forEachProduct { place, i, j in
      da[i] += gradient[place] * b[j]
      db[j] += gradient[place] * a[i]
    }
    return ReferenceGradients(inputs: [da, db])
  }
}

extension MatMul {
  /// How many matrices there are, and of what size.
  package struct Sizes: Sendable {
    let matrices: Int
    let rows: Int
    let inner: Int
    let columns: Int

    package init(_ a: [Int], _ b: [Int]) {
      matrices = a.dropLast(2).product
      (rows, inner, columns) = (a[a.count - 2], a[a.count - 1], b[b.count - 1])
    }

    /// Calls `body` with the place of every output and those of each pair of factors that it is the sum of.
    func forEachProduct(_ body: (_ output: Int, _ a: Int, _ b: Int) -> Void) {
      for row in 0..<matrices * rows {
        for column in 0..<columns {
          let output = row * columns + column
          forEachProduct(of: output) { body(output, $0, $1) }
        }
      }
    }

    /// Calls `body` with the places of each pair of factors of one output.
    package func forEachProduct(of output: Int, _ body: (_ a: Int, _ b: Int) -> Void) {
      let (row, column) = output.quotientAndRemainder(dividingBy: columns)
      for k in 0..<inner {
        body(row * inner + k, (row / rows * inner + k) * columns + column)
      }
    }
  }
}

// MARK: Engine

extension MatMul {
  public func compile(into site: inout LayerSite) {
    let (a, b, output) = (site.inputs[0], site.inputs[1], site.output)
    let sizes = Sizes(a.shape, b.shape)
    let (rows, inner, columns) = (sizes.rows, sizes.inner, sizes.columns)
    site.forEachPart(of: output.elements) { block, range in
      let target = output.values + block * output.blockStride
      let (left, right) = (a.values + block * a.blockStride, b.values + block * b.blockStride)
      for place in range {
        let (row, column) = place.quotientAndRemainder(dividingBy: columns)
        LaneSum(
          left, from: row * inner, step: 1,
          right, from: row / rows * inner * columns + column, step: columns
        ).write(of: inner, to: target, at: place)
      }
    }
    guard site.isTraining, let dy = output.gradient else { return }
    if let da = a.gradient {
      site.forEachPart(of: a.elements, onTheWayBack: true) { block, range in
        let target = da + block * a.blockStride
        let (upper, right) = (dy + block * output.blockStride, b.values + block * b.blockStride)
        for place in range {
          let (row, k) = place.quotientAndRemainder(dividingBy: inner)
          LaneSum(
            upper, from: row * columns, step: 1,
            right, from: (row / rows * inner + k) * columns, step: 1
          ).write(of: columns, to: target, at: place)
        }
      }
    }
    if let db = b.gradient {
      site.forEachPart(of: b.elements, onTheWayBack: true) { block, range in
        let target = db + block * b.blockStride
        let (left, upper) = (a.values + block * a.blockStride, dy + block * output.blockStride)
        for place in range {
          let (depth, column) = place.quotientAndRemainder(dividingBy: columns)
          let (matrix, k) = depth.quotientAndRemainder(dividingBy: inner)
          LaneSum(
            left, from: matrix * rows * inner + k, step: inner,
            upper, from: matrix * rows * columns + column, step: columns
          ).write(of: rows, to: target, at: place)
        }
      }
    }
  }
}

/// A sum of products of two values' elements, each in even steps, for 16 images at once.
private struct LaneSum {
  let left: UnsafeRawPointer
  let right: UnsafeRawPointer
  let leftStep: Int
  let rightStep: Int

  init(
    _ left: LayerSite.Target, from leftStart: Int, step leftStep: Int,
    _ right: LayerSite.Target, from rightStart: Int, step rightStep: Int
  ) {
    self.left = UnsafeRawPointer(left + leftStart * laneCount)
    self.right = UnsafeRawPointer(right + rightStart * laneCount)
    (self.leftStep, self.rightStep) = (leftStep, rightStep)
  }

  func write(of count: Int, to target: LayerSite.Target, at place: Int) {
    let size = MemoryLayout<Lanes>.size
    var sum = Lanes.zero
    for k in 0..<count {
      sum +=
        left.load(fromByteOffset: k * leftStep * size, as: Lanes.self)
        * right.load(fromByteOffset: k * rightStep * size, as: Lanes.self)
    }
    UnsafeMutableRawPointer(target).storeBytes(
      of: sum, toByteOffset: place * size, as: Lanes.self)
  }
}
