extension Picture {
  /// The picture in a PNG or JPEG file as an image [channels, height, width], as training on a folder
  /// of pictures sees it: see `fitted(to:channels:)`.
  ///
  /// A JPEG file much larger than the image is decoded at a half, a quarter or an eighth of its size.
  /// Throws `Unreadable` as reading a file does.
  ///
  /// - Precondition: `channels` is 1 or 3.
  public static func image(
    contentsOf path: String, size: PictureSize, channels: Int
  ) throws -> [UInt8] {
    try Picture(contentsOf: path, covering: size).fitted(to: size, channels: channels)
  }

  /// The picture as an image [channels, height, width]: resized by antialiased bilinear filtering, its
  /// aspect ratio kept, until it just covers `size`; then cut off equally on both sides.
  ///
  /// Grey from colour by brightness, colour from grey by repetition. For a square these are
  /// torchvision's `Resize` and `CenterCrop`.
  ///
  /// - Precondition: `channels` is 1 or 3.
  public func fitted(to size: PictureSize, channels wanted: Int) -> [UInt8] {
    precondition(wanted == 1 || wanted == 3, "Picture: expected 1 or 3 channels, found \(wanted)")
    if width == size.width, height == size.height { return planes(channels: wanted) }
    let whole = size.covering(by: PictureSize(height: height, width: width))
    let columns = Resampling(
      from: width, to: whole.width, keeping: Self.middle(of: whole.width, size.width))
    let rows = Resampling(
      from: height, to: whole.height, keeping: Self.middle(of: whole.height, size.height))
    let narrow = columns.resized(bytes, rows: rows.range, old: width, channels: channels)
    let planes = rows.resizedToPlanes(narrow, width: size.width, channels: channels)
    return Self.planes(planes, from: channels, to: wanted)
  }

  /// The middle `kept` of `whole` pixels. Half a pixel too many goes to the even number, as in
  /// torchvision's `CenterCrop`.
  private static func middle(of whole: Int, _ kept: Int) -> Range<Int> {
    let start = Int((Double(whole - kept) / 2).rounded(.toNearestOrEven))
    return start..<start + kept
  }
}
