import StriateFormats
import Testing

@Suite struct NPZTests {
  @Test func whatNumPyCompressedIsRead() throws {
    let arrays = try FormatFixture.arrays("arrays.npz")
    #expect(arrays["float32"] == NumericArray(shape: [2, 3], floats: [1, 2, 3, 4, 5, 6]))
    #expect(arrays["fortran"]?.shape == [2, 3])
    #expect(arrays["fortran"]?.doubles == [0, 1, 2, 3, 4, 5])
    #expect(arrays["big"] == NumericArray(shape: [3], integers: [1, -2, 300], type: .int32))
    #expect(arrays["half"]?.floats == [0.5, -65504, .infinity, 0x1p-24])
    #expect(arrays["truth"] == NumericArray(shape: [2, 1], integers: [1, 0], type: .bool))
    #expect(arrays["number"] == NumericArray(shape: [], integers: [7], type: .uint64))
    #expect(arrays["empty"] == NumericArray(shape: [0, 3], integers: [], type: .int16))
    #expect(arrays["zeros"]?.floats == [Float](repeating: 0, count: 4096))
    #expect(arrays.count == 8)
  }

  @Test func whatIsWrittenIsReadBackInItsOrder() throws {
    let arrays = [
      (name: "b", array: NumericArray(shape: [2], floats: [1, 2])),
      (name: "a", array: NumericArray(shape: [], integers: [5])),
    ]
    let bytes = try NPZ.encode(arrays, source: "a.npz")
    let again = try NPZ.decode(bytes, source: "a.npz")
    #expect(again.map(\.name) == ["b", "a"])
    #expect(again.map(\.array) == arrays.map(\.array))
    #expect(try NPZ.encode(arrays, source: "a.npz") == bytes)
    #expect(try NPZ.decode(NPZ.encode([], source: "a"), source: "a").isEmpty)
  }

  @Test func namesThatComeTwiceAreRefused() throws {
    let array = NumericArray(shape: [], integers: [5])
    let bytes = try NPZ.encode([("a", array), ("a", array)], source: "a.npz")
    #expect(throws: InvalidArrayFile.self) { try NPZ.decode(bytes, source: "a.npz") }
  }

  @Test func anArchiveCutOffAnywhereIsRefused() throws {
    let bytes = try FormatFixture.bytes("arrays.npz")
    for length in 0..<bytes.count {
      #expect(throws: InvalidArrayFile.self) {
        try NPZ.decode(Array(bytes.prefix(length)), source: "a")
      }
    }
  }

  /// A byte that was changed is either found, or stands where nobody reads (times, versions, attributes).
  @Test func anArchiveWithAChangedByteNeverGivesOtherNumbers() throws {
    let bytes = try FormatFixture.bytes("arrays.npz")
    let expected = try NPZ.decode(bytes, source: "a").map(\.array)
    for place in bytes.indices {
      for change in [1, 0x80, 0xFF] as [UInt8] {
        var changed = bytes
        changed[place] ^= change
        guard let arrays = try? NPZ.decode(changed, source: "a").map(\.array) else { continue }
        #expect(arrays == expected || arrays.count < expected.count, "byte \(place)")
      }
    }
  }

  /// A directory that names one large file many times would make much of little.
  @Test func filesOverOneAnotherAreRefused() throws {
    let array = NumericArray(shape: [1000], floats: [Float](repeating: 1, count: 1000))
    var archive = try NPZ.encode([("a", array)], source: "a.npz")
    let directory = try #require(archive.firstRange(of: [0x50, 0x4B, 1, 2])?.lowerBound)
    let entry = archive[directory..<archive.count - 22]
    archive.insert(contentsOf: entry, at: directory)
    let end = archive.count - 22
    (archive[end + 8], archive[end + 10]) = (2, 2)
    do {
      _ = try NPZ.decode(archive, source: "a.npz")
      Issue.record("read")
    } catch { #expect("\(error)".contains("found them over others"), "\(error)") }
  }
}
