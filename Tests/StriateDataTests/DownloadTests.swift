import Foundation
import Striate
import StriateData
import Testing

/// Every request goes to a server on 127.0.0.1 that lives inside the test.
@Suite(.timeLimit(.minutes(1)), .enabled(if: hasCurl, "curl is not installed"))
struct DownloadTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
  private static let checksum = SHA256.hexadecimal(of: bytes)

  /// Downloads from the paths of a server; returns what was reported of failing mirrors.
  private func download(
    _ answers: [String: LoopbackServer.Answer], from paths: [String],
    patience: Download.Patience = Download.Patience(silence: 20, total: 40)
  ) throws -> [String] {
    let server = try LoopbackServer(answers)
    let source = Download.Source(
      mirrors: paths.map(server.url), size: Self.bytes.count, sha256: Self.checksum)
    var reasons: [String] = []
    do {
      try Download.file(source, to: folder.path("file"), patience: patience) {
        if case .mirrorFailed(let url, let reason) = $0 {
          reasons.append(url.replacing(server.url(""), with: "") + ": " + reason)
        }
      }
    } catch let failure as Download.Failure {
      // The final error holds what was reported.
      let text = failure.description.replacing(server.url(""), with: "")
      #expect(
        text == """
          download of \(folder.path("file")): no mirror gave the file:
          \(reasons.map { "  " + $0 }.joined(separator: "\n"))
          check the network, or put the file there yourself
          """)
      #expect(folder.names == [])
      return reasons
    }
    #expect(Array(try Data(contentsOf: URL(filePath: folder.path("file")))) == Self.bytes)
    #expect(folder.names == ["file"])
    return reasons + ["downloaded"]
  }

  @Test func aFileArrives() throws {
    #expect(try download(["/a": .file(Self.bytes)], from: ["/a"]) == ["downloaded"])
  }

  @Test func aFileWithoutALengthArrives() throws {
    #expect(try download(["/a": .unmeasured(Self.bytes)], from: ["/a"]) == ["downloaded"])
  }

  @Test func progressGrowsToTheWholeFile() throws {
    let server = try LoopbackServer(["/a": .file(Self.bytes)])
    let source = Download.Source(
      mirrors: [server.url("/a")], size: Self.bytes.count, sha256: Self.checksum)
    var counts: [Int] = []
    try Download.file(source, to: folder.path("file")) {
      if case .received(let url, let bytes, let total) = $0 {
        #expect(url == server.url("/a"))
        #expect(total == Self.bytes.count)
        counts.append(bytes)
      }
    }
    #expect(counts == counts.sorted())
    #expect(counts.last == Self.bytes.count)
  }

  @Test func theFileIsAskedForAsItIsStored() throws {
    let server = try LoopbackServer(["/a": .file(Self.bytes)])
    let source = Download.Source(
      mirrors: [server.url("/a")], size: Self.bytes.count, sha256: Self.checksum)
    try Download.file(source, to: folder.path("file"))
    #expect(server.requests.count == 1)
    #expect(server.requests.first?.contains("User-Agent: striate") == true)
    #expect(server.requests.first?.contains("Accept-Encoding") == false)
  }

  @Test(arguments: [403, 404, 500]) func anErrorStatusLeadsToTheNextMirror(status: Int) throws {
    #expect(
      try download(["/a": .status(status), "/b": .file(Self.bytes)], from: ["/a", "/b"])
        == ["/a: The requested URL returned error: \(status)", "downloaded"])
  }

  @Test func aRedirectIsFollowed() throws {
    #expect(
      try download(["/a": .redirect("/b"), "/b": .file(Self.bytes)], from: ["/a"])
        == ["downloaded"])
  }

  @Test func redirectsInACircleEnd() throws {
    let reasons = try download(["/a": .redirect("/b"), "/b": .redirect("/a")], from: ["/a"])
    #expect(reasons.count == 1)
    #expect(reasons.first?.hasPrefix("/a: ") == true)
  }

  @Test func aTruncatedBodyLeadsToTheNextMirror() throws {
    let half = Array(Self.bytes.prefix(150_000))
    let reasons = try download(
      ["/a": .truncated(half, announced: Self.bytes.count), "/b": .file(Self.bytes)],
      from: ["/a", "/b"])
    #expect(reasons.count == 2)
    #expect(reasons.last == "downloaded")
  }

  @Test func aTruncatedBodyWithoutALengthIsRefused() throws {
    #expect(
      try download(["/a": .unmeasured(Array(Self.bytes.prefix(150_000)))], from: ["/a"])
        == ["/a: expected 300000 bytes, found 150000"])
  }

  @Test func aServerThatStopsHalfWayIsGivenUp() throws {
    let reasons = try download(
      ["/a": .stalled(Array(Self.bytes.prefix(150_000)), announced: Self.bytes.count)],
      from: ["/a"], patience: Download.Patience(silence: 1, total: 40))
    #expect(reasons.count == 1)
    #expect(reasons.first?.hasPrefix("/a: too slow: ") == true)
  }

  @Test func aCorruptBodyLeadsToTheNextMirror() throws {
    var wrong = Self.bytes
    wrong[123_456] ^= 1
    let reasons = try download(
      ["/a": .file(wrong), "/b": .file(Self.bytes)], from: ["/a", "/b"])
    let found = SHA256.hexadecimal(of: wrong)
    #expect(
      reasons == [
        "/a: expected the SHA-256 \(Self.checksum), found \(found)", "downloaded",
      ])
  }

  @Test func anEndlessBodyIsStoppedAtTheKnownSize() throws {
    #expect(
      try download(["/a": .endless], from: ["/a"])
        == ["/a: expected 300000 bytes, the server sends more"])
    #expect(
      try download(["/a": .file(Self.bytes + [0])], from: ["/a"])
        == ["/a: expected 300000 bytes, the server sends more"])
  }

  @Test func aSilentServerIsGivenUp() throws {
    let reasons = try download(
      ["/a": .silence, "/b": .file(Self.bytes)], from: ["/a", "/b"],
      patience: Download.Patience(silence: 1, total: 40))
    #expect(reasons.count == 2)
    #expect(reasons.first?.hasPrefix("/a: too slow: ") == true)
    #expect(reasons.last == "downloaded")
  }

  @Test func aServerThatTricklesIsGivenUp() throws {
    let reasons = try download(
      ["/a": .trickle], from: ["/a"], patience: Download.Patience(silence: 20, total: 0.5))
    #expect(reasons.count == 1)
    #expect(reasons.first?.hasPrefix("/a: too slow: ") == true)
  }

  @Test func aServerThatIsNotThereLeadsToTheNextMirror() throws {
    let gone = "http://127.0.0.1:1/a"  // a port that the system never gives out
    let server = try LoopbackServer(["/b": .file(Self.bytes)])
    let source = Download.Source(
      mirrors: [gone, server.url("/b")], size: Self.bytes.count, sha256: Self.checksum)
    var failed: [String] = []
    try Download.file(source, to: folder.path("file")) {
      if case .mirrorFailed(let url, _) = $0 { failed.append(url) }
    }
    #expect(failed == [gone])
    #expect(folder.names == ["file"])
  }

  @Test func anAddressThatIsNotOfTheWebIsRefused() throws {
    let secret = try folder.write(Self.bytes, "secret")
    let source = Download.Source(
      mirrors: ["file://\(secret)", "no address"], size: 300_000, sha256: Self.checksum)
    let reason = "expected an address that begins with http:// or https://"
    #expect(
      message { try Download.file(source, to: folder.path("file")) } == """
        download of \(folder.path("file")): no mirror gave the file:
          file://\(secret): \(reason)
          no address: \(reason)
        check the network, or put the file there yourself
        """)
  }

  @Test func aFolderThatDoesNotExistIsNotTheMirrorsFault() throws {
    let server = try LoopbackServer(["/a": .file(Self.bytes)])
    let source = Download.Source(
      mirrors: [server.url("/a")], size: Self.bytes.count, sha256: Self.checksum)
    let path = folder.path("missing/file")
    #expect(throws: AtomicFile.Failure.self) { try Download.file(source, to: path) }
    #expect(server.requests == [])
  }
}
