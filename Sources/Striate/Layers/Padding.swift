/// Rows and columns around an image, in pixels for each side; or as many as keep its size.
public struct Padding: Sendable, Equatable, ExpressibleByIntegerLiteral {
  /// The width of the border on one side; 0 where it is to be `same`.
  public var top: Int, left: Int, bottom: Int, right: Int

  /// Whether the widths are to follow from the image: `Window.resolved(for:)` works them out.
  public let isSame: Bool

  /// A border that may differ from side to side.
  public init(top: Int, left: Int, bottom: Int, right: Int) {
    self.init(top, left, bottom, right, isSame: false)
  }

  /// A border before and after a sequence.
  public init(left: Int, right: Int) { self.init(top: 0, left: left, bottom: 0, right: right) }

  /// The same border on all sides.
  public init(integerLiteral width: Int) {
    self.init(top: width, left: width, bottom: width, right: width)
  }

  /// As many pixels as give ⌈size / stride⌉ outputs on each axis: half of them before the image, half
  /// after it, an odd one after it.
  ///
  /// Source: TensorFlow's and Keras' SAME; for a stride of 1 also PyTorch's padding="same".
  public static let same = Padding(0, 0, 0, 0, isSame: true)

  private init(_ top: Int, _ left: Int, _ bottom: Int, _ right: Int, isSame: Bool) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    self.isSame = isSame
  }
}
