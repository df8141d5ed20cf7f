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
    var generator = SeededGenerator(seed: 1)
    for place in pickle.indices {
      for _ in 0..<16 {
        var damaged = pickle
        damaged[place] = .random(in: 0...255, using: &generator)
        _ = run(damaged)
      }
    }
    for _ in 0..<2000 {
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

  // MARK: Small files that would take long, or much memory

  /// What a pickle is refused for; nil where it is read.
  private func complaint(about pickle: [UInt8]) -> String? {
    var unpickler = Unpickler(pickle, source: "large")
    do {
      _ = try unpickler.stateDict()
      return nil
    } catch { return "\(error)" }
  }

  private func text(_ text: String) -> [UInt8] {
    [0x58] + withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) }
      + Array(text.utf8)
  }

  /// Instructions that leave a storage of 64 Floats with that key on the stack.
  private func storage(key: String) -> [UInt8] {
    Array("(".utf8) + text("storage") + Array("ctorch\nFloatStorage\n".utf8) + text(key)
      + text("cpu") + [0x4B, 64] + Array("tQ".utf8)
  }

  /// A checkpoint whose tensors all are one view of one storage.
  private func checkpoint(
    tensors: Int, key: String = "0", shape: [UInt8], stride: [UInt8]
  ) -> [UInt8] {
    func tuple(_ numbers: [UInt8]) -> [UInt8] {
      Array("(".utf8) + numbers.flatMap { [0x4B, $0] } + Array("t".utf8)
    }
    // What the tensors have in common lies in a list, and in places 0 to 3 of the memo.
    var pickle = [0x80, 0x02] + Array("}(".utf8) + text("shared") + Array("](".utf8)
    pickle +=
      storage(key: key) + [0x71, 0] + tuple(shape) + [0x71, 1] + tuple(stride) + [0x71, 2]
    pickle += Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8) + [0x71, 3] + Array("e".utf8)
    pickle += text("state_dict") + Array("}(".utf8)
    for index in 0..<tensors {
      pickle +=
        text("\(index)") + [0x68, 3] + Array("(".utf8) + [0x68, 0, 0x4B, 0, 0x68, 1, 0x68, 2]
      pickle += Array("tR".utf8)
    }
    return pickle + Array("uu.".utf8)
  }

  @Test func aShapeOfManyAxesIsNotReadForEveryTensor() {
    let ones = [UInt8](repeating: 1, count: 17)
    let pickle = checkpoint(tensors: 1, shape: ones, stride: ones)
    #expect(complaint(about: pickle)?.contains("a shape and a stride of one length") == true)
  }

  @Test func theKeyOfAStorageIsShort() {
    func pickle(_ length: Int) -> [UInt8] {
      checkpoint(
        tensors: 1, key: String(repeating: "0", count: length), shape: [1], stride: [1])
    }
    #expect(complaint(about: pickle(256)) == nil)
    #expect(complaint(about: pickle(257))?.contains("expected a storage") == true)
  }

  @Test func aPickleHasSoManyInstructionsAtMost() {
    let marks = [0x80, 0x02] + [UInt8](repeating: UInt8(ascii: "("), count: 1 << 19)
    #expect(complaint(about: marks)?.contains("at most 524288 instructions") == true)
    #expect(complaint(about: Array(marks.prefix(1 << 19)))?.contains("cut off") == true)
  }

  @Test(arguments: [(16, true), (17, false)])
  func aStorageIsSharedByAFewTensors(tensors: Int, isRead: Bool) throws {
    // Each tensor is the whole storage.
    let pickle = checkpoint(tensors: tensors, shape: [64], stride: [1])
    let bytes = try Zip.encode(
      [
        Zip.Entry(name: "a/data.pkl", bytes: pickle),
        Zip.Entry(name: "a/data/0", bytes: [UInt8](repeating: 0, count: 256)),
      ], source: "shared")
    if isRead {
      #expect(try TorchFile(bytes: bytes, source: "shared").tensors.count == tensors)
    } else {
      #expect(throws: StateDict.Failure.self) { try TorchFile(bytes: bytes, source: "shared") }
    }
  }
}
