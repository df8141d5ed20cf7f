import CTurboJPEG
import Foundation
import Striate
import StriateData
import Testing

/// The error message of decoding some bytes; nil where they are a picture.
private func complaint(about file: [UInt8]) -> String? {
  do {
    _ = try Picture(decoding: file, name: "five.png")
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite struct PictureTests {
  @Test(arguments: [1, 3]) func aPictureWrittenAsPNGReadsBackTheSame(channels: Int) throws {
    let bytes = (0..<(7 * 5 * channels)).map { UInt8($0 * 37 % 256) }
    let picture = Picture(width: 7, height: 5, channels: channels, bytes: bytes)
    try Fixture.withFolder { folder in
      try picture.writePNG(to: folder + "/picture.png")
      #expect(try Picture(contentsOf: folder + "/picture.png") == picture)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["picture.png"])
    }
  }

  @Test func writingReplacesAFileAndFailsInAMissingFolder() throws {
    let picture = Picture(width: 1, height: 1, channels: 1, bytes: [9])
    try Fixture.withFolder { folder in
      try Data("old".utf8).write(to: URL(fileURLWithPath: folder + "/a.png"))
      try picture.writePNG(to: folder + "/a.png")
      #expect(try Picture(contentsOf: folder + "/a.png") == picture)
      let path = folder + "/none/a.png"
      let error = #expect(throws: AtomicFile.Failure.self) { try picture.writePNG(to: path) }
      #expect(
        error?.description
          == "cannot write \(path): the folder \(folder)/none does not exist: create it or choose "
          + "another path")
      #expect(throws: AtomicFile.Failure.self) { try picture.writePNG(to: folder) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
    }
  }

  @Test func transparentPixelsAreLaidOnWhite() throws {
    // Opaque black, transparent black, half transparent red and opaque blue.
    let row: [UInt8] = [0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 128, 0, 0, 255, 255]
    let picture = try Picture(
      decoding: Fixture.png(chunks: [
        ("IHDR", Fixture.pngHeader(width: 4, height: 1, colourType: 6)),
        ("IDAT", Fixture.stored(row)), ("IEND", []),
      ]), name: "x")
    #expect(picture.channels == 3)
    #expect(Array(picture.bytes[0..<6]) == [0, 0, 0, 255, 255, 255])
    #expect(picture.bytes[6] == 255 && (100...200).contains(picture.bytes[7]))
    #expect(Array(picture.bytes[9..<12]) == [0, 0, 255])
  }

  @Test func whiteOnTransparentIsLaidOnBlack() throws {
    let picture = try Picture(
      decoding: Fixture.png(chunks: [
        ("IHDR", Fixture.pngHeader(width: 2, height: 1, colourType: 4)),
        ("IDAT", Fixture.stored([0, 255, 255, 255, 0])), ("IEND", []),
      ]), name: "x")
    #expect(picture.bytes == [255, 0])
  }

  @Test func jpegIsReadByItsFirstBytesWhateverItsName() throws {
    let colour = try Picture(decoding: Fixture.colourJPEG, name: "digit.png")
    #expect(colour.width == 16 && colour.height == 12 && colour.channels == 3)
    for (found, expected) in zip(colour.bytes[0..<3], [250, 30, 60]) {
      #expect(abs(Int(found) - expected) < 8)
    }
    for (found, expected) in zip(colour.bytes.suffix(3), [20, 200, 60]) {
      #expect(abs(Int(found) - expected) < 8)
    }
    let grey = try Picture(decoding: Fixture.greyJPEG, name: "x")
    #expect(grey.channels == 1 && grey.bytes.count == 16 * 12)
    #expect(abs(Int(grey.bytes[0]) - 240) < 8 && abs(Int(grey.bytes[15]) - 10) < 8)
  }

  /// A JPEG file of four inks, 16×16, of one colour, in Adobe's form.
  private func inkJPEG(_ inks: [UInt8]) throws -> [UInt8] {
    let encoder = try #require(tjInitCompress())
    defer { tjDestroy(encoder) }
    let pixels = (0..<256).flatMap { _ in inks }
    var file: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let status = tjCompress2(
      encoder, pixels, 16, 64, 16, Int32(TJPF_CMYK.rawValue), &file, &size,
      Int32(TJSAMP_444.rawValue), 95, 0)
    defer { tjFree(file) }
    #expect(status == 0)
    return Array(UnsafeBufferPointer(start: file, count: Int(size)))
  }

  @Test func inksBecomeLight() throws {
    // Adobe's files hold what an ink lets through: 200 · 204 / 255 = 160 and so on.
    let file = try inkJPEG([200, 100, 50, 204])
    let picture = try Picture(decoding: file, name: "x")
    #expect(picture.channels == 3)
    for (found, expected) in zip(picture.bytes.prefix(3), [160, 80, 40]) {
      #expect(abs(Int(found) - expected) < 6, "\(picture.bytes.prefix(3))")
    }
    // Without Adobe's segment the same numbers are ink itself. Behind its transform all light is 0, 128
    // and 128: no cyan, half of magenta and yellow.
    var plain = try inkJPEG([255, 255, 255, 55])
    let segment = try #require(plain.firstRange(of: [0xFF, 0xEE, 0, 14] + Array("Adobe".utf8)))
    plain.removeSubrange(segment.lowerBound..<segment.lowerBound + 16)
    let other = try Picture(decoding: plain, name: "x")
    for (found, expected) in zip(other.bytes.prefix(3), [200, 100, 100]) {
      #expect(abs(Int(found) - expected) < 6, "\(other.bytes.prefix(3))")
    }
  }

  @Test func whatIsNoPictureIsRefusedWithItsFirstBytes() {
    let start = "five.png: not a picture this program reads (PNG or JPEG): it starts with "
    #expect(complaint(about: Array("hello\nworld".utf8)) == start + "\"hello\"")
    let advice = ": save it as PNG or JPEG first"
    #expect(
      complaint(about: Array("GIF89a\u{1}".utf8))
        == start + "0x47494638396101 (a GIF picture)" + advice)
    #expect(
      complaint(about: [0, 0, 0, 24] + Array("ftypheic".utf8))
        == start + "0x0000001866747970 (a HEIC picture)" + advice)
    #expect(complaint(about: [0, 1]) == start + "0x0001")
    #expect(
      complaint(about: []) == "five.png: expected a PNG or JPEG picture, found an empty file")
  }

  @Test func aPictureThatItsFileCannotHoldIsRefusedBeforeItsPixelsAreRead() throws {
    let png = Fixture.png(chunks: [
      ("IHDR", Fixture.pngHeader(width: 4000, height: 4000, colourType: 2)),
      ("IDAT", Fixture.stored([0])), ("IEND", []),
    ])
    let advice = "the file is damaged or cut short; copy it again"
    #expect(
      complaint(about: png)
        == "five.png: expected at least 46511 bytes for 4000×4000 pixels, found \(png.count): "
        + advice)
    var jpeg = Fixture.greyJPEG
    let frame = try #require(jpeg.firstRange(of: [0xFF, 0xC0])?.lowerBound)
    jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0x0F, 0xA0, 0x0F, 0xA0])
    #expect(
      complaint(about: jpeg)
        == "five.png: expected at least 31250 bytes for 4000×4000 pixels, found \(jpeg.count): "
        + advice)
  }

  @Test func aHugePictureIsRefusedBeforeItsPixelsAreRead() {
    let message = """
      five.png: expected a picture of at most 64 megapixels, found 20000×20000: \
      make it smaller first
      """
    let png = Fixture.png(chunks: [
      ("IHDR", Fixture.pngHeader(width: 20_000, height: 20_000, colourType: 2)),
      ("IDAT", Fixture.stored([0])), ("IEND", []),
    ])
    #expect(complaint(about: png) == message)
    var jpeg = Fixture.greyJPEG
    if let frame = jpeg.indices.first(where: { jpeg[$0...].starts(with: [0xFF, 0xC0]) }) {
      jpeg.replaceSubrange((frame + 5)..<(frame + 9), with: [0x4E, 0x20, 0x4E, 0x20])
    }
    #expect(complaint(about: jpeg) == message)
  }

  @Test func aPNGCutAnywhereIsRefused() throws {
    let whole = Fixture.png(chunks: [
      ("IHDR", Fixture.pngHeader(width: 3, height: 2, colourType: 0)),
      ("IDAT", Fixture.stored([0, 1, 2, 3, 0, 4, 5, 6])), ("IEND", []),
    ])
    #expect(try Picture(decoding: whole, name: "x").bytes == [1, 2, 3, 4, 5, 6])
    let data = whole.count - 12 - 8
    for length in 4..<data {
      let message = complaint(about: Array(whole.prefix(length))) ?? "no error"
      #expect(
        message.hasPrefix("five.png: the PNG file is damaged or cut short: "), "\(length) bytes")
    }
    var damaged = whole
    damaged[data - 2] ^= 0xFF
    #expect(complaint(about: damaged)?.contains("damaged or cut short") == true)
  }

  @Test func aJPEGCutAnywhereIsRefused() {
    for length in 2..<(Fixture.colourJPEG.count - 2) {
      let message = complaint(about: Array(Fixture.colourJPEG.prefix(length))) ?? "no error"
      #expect(
        message.hasPrefix("five.png: the JPEG file is damaged or cut short: "), "\(length) bytes")
    }
  }

  @Test func missingFilesFoldersAndDevicesAreNamed() throws {
    func message(_ path: String) -> String {
      do {
        _ = try Picture(contentsOf: path)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    try Fixture.withFolder { folder in
      #expect(message(folder + "/none.png") == "\(folder)/none.png: no such file")
      #expect(message(folder) == "\(folder): expected a PNG or JPEG picture, found a directory")
      let device = "expected a PNG or JPEG picture, found no ordinary file"
      #expect(message("/dev/zero") == "/dev/zero: \(device)")
      mkfifo(folder + "/pipe", 0o600)
      #expect(message(folder + "/pipe") == "\(folder)/pipe: \(device)")
      try Picture(width: 1, height: 1, channels: 1, bytes: [7]).writePNG(to: folder + "/a.png")
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: folder + "/a.png")
      #expect(try Picture(contentsOf: folder + "/link").bytes == [7])
    }
  }
}
