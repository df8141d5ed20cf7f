/// An array of `Float` with a shape: the value that goes into a network and comes out of one.
///
/// Elements are stored row by row (the last axis is contiguous). Images are [N, C, H, W]: image,
/// channel, row, column.
public struct Tensor: Equatable, Sendable {
  /// The extent of each axis; empty for a single number.
  public private(set) var shape: [Int]

  /// The elements in row-major order.
  ///
  /// - Precondition: there are as many as `shape` says, always.
  public var scalars: [Float] {
    didSet {
      let expected = shape.reduce(1, *)
      precondition(
        scalars.count == expected,
        "Tensor: expected \(expected) scalars for shape \(shape), found \(scalars.count)")
    }
  }

  /// A tensor of the given elements.
  ///
  /// - Precondition: `scalars.count` is the product of `shape`.
  public init(shape: [Int], scalars: [Float]) {
    precondition(
      shape.allSatisfy { $0 >= 0 } && scalars.count == shape.reduce(1, *),
      "Tensor: expected \(shape.reduce(1, *)) scalars for shape \(shape), found \(scalars.count)")
    self.shape = shape
    self.scalars = scalars
  }

  /// A tensor whose elements are all `value`.
  public init(repeating value: Float, shape: [Int]) {
    self.init(shape: shape, scalars: Array(repeating: value, count: shape.reduce(1, *)))
  }

  /// A matrix [rows, columns], one inner array a row.
  ///
  /// - Precondition: the rows have one length.
  public init(_ rows: [[Float]]) {
    let columns = rows.first?.count ?? 0
    precondition(
      rows.allSatisfy { $0.count == columns },
      "Tensor: expected rows of \(columns) elements, found \(rows.map(\.count))")
    self.init(shape: [rows.count, columns], scalars: rows.flatMap { $0 })
  }

  /// A vector [elements].
  public init(_ elements: [Float]) {
    self.init(shape: [elements.count], scalars: elements)
  }

  /// The number of elements.
  public var count: Int { scalars.count }

  /// The element at one index an axis.
  ///
  /// - Precondition: there are as many indices as axes, each inside its axis.
  public subscript(indices: Int...) -> Float {
    get { scalars[offset(of: indices)] }
    set { scalars[offset(of: indices)] = newValue }
  }

  private func offset(of indices: [Int]) -> Int {
    precondition(
      indices.count == shape.count && zip(indices, shape).allSatisfy { $0 >= 0 && $0 < $1 },
      "Tensor: expected \(shape.count) indices inside \(shape), found \(indices)")
    return zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// The same elements under another shape.
  ///
  /// - Precondition: the shapes hold equally many elements.
  public func reshaped(to shape: [Int]) -> Tensor {
    Tensor(shape: shape, scalars: scalars)
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first elements.
  public var description: String {
    let shown = scalars.prefix(8).map { String($0) }.joined(separator: ", ")
    return "Tensor\(shape)(\(shown)\(count > 8 ? ", …" : ""))"
  }
}
