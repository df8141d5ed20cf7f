/// Finds a handwritten digit in a picture and prepares it as MNIST's digits were prepared.
///
/// Paper is what the picture's border mostly shows; ink is what departs from it, dark or light. The
/// digit's box is fitted into 20×20 pixels by area averaging, its aspect ratio kept, and its centre
/// of mass is placed at the centre of 28×28.
public enum DigitFinder {
  /// A digit as MNIST shows it, and where it was.
  public struct Digit: Sendable, Equatable {
    /// 28×28 bytes row by row, white ink (255) on black (0).
    public let pixels: [UInt8]

    /// The box around the digit in the picture.
    public let boundingBox: PixelBox

    /// Whether the picture showed dark ink on light paper, the inverse of MNIST.
    public let inverted: Bool
  }

  /// There is no digit in the picture.
  public struct NothingToSee: Error, CustomStringConvertible, Equatable {
    /// The picture's size and what was expected.
    public let description: String
  }

  /// Larger pictures are reduced by whole factors first.
  private static let workingSide = 1024

  /// The digit in a picture of any size.
  ///
  /// Throws `NothingToSee` where nothing stands out from the background.
  public static func find(in picture: Picture) throws -> Digit {
    let factor = (max(picture.width, picture.height) + workingSide - 1) / workingSide
    let grey = GreyImage(picture, reducedBy: factor)
    guard let found = Finding.search(grey) else {
      throw NothingToSee(
        description: """
          nothing to see in the picture of \(picture.width)×\(picture.height) pixels: expected \
          a digit that is clearly darker or lighter than its background
          """)
    }
    let box = found.box
    let (left, top) = (box.left * factor, box.top * factor)
    return Digit(
      pixels: found.pixels(),
      boundingBox: PixelBox(
        left: left, top: top, width: min(box.width * factor, picture.width - left),
        height: min(box.height * factor, picture.height - top)),
      inverted: found.isDark)
  }
}
