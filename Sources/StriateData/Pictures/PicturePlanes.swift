extension Picture {
  /// The pixels as [channels, height, width]: grey from colour by brightness, colour from grey by
  /// repetition.
  ///
  /// - Precondition: `channels` is 1 or 3.
  public func planes(channels wanted: Int) -> [UInt8] {
    precondition(wanted == 1 || wanted == 3, "Picture: expected 1 or 3 channels, found \(wanted)")
    let area = width * height
    switch (channels, wanted) {
    case (1, 1): return bytes
    case (1, _): return bytes + bytes + bytes
    case (_, 1):
      return (0..<area).map { pixel in
        UInt8(brightness(column: pixel % width, row: pixel / width).rounded())
      }
    default:
      return (0..<3).flatMap { c in (0..<area).map { bytes[$0 * 3 + c] } }
    }
  }
}
