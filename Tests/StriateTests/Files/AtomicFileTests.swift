import Foundation
import Striate
import Testing

@Suite struct AtomicFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func contents(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: folder.path(name))))
  }

  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func theFileHoldsThePiecesInOrder() throws {
    let large = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    try AtomicFile.write(to: folder.path("a")) { file in
      try file.append([1, 2, 3])
      try file.append(large.span.bytes)
      try file.append([4])
      try file.append([])
    }
    #expect(try contents("a") == [1, 2, 3] + large + [4])
    #expect(folder.names == ["a"])
  }

  @Test func anOldFileIsReplacedAndKeepsItsPermissions() throws {
    try AtomicFile.write([1, 2, 3], to: folder.path("a"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.path("a"))
    try AtomicFile.write([4], to: folder.path("a"))
    #expect(try contents("a") == [4])
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("a"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(folder.names == ["a"])
  }

  @Test func theTargetOfALinkIsReplacedAndTheLinkStays() throws {
    try AtomicFile.write([1], to: folder.path("a"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "a")
    try AtomicFile.write([2], to: folder.path("link"))
    #expect(try contents("a") == [2])
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == "a")
  }

  @Test func aLinkToAFileThatIsNotThereYetStaysALink() throws {
    for (link, target) in [("b", "c"), ("c", folder.path("d"))] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(link), withDestinationPath: target)
    }
    try AtomicFile.write([2], to: folder.path("b"))
    #expect(try contents("d") == [2])
    #expect(folder.names == ["b", "c", "d"])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("b")) == "c")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("round"), withDestinationPath: "round")
    #expect(message { try AtomicFile.checkWritable(folder.path("round")) } == nil)
  }

  @Test func pathsOfOneFileHaveOneDestination() throws {
    try AtomicFile.write([1], to: folder.path("a"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "a")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("dangling"), withDestinationPath: "new")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("folder"), withDestinationPath: ".")
    let place = AtomicFile.destination(of: folder.path("a"))
    #expect(place.hasSuffix("/a"))
    for path in ["./a", "link", "folder/a", "folder/folder/link"] {
      #expect(AtomicFile.destination(of: folder.path(path)) == place, "\(path)")
    }
    let new = AtomicFile.destination(of: folder.path("new"))
    #expect(new != place && new == AtomicFile.destination(of: folder.path("folder/dangling")))
    #expect(AtomicFile.destination(of: "/none/x") == "/none/x")
  }

  @Test func aNameAsLongAsTheFileSystemAllowsIsWritten() throws {
    let name = String(repeating: "x", count: 255)
    try AtomicFile.write([1], to: folder.path(name))
    #expect(folder.names == [name])
  }

  @Test func whenTheBodyThrowsTheOldFileIsUntouchedAndNothingIsLeftBehind() throws {
    struct Stop: Error {}
    try AtomicFile.write([1, 2], to: folder.path("a"))
    #expect(throws: Stop.self) {
      try AtomicFile.write(to: folder.path("a")) { file in
        try file.append([3])
        throw Stop()
      }
    }
    #expect(try contents("a") == [1, 2])
    #expect(folder.names == ["a"])
  }

  /// A limit on the size of files stops a write half-way as a full disk does. It holds for the
  /// whole process while the test runs, so it is larger than what other tests write.
  @Test func whenTheDiskIsFullTheOldFileIsUntouchedAndNothingIsLeftBehind() throws {
    try AtomicFile.write([1, 2], to: folder.path("a"))
    var old = rlimit()
    let resource = fileSizeResource
    #expect(getrlimit(resource, &old) == 0)
    signal(SIGXFSZ, SIG_IGN)
    var small = rlimit(rlim_cur: 64 << 20, rlim_max: old.rlim_max)
    #expect(setrlimit(resource, &small) == 0)
    defer { setrlimit(resource, &old) }
    let block = [UInt8](repeating: 7, count: 1 << 20)
    let message = message {
      try AtomicFile.write(to: folder.path("a")) { file in
        for _ in 0..<65 { try file.append(block.span.bytes) }
      }
    }
    let expected = "cannot write \(folder.path("a")): File too large: choose another path"
    #expect(message == expected)
    #if os(Linux)
      #expect(
        self.message { try AtomicFile.checkWritable(folder.path("a"), size: 65 << 20) } == expected)
      #expect(
        self.message { try AtomicFile.checkWritable(folder.path("a"), size: 63 << 20) } == nil)
    #endif
    #expect(try contents("a") == [1, 2])
    #expect(folder.names == ["a"])
  }

  @Test func checkingAWritablePathLeavesNothingBehind() throws {
    try AtomicFile.checkWritable(folder.path("a"))
    #expect(folder.names == [])
    try AtomicFile.write([1, 2], to: folder.path("a"))
    try AtomicFile.checkWritable(folder.path("a"))
    #expect(try contents("a") == [1, 2])
  }

  @Test func anUnwritablePathSaysWhyAndWhatToDo() throws {
    try AtomicFile.write([1], to: folder.path("file"))
    let missing = folder.path("missing")
    let file = folder.path("file")
    let directory = String(folder.path("").dropLast())
    let expected = [
      "": "cannot write \"\": the path is empty: name a file",
      "\(missing)/a": """
      cannot write \(missing)/a: the folder \(missing) does not exist: \
      create it or choose another path
      """,
      "\(file)/a": "cannot write \(file)/a: \(file) is not a folder: choose another path",
      "\(file)/a/b": "cannot write \(file)/a/b: \(file)/a is not a folder: choose another path",
      directory: "cannot write \(directory): it is a folder: name a file inside it",
      "\(missing)/": "cannot write \(missing)/: it names a folder: name a file inside it",
      "/dev/null": """
      cannot write /dev/null: it is a pipe or device, not a file: choose another path
      """,
    ]
    for (path, text) in expected {
      #expect(message { try AtomicFile.checkWritable(path) } == text)
      #expect(message { try AtomicFile.write([1], to: path) } == text)
    }
    #expect(folder.names == ["file"])
  }

  #if os(Linux)
    /// The folder /proc takes no new files from anyone, the superuser included.
    @Test func aFolderThatRefusesNewFilesIsFoundBeforehand() {
      #expect(
        message { try AtomicFile.checkWritable("/proc/a") } == """
          cannot write /proc/a: the folder /proc refuses new files (No such file or directory): \
          change its permissions or choose another path
          """)
    }
  #endif

  @Test(.enabled(if: getuid() != 0, "the superuser may write everywhere"))
  func aFolderWithoutWritePermissionIsFoundBeforehand() throws {
    let path = String(folder.path("").dropLast())
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: path)
    defer {
      try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    }
    #expect(
      message { try AtomicFile.checkWritable("\(path)/a") } == """
        cannot write \(path)/a: the folder \(path) refuses new files (Permission denied): \
        change its permissions or choose another path
        """)
  }
}

#if canImport(Glibc)
  private let fileSizeResource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
#else
  private let fileSizeResource = RLIMIT_FSIZE
#endif
