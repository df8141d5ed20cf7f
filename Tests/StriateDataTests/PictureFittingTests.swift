import Foundation
import StriateData
import Testing

/// What Tests/Fixtures/make_picture_fixtures.py wrote.
private struct Pictures: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let width: Int, height: Int, channels: Int, newWidth: Int, newHeight: Int
    let planes: Data

    var testDescription: String { "\(channels)×\(height)×\(width) to \(newHeight)×\(newWidth)" }

    /// The same formula as in the script.
    var picture: Picture {
      let bytes = (0..<width * height * channels).map { k -> UInt8 in
        let number = k * 1237 + k * k % 2003
        return UInt8(number * 7 % 256)
      }
      return Picture(width: width, height: height, channels: channels, bytes: bytes)
    }
  }

  struct Photograph: Decodable {
    let file: Data
    let planes: Data
  }

  let cases: [Case]
  let photograph: Photograph

  static func load() throws -> Pictures {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/pictures.json")
    return try JSONDecoder().decode(Pictures.self, from: Data(contentsOf: url))
  }
}

@Suite struct PictureFittingTests {
  @Test(arguments: try Pictures.load().cases)
  fileprivate func resizingGivesPillowsBytes(_ example: Pictures.Case) {
    let size = PictureSize(height: example.newHeight, width: example.newWidth)
    let found = example.picture.fitted(to: size, channels: example.channels)
    #expect(found == [UInt8](example.planes))
  }

  @Test func aPictureOfTheRightSizeIsTakenAsItIs() {
    let picture = Picture(width: 3, height: 2, channels: 1, bytes: [1, 2, 3, 4, 5, 6])
    #expect(picture.fitted(to: PictureSize(height: 2, width: 3), channels: 1) == picture.bytes)
  }

  @Test func greyBecomesThreeEqualPlanesAndColourItsBrightness() {
    let size = PictureSize(height: 1, width: 2)
    let grey = Picture(width: 2, height: 1, channels: 1, bytes: [7, 200])
    #expect(grey.fitted(to: size, channels: 3) == [7, 200, 7, 200, 7, 200])
    let colour = Picture(width: 2, height: 1, channels: 3, bytes: [255, 0, 0, 10, 20, 30])
    #expect(colour.fitted(to: size, channels: 3) == [255, 10, 0, 20, 0, 30])
    // 0.299·255 = 76.2 and 0.299·10 + 0.587·20 + 0.114·30 = 18.2.
    #expect(colour.fitted(to: size, channels: 1) == [76, 18])
  }

  /// 240×160 at 12×12 needs a height of 12: an eighth, 20 rows, is too little, a quarter is enough.
  @Test func aLargePhotographIsDecodedAtAFractionOfItsSize() throws {
    let photograph = try Pictures.load().photograph
    let size = PictureSize(height: 12, width: 12)
    let whole = try Picture(decoding: [UInt8](photograph.file), name: "x")
      .fitted(to: size, channels: 3)
    let folder = try TemporaryFolder()
    let path = try folder.write([UInt8](photograph.file), "photograph.jpg")
    let reduced = try Picture.image(contentsOf: path, size: size, channels: 3)
    #expect(whole != reduced)
    for (found, expected) in zip(whole, photograph.planes) {
      #expect(abs(Int(found) - Int(expected)) <= 2)
    }
    for (found, expected) in zip(reduced, photograph.planes) {
      #expect(abs(Int(found) - Int(expected)) <= 6)
    }
  }
}
