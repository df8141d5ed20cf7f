/// An array of `Double` with a shape, in row-major order: what the reference computes with.
///
/// The reference is the oracle of the engine: loops written straight from the equations, slow on
/// purpose. The first axis of a layer's input and output is the image of the batch.
public struct ReferenceTensor: Equatable, Sendable {
  /// The extent of each axis.
  public let shape: [Int]

  /// The elements in row-major order.
  public var values: [Double]

  /// A tensor of the given elements.
  ///
  /// - Precondition: `values.count` is the product of `shape`.
  public init(shape: [Int], values: [Double]) {
    precondition(
      values.count == shape.reduce(1, *),
      "ReferenceTensor: expected \(shape.reduce(1, *)) values for \(shape), found \(values.count)")
    self.shape = shape
    self.values = values
  }

  /// A tensor of zeros.
  public init(zeros shape: [Int]) {
    self.init(shape: shape, values: Array(repeating: 0, count: shape.reduce(1, *)))
  }

  /// The same numbers with more digits.
  public init(_ tensor: Tensor) {
    self.init(shape: tensor.shape, values: tensor.scalars.map(Double.init))
  }

  /// The number of elements.
  public var count: Int { values.count }

  /// The same elements under another shape.
  public func reshaped(to shape: [Int]) -> ReferenceTensor {
    ReferenceTensor(shape: shape, values: values)
  }

  /// Each element after `transform`.
  public func map(_ transform: (Double) -> Double) -> ReferenceTensor {
    ReferenceTensor(shape: shape, values: values.map(transform))
  }

  /// An element of a vector.
  public subscript(i: Int) -> Double {
    get { values[i] }
    set { values[i] = newValue }
  }

  /// An element of a matrix.
  public subscript(i: Int, j: Int) -> Double {
    get { values[i * shape[1] + j] }
    set { values[i * shape[1] + j] = newValue }
  }

  /// An element of a tensor of three axes.
  public subscript(i: Int, j: Int, k: Int) -> Double {
    get { values[(i * shape[1] + j) * shape[2] + k] }
    set { values[(i * shape[1] + j) * shape[2] + k] = newValue }
  }

  /// An element of a tensor of four axes.
  public subscript(i: Int, j: Int, k: Int, l: Int) -> Double {
    get { values[((i * shape[1] + j) * shape[2] + k) * shape[3] + l] }
    set { values[((i * shape[1] + j) * shape[2] + k) * shape[3] + l] = newValue }
  }
}

/// What a layer passes back in the reference: ∂E/∂input for each input, ∂E/∂parameter for each parameter.
public struct ReferenceGradients: Sendable {
  /// One gradient an input, in the input's shape.
  public var inputs: [ReferenceTensor]

  /// One gradient a parameter, in the parameter's shape.
  public var parameters: [ReferenceTensor]

  /// The gradients of one layer.
  public init(inputs: [ReferenceTensor], parameters: [ReferenceTensor] = []) {
    self.inputs = inputs
    self.parameters = parameters
  }
}
