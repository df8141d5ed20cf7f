import Foundation
import Testing

/// Inputs that cover the readers, and every one that ever made one fail: `scripts/fuzz` finds them.
@Suite struct CorpusTests {
  /// The inputs of a reader, one a file.
  private static func inputs(of reader: Reader) throws -> [String] {
    let folder = Bundle.module.bundleURL.appending(path: "Corpus/\(reader.rawValue)").path
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .map { "\(folder)/\($0)" }
  }

  @Test(arguments: Reader.allCases) func everyReaderHasInputs(reader: Reader) throws {
    #expect(try !CorpusTests.inputs(of: reader).isEmpty)
  }

  @Test func theCorpusStaysSmall() throws {
    let sizes = try Reader.allCases.flatMap(CorpusTests.inputs(of:)).map {
      try Data(contentsOf: URL(filePath: $0)).count
    }
    #expect(sizes.reduce(0, +) < 150_000)
    #expect(sizes.allSatisfy { $0 <= 16_384 })
  }

  #if os(Linux)
    @Test func memoryThatWasGivenBackCounts() async {
      await #expect(processExitsWith: .success) {
        let before = try PeakMemory.restart()
        let count = 100 << 20
        // No compiler can do without memory that is written and read at places it does not know.
        var block = [UInt8](repeating: 0, count: count)
        for place in stride(from: 0, to: count, by: 4096) { block[place] = .random(in: 1...2) }
        #expect(block[.random(in: 0..<count / 4096) * 4096] > 0)
        block = []
        let growth = try PeakMemory.bytes() - before
        #expect(growth >= count / 10 * 9, "\(growth)")
      }
    }

    /// A process of its own: what stops it stops no other test, and its peak of memory is that of the reader.
    @Test(arguments: Reader.allCases) func everyInputIsReadOrRefused(reader: Reader) async throws {
      await #expect(processExitsWith: .success) { [reader] in
        let file = FileManager.default.temporaryDirectory.appending(path: "corpus-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        for path in try CorpusTests.inputs(of: reader) {
          let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
          if reader.needsFile { try Data(reader.contents(of: bytes)).write(to: file) }
          let before = try PeakMemory.restart()
          reader.read(bytes, path: file.path)
          let growth = try PeakMemory.bytes() - before
          #expect(growth <= MemoryRule.limit(inputSize: bytes.count), "\(path)")
        }
      }
    }
  #endif
}

#if os(Linux)
  /// The most memory that this process held at once, as the kernel counts it.
  private enum PeakMemory {
    /// Begins a new measurement; returns what is held now.
    static func restart() throws -> Int {
      // 5 sets the peak to what is held now: proc(5), clear_refs.
      try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
      return try bytes()
    }

    static func bytes() throws -> Int {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
      let words = line.split(whereSeparator: \.isWhitespace)
      return try #require(Int(words[1])) << 10
    }
  }
#endif
