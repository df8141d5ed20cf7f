import Foundation
import Striate
import StriateData
import Testing

@Suite struct GzipTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func decompress(_ file: [UInt8], limit: Int = 1 << 24) throws -> [UInt8] {
    try Gzip.decompress(contentsOf: folder.write(file, "a.gz"), limit: limit)
  }

  private func failure(_ file: [UInt8], limit: Int = 1 << 24) -> String? {
    message { _ = try decompress(file, limit: limit) }?
      .replacing(folder.path("a.gz"), with: "a.gz")
  }

  private static func noise(_ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: 5)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() & 63) }
  }

  @Test(arguments: [0, 1, 100, 65_536, 1_000_003])
  func whatIsCompressedIsDecompressed(count: Int) throws {
    let bytes = Self.noise(count)
    #expect(try decompress(Gzip.compress(bytes)) == bytes)
    #expect(try decompress(Gzip.compress(bytes), limit: count) == bytes)
  }

  @Test func theMembersOfAFileFollowEachOther() throws {
    let (a, b) = (Self.noise(70_000), [UInt8](repeating: 9, count: 300_000))
    let file = Gzip.compress(a) + Gzip.compress([]) + Gzip.compress(b)
    #expect(try decompress(file) == a + b)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/gzip"), "no gzip"))
  func theProgramGzipReadsWhatIsWrittenAndWritesWhatIsRead() throws {
    let bytes = Self.noise(200_000)
    let path = try folder.write(Gzip.compress(bytes), "b.gz")
    for arguments in [["-d", path], ["-9", folder.path("b")]] {
      let process = try Process.run(URL(filePath: "/usr/bin/gzip"), arguments: arguments)
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
    }
    #expect(try Gzip.decompress(contentsOf: path, limit: 200_000) == bytes)
  }

  @Test func aFileThatHoldsMoreThanTheLimitIsRefused() {
    let zeros = Gzip.compress([UInt8](repeating: 0, count: 10_000_000))
    #expect(
      failure(zeros, limit: 9_999_999)
        == "a.gz: gzip: expected at most 9999999 bytes inside, found more")
  }

  @Test func aFileCutAnywhereIsRefused() {
    let file = Gzip.compress(Self.noise(300))
    for count in 2..<file.count {
      #expect(
        failure(Array(file.prefix(count))) == """
          a.gz: gzip: the file is cut short after \(count) bytes: download or copy it again
          """)
    }
  }

  @Test func aFileThatIsNoGzipIsRefused() {
    #expect(
      failure([]) == """
        a.gz: gzip: expected it to begin with 1f 8b, found nothing: download or copy it again
        """)
    #expect(
      failure(Array("text".utf8)) == """
        a.gz: gzip: expected it to begin with 1f 8b, found 74 65: download or copy it again
        """)
  }

  @Test func otherBytesBehindTheDataAreRefused() {
    let file = Gzip.compress([1, 2, 3])
    for rest in [[0], [0x1f], Array("text".utf8), [0x1f, 0x8c, 0x08]] as [[UInt8]] {
      #expect(
        failure(file + rest) == """
          a.gz: gzip: other bytes follow the data at byte \(file.count): \
          download or copy it again
          """)
    }
  }

  @Test func aChangedByteInTheDataIsNoticed() throws {
    let file = Gzip.compress(Self.noise(3000))
    for index in stride(from: 10, to: file.count, by: 7) {
      var damaged = file
      damaged[index] ^= 0x10
      #expect(failure(damaged)?.hasPrefix("a.gz: gzip: the") == true, "byte \(index)")
    }
    var checksum = file
    checksum[file.count - 6] ^= 1
    #expect(
      failure(checksum) == """
        a.gz: gzip: the data is damaged near byte \(file.count - 4) (incorrect data check): \
        download or copy it again
        """)
  }

  @Test func aPathWithoutAFileIsRefused() {
    let missing = folder.path("missing.gz")
    #expect(
      message { _ = try Gzip.decompress(contentsOf: missing, limit: 1) }
        == "\(missing): the file does not exist: check the path")
    let directory = folder.path("")
    #expect(
      message { _ = try Gzip.decompress(contentsOf: directory, limit: 1) }
        == "\(directory): expected a file, found a folder: name a file inside it")
    #expect(
      message { _ = try Gzip.decompress(contentsOf: "/dev/zero", limit: 1) } == """
        /dev/zero: expected a regular file, found a pipe or device: copy it to a file first
        """)
  }

  @Test func aPipeWithoutAWriterDoesNotHang() {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(
      message { _ = try Gzip.decompress(contentsOf: pipe, limit: 1) } == """
        \(pipe): expected a regular file, found a pipe or device: copy it to a file first
        """)
  }
}
