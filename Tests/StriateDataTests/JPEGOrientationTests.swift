import StriateData
import Testing

/// A JPEG file whose left half is light and whose right half is dark, with an Exif segment.
private func file(exif: [UInt8]) -> [UInt8] {
  let content = Array("Exif\0\0".utf8) + exif
  let length = content.count + 2
  let segment = [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + content
  return Array(Fixture.greyJPEG.prefix(2)) + segment + Fixture.greyJPEG.dropFirst(2)
}

/// A TIFF structure that tells the orientation, behind an entry of another tag.
private func tiff(_ orientation: UInt8, isLittle: Bool) -> [UInt8] {
  func number(_ value: Int, _ size: Int) -> [UInt8] {
    let bytes = (0..<size).map { UInt8(value >> (8 * $0) & 255) }
    return isLittle ? bytes : bytes.reversed()
  }
  let other = number(0x0100, 2) + number(4, 2) + number(1, 4) + number(16, 4)
  let own = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(Int(orientation), 2) + [0, 0]
  return Array((isLittle ? "II" : "MM").utf8) + number(42, 2) + number(8, 4) + number(2, 2) + other
    + own
}

@Suite struct JPEGOrientationTests {
  /// Where the stored left half, the light one, belongs.
  static let sides: [(orientation: UInt8, width: Int, lightFirst: Bool)] = [
    (1, 16, true), (2, 16, false), (3, 16, false), (4, 16, true),
    (5, 12, true), (6, 12, true), (7, 12, false), (8, 12, false),
  ]

  @Test(arguments: sides, [true, false])
  func aPhotographIsTurnedUpright(
    side: (orientation: UInt8, width: Int, lightFirst: Bool), isLittle: Bool
  ) throws {
    let exif = tiff(side.orientation, isLittle: isLittle)
    let picture = try Picture(decoding: file(exif: exif), name: "x")
    #expect(picture.width == side.width && picture.height == 28 - side.width)
    let (first, last) = (picture.bytes[0], picture.bytes[picture.bytes.count - 1])
    #expect((first > 200) == side.lightFirst)
    #expect((last > 200) != side.lightFirst)
    // Along the other axis nothing changes: the end of the first row or column is as its beginning.
    let same = side.width == 16 ? 11 * 16 : 11
    #expect((picture.bytes[same] > 200) == side.lightFirst)
  }

  @Test func damagedExifLeavesThePictureAsItIsStored() throws {
    let stored = try Picture(decoding: Fixture.greyJPEG, name: "x")
    let whole = tiff(6, isLittle: true)
    for length in 0..<(whole.count - 3) {
      let exif = Array(whole.prefix(length))
      #expect(try Picture(decoding: file(exif: exif), name: "x") == stored, "\(length) bytes")
    }
    for orientation: UInt8 in [0, 9, 255] {
      let exif = tiff(orientation, isLittle: false)
      #expect(try Picture(decoding: file(exif: exif), name: "x") == stored)
    }
    var far = whole
    far.replaceSubrange(4..<8, with: [255, 255, 255, 255])
    #expect(try Picture(decoding: file(exif: far), name: "x") == stored)
  }
}
