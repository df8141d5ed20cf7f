/// The Hadamard product: two tensors of one shape multiplied element by element.
///
///     y[i,j] = a[i,j] · b[i,j]
///
/// The sum of its elements is what a kernel computes at one position; some texts call that sum the
/// Hadamard product (Documentation/Errata.md).
/// Source: seeds/002 eq 18.
///
/// Throws `ShapeMismatch` where the shapes differ.
public func hadamard(_ a: Tensor, _ b: Tensor) throws -> Tensor {
  guard a.shape == b.shape else {
    throw ShapeMismatch(
      expected: "two tensors of one shape", found: "\(a.shape) and \(b.shape)",
      advice: "the Hadamard product has no broadcasting")
  }
  return Tensor(shape: a.shape, scalars: zip(a.scalars, b.scalars).map { $0 * $1 })
}

/// The matrix product.
///
///     y[i,j] = Σ(k) a[i,k] · b[k,j]
///
/// Shapes: a [I, K], b [K, J] → y [I, J].
///
/// Throws `ShapeMismatch` where they are no matrices or the inner sizes differ.
public func matrixProduct(_ a: Tensor, _ b: Tensor) throws -> Tensor {
  guard a.shape.count == 2, b.shape.count == 2, a.shape[1] == b.shape[0] else {
    throw ShapeMismatch(
      expected: "matrices [I, K] and [K, J]", found: "\(a.shape) and \(b.shape)",
      advice: "transpose one of them")
  }
  var y = Tensor(repeating: 0, shape: [a.shape[0], b.shape[1]])
  for i in 0..<a.shape[0] {
    for j in 0..<b.shape[1] {
      for k in 0..<a.shape[1] { y[i, j] += a[i, k] * b[k, j] }
    }
  }
  return y
}

/// A matrix with its rows and columns exchanged.
///
/// Shapes: a [I, J] → [J, I].
///
/// Throws `ShapeMismatch` where it is no matrix.
public func transpose(_ a: Tensor) throws -> Tensor {
  guard a.shape.count == 2 else {
    throw ShapeMismatch(expected: "a matrix", found: "\(a.shape)", advice: "reshape it")
  }
  var y = Tensor(repeating: 0, shape: [a.shape[1], a.shape[0]])
  for i in 0..<a.shape[0] {
    for j in 0..<a.shape[1] { y[j, i] = a[i, j] }
  }
  return y
}
