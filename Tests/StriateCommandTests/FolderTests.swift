import Foundation
import Striate
import StriateData
import Testing

/// Folders of pictures as the program's data.
@Suite struct FolderTests {
  /// A picture that shows its class: stripes upright for "pine", level for "sea", around a shade that
  /// differs from picture to picture.
  static func picture(_ name: String, _ number: Int, side: Int, channels: Int) -> Picture {
    let bytes = (0..<side * side).flatMap { pixel -> [UInt8] in
      let (row, column) = pixel.quotientAndRemainder(dividingBy: side)
      let position = name == "pine" ? column : row
      let isLight = position * 8 / side % 2 == 0
      return (0..<channels).map { UInt8((isLight ? 150 : 20) + (number * 13 + $0 * 7) % 90) }
    }
    return Picture(width: side, height: side, channels: channels, bytes: bytes)
  }

  /// The beginning of a JPEG file, cut short.
  private static let cutJPEG: [UInt8] = [
    0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, 0x4A, 0x46, 0x49, 0x46, 0x00, 0x01,
  ]

  private static func fill(
    _ folder: TemporaryFolder, part: String = "", count: Int = 12, sides: [Int] = [40, 24, 70]
  ) throws {
    for name in ["pine", "sea"] {
      for i in 0..<count {
        let path = try folder.write([], "\(part)\(name)/\(i).png")
        try picture(name, i, side: sides[i % sides.count], channels: i % 4 == 3 ? 1 : 3)
          .writePNG(to: path)
      }
    }
  }

  /// Mixed sizes, a corrupt JPEG, a text called .png, an empty class and grey among colour.
  private static func mixedFolder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try fill(folder)
    _ = try folder.write(cutJPEG, "pine/cut.jpg")
    _ = try folder.write(Array("hello".utf8), "sea/text.png")
    _ = try folder.write(Array("nothing".utf8), "empty/note.txt")
    return folder
  }

  private static let network = "conv 4 5x5 stride 2, relu, maxpool 2, flatten, dense 2"

  @Test func aMixedFolderTrainsAndSaysWhatItDid() throws {
    let folder = try Self.mixedFolder()
    let path = folder.path("")
    let out = folder.path("photos.safetensors")
    let result = try striate(
      "train", path, "--network", Self.network, "--epochs", "3", "--json", "--out", out)
    #expect(result.status == 0)
    for line in [
      "pictures become 3×64×64 (they have different sizes; --size chooses another)",
      "\(path): left out 2 of 26 pictures, which cannot be read:",
      "pine/cut.jpg: the JPEG file is damaged or cut short",
      "sea/text.png: not a picture this program reads (PNG or JPEG): it starts with \"hello\"",
      "\(path): no pictures of class \"empty\"",
      "passed over 1 files whose names do not end in .png, .jpg or .jpeg",
      "no folder test inside: 2 images are kept from training",
      "classes: pine 11, sea 11",
    ] { #expect(result.error.contains(line), "\(line)\n\(result.error)") }
    let last = try #require(try result.objects.last)
    #expect(last["classes"] as? [String] == ["pine", "sea"])
    #expect(last["class_counts"] as? [String: Int] == ["pine": 11, "sea": 11])
    #expect(last["class_ratio"] as? Double == 1)
    #expect(last["unreadable_images"] as? Int == 2)
    #expect(last["image_shape"] as? [Int] == [3, 64, 64])
    #expect(last["train_images"] as? Int == 22)
    #expect(last["test_images"] as? Int == 2)
    let network = try Network(contentsOf: out)
    #expect(network.preprocessing.fitting == .centreCrop)
    #expect(network.preprocessing.classNames == ["pine", "sea"])
    #expect(network.preprocessing.mean.count == 3)
  }

  @Test func aFolderWithoutAReadablePictureIsAnError() throws {
    let folder = try TemporaryFolder()
    for name in ["a/1.png", "a/2.jpg", "b/1.jpg"] {
      _ = try folder.write(Array("no picture".utf8), name)
    }
    let result = try striate("train", folder.path(""), "--model", "convnet")
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(
      result.error.hasPrefix(
        "striate train: \(folder.path("")): expected pictures that can be read, found none among "
          + "3 files:\n  \(folder.path(""))/a/1.png: not a picture"))
  }

  @Test func whatIsNoFolderOfPicturesIsExplained() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], "photos.zip")
    let flat = try TemporaryFolder()
    _ = try flat.write([1], "1.png")
    for (path, message) in [
      (folder.path("none/x"), "expected a folder of pictures, found nothing: check the path"),
      (file, "expected a folder of pictures, found a file: unpack it"),
      (
        flat.path(""), "expected a folder for each class inside, found 1 pictures: put the pictures"
      ),
    ] {
      let result = try striate("train", path, "--model", "mlp")
      #expect(result.status == 1)
      #expect(result.error.contains(message), "\(result.error)")
    }
  }

  @Test func cacheAndThreadsChangeNoBit() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    let runs = [["--threads", "1"], ["--threads", "3"], ["--cache", "0", "--threads", "2"]]
    let hashes = try runs.map { words in
      let result = try CommandProcess(
        [
          "train", folder.path(""), "--network", Self.network, "--epochs", "2", "--json", "--size",
          "24",
        ]
          + words
      ).result()
      return try #require(try result.objects.last?["parameters_sha256"] as? String)
    }
    #expect(Set(hashes).count == 1)
  }

  @Test func partsClassesLimitAndPatienceWorkWithFolders() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, part: "train/", sides: [30])
    try Self.fill(folder, part: "val/", count: 3, sides: [30])
    try Self.fill(folder, part: "test/", count: 4, sides: [30])
    let whole = try striate(
      "train", folder.path(""), "--network", Self.network, "--epochs", "200", "--lr", "0.3",
      "--patience", "1", "--json", "--limit", "10")
    #expect(whole.status == 0)
    #expect(whole.error.contains("pictures become 3×30×30 (their own size)"))
    let last = try #require(try whole.objects.last)
    #expect(last["train_images"] as? Int == 10)
    #expect(last["class_counts"] as? [String: Int] == ["pine": 5, "sea": 5])
    #expect(last["test_images"] as? Int == 8)
    #expect(try #require(last["epochs"] as? Int) < 200)
    #expect(try whole.objects[0]["validation_loss"] is Double)
    let chosen = try striate(
      "train", folder.path(""), "--network", Self.network, "--epochs", "1", "--json", "--classes",
      "sea,pine", "--val-split", "0.25", "--channels", "1")
    let other = try #require(try chosen.objects.last)
    #expect(other["classes"] as? [String] == ["sea", "pine"])
    #expect(other["image_shape"] as? [Int] == [1, 30, 30])
    #expect(other["train_images"] as? Int == 18)
    #expect(other["test_images"] as? Int == 8)
  }

  @Test func aFolderToValidateWithAloneGivesTheFinalFiguresToo() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, part: "train/", sides: [30])
    try Self.fill(folder, part: "val/", count: 3, sides: [30])
    let best = folder.path("best.safetensors")
    let words = [
      "train", folder.path(""), "--network", Self.network, "--epochs", "2", "--patience", "1",
      "--best", best, "--json",
    ]
    let result = try CommandProcess(words).result()
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.error.contains(
        "no folder test inside: the 6 pictures to validate with are also for the final figures"))
    let last = try #require(try result.objects.last)
    #expect(last["train_images"] as? Int == 24 && last["test_images"] as? Int == 6)
    #expect(try result.objects[0]["validation_loss"] is Double)
    let measured = try striate("evaluate", best, folder.path(""), "--json")
    #expect(measured.error.contains("evaluating on the pictures to validate with"))
    #expect(try measured.objects[0]["test_images"] as? Int == 6)
    let split = try CommandProcess(words + ["--val-split", "0.25"]).result()
    let other = try #require(try split.objects.last)
    #expect(other["train_images"] as? Int == 18 && other["test_images"] as? Int == 6)
  }

  @Test func oneClassIsTheFoldersOwnError() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([], "cats/1.png")
    try Self.picture("pine", 1, side: 8, channels: 1).writePNG(to: path)
    _ = try folder.write([], "dogs/notes.txt")
    for words in [["--model", "convnet"], ["--network", "flatten, dense 2"]] {
      let result = try CommandProcess(["train", folder.path("")] + words).result()
      #expect(result.status == 1)
      #expect(
        result.error.contains(
          "expected pictures of at least two classes, found pictures of \"cats\" alone and none of "
            + "\"dogs\": put the pictures of each class into a folder of its own"))
    }
  }

  @Test func aFolderOfOtherClassesThanTheModelsIsExplained() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, count: 1)
    let result = try striate("evaluate", TrainedModel.path, folder.path(""))
    #expect(result.status == 1)
    #expect(
      result.error.contains(
        "expected pictures of classes that \(TrainedModel.path) knows (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), "
          + "found pine, sea: evaluate it on the data it was trained on"))
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may list everything"))
  func aClassThatCannotBeListedIsToldToWhoWantsQuietToo() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, count: 12)
    let closed = folder.path("sea/closed")
    try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: closed)
    defer {
      try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: closed)
    }
    let result = try striate(
      "train", folder.path(""), "--network", Self.network, "--epochs", "1", "--quiet")
    #expect(result.error.contains("sea/closed: cannot be listed: check its permissions"))
  }

  @Test func aSavedModelIsMeasuredOnFoldersAndSeesPicturesAsInTraining() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.safetensors")
    try Self.fill(folder, part: "data/train/", count: 40)
    try Self.fill(folder, part: "data/test/", count: 6)
    let data = folder.path("data")
    let trained = try striate(
      "train", data, "--network", Self.network, "--epochs", "20", "--size", "24", "--json", "--out",
      out)
    let expected = try #require(try trained.objects.last)
    #expect(try #require(expected["test_accuracy"] as? Double) > 0.9)
    let measured = try striate("evaluate", out, data, "--json")
    #expect(try measured.objects[0]["confusion"] as? [[Int]] == expected["confusion"] as? [[Int]])
    #expect(measured.error.isEmpty)
    // A folder without parts, in which a class is missing and another is new.
    try FileManager.default.moveItem(
      atPath: data + "/test/pine", toPath: data + "/test/zebra")
    let part = try striate("evaluate", out, data + "/test", "--json")
    #expect(try part.objects[0]["test_images"] as? Int == 6)
    #expect(part.error.contains("left out class \"zebra\""))
    #expect(part.error.contains("no folder test inside: evaluating on all pictures"))

    let pictures = (0..<6).map { "\(data)/test/sea/\($0).png" }
    let predicted = try CommandProcess(["predict", out] + pictures + ["--json"]).result()
    #expect(predicted.status == 0)
    let confusion = try #require(expected["confusion"] as? [[Int]])
    #expect(try predicted.objects.count { $0["class"] as? String == "sea" } == confusion[1][1])
    let raw = try striate("predict", out, pictures[0], "--raw")
    #expect(raw.status == 1)
    #expect(raw.error.contains("expected a picture of 24×24 pixels"))
  }

  @Test func greyPicturesOfTheSizeOfDigitsAreNotTakenForDigits() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("m.safetensors")
    for name in ["pine", "sea"] {
      for i in 0..<20 {
        let path = try folder.write([], "data/\(name)/\(i).png")
        try Self.picture(name, i, side: 28, channels: 1).writePNG(to: path)
      }
    }
    let trained = try striate(
      "train", folder.path("data"), "--network", Self.network, "--epochs", "20", "--json", "--out",
      out)
    #expect(try trained.objects.last?["image_shape"] as? [Int] == [1, 28, 28])
    let path = folder.path("data/pine/1.png")
    let prediction = try striate("predict", out, path, "--json").objects[0]
    let raw = try striate("predict", out, path, "--json", "--raw").objects[0]
    #expect(prediction["probability"] as? Double == raw["probability"] as? Double)
  }

  @Test func unevenClassesAreTold() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, count: 20, sides: [28])
    for i in 0..<15 { try FileManager.default.removeItem(atPath: folder.path("sea/\(i).png")) }
    let result = try striate(
      "train", folder.path(""), "--network", Self.network, "--epochs", "1", "--json")
    #expect(
      result.error.contains(
        "the classes are uneven: \"pine\" has 4.5 times as many images as \"sea\"; "
          + "class weights in the loss can make up for it"))
    #expect(try result.objects.last?["class_ratio"] as? Double == 4.5)
    let quiet = try striate(
      "train", folder.path(""), "--network", Self.network, "--epochs", "1", "--quiet")
    #expect(quiet.error.isEmpty)
    // Digits are drawn evenly, so that nothing is said of them unless a limit makes them uneven.
    let digits = try striate(
      "train", "digits", "--model", "perceptron", "--epochs", "1", "--count", "40", "--limit", "5",
      "--json")
    #expect(digits.error.contains("the classes are uneven: "))
  }

  @Test func picturesInFoldersStandForCIFAR10() throws {
    let folder = try TemporaryFolder()
    for (index, name) in NamedDataset.cifar10.classNames.enumerated() {
      for part in ["train", "test"] {
        for i in 0..<2 {
          let path = try folder.write([], "\(part)/\(name)/\(i).png")
          try Self.picture("sea", index + i, side: 32, channels: 3).writePNG(to: path)
        }
      }
    }
    let result = try striate(
      "train", "cifar10", "--data", folder.path(""), "--model", "numpy-cnn", "--epochs", "1",
      "--json")
    #expect(result.status == 0)
    let last = try #require(try result.objects.last)
    #expect(last["data"] as? String == "cifar10")
    #expect(last["classes"] as? [String] == NamedDataset.cifar10.classNames)
    #expect(last["image_shape"] as? [Int] == [3, 32, 32])
    #expect(last["test_images"] as? Int == 20)
    let some = try striate(
      "train", "cifar10", "--data", folder.path(""), "--model", "numpy-cnn", "--epochs", "1",
      "--classes", "cat,9", "--json")
    #expect(try some.objects.last?["classes"] as? [String] == ["cat", "truck"])
  }

  @Test func binaryCIFAR10Trains() throws {
    let folder = try TemporaryFolder()
    let names = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]
    for name in names {
      let records = (0..<20 as Range<UInt8>).flatMap { image in
        [image % 10] + [UInt8](repeating: image * 12, count: 3072)
      }
      _ = try folder.write(records, "cifar-10-batches-bin/\(name)")
    }
    let out = folder.path("m.safetensors")
    let result = try striate(
      "train", "cifar10", "--data", folder.path(""), "--model", "numpy-cnn", "--epochs", "1",
      "--json",
      "--out", out)
    #expect(result.status == 0)
    #expect(try result.objects.last?["train_images"] as? Int == 100)
    let measured = try striate("evaluate", out, "cifar-10", "--data", folder.path(""), "--json")
    #expect(try measured.objects[0]["test_images"] as? Int == 20)
    // A model of colour pictures takes any picture.
    let path = try folder.write([], "large.png")
    try Self.picture("sea", 1, side: 90, channels: 1).writePNG(to: path)
    #expect(try striate("predict", out, path, "--json").status == 0)
  }

  static let mistakes: [(words: [String], message: String)] = [
    (["mnist", "--size", "32"], "option --size is for folders of pictures, found mnist"),
    (["digits", "--channels", "3"], "option --channels is for folders of pictures, found digits"),
    (["digits", "--cache", "3"], "option --cache is for folders of pictures, found digits"),
    ([".", "--count", "3"], "option --count is for digits: use --limit N, found ."),
    ([".", "--size", "0"], "option --size: expected sides from 1 to 4096 such as 32 or 48x64"),
    ([".", "--size", "3x4x5"], "option --size: expected sides from 1 to 4096"),
    ([".", "--channels", "2"], "option --channels: expected one of 1, 3, found \"2\""),
    ([".", "--cache", "-1"], "option --cache: expected a whole number from 0"),
    ([".", "--data", "x"], "option --data is for named data sets, found the folder ."),
    ([".", "--classes", "pine,tree"], "option --classes: expected names or numbers of pine, sea"),
    (["phtos"], "expected one of digits, mnist, fashion-mnist, cifar10, cifar100, or a folder"),
  ]

  @Test(arguments: mistakes)
  func wrongUsageIsExplained(words: [String], message: String) throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, count: 1)
    let words = ["train", "--model", "mlp"] + words.map { $0 == "." ? folder.path("") : $0 }
    let result = try CommandProcess(words).result()
    #expect(result.status == 2)
    #expect(
      result.error.contains(message.replacing(/found (the folder )?\.$/) { _ in "found" }),
      "\(result.error)")
  }
}
