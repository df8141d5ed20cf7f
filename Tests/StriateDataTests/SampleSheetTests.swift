import Striate
import StriateData
import Testing

@Suite struct SampleSheetTests {
  static func data(_ shape: [Int], count: Int = 5) throws -> Dataset {
    let size = shape.reduce(1, *)
    return try Dataset(
      imageShape: shape, pixels: .bytes((0..<count * size).map { UInt8($0 * 37 % 256) }),
      labels: (0..<count).map { $0 % 2 }, classNames: ["a", "b"])
  }

  static let everything = """
    crop 0, flip, rotate 10, shift 0.1, scale 0.9-1.1, shear 5, elastic 3 1, resized-crop 0.5-1, \
    color 0.4 0.4 0.4 0.1, cutout 1, randaugment 2 9, mixup 0.2, cutmix 1
    """

  /// One or two channels are shown grey, three or more as red, green and blue.
  @Test(arguments: [[1, 1, 1], [2, 3, 4], [3, 2, 3], [4, 5, 5], [3, 300, 200]])
  func everyShapeOfImagesHasASheet(_ shape: [Int]) throws {
    let sheet = try SampleSheet(
      of: Self.data(shape), augmentation: Augmentation(text: Self.everything), images: 9, count: 3,
      seed: 1)
    #expect(sheet.rows == 5)
    #expect(sheet.picture.channels == (shape[0] >= 3 ? 3 : 1))
    let factor = max(1, 96 / max(shape[1], shape[2]))
    #expect(sheet.picture.height == 4 + 5 * (shape[1] * factor + 4))
    #expect(sheet.picture.width == 4 + 4 * shape[2] * factor + 14 + 2 * 4 + 4)
  }

  @Test func coloursStandInTheirPlaces() throws {
    let data = try Self.data([3, 48, 48], count: 1)
    let sheet = try SampleSheet(
      of: data, augmentation: Augmentation(.flip(.vertical)), images: 1, count: 1, seed: 1)
    let image = try data.image(at: 0)
    for c in 0..<3 {
      let byte = sheet.picture.bytes[((4 + 2 * 7) * sheet.picture.width + 4 + 2 * 9) * 3 + c]
      #expect(byte == UInt8((image[c, 7, 9] * 255).rounded()))
    }
  }

  @Test func sheetsThatCannotBeAreRefused() throws {
    let none = #expect(throws: SampleSheet.Impossible.self) {
      try SampleSheet(
        of: Self.data([1, 2, 2], count: 0), augmentation: Augmentation(.flip()), images: 1,
        count: 1, seed: 1)
    }
    #expect(none?.description.contains("expected images to show, found 0") == true)
    let huge = #expect(throws: SampleSheet.Impossible.self) {
      try SampleSheet(
        of: Self.data([1, 1000, 1000], count: 2), augmentation: Augmentation(.flip()), images: 2,
        count: 100, seed: 1)
    }
    #expect(
      huge?.description.contains("expected at most 64 megapixels, found 101418×2012") == true,
      "\(huge?.description ?? "")")
  }
}
