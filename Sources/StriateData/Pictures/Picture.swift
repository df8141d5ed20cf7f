/// A picture in memory: grey or colour, eight bits a channel.
public struct Picture: Sendable, Equatable {
  /// Columns of pixels.
  public let width: Int

  /// Rows of pixels.
  public let height: Int

  /// 1 for grey, 3 for red, green and blue.
  public let channels: Int

  /// The pixels row by row from the top, each of `channels` bytes (sRGB).
  public let bytes: [UInt8]

  /// The largest number of pixels that is read: 64 megapixels.
  public static let maximumArea = 64_000_000

  /// A picture of given pixels.
  ///
  /// - Precondition: sides are positive, `channels` is 1 or 3 and the bytes fill the picture.
  public init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    precondition(
      width > 0 && height > 0 && (channels == 1 || channels == 3)
        && bytes.count == width * height * channels,
      """
      Picture: expected \(width)×\(height) pixels of \(channels) (1 or 3) bytes, \
      found \(bytes.count) bytes
      """)
    self.width = width
    self.height = height
    self.channels = channels
    self.bytes = bytes
  }

  /// Why a file is not a picture that can be read.
  public struct Unreadable: Error, CustomStringConvertible, Equatable {
    /// The file's name, what was expected and what was found.
    public let description: String

    init(_ name: String, _ reason: String) { description = "\(name): \(reason)" }
  }

  /// The brightness of one pixel from 0 to 255.
  ///
  ///     y = 0.299 r + 0.587 g + 0.114 b
  ///
  /// Source: ITU-R BT.601.
  func brightness(column: Int, row: Int) -> Float {
    let pixel = (row * width + column) * channels
    guard channels == 3 else { return Float(bytes[pixel]) }
    let (r, g, b) = (bytes[pixel], bytes[pixel + 1], bytes[pixel + 2])
    return (299 * Float(r) + 587 * Float(g) + 114 * Float(b)) / 1000
  }
}
