import Foundation
import Striate
import StriateData
import Testing

@Suite(.timeLimit(.minutes(1))) struct ImageFoldersTests {
  @Test func withoutPartsAllPicturesAreToTrainOn() throws {
    let pictures = try PictureFolder.sound(2)
    let folders = try ImageFolders(path: pictures.path)
    #expect(folders.training.classes.map(\.name) == ["cat", "dog"])
    #expect(folders.test == nil && folders.validation == nil)
  }

  /// The parts that are there, and which of them test and validate.
  static let layouts: [(parts: [String], test: String?, validation: String?)] = [
    (["train"], nil, nil), (["train", "test"], "test", nil), (["train", "val"], nil, "val"),
    (["train", "val", "test"], "test", "val"), (["training", "valid"], nil, "valid"),
    (["Train", "VAL", "Test"], "Test", "VAL"),
  ]

  @Test(arguments: layouts)
  func partsAreFoundByName(parts: [String], test: String?, validation: String?) throws {
    let pictures = try PictureFolder()
    for part in parts { try pictures.fill(1, part: part + "/") }
    let folders = try ImageFolders(path: pictures.path)
    #expect(folders.training.path.hasSuffix(parts[0]))
    #expect(folders.test?.path.split(separator: "/").last.map { String($0) } == test)
    #expect(folders.validation?.path.split(separator: "/").last.map { String($0) } == validation)
  }

  @Test func classesThatAreCalledLikePartsAreClasses() throws {
    let pictures = try PictureFolder()
    for name in ["train/1.png", "bus/1.png"] { try pictures.write(PictureFolder.picture(1), name) }
    #expect(try ImageFolders(path: pictures.path).training.classes.count == 2)
    let direct = try PictureFolder()
    for name in ["train/1.png", "test/1.png"] { try direct.write(PictureFolder.picture(1), name) }
    #expect(try ImageFolders(path: direct.path).training.classes.map(\.name) == ["test", "train"])
  }

  @Test func foldersWithoutPicturesBesideThePartsArePassedOver() throws {
    let pictures = try PictureFolder()
    for part in ["train/", "test/"] { try pictures.fill(1, part: part) }
    _ = try pictures.folder.write([1], "annotations/boxes.xml")
    try pictures.write(PictureFolder.picture(1), "__MACOSX/train/cat/1.png")
    let folders = try ImageFolders(path: pictures.path)
    #expect(folders.training.classes.map(\.name) == ["cat", "dog"])
    #expect(folders.test?.classes.map(\.name) == ["cat", "dog"])
    let plain = try PictureFolder.sound(1)
    try plain.write(PictureFolder.picture(1), "__MACOSX/cat/1.png")
    #expect(try ImageFolders(path: plain.path).training.classes.map(\.name) == ["cat", "dog"])
  }

  @Test func picturesBesideThePartsAreNamed() throws {
    let pictures = try PictureFolder()
    for part in ["train/", "test/"] { try pictures.fill(1, part: part) }
    try pictures.write(PictureFolder.picture(1), "extra/1.png")
    #expect(
      message { _ = try ImageFolders(path: pictures.path) }?.contains(
        "expected no pictures beside the folders train, val and test, found some in \"extra\": "
          + "move them away, or name the folder ") == true)
    let double = try PictureFolder()
    for part in ["train/", "test/", "testing/"] { try double.fill(1, part: part) }
    #expect(
      message { _ = try ImageFolders(path: double.path) }?.contains(
        "expected one folder test, found \"test\", \"testing\": rename one of them") == true)
  }

  @Test func allPartsHaveTheShapeAndTheClassesOfTheTrainingPart() throws {
    let pictures = try PictureFolder()
    try pictures.fill(3, part: "train/")
    try pictures.write(PictureFolder.picture(1, width: 30, channels: 1), "test/dog/1.png")
    try pictures.write(PictureFolder.picture(1), "test/zebra/1.png")
    _ = try pictures.folder.write([1], "train/ant/1.png")
    let parts = try ImageFolders(path: pictures.path).load()
    let test = try #require(parts.test)
    #expect(parts.training.classNames == ["cat", "dog"])
    #expect(test.classNames == ["cat", "dog"])
    #expect(test.labels == [1])
    #expect(test.imageShape == parts.training.imageShape)
    #expect(parts.reports.map(\.unreadableCount) == [1, 0])
    #expect(parts.reports[1].otherClasses == ["zebra"])
  }

  @Test func theCacheIsSharedByAllParts() throws {
    let pictures = try PictureFolder()
    try pictures.fill(3, part: "train/")
    try pictures.fill(2, part: "test/")
    // Six images of 192 + 64 bytes to train on, and one to test with.
    let parts = try ImageFolders(path: pictures.path)
      .load(ImageFolder.Options(cache: 7 * 256))
    #expect(parts.reports.map(\.keptCount) == [6, 1])
  }

  @Test func aPartWithoutPicturesIsRefused() throws {
    let pictures = try PictureFolder()
    try pictures.fill(1, part: "train/")
    _ = try pictures.folder.write([1], "test/cat/note.txt")
    #expect(
      message { _ = try ImageFolders(path: pictures.path) }?.contains(
        "test: expected PNG or JPEG pictures in the folders of 1 classes, found none among 1 files")
        == true)
  }
}
