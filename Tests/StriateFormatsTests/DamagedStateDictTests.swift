import Foundation
import Striate
import StriateFormats
import Testing

/// A damaged file is refused or read, but stops nothing.
@Suite struct DamagedStateDictTests {
  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: StateDictTests.path(name))))
  }

  /// Reads every tensor; false where the file is refused.
  private func isRead(_ bytes: [UInt8]) -> Bool {
    guard let file = try? TorchFile(bytes: bytes, source: "damaged") else { return false }
    for (name, _) in file.tensors { _ = try? file.tensor(named: name) }
    return true
  }

  @Test(arguments: ["state.pt", "views.pt"]) func aFileThatIsCutOffIsRefused(name: String) throws {
    let whole = try bytes(name)
    #expect(isRead(whole))
    for length in 0..<whole.count { #expect(!isRead(Array(whole.prefix(length))), "\(length)") }
  }

  @Test(arguments: ["state.pt", "views.pt", "half.pt"])
  func aFileWithAChangedByteStopsNothing(name: String) throws {
    let whole = try bytes(name)
    var refused = 0
    for place in whole.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var damaged = whole
        damaged[place] ^= change
        if !isRead(damaged) { refused += 1 }
      }
    }
    // Checksums find what lies in the files; names and paddings of the archive may change.
    #expect(refused > whole.count)
  }

  @Test(arguments: ["state.pt", "views.pt", "checkpoint.pt", "whole_model.pt"])
  func aPickleWithChangedBytesStopsNothing(name: String) throws {
    let pickle = try TorchFile.pickle(of: try bytes(name), source: name)
    func run(_ bytes: [UInt8]) -> Bool {
      var unpickler = Unpickler(bytes, source: "damaged")
      guard let tensors = try? unpickler.stateDict() else { return false }
      return tensors.allSatisfy { $0.tensor.count <= $0.tensor.storage.count }
    }
    for length in pickle.indices { #expect(!run(Array(pickle.prefix(length))), "\(length)") }
    for place in pickle.indices {
      for change in UInt8(1)...255 {
        var damaged = pickle
        damaged[place] ^= change
        _ = run(damaged)
      }
    }
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      var damaged = pickle
      for _ in 0..<4 {
        damaged[.random(in: damaged.indices, using: &generator)] =
          .random(in: 0...255, using: &generator)
      }
      _ = run(damaged)
    }
  }

  @Test func namesOfOtherClassesAreRefused() throws {
    // What a pickle that runs a command looks like: protocol 2, os.system, ("…",), call.
    let harmful =
      [0x80, 0x02] + Array("cposix\nsystem\n".utf8) + Array("X\u{2}\0\0\0id".utf8)
      + [0x85] + Array("R.".utf8)
    var unpickler = Unpickler(harmful, source: "m.pt")
    do {
      _ = try unpickler.stateDict()
      Issue.record("read")
    } catch { #expect("\(error)".contains("found posix.system"), "\(error)") }
  }

  @Test func deepAndCyclicContainersStopNothing() throws {
    // A million tuples inside each other, and a list that holds itself.
    let deep =
      [0x80, 0x02, UInt8(ascii: "N")] + [UInt8](repeating: 0x85, count: 1_000_000) + [0x2E]
    var unpickler = Unpickler(deep, source: "deep")
    #expect(throws: StateDict.Failure.self) { try unpickler.stateDict() }
    let cyclic = [0x80, 0x02] + Array("]q\0h\0a.".utf8)
    var other = Unpickler(cyclic, source: "cyclic")
    #expect(throws: StateDict.Failure.self) { try other.stateDict() }
  }
}
