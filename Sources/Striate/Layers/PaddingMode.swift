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
