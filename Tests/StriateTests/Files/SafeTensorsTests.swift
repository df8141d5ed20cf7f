import Foundation
import Striate
import Testing

@Suite struct SafeTensorsTests {
  @Test func aFileOfThePythonPackageIsRead() throws {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/types.safetensors")
    let file = try SafeTensors(contentsOf: url.path(percentEncoded: false))
    #expect(file.metadata == ["quoted \"key\"": "line\nnext, ünïcödé 数 😀"])
    #expect(
      Set(file.entries.map(\.name)) == ["single", "double", "half", "brain", "count", "empty"])
    let single: [Float] = [0, -1.5, 65504, 0x1p-24, .infinity, 0.333251953125]
    for name in ["single", "double", "half"] {
      #expect(try file.tensor(named: name) == Tensor(shape: [2, 3], scalars: single), "\(name)")
    }
    let brain: [Float] = [0, -1.5, 65536, 0x1p-24, .infinity, 0.333984375]
    #expect(try file.tensor(named: "brain") == Tensor(shape: [2, 3], scalars: brain))
    #expect(try file.tensor(named: "empty") == Tensor(shape: [0, 3], scalars: []))
    #expect(file.entry(named: "count")?.shape == [])
    #expect(
      message { _ = try file.tensor(named: "count") }.hasSuffix(
        "tensor \"count\": expected F32, F64, F16 or BF16, found I64: convert it first"))
    #expect(
      message { _ = try file.tensor(named: "no") }.contains(
        "tensor \"no\": expected it in the file, found \""))
  }

  private let tensors = [
    (name: "a.weight", tensor: Tensor([[1, -2], [.nan, 4], [5, 0.1]])),
    (name: "b \"ü\\\n\u{1}", tensor: Tensor(shape: [], scalars: [7])),
    (name: "empty", tensor: Tensor(shape: [0], scalars: [])),
  ]

  @Test func whatIsWrittenIsReadBack() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("x.safetensors")
    try SafeTensors.write(tensors, metadata: ["key": "\"text\"\t\u{1F600}"], to: path)
    let file = try SafeTensors(contentsOf: path)
    #expect(file.metadata == ["key": "\"text\"\t\u{1F600}"])
    #expect(file.entries.map(\.name).sorted() == tensors.map(\.name).sorted())
    for (name, tensor) in tensors {
      let read = try file.tensor(named: name)
      #expect(read.shape == tensor.shape)
      #expect(read.scalars.map(\.bitPattern) == tensor.scalars.map(\.bitPattern))
    }
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect([UInt8](bytes) == SafeTensors.encode(tensors, metadata: ["key": "\"text\"\t\u{1F600}"]))
    #expect((Int(bytes[0]) + Int(bytes[1]) << 8) % 8 == 0)
  }

  @Test(
    arguments: [
      ([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10], "a PNG picture: name the model first"),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 0x4A, 0x46], "a JPEG picture: name the model first"),
      (
        [0x50, 0x4B, 3, 4, 20, 0, 0, 0],
        "a zip archive, as torch.save writes: save the parameters as safetensors"
      ),
      (
        [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46],
        "a Python pickle: save the parameters as safetensors"
      ),
    ] as [([UInt8], String)])
  func aFileOfAnotherKindIsNamed(beginning: [UInt8], kind: String) {
    #expect(
      message { _ = try read(beginning + [UInt8](repeating: 1, count: 100)) }
        == "test: expected a safetensors file such as a model, found \(kind)")
  }

  @Test func aFileCutAnywhereIsRefused() {
    let bytes = SafeTensors.encode(tensors, metadata: ["key": "text"])
    for length in bytes.indices {
      #expect(message { _ = try read(Array(bytes[..<length])) } != "", "cut at \(length)")
    }
    #expect(
      message { _ = try read(bytes.dropLast()) }
        == "test: expected 28 bytes of data after the header, found 27: the file is cut off")
    #expect(
      message { _ = try read(bytes + [0]) }
        == "test: expected 28 bytes of data after the header, found 29: "
        + "something was appended to the file")
    #expect(
      message { _ = try read([]) }
        == "test: expected a safetensors file (8 bytes of header length first), found 0 bytes: "
        + "the file is cut off or empty")
  }

  @Test func noChangedByteDoesHarm() {
    let bytes = SafeTensors.encode(tensors, metadata: ["key": "text"])
    let end = bytes.count - 28
    for position in 0..<end {
      for value in [0, 1, 0x22, 0x2C, 0x2D, 0x30, 0x39, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x80, 0xFF] {
        var changed = bytes
        changed[position] = UInt8(value)
        guard let file = try? read(changed) else { continue }
        for entry in file.entries {
          let tensor = try? file.tensor(named: entry.name)
          #expect(tensor == nil || tensor?.shape == entry.shape)
        }
      }
    }
  }

  static let headers: [(String, Int, String)] = [
    ("", 0, "safetensors header, byte 8: expected \"{\", found the end of the header"),
    ("[]", 0, "safetensors header, byte 8: expected \"{\", found \"[\""),
    ("{}x", 0, "safetensors header, byte 10: expected the end of the header, found \"x\""),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      4, "expected each name once, found \"a\" again"
    ),
    (
      #"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4,
      "expected each name once, found \"dtype\" again"
    ),
    (
      #"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4,
      "tensor \"a\": expected a dtype such as F32, found \"F31\""
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
      "tensor \"a\": expected 8 bytes for F32 [2], found data_offsets [0, 4]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4,
      "tensor \"a\": expected data_offsets [begin, end], found [4, 0]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4,
      "expected an integer from 0 to 9223372036854775807, found \"-\""
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}"#, 4, "expected \"]\", found \".\""
    ),
    (
      #"{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#, 4,
      "expected an integer, found a leading zero"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, 4,
      "expected an integer from 0 to 9223372036854775807, found a larger one"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4,
      "tensor \"a\": expected a shape whose bytes can be counted"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4611686018427387904]}}"#,
      4, "expected 4611686018427387904 bytes of data after the header, found 4"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
      "tensor \"a\": expected its data at byte 0, found data_offsets [4, 8]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8, "tensor \"b\": expected its data at byte 8, found data_offsets [4, 8]"
    ),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "found not all of them"),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4,
      "tensor \"a\": expected dtype, shape and data_offsets, found \"x\""
    ),
    (#"{"__metadata__":{"a":1}}"#, 0, "expected \"\"\", found \"1\""),
    (#"{"a\q":1}"#, 0, "after a backslash, found \"q\""),
    (#"{"\ud83d\u0041":1}"#, 0, "expected the second half of a character"),
    (#"{"\ud83d":1}"#, 0, "expected a character, found half of one"),
    ("{\"a\n\":1}", 0, "expected text without control characters, found byte 10"),
  ]

  @Test(arguments: headers.indices) func aWrongHeaderSaysWhatWasExpected(_ index: Int) {
    let (header, size, expected) = SafeTensorsTests.headers[index]
    let found = message { _ = try read(file(header, dataSize: size)) }
    #expect(found.hasPrefix("test: ") && found.contains(expected), "\(found)")
  }

  @Test func aHugeOrDeepHeaderIsRefused() {
    let huge = [UInt8](repeating: 0xFF, count: 7) + [0x7F] + Array("{}".utf8)
    #expect(
      message { _ = try read(huge) }
        == "test: safetensors header: expected at most 100000000 bytes, found "
        + "9223372036854775807: this is not a safetensors file")
    #expect(
      message { _ = try read([100, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)) }
        == "test: safetensors header: expected 100 bytes, found 2: the file is cut off")
    let deep = String(repeating: "{\"a\":", count: 500_000)
    #expect(message { _ = try read(file(deep, dataSize: 0)) }.contains("expected dtype, shape"))
    let arrays = "{\"a\":{\"shape\":" + String(repeating: "[", count: 500_000)
    #expect(message { _ = try read(file(arrays, dataSize: 0)) }.contains("expected an integer"))
  }

  @Test func textThatIsNotUTF8IsRefused() {
    var bytes = file("{\"__metadata__\":{\"a\":\"xx\"}}", dataSize: 0)
    bytes[bytes.count - 5] = 0xC3
    #expect(message { _ = try read(bytes) }.contains("expected UTF-8 text, found other bytes"))
  }

  private func read(_ bytes: some Sequence<UInt8>) throws -> SafeTensors {
    try SafeTensors(bytes: Array(bytes), source: "test")
  }

  private func file(_ header: String, dataSize: Int) -> [UInt8] {
    let json = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
      + Array(repeating: 0, count: dataSize)
  }
}

/// What an operation's error says; empty where it has none.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}
