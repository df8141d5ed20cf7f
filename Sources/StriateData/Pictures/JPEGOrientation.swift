/// How a camera was held: where the stored rows and columns of a JPEG picture belong.
///
/// Source: CIPA DC-008 (Exif 2.32), 4.6.4 A, tag 0x0112; TIFF 6.0, section 2.
enum JPEGOrientation: UInt8 {
  case upright = 1
  case mirrored, halfTurned, flipped, transposed, turnedLeft, transversed, turnedRight

  /// The orientation that the Exif segment of a JPEG file tells; `upright` where it tells none.
  init(of file: [UInt8]) {
    self = Self.exif(in: file).flatMap { Self.orientation(inTIFF: $0) } ?? .upright
  }

  /// The size of the upright picture, from the stored one's or the other way round.
  func upright(_ stored: PictureSize) -> PictureSize {
    guard rawValue >= Self.transposed.rawValue else { return stored }
    return PictureSize(height: stored.width, width: stored.height)
  }

  /// The picture with its stored rows and columns where they belong.
  func upright(_ stored: Picture) -> Picture {
    guard self != .upright else { return stored }
    let (w, h, channels) = (stored.width, stored.height, stored.channels)
    let size = upright(PictureSize(height: h, width: w))
    let (width, height) = (size.width, size.height)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(stored.bytes.count)
    for y in 0..<height {
      for x in 0..<width {
        let (column, row) =
          switch self {
          case .upright: (x, y)
          case .mirrored: (w - 1 - x, y)
          case .halfTurned: (w - 1 - x, h - 1 - y)
          case .flipped: (x, h - 1 - y)
          case .transposed: (y, x)
          case .turnedLeft: (y, h - 1 - x)
          case .transversed: (w - 1 - y, h - 1 - x)
          case .turnedRight: (w - 1 - y, x)
          }
        let pixel = (row * w + column) * channels
        for channel in 0..<channels { bytes.append(stored.bytes[pixel + channel]) }
      }
    }
    return Picture(width: width, height: height, channels: channels, bytes: bytes)
  }

  /// The TIFF structure in the first Exif segment.
  private static func exif(in file: [UInt8]) -> ArraySlice<UInt8>? {
    JPEGFile.segment(0xE1, named: "Exif\0\0", in: file)
  }

  private static func orientation(inTIFF bytes: ArraySlice<UInt8>) -> JPEGOrientation? {
    let isLittle = bytes.starts(with: Array("II".utf8))
    guard isLittle || bytes.starts(with: Array("MM".utf8)) else { return nil }
    func number(at offset: Int, size: Int) -> Int? {
      guard offset >= 0, offset + size <= bytes.count else { return nil }
      let start = bytes.startIndex + offset
      let word = bytes[start..<(start + size)]
      return (isLittle ? Array(word.reversed()) : Array(word)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(at: 2, size: 2) == 42, let table = number(at: 4, size: 4),
      let count = number(at: table, size: 2)
    else { return nil }
    for entry in 0..<count {
      let start = table + 2 + 12 * entry
      guard let tag = number(at: start, size: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      return number(at: start + 8, size: 2).flatMap { UInt8(exactly: $0) }
        .flatMap { JPEGOrientation(rawValue: $0) }
    }
    return nil
  }
}
