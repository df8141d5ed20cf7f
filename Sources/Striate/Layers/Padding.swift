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

/// What stands in the border around an image.
///
/// With c a pixel's row or column, counted from 0 inside an image of n:
///
///     zeros 0 | reflect x[−c] and x[2(n − 1) − c] | replicate x[0] and x[n − 1] | circular x[c mod n]
///
/// Source: PyTorch's padding_mode.
public enum PaddingMode: String, Sendable, Equatable, CaseIterable {
  /// Zeros.
  case zeros
  /// The image mirrored at its outermost pixels, which are not repeated.
  case reflect
  /// The outermost pixels repeated.
  case replicate
  /// The image from its other end.
  case circular

  /// The place inside an axis of `size` pixels whose pixel stands at `place`; nil for a zero.
  func source(of place: Int, size: Int) -> Int? {
    if place >= 0, place < size { return place }
    return switch self {
    case .zeros: nil
    case .reflect: place < 0 ? -place : 2 * (size - 1) - place
    case .replicate: place < 0 ? 0 : size - 1
    case .circular: (place % size + size) % size
    }
  }

  /// Throws where the border before or after an axis is wider than what may stand in it.
  func check(borders: [[Int]], sizes: [Int]) throws {
    let most = sizes.map { self == .reflect ? $0 - 1 : self == .circular ? $0 : Int.max }
    guard zip(borders, most).allSatisfy({ widths, most in widths.allSatisfy { $0 <= most } })
    else {
      throw ShapeMismatch(
        expected: "at most \(most) pixels of padding on the axes of \(sizes) "
          + "for padding-mode \(rawValue)",
        found: "\(borders)", advice: "use less padding or padding-mode replicate")
    }
  }
}
