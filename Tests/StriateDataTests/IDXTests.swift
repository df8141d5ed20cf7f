import Foundation
import Striate
import StriateData
import Testing

@Suite struct IDXTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ file: [UInt8]) throws -> IDX {
    try IDX(contentsOf: folder.write(file, "train-images-idx3-ubyte"))
  }

  private func failure(_ file: [UInt8]) -> String? {
    message { _ = try read(file) }?
      .replacing(folder.path("train-images-idx3-ubyte"), with: "train-images-idx3-ubyte")
  }

  private static let sample = IDX(dimensions: [2, 2, 3], bytes: Array(10..<22))

  @Test func aFileIsReadPlainAndCompressed() throws {
    let file = Self.sample.encoded()
    #expect(file.prefix(16) == [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3])
    #expect(try read(file) == Self.sample)
    #expect(try read(Gzip.compress(file)) == Self.sample)
  }

  @Test func everyElementTypeIsReadAsFloats() throws {
    let cases: [(UInt8, [UInt8], Float)] = [
      (0x08, [0xff], 255),
      (0x09, [0xff], -1),
      (0x0B, [0xfe, 0x0c], -500),
      (0x0C, [0xff, 0xff, 0xff, 0xfe], -2),
      (0x0D, [0xc0, 0x49, 0x0f, 0xdb], -3.1415927),
      (0x0E, [0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], 0.1),
    ]
    for (type, bytes, value) in cases {
      let array = try read(
        [0, 0, type, 1, 0, 0, 0, 2] + Array(repeating: 0, count: bytes.count) + bytes)
      #expect(array.floats == [0, value])
    }
  }

  @Test(arguments: [
    ("PK\u{3}\u{4}", "0x504b0304 (a zip archive): unpack it first"),
    ("BZh9", "0x425a6839 (a bzip2 file): unpack it first"),
    ("<!DOCTYPE html>", "0x3c21444f (a web page): download the file itself"),
    ("text", "0x74657874: name an IDX file"),
    ("\0\0\u{7}\u{1}", "0x00000701: name an IDX file"),
    ("\0\0\u{8}\0", "0x00000800: name an IDX file"),
    ("\0\0", "0x0000: name an IDX file"),
  ])
  func aFileOfAnotherKindIsNamed(start: String, found: String) {
    let text = "train-images-idx3-ubyte: IDX magic number: expected 0x000008nn, found \(found)"
    #expect(failure(Array(start.utf8)) == text)
    #expect(failure(Gzip.compress(Array(start.utf8))) == text)
  }

  @Test func binaryFilesOfAnotherKindAreNamed() {
    let start = "train-images-idx3-ubyte: IDX magic number: expected 0x000008nn, found "
    #expect(
      failure([0x89, 0x50, 0x4e, 0x47, 0x0d])
        == start + "0x89504e47 (a PNG picture): name an IDX file")
    #expect(
      failure(Gzip.compress(Gzip.compress([0])))
        == start + "0x1f8b0800 (a gzip file inside a gzip file): unpack it first")
  }

  @Test func anEmptyFileIsRefused() {
    let text = "train-images-idx3-ubyte: the file is empty: download or copy it again"
    #expect(failure([]) == text)
    #expect(failure(Gzip.compress([])) == text)
  }

  @Test func aFileCutInItsHeaderIsRefused() {
    let file = Self.sample.encoded()
    for count in 4..<16 {
      let text = """
        train-images-idx3-ubyte: IDX header: expected 16 bytes, found \(count): \
        the file is cut short; download or copy it again
        """
      #expect(failure(Array(file.prefix(count))) == text)
      #expect(failure(Gzip.compress(Array(file.prefix(count)))) == text)
    }
  }

  @Test func aFileCutInItsDataIsRefused() {
    let large = IDX(dimensions: [100], bytes: Array(0..<100)).encoded()
    #expect(
      failure(large.dropLast(1)) == """
        train-images-idx3-ubyte: IDX data: expected 100 elements in 100 bytes, found 99 bytes: \
        the file is cut short; download or copy it again
        """)
    #expect(
      failure(Array(large.prefix(50))) == """
        train-images-idx3-ubyte: IDX data: expected 100 elements, found a file of 50 bytes that \
        cannot hold them: the header is damaged or the file is cut short; download or copy it again
        """)
    #expect(
      failure(Gzip.compress(Array(large.prefix(50)))) == """
        train-images-idx3-ubyte: IDX data: expected 100 elements in 100 bytes, found 42 bytes: \
        the file is cut short; download or copy it again
        """)
  }

  @Test func moreBytesThanTheHeaderSaysAreRefused() {
    let file = Self.sample.encoded() + [0]
    let text = """
      train-images-idx3-ubyte: IDX data: expected 2 × 2 × 3 elements in 12 bytes, found more \
      bytes behind them: the header is damaged; download or copy it again
      """
    #expect(failure(file) == text)
    #expect(failure(Gzip.compress(file)) == text)
  }

  /// 2³² − 1 images of 28 × 28 would be 3.4 TB; 2³² cubed does not fit 64 bits.
  @Test(arguments: [
    ([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28, 0, 0, 0, 28], "4294967295 × 28 × 28"),
    (
      [UInt8](repeating: 0xff, count: 12), "4294967295 × 4294967295 × 4294967295"
    ),
  ])
  func aHeaderThatClaimsMoreThanTheFileHoldsIsRefusedBeforeMemoryIsTaken(
    extents: [UInt8], shape: String
  ) throws {
    let plain = [0, 0, 8, 3] + extents + [UInt8](repeating: 0, count: 84)
    for file in [plain, Gzip.compress(plain)] {
      #expect(
        failure(file) == """
          train-images-idx3-ubyte: IDX data: expected \(shape) elements, found a file of \
          \(file.count) bytes that cannot hold them: the header is damaged or the file is cut \
          short; download or copy it again
          """)
    }
  }

  @Test func aHeaderWith255DimensionsIsReadOrRefusedWithoutHarm() throws {
    let ones = IDX(dimensions: Array(repeating: 1, count: 255), bytes: [7])
    #expect(try read(ones.encoded()) == ones)
    let zeros = IDX(dimensions: [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0], bytes: [])
    #expect(try read(zeros.encoded()) == zeros)
  }

  @Test func aDamagedGzipFileIsRefused() {
    let file = Gzip.compress(Self.sample.encoded())
    #expect(
      failure(Array(file.prefix(20))) == """
        train-images-idx3-ubyte: gzip: the file is cut short after 20 bytes: \
        download or copy it again
        """)
    #expect(
      failure(file + Array("text".utf8)) == """
        train-images-idx3-ubyte: gzip: other bytes follow the data at byte \(file.count): \
        download or copy it again
        """)
  }

  @Test func aMissingFileIsRefused() {
    let path = folder.path("missing")
    #expect(
      message { _ = try IDX(contentsOf: path) }
        == "\(path): the file does not exist: check the path")
  }
}
