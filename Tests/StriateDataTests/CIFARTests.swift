import Foundation
import Striate
import StriateData
import Testing

/// A tar archive of some files, as POSIX.1-1988 describes it.
enum TarFixture {
  static func archive(_ files: [(name: String, type: String, content: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    for (name, type, content) in files {
      archive += header(name, type, size: content.count) + content
      archive += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
    return archive + [UInt8](repeating: 0, count: 1024)
  }

  static func header(_ name: String, _ type: String, size: Int) -> [UInt8] {
    func field(_ text: String, _ length: Int) -> [UInt8] {
      Array(text.utf8.prefix(length))
        + [UInt8](repeating: 0, count: max(0, length - text.utf8.count))
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    var header =
      field(name, 100) + field("0000644", 8) + field("0000000", 8) + field("0000000", 8)
      + field(octal(size, 11), 12) + field("00000000000", 12) + field("        ", 8)
      + field(type, 1)
      + field("", 100) + field("ustar", 6) + field("00", 2)
    header += [UInt8](repeating: 0, count: 512 - header.count)
    let sum = header.reduce(0) { $0 + Int($1) }
    header.replaceSubrange(148..<156, with: field(octal(sum, 6), 7) + [32])
    return header
  }
}

@Suite(.timeLimit(.minutes(1))) struct CIFARTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Records of the given classes: the pixels of image i are i, and the first of them the class.
  private static func records(_ labels: [UInt8], labelBytes: Int = 1) -> [UInt8] {
    labels.enumerated().flatMap { index, label in
      [UInt8](repeating: 77, count: labelBytes - 1) + [label, label]
        + [UInt8](repeating: UInt8(index), count: 3071)
    }
  }

  private static let parts: [String: [UInt8]] = [
    "a.bin": records([0, 1]), "b.bin": records([1]), "t.bin": records([1, 0, 1]),
  ]

  private func tiny(
    labelBytes: Int = 1, archive: [UInt8] = [], mirrors: [String] = []
  ) -> NamedDataset {
    NamedDataset(
      name: "tiny", classNames: ["even", "odd"],
      cifar: CIFAR(
        folder: "tiny-bin", trainingFiles: ["a.bin", "b.bin"], testFile: "t.bin",
        labelBytes: labelBytes),
      archive: NamedDataset.File(
        name: "tiny.tar.gz", size: archive.count, sha256: SHA256.hexadecimal(of: archive)),
      mirrors: mirrors)
  }

  private func load(_ set: NamedDataset) throws -> DatasetPair {
    try set.load(dataFolder: folder.path(""), environment: [:])
  }

  private func check(_ pair: DatasetPair) throws {
    #expect(pair.training.imageShape == [3, 32, 32])
    #expect(pair.training.labels == [0, 1, 1])
    #expect(pair.test.labels == [1, 0, 1])
    #expect(pair.test.classNames == ["even", "odd"])
    let image = try pair.test.image(at: 2).scalars
    #expect(image.count == 3072)
    #expect(image[0] == 1 / 255 && image[1] == Float(2) / 255 && image[3071] == Float(2) / 255)
  }

  @Test func filesOfRecordsAreReadFromTheFolderOrTheFolderInside() throws {
    for place in ["", "tiny-bin/"] {
      for (name, bytes) in Self.parts { _ = try folder.write(bytes, place + name) }
      try check(load(tiny()))
      for name in Self.parts.keys {
        try FileManager.default.removeItem(atPath: folder.path(place + name))
      }
    }
  }

  @Test func theSecondOfTwoLabelsIsTheClass() throws {
    for (name, labels) in [("a.bin", [0, 1]), ("b.bin", [1]), ("t.bin", [1, 0, 1])] {
      _ = try folder.write(Self.records(labels.map { UInt8($0) }, labelBytes: 2), name)
    }
    try check(load(tiny(labelBytes: 2)))
  }

  private static var archive: [UInt8] {
    let files = parts.sorted { $0.key < $1.key }.map { ("tiny-bin/\($0.key)", "0", $0.value) }
    return Gzip.compress(
      TarFixture.archive([("tiny-bin/", "5", []), ("tiny-bin/readme.html", "0", [1, 2])] + files))
  }

  @Test func theArchiveIsReadWithoutUnpackingIt() throws {
    _ = try folder.write(Self.archive, "tiny.tar.gz")
    try check(load(tiny()))
    #expect(folder.names == ["tiny.tar.gz"])
  }

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func theArchiveIsDownloadedOnce() throws {
    let server = try LoopbackServer(["/x/tiny.tar.gz": .file(Self.archive)])
    let set = tiny(archive: Self.archive, mirrors: [server.url("/x/")])
    let environment = ["XDG_CACHE_HOME": folder.path("cache")]
    for _ in 0..<2 { try check(set.load(dataFolder: nil, environment: environment)) }
    #expect(server.requests.count == 1)
  }

  @Test func picturesInFoldersTakeThePlaceOfTheFiles() throws {
    let pictures = try PictureFolder()
    for (part, count) in [("train", 3), ("test", 2)] {
      for i in 0..<count {
        for name in ["odd", "even"] {
          try pictures.write(
            PictureFolder.picture(i, width: 40, channels: 1), "\(part)/\(name)/\(i).png")
        }
      }
    }
    // A folder beside them changes nothing.
    _ = try pictures.folder.write([1], "notes/readme.txt")
    let pair = try tiny().load(dataFolder: pictures.path, environment: [:])
    #expect(pair.training.classNames == ["even", "odd"])
    #expect(pair.training.labels == [0, 0, 0, 1, 1, 1])
    #expect(pair.test.imageShape == [3, 32, 32])
    #expect(tiny().pictureLocation(dataFolder: pictures.path) == pictures.path)
    #expect(tiny().location(dataFolder: pictures.path) == pictures.path)
    _ = try folder.write(Self.archive, "tiny.tar.gz")
    #expect(tiny().pictureLocation(dataFolder: folder.path("")) == nil)
  }

  /// What can be wrong with a file of records.
  static let damages: [(bytes: [UInt8], message: String)] = [
    (
      [],
      "b.bin: CIFAR: expected records of 3073 bytes, found 0 bytes, which is no whole number of them"
    ),
    (
      Array(records([1]).dropLast()),
      "b.bin: CIFAR: expected records of 3073 bytes, found 3072 bytes"
    ),
    (records([1, 2]), "b.bin: CIFAR: expected labels from 0 to 1, found 2 at image 1"),
  ]

  @Test(arguments: damages)
  func damagedRecordsAreRefused(bytes: [UInt8], text: String) throws {
    var parts = Self.parts
    parts["b.bin"] = bytes
    for (name, bytes) in parts { _ = try folder.write(bytes, name) }
    #expect(message { _ = try load(tiny()) }?.contains(text) == true)
  }

  /// The message of loading a damaged archive.
  private func complaint(_ archive: [UInt8]) throws -> String {
    _ = try folder.write(Gzip.compress(archive), "tiny.tar.gz")
    return message { _ = try load(tiny()) } ?? "no error"
  }

  @Test func aDamagedArchiveIsRefused() throws {
    let whole = TarFixture.archive([("tiny-bin/a.bin", "0", Self.records([0]))])
    #expect(
      try complaint(whole).contains(
        "tiny.tar.gz: CIFAR: expected the file b.bin in the archive, found none"))
    for length in [0, 1, 511, 512, 513, 3000, 3584] {
      #expect(
        try complaint(Array(whole.prefix(length))).contains(
          "tar: the archive is cut short after \(length) unpacked bytes"))
    }
    for (place, what) in [(0, "the checksum of a header"), (130, "the checksum of a header")] {
      var damaged = whole
      damaged[place] ^= 1
      #expect(
        try complaint(damaged).hasSuffix(
          "tiny.tar.gz: tar: expected \(what) in the header at byte 0, found something else: "
            + "download or copy it again"))
    }
    #expect(
      try complaint(TarFixture.archive([("tiny-bin/a.bin", "2", [])])).contains(
        "tar: expected regular files and folders, found an entry of type \"2\" at byte 0"))
    let huge = TarFixture.header("tiny-bin/a.bin", "0", size: 1 << 32)
    #expect(
      try complaint(huge).contains(
        "a.bin: CIFAR: expected at most 268435456 bytes, found 4294967296"))
  }

  @Test func anArchiveThatUnpacksWithoutEndIsGivenUp() throws {
    // A gigabyte of zeros in a file that nobody asked for, as 32 members of the same bytes.
    let header = TarFixture.header("other", "0", size: 1 << 30)
    let zeros = Gzip.compress([UInt8](repeating: 0, count: 1 << 25))
    let bomb = Gzip.compress(header) + (0..<32).flatMap { _ in zeros }
    _ = try folder.write(bomb, "tiny.tar.gz")
    #expect(
      message { _ = try load(tiny()) }?.contains(
        "tar: expected what is looked for in the first 536870912 unpacked bytes, found none")
        == true)
  }

  @Test func theRealDataSetsAreDescribedAsTheyArePublished() {
    #expect(NamedDataset.named("cifar-10")?.name == "cifar10")
    #expect(NamedDataset.cifar10.cifar?.files.count == 6)
    #expect(NamedDataset.cifar100.classNames.count == 100)
    #expect(NamedDataset.cifar100.classNames == NamedDataset.cifar100.classNames.sorted())
    #expect(NamedDataset.cifar100.cifar?.labelBytes == 2)
  }
}
