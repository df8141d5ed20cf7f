import Striate

/// A picture with a row for each of some images: the image as it is, then as training sees it in one
/// epoch after the other.
public struct SampleSheet: Sendable {
  /// The sheet.
  public let picture: Picture

  /// How many images it shows.
  public let rows: Int

  /// Why there is no sheet.
  public struct Impossible: Error, CustomStringConvertible, Equatable {
    /// What was expected and what was found.
    public let description: String
  }

  /// The side that small images are enlarged to, as far as whole factors allow; the space between images
  /// and that behind the first column; the grey of both.
  private static let (tileSide, gap, wideGap, paper) = (96, 4, 14, UInt8(128))

  /// The sheet of images that lie evenly spread in a data set.
  ///
  /// Throws `InvalidAugmentation` where they cannot be changed so, and `Impossible` where there is no image
  /// or the sheet would be larger than a picture may be; and what the source of a streamed data set
  /// throws.
  ///
  /// - Parameters:
  ///   - images: How many images to show: the rows.
  ///   - count: How many changed images each row has.
  ///   - seed: What the changes depend on.
  public init(
    of dataset: Dataset, augmentation: Augmentation, images: Int, count: Int, seed: UInt64
  ) throws {
    guard dataset.count > 0, images > 0, count > 0 else {
      throw Impossible(
        description: "sample sheet: expected images to show, found \(dataset.count): "
          + "ask for at least one, changed at least once")
    }
    try augmentation.check(imageShape: dataset.imageShape)
    let rows = min(images, dataset.count)
    self.rows = rows
    let shape = dataset.imageShape
    let factor = max(1, Self.tileSide / max(shape[1], shape[2]))
    let (tileHeight, tileWidth) = (shape[1] * factor, shape[2] * factor)
    let width = Self.wideGap + (count + 1) * (tileWidth + Self.gap)
    let height = Self.gap + rows * (tileHeight + Self.gap)
    guard width * height <= Picture.maximumArea else {
      throw Impossible(
        description:
          "sample sheet: expected at most \(Picture.maximumArea / 1_000_000) megapixels, "
          + "found \(width)×\(height): show fewer images")
    }
    var paper = SheetPaper(
      width: width, height: height, channels: shape[0] >= 3 ? 3 : 1, paper: Self.paper)
    let chosen = (0..<rows).map { $0 * dataset.count / rows }
    let plain = try chosen.flatMap { try dataset.image(at: $0).scalars }
    let size = shape.reduce(1, *)
    for column in 0...count {
      let scalars =
        column == 0
        ? plain
        : try augmentation.batch(of: dataset, at: chosen, seed: seed, epoch: column).images.scalars
      let gaps = column == 0 ? Self.gap : Self.wideGap + column * Self.gap
      for row in 0..<rows {
        paper.draw(
          scalars[row * size..<(row + 1) * size], shape: shape, factor: factor,
          left: gaps + column * tileWidth, top: Self.gap + row * (tileHeight + Self.gap))
      }
    }
    picture = Picture(width: width, height: height, channels: paper.channels, bytes: paper.bytes)
  }
}

/// The pixels of a picture that is being drawn.
private struct SheetPaper {
  let width: Int
  let channels: Int
  var bytes: [UInt8]

  init(width: Int, height: Int, channels: Int, paper: UInt8) {
    (self.width, self.channels) = (width, channels)
    bytes = Array(repeating: paper, count: width * height * channels)
  }

  /// Draws an image [C, H, W] of values from 0 to 1, each pixel as a square: of its first channel, or of
  /// its first three.
  mutating func draw(
    _ image: ArraySlice<Float>, shape: [Int], factor: Int, left: Int, top: Int
  ) {
    let (height, width) = (shape[1], shape[2])
    for c in 0..<channels {
      for y in 0..<height * factor {
        for x in 0..<width * factor {
          let pixel = (c * height + y / factor) * width + x / factor
          let value = min(max(image[image.startIndex + pixel], 0), 1)
          bytes[((top + y) * self.width + left + x) * channels + c] = UInt8((value * 255).rounded())
        }
      }
    }
  }
}
