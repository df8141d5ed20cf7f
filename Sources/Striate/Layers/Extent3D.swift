/// A depth, a height and a width, in pixels.
public struct Extent3D: Sendable, Equatable, CustomStringConvertible, ExpressibleByIntegerLiteral {
  /// Slices.
  public var depth: Int

  /// Rows.
  public var height: Int

  /// Columns.
  public var width: Int

  /// A box.
  public init(_ depth: Int, _ height: Int, _ width: Int) {
    (self.depth, self.height, self.width) = (depth, height, width)
  }

  /// A cube.
  public init(integerLiteral side: Int) { self.init(side, side, side) }

  /// "3x5x5", or "3" for a cube.
  public var description: String {
    depth == height && height == width ? "\(depth)" : full
  }

  /// "3x3x3".
  var full: String { "\(depth)x\(height)x\(width)" }

  /// The numbers of all axes.
  var axes: [Int] { [depth, height, width] }

  /// The box without its depth.
  var area: Extent { Extent(height, width) }

  /// The number of elements.
  var product: Int { depth * height * width }
}
