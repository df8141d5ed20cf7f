import Foundation
import Striate
import StriateData
import Testing

/// Pictures in folders, made for a test.
struct PictureFolder {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  var path: String { folder.path("") }

  /// A picture of one colour, which `seed` chooses.
  static func picture(
    _ seed: Int, width: Int = 8, height: Int = 8, channels: Int = 3
  ) -> Picture {
    let colour = (0..<channels).map { UInt8((seed * 37 + $0 * 91) % 256) }
    return Picture(
      width: width, height: height, channels: channels,
      bytes: (0..<width * height).flatMap { _ in colour })
  }

  func write(_ picture: Picture, _ name: String) throws {
    let path = try folder.write([], name)
    try picture.writePNG(to: path)
  }

  /// A sound folder of two classes, "cat" and "dog", with `count` pictures each.
  static func sound(_ count: Int = 3, channels: Int = 3, part: String = "") throws -> PictureFolder
  {
    let folder = try PictureFolder()
    try folder.fill(count, channels: channels, part: part)
    return folder
  }

  func fill(_ count: Int, channels: Int = 3, part: String = "") throws {
    for i in 0..<count {
      try write(Self.picture(i, channels: channels), "\(part)cat/\(i).png")
      try write(Self.picture(100 + i, channels: channels), "\(part)dog/\(i).png")
    }
  }
}

/// The pixels of all images.
func allPixels(_ dataset: Dataset) throws -> [[Float]] {
  try (0..<dataset.count).map { try dataset.image(at: $0).scalars }
}

@Suite(.timeLimit(.minutes(1))) struct ImageFolderTests {
  @Test func classesAndFilesAreSortedAndHiddenOnesPassedOver() throws {
    let pictures = try PictureFolder()
    for name in [
      "b/2.png", "b/10.jpg", "b/10.JPEG", "B/x.Png", "a/z/1.png", "a/a/2.png", "a/3.png",
      ".c/1.png",
      "a/.4.png", "a/.d/1.png", "a/notes.txt", "5.png", "a/more/deep/er/6.jpeg",
    ] { _ = try pictures.folder.write([1], name) }
    let folder = try ImageFolder(path: pictures.path)
    #expect(folder.classes.map(\.name) == ["B", "a", "b"])
    #expect(folder.classes[0].files == ["B/x.Png"])
    #expect(
      folder.classes[1].files == [
        "a/3.png", "a/a/2.png", "a/more/deep/er/6.jpeg", "a/z/1.png",
      ])
    #expect(folder.classes[2].files == ["b/10.JPEG", "b/10.jpg", "b/2.png"])
    #expect(folder.classes.map(\.otherFiles) == [0, 1, 0])
    #expect(folder.keeping(classNames: ["b", "none", "B"]).classes.map(\.name) == ["b", "B"])
  }

  @Test func circlesOfLinksEnd() throws {
    let pictures = try PictureFolder.sound(1)
    let path = pictures.path
    for (link, target) in [
      ("cat/loop", "."), ("cat/up", ".."), ("cat/top", "../.."), ("dog/other", "../cat"),
      ("dog/again", "../cat"), ("dog/file.png", "../cat/0.png"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: path + link, withDestinationPath: target)
    }
    let folder = try ImageFolder(path: path)
    #expect(folder.classes[0].files == ["cat/0.png"])
    // A link to another folder is followed, once.
    #expect(folder.classes[1].files == ["dog/0.png", "dog/file.png", "dog/again/0.png"])
  }

  @Test func aFolderWithoutPicturesIsExplained() throws {
    let pictures = try PictureFolder()
    let path = pictures.folder.path("x")
    func failure() -> String? { message { _ = try ImageFolder(path: path) } }
    #expect(
      failure() == "\(path): expected a folder of pictures, found nothing: check the path")
    _ = try pictures.folder.write([1], "x")
    #expect(
      failure()
        == "\(path): expected a folder of pictures, found a file: unpack it, and name the folder")
    try FileManager.default.removeItem(atPath: path)
    _ = try pictures.folder.write([1], "x/1.png")
    let advice =
      "put the pictures of each class into a folder of its own, such as \(path)/cat/1.jpg"
    #expect(
      failure() == "\(path): expected a folder for each class inside, found 1 pictures: \(advice)")
    _ = try pictures.folder.write([1], "x/a/1.gif")
    _ = try pictures.folder.write([1], "x/b/.1.png")
    #expect(
      failure() == """
        \(path): expected PNG or JPEG pictures in the folders of 2 classes, found none among 1 files: \
        put them there, or save them as PNG or JPEG
        """)
  }

  @Test func whatCannotBeReadIsLeftOutAndTold() throws {
    let pictures = try PictureFolder.sound(2)
    let path = pictures.path
    _ = try pictures.folder.write(Array("I am text".utf8), "cat/text.png")
    _ = try pictures.folder.write(Array(Fixture.colourJPEG.prefix(300)), "cat/corrupt.jpg")
    _ = try pictures.folder.write([], "dog/empty.jpeg")
    _ = try pictures.folder.write([1], "mouse/note.txt")
    try FileManager.default.createSymbolicLink(
      atPath: path + "dog/dangling.png", withDestinationPath: "nowhere")
    mkfifo(path + "dog/pipe.png", 0o600)
    let (dataset, report) = try ImageFolder(path: path).load()
    #expect(dataset.classNames == ["cat", "dog"])
    #expect(dataset.labels == [0, 0, 1, 1])
    #expect(report.count == 4)
    #expect(report.unreadableCount == 5)
    #expect(report.emptyClasses == ["mouse"])
    #expect(report.otherFiles == 1)
    let reasons = [
      "cat/corrupt.jpg: the JPEG file is damaged or cut short: ",
      "cat/text.png: not a picture this program reads (PNG or JPEG): it starts with \"I am tex\"",
      "dog/dangling.png: no such file",
      "dog/empty.jpeg: expected a PNG or JPEG picture, found an empty file",
      "dog/pipe.png: expected a PNG or JPEG picture, found no ordinary file",
    ]
    #expect(report.unreadable.count == reasons.count)
    for (found, expected) in zip(report.unreadable, reasons) {
      #expect(found.dropFirst(path.count).drop { $0 == "/" }.hasPrefix(expected))
    }
  }

  @Test func aFolderOfOneClassOrOfNoReadablePictureIsRefused() throws {
    let pictures = try PictureFolder()
    _ = try pictures.folder.write([1, 2], "a/1.png")
    _ = try pictures.folder.write([], "b/1.png")
    let path = pictures.folder.path("")
    func failure() -> String? { message { _ = try ImageFolder(path: path).load() } }
    let beginning = "\(path): expected pictures"
    #expect(
      failure()?.hasPrefix("\(beginning) that can be read, found none among 2 files:\n") == true)
    #expect(
      failure()?.hasSuffix("b/1.png: expected a PNG or JPEG picture, found an empty file") == true)
    try pictures.write(PictureFolder.picture(1), "a/2.png")
    #expect(
      failure() == """
        \(beginning) of at least two classes, found pictures of "a" alone and none of "b": \
        put the pictures of each class into a folder of its own
        """)
    #expect(
      message {
        _ = try ImageFolder(path: path).load(ImageFolder.Options(classNames: ["c", "d"]))
      }
        == "\(beginning) of \"c\", \"d\", found classes \"a\", \"b\": name folders that have pictures"
    )
  }

  @Test func picturesOfOneSmallSizeKeepItAndOthersBecome64() throws {
    let same = try PictureFolder.sound()
    #expect(try ImageFolder(path: same.path).survey().usualSize == PictureSize(height: 8, width: 8))
    try same.write(PictureFolder.picture(1, width: 9), "dog/9.png")
    let (mixed, _) = try ImageFolder(path: same.path).load()
    #expect(mixed.imageShape == [3, 64, 64])
    let large = try PictureFolder()
    for name in ["a/1.png", "b/1.png"] {
      try large.write(PictureFolder.picture(1, width: 65, height: 40), name)
    }
    let survey = try ImageFolder(path: large.path).survey()
    #expect(survey.commonSize == PictureSize(height: 40, width: 65))
    #expect(survey.usualSize == PictureSize(height: 64, width: 64))
    let options = ImageFolder.Options(size: PictureSize(height: 5, width: 7))
    #expect(try ImageFolder(path: large.path).load(options).dataset.imageShape == [3, 5, 7])
  }

  @Test func onePictureInColourMakesAllColour() throws {
    let pictures = try PictureFolder.sound(120, channels: 1)
    #expect(try ImageFolder(path: pictures.path).load().dataset.imageShape == [1, 8, 8])
    // The survey looks at every second file or so, and misses this one.
    try pictures.write(PictureFolder.picture(3), "cat/1.png")
    let folder = try ImageFolder(path: pictures.path)
    #expect(!folder.survey().hasColour)
    let (dataset, report) = try folder.load()
    #expect(dataset.imageShape == [3, 8, 8])
    #expect(dataset.count == 240 && report.unreadableCount == 0)
    let grey = try folder.load(ImageFolder.Options(channels: 1)).dataset
    #expect(grey.imageShape == [1, 8, 8])
    let first = try dataset.image(at: 0).scalars
    #expect(Array(first[..<64]) == (try grey.image(at: 0).scalars))
    #expect(first[..<64] == first[64..<128] && first[..<64] == first[128...])
  }

  /// Each of 40 images needs 192 bytes and 64 for the array.
  @Test(arguments: [0, 256, 2000, 40 * 256 - 1, 40 * 256, 1 << 30], [1, 2, 4])
  func theCacheAndTheThreadsChangeNothing(cache: Int, threads: Int) throws {
    let pictures = try PictureFolder.sound(20)
    let folder = try ImageFolder(path: pictures.path)
    let (expected, _) = try folder.load()
    var (done, calls) = (0, 0)
    let (found, report) = try folder.load(
      ImageFolder.Options(cache: cache, threads: threads)
    ) {
      #expect($0 > done && $0 <= 40 && $1 == 40)
      (done, calls) = ($0, calls + 1)
    }
    #expect(done == 40 && calls > 1)
    #expect(report.keptCount == min(40, cache / 256))
    #expect(try allPixels(found) == allPixels(expected))
    #expect(try found.statistics().mean == expected.statistics().mean)
    #expect(found.labels == expected.labels)
    #expect(found.fitting == .centreCrop)
  }

  @Test func statisticsAreThoseOfTheImagesInMemory() throws {
    let pictures = try PictureFolder.sound(5)
    let (streamed, _) = try ImageFolder(path: pictures.path).load(ImageFolder.Options(cache: 0))
    let pixels = try allPixels(streamed).flatMap { $0.map { UInt8(($0 * 255).rounded()) } }
    let memory = try Dataset(
      imageShape: streamed.imageShape, pixels: .bytes(pixels), labels: streamed.labels,
      classNames: streamed.classNames)
    #expect(try streamed.statistics().mean == memory.statistics().mean)
    #expect(try streamed.statistics().standardDeviation == memory.statistics().standardDeviation)
  }

  @Test func aPictureThatIsGoneLaterEndsTheTrainingWithItsName() throws {
    let pictures = try PictureFolder.sound(8)
    let (dataset, _) = try ImageFolder(path: pictures.path).load(ImageFolder.Options(cache: 0))
    let gone = pictures.folder.path("dog/5.png")
    try FileManager.default.removeItem(atPath: gone)
    var network = try Network(text: "flatten, dense 2", input: [3, 8, 8], seed: 1)
    let trainer = Trainer(loss: .softmaxCrossEntropy, optimizer: Adam(), batchSize: 4, threads: 2)
    let text = message { try trainer.train(&network, on: dataset, epochs: 1) }
    #expect(
      text?.hasSuffix(
        "dog/5.png: no such file: it could be read before: put it back, or start again without it")
        == true)
    // Those in memory need no files.
    let kept = try PictureFolder.sound(8)
    let (whole, _) = try ImageFolder(path: kept.path).load()
    try FileManager.default.removeItem(atPath: kept.path)
    try trainer.train(&network, on: whole, epochs: 1)
  }

  @Test func namedClassesKeepTheirPlaceEvenWithoutPictures() throws {
    let pictures = try PictureFolder.sound(2)
    let (dataset, report) = try ImageFolder(path: pictures.path)
      .load(ImageFolder.Options(classNames: ["dog", "ant"]))
    #expect(dataset.classNames == ["dog", "ant"])
    #expect(dataset.labels == [0, 0])
    #expect(report.emptyClasses == ["ant"])
    #expect(report.otherClasses == ["cat"])
  }

  @Test func aLimitTakesPicturesOfEveryClass() throws {
    let pictures = try PictureFolder.sound(20)
    let (dataset, _) = try ImageFolder(path: pictures.path).load(ImageFolder.Options(limit: 6))
    #expect(dataset.labels == [0, 0, 0, 1, 1, 1])
  }

  @Test func filesThatMayNotBeReadAreLeftOut() throws {
    let pictures = try PictureFolder.sound(2)
    let path = pictures.path
    chmod(path + "cat/0.png", 0)
    chmod(path + "dog", 0)
    defer { chmod(path + "dog", 0o700) }
    // Whoever may read everything, as root may, sees nothing of it.
    guard access(path + "cat/0.png", R_OK) != 0 else { return }
    let folder = try ImageFolder(path: path)
    #expect(
      folder.classes[1].unlisted?.hasSuffix("dog: cannot be listed: check its permissions") == true)
    #expect(
      message { _ = try folder.load() }?.contains("found pictures of \"cat\" alone") == true)
  }
}
