extension Picture {
  /// The pixels as [channels, height, width]: grey from colour by brightness, colour from grey by
  /// repetition.
  ///
  /// - Precondition: `channels` is 1 or 3.
  public func planes(channels wanted: Int) -> [UInt8] {
    precondition(wanted == 1 || wanted == 3, "Picture: expected 1 or 3 channels, found \(wanted)")
    var planes: [UInt8] = []
    planes.reserveCapacity(width * height * max(channels, wanted))
    for c in 0..<channels {
      for pixel in stride(from: c, to: bytes.count, by: channels) { planes.append(bytes[pixel]) }
    }
    return Self.planes(planes, from: channels, to: wanted)
  }

  /// Planes of grey or colour as planes of the other.
  static func planes(_ planes: [UInt8], from channels: Int, to wanted: Int) -> [UInt8] {
    switch (channels, wanted) {
    case (1, 3): return planes + planes + planes
    case (3, 1):
      let area = planes.count / 3
      return (0..<area).map { pixel in
        brightness(planes[pixel], planes[area + pixel], planes[2 * area + pixel])
      }
    default: return planes
    }
  }

  /// ITU-R BT.601, as `brightness(column:row:)`, rounded.
  private static func brightness(_ r: UInt8, _ g: UInt8, _ b: UInt8) -> UInt8 {
    let sum = 299 * Int(r) + 587 * Int(g) + 114 * Int(b)
    return UInt8((sum + 500) / 1000)
  }
}
