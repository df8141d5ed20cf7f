import Foundation
import Striate
import Testing

@Suite struct SHA256Tests {
  /// The vectors of FIPS 180-4 (NIST, examples with intermediate values), as a text repeated.
  @Test(arguments: [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func theVectorsOfTheStandardAreReproduced(text: String, count: Int, digest: String) {
    let message = String(repeating: text, count: count)
    #expect(SHA256.hexadecimal(of: message.utf8) == digest)
  }

  @Test func piecesOfAnyLengthGiveTheHashOfTheWhole() {
    var generator = SeededGenerator(seed: 1)
    let bytes = (0..<1000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    for _ in 0..<50 {
      var hash = SHA256()
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = min(rest.count, generator.integer(below: 150))
        hash.update(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      #expect(hash.hexadecimal() == SHA256.hexadecimal(of: bytes))
    }
  }

  @Test func memoryAndBytesGiveOneHash() {
    let numbers: [Float] = [1, -2.5, 3e-20]
    var hash = SHA256()
    hash.update(numbers.span.bytes)
    let bytes = numbers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    #expect(hash.finish() == Array(SHA256.digest(bytes)))
  }

  @Test(.enabled(if: sha256sum != nil, "sha256sum is not installed"))
  func theProgramSha256sumAgreesForEveryLengthAroundABlock() throws {
    let folder = try TemporaryFolder()
    let lengths = Array(0...130) + [1021, 65_537]
    for length in lengths {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
      try Data(bytes).write(to: URL(filePath: folder.path("\(length)")))
    }
    let process = Process()
    process.executableURL = URL(filePath: try #require(sha256sum))
    process.arguments = lengths.map { folder.path("\($0)") }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = output.split(separator: "\n")
    try #require(lines.count == lengths.count)
    for (length, line) in zip(lengths, lines) {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
      #expect(line.hasPrefix(SHA256.hexadecimal(of: bytes)), "length \(length)")
    }
  }
}

private let sha256sum = ["/usr/bin/sha256sum", "/bin/sha256sum", "/sbin/sha256sum"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

extension SHA256 {
  fileprivate static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}
