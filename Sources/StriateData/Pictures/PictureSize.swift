/// The sides of a picture in pixels.
public struct PictureSize: Sendable, Equatable, Hashable, CustomStringConvertible {
  /// Rows of pixels.
  public let height: Int

  /// Columns of pixels.
  public let width: Int

  /// A picture of `height` rows and `width` columns.
  ///
  /// - Precondition: both are positive.
  public init(height: Int, width: Int) {
    precondition(
      height > 0 && width > 0, "PictureSize: expected positive sides, found \(height)×\(width)")
    self.height = height
    self.width = width
  }

  /// "height×width".
  public var description: String { "\(height)×\(width)" }

  /// The size that a picture of `size` is resized to so that it just covers this one, its aspect
  /// ratio kept and the longer side rounded down.
  func covering(by size: PictureSize) -> PictureSize {
    // The side that needs the larger enlargement fits exactly.
    if width * size.height >= height * size.width {
      return PictureSize(height: width * size.height / size.width, width: width)
    }
    return PictureSize(height: height, width: height * size.width / size.height)
  }
}

/// What the first bytes of a picture file say.
struct PictureHeader: Equatable {
  let size: PictureSize
  let isColour: Bool
}
