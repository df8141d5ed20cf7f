import Foundation
import Striate
import StriateData
import Testing

@Suite(.timeLimit(.minutes(1))) struct NamedDatasetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The four files of a small data set, compressed; all pixels are `pixel`.
  private static func archives(pixel: UInt8 = 1) -> [String: [UInt8]] {
    func images(_ count: Int) -> [UInt8] {
      let pixels = [UInt8](repeating: pixel, count: count * 6)
      return Gzip.compress(IDX(dimensions: [count, 2, 3], bytes: pixels).encoded())
    }
    func labels(_ count: Int) -> [UInt8] {
      let labels = (0..<count).map { UInt8($0 % 2) }
      return Gzip.compress(IDX(dimensions: [count], bytes: labels).encoded())
    }
    return [
      "a-images": images(5), "a-labels": labels(5), "b-images": images(3), "b-labels": labels(3),
    ]
  }

  private static let names = ["a-images", "a-labels", "b-images", "b-labels"]

  /// A data set called `tiny` whose mirrors are the given addresses.
  private func tiny(mirrors: [String] = []) -> NamedDataset {
    let archives = Self.archives()
    return NamedDataset(
      name: "tiny", classNames: ["even", "odd"],
      files: Self.names.map { name in
        let bytes = archives[name] ?? []
        return NamedDataset.File(
          name: name, size: bytes.count, sha256: SHA256.hexadecimal(of: bytes))
      },
      mirrors: mirrors)
  }

  /// Puts the four files into a folder; those in `plain` without compression.
  private func put(
    _ archives: [String: [UInt8]] = archives(), into place: String, plain: Set<String> = []
  ) throws {
    for (name, bytes) in archives {
      let archive = try folder.write(bytes, "\(place)/\(name).gz")
      if plain.contains(name) {
        let unpacked = try Gzip.decompress(contentsOf: archive, limit: 1000)
        _ = try folder.write(unpacked, "\(place)/\(name)")
        try FileManager.default.removeItem(atPath: archive)
      }
    }
  }

  private func firstPixel(_ pair: DatasetPair) -> UInt8? {
    guard case .bytes(let bytes) = pair.training.pixels else { return nil }
    return bytes.first
  }

  private var environment: [String: String] {
    ["STRIATE_DATA": folder.path("env"), "XDG_CACHE_HOME": folder.path("cache")]
  }

  @Test func theNamesOfDataSetsAreKnown() {
    #expect(NamedDataset.named("mnist")?.name == "mnist")
    #expect(NamedDataset.named("fashion")?.name == "fashion-mnist")
    #expect(NamedDataset.named("fashion-mnist")?.classNames[9] == "Ankle boot")
    #expect(NamedDataset.named("MNIST ") == nil)
    for set in NamedDataset.all {
      #expect(set.classNames.count == (set.name == "cifar100" ? 100 : 10))
      #expect(Set(set.classNames).count == set.classNames.count)
      #expect(set.mirrors.count >= (set.cifar == nil ? 2 : 1))
      #expect(set.files.count == (set.cifar == nil ? 4 : 1))
      #expect(set.files.allSatisfy { $0.sha256.count == 64 })
    }
  }

  @Test func filesArePlainOrCompressedInAnyMixture() throws {
    try put(into: "env/tiny", plain: ["a-images", "b-labels"])
    let pair = try tiny().load(dataFolder: nil, environment: environment)
    #expect(pair.name == "tiny")
    #expect(pair.training.count == 5)
    #expect(pair.test.labels == [0, 1, 0])
    #expect(pair.test.imageShape == [1, 2, 3])
    #expect(pair.test.classNames == ["even", "odd"])
  }

  @Test func theOptionComesBeforeTheEnvironmentBeforeTheCache() throws {
    try put(Self.archives(pixel: 4), into: "cache/striate/tiny")
    #expect(firstPixel(try tiny().load(dataFolder: nil, environment: environment)) == 4)
    try put(Self.archives(pixel: 3), into: "env/tiny")
    #expect(firstPixel(try tiny().load(dataFolder: nil, environment: environment)) == 3)
    let option = folder.path("option")
    #expect(firstPixel(try tiny().load(dataFolder: option, environment: environment)) == 3)
    try put(Self.archives(pixel: 2), into: "option")
    #expect(firstPixel(try tiny().load(dataFolder: option, environment: environment)) == 2)
    try put(Self.archives(pixel: 1), into: "option/tiny")
    #expect(firstPixel(try tiny().load(dataFolder: option, environment: environment)) == 1)
  }

  @Test func aFolderWithSomeOfTheFilesIsPassedOver() throws {
    try put(Self.archives(pixel: 2), into: "env/tiny")
    try FileManager.default.removeItem(atPath: folder.path("env/tiny/b-labels.gz"))
    try put(Self.archives(pixel: 4), into: "cache/striate/tiny")
    #expect(firstPixel(try tiny().load(dataFolder: nil, environment: environment)) == 4)
  }

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func theFirstLoadDownloadsAndTheSecondReadsTheCache() throws {
    var answers: [String: LoopbackServer.Answer] = [:]
    for (name, bytes) in Self.archives() { answers["/good/\(name).gz"] = .file(bytes) }
    answers["/bad/a-labels.gz"] = .file([1, 2, 3])
    let server = try LoopbackServer(answers)
    let set = tiny(mirrors: [server.url("/bad/"), server.url("/good/")])
    var failures = 0
    let pair = try set.load(dataFolder: nil, environment: environment) {
      if case .mirrorFailed = $0 { failures += 1 }
    }
    #expect(pair.training.count == 5)
    #expect(failures == 4)
    let cached = try FileManager.default.contentsOfDirectory(
      atPath: folder.path("cache/striate/tiny"))
    #expect(cached.sorted() == Self.names.map { $0 + ".gz" })

    #expect(server.requests.count == 8)
    _ = try set.load(dataFolder: nil, environment: environment)
    #expect(server.requests.count == 8)
  }

  @Test(.enabled(if: hasCurl, "curl is not installed"))
  func aDataSetThatIsNowhereNamesEveryPlaceAndWhatToDo() throws {
    let server = try LoopbackServer(["/b/a-images.gz": .status(500)])
    try put(into: "option")
    try FileManager.default.removeItem(atPath: folder.path("option/b-images.gz"))
    let set = tiny(mirrors: [server.url("/a/"), server.url("/b/")])
    let text = message {
      _ = try set.load(dataFolder: folder.path("option"), environment: environment)
    }
    #expect(
      text?.replacing(folder.path(""), with: "").replacing(server.url(""), with: "") == """
        data set tiny: not found; looked at
          --data: the folder option/tiny does not exist
          --data: option/b-images (or .gz) does not exist
          $STRIATE_DATA: the folder env/tiny does not exist
          cache: the folder cache/striate/tiny does not exist
          download of cache/striate/tiny/a-images.gz: no mirror gave the file:
            /a/a-images.gz: The requested URL returned error: 404
            /b/a-images.gz: The requested URL returned error: 500
          check the network, or put the file there yourself
        put a-images.gz, a-labels.gz, b-images.gz, b-labels.gz into one folder and name it \
        with --data DIR
        """)
  }

  @Test func withoutAnEnvironmentTheErrorSaysSo() {
    #expect(
      message { _ = try tiny().load(dataFolder: nil, environment: [:]) } == """
        data set tiny: not found; looked at
          $STRIATE_DATA: not set
          cache: no folder, since neither XDG_CACHE_HOME nor HOME is set
        put a-images.gz, a-labels.gz, b-images.gz, b-labels.gz into one folder and name it \
        with --data DIR
        """)
  }

  @Test func aCacheThatCannotBeCreatedIsRefused() throws {
    let file = try folder.write([1], "file")
    #expect(
      message {
        _ = try tiny(mirrors: ["http://127.0.0.1:1/"])
          .load(dataFolder: nil, environment: ["XDG_CACHE_HOME": file])
      }?.contains(
        """
        the folder \(file)/striate/tiny cannot be created, so nothing was downloaded: \
        set XDG_CACHE_HOME to a folder that can be written
        """) == true)
  }

  @Test func damagedFilesAreAnErrorAndNotPassedOver() throws {
    var archives = Self.archives()
    archives["b-labels"] = [0x1f, 0x8b]
    try put(archives, into: "env/tiny")
    try put(into: "cache/striate/tiny")
    let path = folder.path("env/tiny/b-labels.gz")
    #expect(
      message { _ = try tiny().load(dataFolder: nil, environment: environment) } == """
        \(path): gzip: the file is cut short after 2 bytes: download or copy it again
        """)
  }

  @Test func imagesOfDifferentShapesAreNoPair() throws {
    let one = try Dataset(
      imageShape: [1, 1, 2], pixels: .bytes([1, 2]), labels: [0], classNames: ["a"])
    let other = try Dataset(
      imageShape: [1, 2, 1], pixels: .bytes([1, 2]), labels: [0], classNames: ["a"])
    #expect(
      message { _ = try DatasetPair(name: "x", training: one, test: other) } == """
        data set x: expected test images of shape [1, 1, 2] as in training, found [1, 2, 1]: \
        take both from the same set
        """)
    let named = try Dataset(
      imageShape: [1, 1, 2], pixels: .bytes([1, 2]), labels: [0], classNames: ["b"])
    #expect(
      message { _ = try DatasetPair(name: "x", training: one, test: named) } == """
        data set x: expected the test classes ["a"] as in training, found ["b"]: \
        take both from the same set
        """)
  }

  /// Facts about MNIST that everyone can look up: sizes, the first labels, the mean and the
  /// standard deviation of the training pixels.
  @Test(.enabled(if: realData != nil, "STRIATE_DATA names no folder with mnist/ inside"))
  func realMNISTIsRead() throws {
    let pair = try NamedDataset.mnist.load(
      dataFolder: nil, environment: ["STRIATE_DATA": try #require(realData)])
    #expect(pair.training.count == 60_000)
    #expect(pair.test.count == 10_000)
    #expect(pair.training.imageShape == [1, 28, 28])
    #expect(pair.training.labels.prefix(10) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect(pair.test.labels.prefix(10) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    let statistics = try pair.training.statistics()
    #expect(abs(statistics.mean[0] - 0.1307) < 5e-5)
    #expect(abs(statistics.standardDeviation[0] - 0.3081) < 5e-5)
  }
}
