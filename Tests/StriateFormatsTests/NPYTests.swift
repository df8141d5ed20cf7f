import Striate
import StriateFormats
import Testing

@Suite struct NPYTests {
  /// A file of version `version` with that header.
  private func file(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let length = header.utf8.count
    let size: [UInt8] = [UInt8(length & 255), UInt8(length >> 8)] + (version == 1 ? [] : [0, 0])
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8) + data
  }

  private let one: [UInt8] = [0, 0, 128, 63]

  @Test(arguments: [1, 2, 3] as [UInt8])
  func everyVersionIsRead(_ version: UInt8) throws {
    let bytes = file(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }  \n", one + [0, 0, 0, 192],
      version: version)
    let array = try NPY.decode(bytes, source: "a.npy")
    #expect(array == NumericArray(shape: [2], floats: [1, -2]))
  }

  @Test func numbersAreReadInEitherByteOrder() throws {
    func integers(_ descr: String, _ data: [UInt8]) throws -> [Int]? {
      try NPY.decode(
        file("{'descr': '\(descr)', 'fortran_order': False, 'shape': (1,)}", data), source: "a"
      ).integers
    }
    #expect(try integers("<i2", [0xFE, 0xFF]) == [-2])
    #expect(try integers(">i2", [0xFF, 0xFE]) == [-2])
    #expect(try integers(">u4", [0, 0, 1, 2]) == [258])
    #expect(try integers("|u1", [200]) == [200])
    #expect(try integers("|b1", [2]) == [1])
    #expect(try integers("<i8", [0, 0, 0, 0, 0, 0, 0, 128]) == [Int.min])
    let big = file(
      "{\"shape\": (), \"fortran_order\": False, \"descr\": '>f8'}", [63, 240, 0, 0, 0, 0, 0, 0])
    #expect(try NPY.decode(big, source: "a").doubles == [1])
  }

  @Test func columnsFirstBecomeRowsFirst() throws {
    let bytes = file(
      "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3)}", [1, 4, 2, 5, 3, 6])
    let array = try NPY.decode(bytes, source: "a")
    #expect(array == NumericArray(shape: [2, 3], integers: [1, 2, 3, 4, 5, 6], type: .int8))
  }

  @Test(arguments: NumericArray.ElementType.allCases.filter { $0 != .bfloat16 })
  func whatIsWrittenIsReadBack(_ type: NumericArray.ElementType) throws {
    let array = NumericArray(shape: [2, 1, 3], floats: [0, 1, 2, 3, 0.5, 100]).converted(to: type)
    let bytes = try NPY.encode(array, source: "a")
    #expect(bytes.count % 64 == array.count * type.size % 64)
    #expect(try NPY.decode(bytes, source: "a") == array)
    #expect(
      throws: InvalidArrayFile.self, "a type that NumPy does not have"
    ) { try NPY.encode(array.converted(to: .bfloat16), source: "a") }
  }

  /// Every number of 16 bits keeps its bits.
  @Test func halvesAreExact() throws {
    let data = (0...UInt16.max).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let bytes = file("{'descr': '<f2', 'fortran_order': False, 'shape': (65536,)}", data)
    let array = try NPY.decode(bytes, source: "a")
    let again = try NPY.encode(array, source: "a").suffix(1 << 17)
    let wrong = (0..<65536).filter { k in
      let (old, new) = (
        UInt16(k),
        UInt16(again[again.startIndex + 2 * k]) | UInt16(again[again.startIndex + 2 * k + 1]) << 8
      )
      let isNaN = old & 0x7C00 == 0x7C00 && old & 0x3FF != 0
      return isNaN ? !(new & 0x7C00 == 0x7C00 && new & 0x3FF != 0) : old != new
    }
    #expect(wrong.isEmpty)
    #expect(
      NumericArray(shape: [3], floats: [65519, 65520, 0x1p-25]).converted(to: .float16).floats == [
        65504, .infinity, 0,
      ])
  }

  @Test(arguments: [
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
      "expected the elements of [3] float32, found 4 bytes"
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "whole numbers"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9)}",
      "expected the elements"
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "whole numbers"),
    ("{'descr': 'O', 'fortran_order': False, 'shape': (1,)}", "found the type 'O'"),
    (
      "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
      "convert the array with astype first"
    ),
    ("{'descr': '<f4', 'shape': (1,)}", "the keys descr, fortran_order and shape"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "each once"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "True or False"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "nothing behind them"),
    ("", "'{'"),
  ])
  func aHeaderThatIsWrongIsRefused(_ header: String, _ reason: String) {
    let error = #expect(throws: InvalidArrayFile.self) {
      try NPY.decode(file(header, one), source: "wrong.npy")
    }
    #expect(error?.description.hasPrefix("wrong.npy: ") == true)
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func aFileCutOffAnywhereIsRefused() throws {
    let bytes = try NPY.encode(NumericArray(shape: [2, 2], floats: [1, 2, 3, 4]), source: "a")
    for length in 0..<bytes.count {
      #expect(throws: InvalidArrayFile.self) {
        try NPY.decode(Array(bytes.prefix(length)), source: "a")
      }
    }
    #expect(throws: InvalidArrayFile.self) { try NPY.decode(bytes + [0], source: "a") }
  }

  @Test(.enabled(if: Python.hasNumPy, "needs Python's package numpy"))
  func numpyReadsWhatIsWritten() throws {
    try FormatFixture.withFolder { folder in
      try NPY.write(NumericArray(shape: [2, 2], floats: [1, -2, 0.5, 4]), to: folder + "/a.npy")
      try NPZ.write(
        [
          ("x", NumericArray(shape: [], integers: [-7], type: .int16)),
          ("y", NumericArray(shape: [3], integers: [1, 0, 1], type: .bool)),
          ("é", NumericArray(shape: [1], floats: [0.1]).converted(to: .float16)),
        ], to: folder + "/b.npz")
      let found = try Python.run(
        """
        import sys, numpy
        a, b = numpy.load(sys.argv[1] + "/a.npy"), numpy.load(sys.argv[1] + "/b.npz")
        print(a.dtype, a.tolist())
        for name in b.files: print(name, b[name].dtype, b[name].tolist())
        """, folder)
      #expect(
        found.split(separator: "\n") == [
          "float32 [[1.0, -2.0], [0.5, 4.0]]", "x int16 -7", "y bool [True, False, True]",
          "é float16 [0.0999755859375]",
        ])
    }
  }
}
