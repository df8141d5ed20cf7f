import Striate
import StriateData
import Testing

@Suite struct DatasetIDXTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func load(_ images: IDX, _ labels: IDX) throws -> Dataset {
    let imagePath = try folder.write(images.encoded(), "images")
    let labelPath = try folder.write(labels.encoded(), "labels")
    return try Dataset(idxImages: imagePath, labels: labelPath, classNames: ["a", "b", "c"])
  }

  private func failure(_ images: IDX, _ labels: IDX) -> String? {
    message { _ = try load(images, labels) }?.replacing(folder.path(""), with: "")
  }

  private let images = IDX(dimensions: [2, 2, 3], bytes: Array(0..<12))
  private let labels = IDX(dimensions: [2], bytes: [2, 0])

  @Test func imagesAndLabelsBecomeADataSet() throws {
    let set = try load(images, labels)
    #expect(set.imageShape == [1, 2, 3])
    #expect(set.pixels == .bytes(Array(0..<12)))
    #expect(set.labels == [2, 0])
    #expect(set.classNames == ["a", "b", "c"])
  }

  @Test func channelsAndFloatsAreKept() throws {
    let set = try load(
      IDX(element: .int16, dimensions: [1, 2, 1, 1], bytes: [0xff, 0xff, 0, 3]),
      IDX(dimensions: [1], bytes: [1]))
    #expect(set.imageShape == [2, 1, 1])
    #expect(set.pixels == .floats([-1, 3]))
  }

  @Test func differentNumbersOfImagesAndLabelsAreRefused() {
    #expect(
      failure(images, IDX(dimensions: [3], bytes: [0, 1, 2])) == """
        labels: IDX labels: expected 2 labels, one for each image in images, found 3: \
        take both files from the same set
        """)
  }

  @Test func aLabelOutsideTheClassesIsRefused() {
    #expect(
      failure(images, IDX(dimensions: [2], bytes: [0, 3]))
        == "labels: IDX labels: expected labels from 0 to 2, found 3 at image 1")
  }

  @Test func exchangedFilesAreRefused() {
    #expect(
      failure(labels, images) == """
        images: IDX images: expected dimensions [images, rows, columns] or [images, channels, \
        rows, columns], found [2]: name the file of the images
        """)
    #expect(
      failure(images, images) == """
        labels: IDX labels: expected dimensions [labels] of unsigned bytes, found [2, 2, 3] of \
        type unsignedByte: name the file of the labels
        """)
  }

  @Test func labelsOfAnotherTypeAreRefused() {
    #expect(
      failure(images, IDX(element: .float32, dimensions: [2], bytes: Array(repeating: 0, count: 8)))
        == """
        labels: IDX labels: expected dimensions [labels] of unsigned bytes, found [2] of type \
        float32: name the file of the labels
        """)
  }

  @Test(arguments: [[0, 28, 28], [2, 0, 28]])
  func aFileWithoutPixelsIsRefused(dimensions: [Int]) {
    #expect(
      failure(IDX(dimensions: dimensions, bytes: []), labels)
        == "images: IDX images: expected at least one image with pixels, found \(dimensions)")
  }
}
