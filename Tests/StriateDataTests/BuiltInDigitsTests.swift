import Striate
import StriateData
import Testing

/// The pixels of a data set of bytes.
private func bytes(of dataset: Dataset) -> [UInt8] {
  if case .bytes(let bytes) = dataset.pixels { bytes } else { [] }
}

@Suite struct BuiltInDigitsTests {
  @Test func imagesAndLabelsDependOnSeedAndIndexAlone() throws {
    let few = try Digits.builtIn(count: 25, seed: 7)
    let many = try Digits.builtIn(count: 60, seed: 7)
    #expect(bytes(of: many).prefix(25 * 784) == bytes(of: few)[...])
    #expect(many.labels.prefix(25) == few.labels[...])
    let other = try Digits.builtIn(count: 25, seed: 8)
    #expect(bytes(of: other) != bytes(of: few))
    #expect(other.labels != few.labels)
    #expect(
      Digits.builtInImage(of: few.labels[11], at: 11, seed: 7)
        == Array(bytes(of: few)[(11 * 784)..<(12 * 784)]))
  }

  @Test func threadsChangeNothingAndProgressReachesTheEnd() throws {
    let alone = try Digits.builtIn(count: 731, seed: 7, threads: 1)
    var counts: [Int] = []
    let together = try Digits.builtIn(count: 731, seed: 7, threads: 5) { done, total in
      counts.append(done)
      #expect(total == 731)
    }
    #expect(bytes(of: alone) == bytes(of: together) && alone.labels == together.labels)
    #expect(counts == counts.sorted() && counts.last == 731 && counts.count == 8)
  }

  @Test func theBytesAreTheSameOnEveryMachine() throws {
    // FNV-1a, 64 bits.
    let hash = bytes(of: try Digits.builtIn(count: 200, seed: 1)).reduce(
      UInt64(0xCBF2_9CE4_8422_2325)
    ) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    #expect(hash == 11_609_851_267_785_435_451)
  }

  @Test func everyTenImagesHoldEachClassOnceInRandomOrder() throws {
    let digits = try Digits.builtIn(count: 1_000, seed: 3)
    #expect(digits.imageShape == [1, 28, 28])
    #expect(digits.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    for block in stride(from: 0, to: 1_000, by: 10) {
      #expect(digits.labels[block..<(block + 10)].sorted() == Array(0..<10))
    }
    for digit in 0..<10 {
      let firsts = stride(from: 0, to: 1_000, by: 10).count { digits.labels[$0] == digit }
      #expect((1...30).contains(firsts))
    }
  }

  @Test func digitsAreFittedAndCentredAsMNISTDoes() throws {
    let pixels = bytes(of: try Digits.builtIn(count: 500, seed: 5))
    for image in 0..<500 {
      let frame = InkFrame(Array(pixels[(image * 784)..<((image + 1) * 784)]))
      #expect((18...20).contains(max(frame.width, frame.height)), "image \(image)")
      #expect(abs(frame.centreColumn - 14) <= 0.501 && abs(frame.centreRow - 14) <= 0.501)
      #expect(frame.brightest >= 180)
    }
  }

  @Test func noTwoImagesAreAlike() throws {
    let pixels = bytes(of: try Digits.builtIn(count: 2_000, seed: 5))
    let images = Set((0..<2_000).map { Array(pixels[($0 * 784)..<(($0 + 1) * 784)]) })
    #expect(images.count == 2_000)
  }

  @Test(arguments: [0, -1, Int.max]) func anImpossibleCountIsRefused(count: Int) {
    let error = #expect(throws: Digits.InvalidCount.self) {
      try Digits.builtIn(count: count, seed: 1)
    }
    #expect(
      error?.description == "built-in digits: expected a count from 1 to 10000000, found \(count)")
  }
}

/// Where the ink of a 28×28 image lies.
struct InkFrame {
  let width: Int
  let height: Int
  let centreColumn: Double
  let centreRow: Double
  let brightest: UInt8

  init(_ pixels: [UInt8]) {
    let inked = pixels.indices.filter { pixels[$0] > 0 }
    let columns = inked.map { $0 % 28 }
    let rows = inked.map { $0 / 28 }
    width = (columns.max() ?? 0) - (columns.min() ?? 0) + 1
    height = (rows.max() ?? 0) - (rows.min() ?? 0) + 1
    let mass = inked.reduce(0.0) { $0 + Double(pixels[$1]) }
    centreColumn = inked.reduce(0.0) { $0 + Double(pixels[$1]) * Double($1 % 28) } / mass
    centreRow = inked.reduce(0.0) { $0 + Double(pixels[$1]) * Double($1 / 28) } / mass
    brightest = pixels.max() ?? 0
  }
}
