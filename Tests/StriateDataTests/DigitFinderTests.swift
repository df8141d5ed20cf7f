import Foundation
import Striate
import StriateData
import Testing

/// A hundred prepared digits with their classes: MNIST's test images where `STRIATE_DATA` names a
/// folder that has them, built-in digits otherwise.
private let (originals, labels): ([[UInt8]], [Int]) = {
  var pixels = unzipped("mnist/t10k-images-idx3-ubyte.gz").dropFirst(16)
  var labels = unzipped("mnist/t10k-labels-idx1-ubyte.gz").dropFirst(8).map { Int($0) }
  if pixels.count < 78_400 || labels.count < 100,
    let digits = try? Digits.builtIn(count: 100, seed: 1), case .bytes(let drawn) = digits.pixels
  {
    (pixels, labels) = (drawn[...], digits.labels)
  }
  let first = pixels.startIndex
  let images = (0..<100).map { Array(pixels[(first + $0 * 784)..<(first + ($0 + 1) * 784)]) }
  return (images, Array(labels.prefix(100)))
}()

/// The content of a gzip file in the folder `STRIATE_DATA`; nothing where there is none.
private func unzipped(_ name: String) -> [UInt8] {
  guard let folder = ProcessInfo.processInfo.environment["STRIATE_DATA"] else { return [] }
  let gunzip = Process()
  let output = Pipe()
  gunzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  gunzip.arguments = ["gzip", "-dc", folder + "/" + name]
  gunzip.standardOutput = output
  gunzip.standardError = FileHandle.nullDevice
  guard (try? gunzip.run()) != nil else { return [] }
  let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
  gunzip.waitUntilExit()
  return bytes
}

/// The sum of absolute differences of two images, a pixel.
private func distance(_ a: [UInt8], _ b: [UInt8]) -> Double {
  zip(a, b).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(a.count)
}

/// A grey picture on which a digit is drawn 5 times as large, its corner at a place of choice.
///
/// `shade` turns ink from 0 to 1 at a column and a row into a brightness.
private func enlarged(
  _ digit: [UInt8], side: Int = 200, left: Int = 20, top: Int = 40,
  shade: (_ ink: Double, _ column: Int, _ row: Int) -> Double
) -> Picture {
  func ink(_ x: Double, _ y: Double) -> Double {
    func pixel(_ column: Int, _ row: Int) -> Double {
      (0..<28).contains(column) && (0..<28).contains(row)
        ? Double(digit[row * 28 + column]) / 255 : 0
    }
    let (column, row) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
    let (u, v) = (x - Double(column), y - Double(row))
    return (1 - v) * ((1 - u) * pixel(column, row) + u * pixel(column + 1, row))
      + v * ((1 - u) * pixel(column, row + 1) + u * pixel(column + 1, row + 1))
  }
  let bytes = (0..<(side * side)).map { index in
    let (row, column) = index.quotientAndRemainder(dividingBy: side)
    let value = shade(
      ink((Double(column - left) + 0.5) / 5 - 0.5, (Double(row - top) + 0.5) / 5 - 0.5),
      column, row)
    return UInt8(min(max(value, 0), 255))
  }
  return Picture(width: side, height: side, channels: 1, bytes: bytes)
}

/// How many of the hundred digits come out of pictures nearest to a digit of their class.
private func recognised(_ picture: ([UInt8]) -> Picture) -> Int {
  originals.indices.count { index in
    guard let found = try? DigitFinder.find(in: picture(originals[index])) else { return false }
    let distances = originals.map { distance($0, found.pixels) }
    let nearest = distances.indices.min { distances[$0] < distances[$1] }
    return nearest.map { labels[$0] } == labels[index]
  }
}

@Suite struct DigitFinderTests {
  @Test func aPreparedDigitStaysAlmostUnchanged() throws {
    for (index, digit) in originals.enumerated() {
      let found = try DigitFinder.find(
        in: Picture(width: 28, height: 28, channels: 1, bytes: digit))
      #expect(!found.inverted)
      #expect((18...20).contains(max(found.boundingBox.width, found.boundingBox.height)))
      #expect(distance(found.pixels, digit) < 6, "digit \(index)")
      let (before, after) = (InkFrame(digit), InkFrame(found.pixels))
      #expect(abs(before.centreColumn - after.centreColumn) <= 1)
      #expect(abs(before.centreRow - after.centreRow) <= 1)
    }
  }

  @Test func enlargedInvertedAndShiftedDigitsAreFound() throws {
    let count = recognised { digit in enlarged(digit) { ink, _, _ in 255 - 255 * ink } }
    #expect(count >= 98)
    let found = try DigitFinder.find(in: enlarged(originals[0]) { ink, _, _ in 255 - 255 * ink })
    #expect(found.inverted)
    let frame = InkFrame(originals[0])
    #expect(abs(found.boundingBox.width - 5 * frame.width) <= 10)
    #expect(abs(found.boundingBox.height - 5 * frame.height) <= 10)
  }

  @Test func paleInkOnDarkPaperIsFound() throws {
    #expect(recognised { digit in enlarged(digit) { ink, _, _ in 60 + 100 * ink } } >= 98)
  }

  @Test func unevenLightDoesNotHideADigit() throws {
    let count = recognised { digit in
      enlarged(digit) { ink, column, row in
        (110 + 0.5 * Double(column) + 0.15 * Double(row)) * (1 - 0.7 * ink)
      }
    }
    #expect(count >= 98)
  }

  @Test func aHardShadowDoesNotHideADigit() throws {
    let count = recognised { digit in
      enlarged(digit) { ink, column, _ in (column < 90 ? 170 : 230) * (1 - 0.75 * ink) }
    }
    #expect(count >= 95)
  }

  @Test func grainDoesNotHideADigit() throws {
    var generator = SeededGenerator(seed: 4)
    let count = recognised { digit in
      enlarged(digit) { ink, _, _ in
        let grain = (0..<4).reduce(-2) { sum, _ in sum + Double(generator.uniform()) }
        return 200 - 150 * ink + 40 * grain
      }
    }
    #expect(count >= 95)
  }

  @Test func aSheetOnATableIsNoDigit() throws {
    let count = recognised { digit in
      enlarged(digit, side: 240, left: 50, top: 60) { ink, column, row in
        (20..<220).contains(column) && (30..<225).contains(row) ? 225 - 180 * ink : 60
      }
    }
    #expect(count >= 95)
  }

  @Test func specksAreNotPartOfTheDigit() throws {
    let count = recognised { digit in
      enlarged(digit) { ink, column, row in
        column % 60 < 3 && row % 70 < 3 ? 0 : 255 - 255 * ink
      }
    }
    #expect(count >= 90)
  }

  @Test func aColouredPenIsInk() throws {
    let grey = enlarged(originals[0]) { ink, _, _ in 255 * ink }
    let pixels = grey.bytes.flatMap { ink -> [UInt8] in
      [240 - ink / 5 * 4, 235 - ink / 4 * 3, 225 - ink / 5]
    }
    let found = try DigitFinder.find(
      in: Picture(width: 200, height: 200, channels: 3, bytes: pixels))
    #expect(found.inverted)
    #expect(distance(found.pixels, originals[0]) < 20)
  }

  @Test func aHairlineIsThickened() throws {
    // A cross of lines one pixel wide, 400 pixels long.
    let bytes = (0..<(440 * 440)).map { index -> UInt8 in
      let (row, column) = index.quotientAndRemainder(dividingBy: 440)
      let onLine = column == 220 && (20..<420).contains(row)
      return onLine || (row == 220 && (20..<420).contains(column)) ? 0 : 255
    }
    let found = try DigitFinder.find(
      in: Picture(width: 440, height: 440, channels: 1, bytes: bytes))
    #expect(found.pixels[14 * 28 + 8] > 150 && found.pixels[8 * 28 + 14] > 150)
  }

  @Test(arguments: [(1, 1), (1, 300), (2, 2), (28, 28), (200, 100)])
  func aUniformPictureHasNothingToSee(width: Int, height: Int) {
    let picture = Picture(
      width: width, height: height, channels: 1,
      bytes: [UInt8](repeating: 180, count: width * height))
    let error = #expect(throws: DigitFinder.NothingToSee.self) {
      try DigitFinder.find(in: picture)
    }
    #expect(
      error?.description == """
        nothing to see in the picture of \(width)×\(height) pixels: expected a digit that is \
        clearly darker or lighter than its background
        """)
  }

  @Test func pureGrainHasNothingToSee() {
    var generator = SeededGenerator(seed: 9)
    let bytes = (0..<10_000).map { _ in
      let grain = (0..<4).reduce(Float(-2)) { sum, _ in sum + generator.uniform() }
      return UInt8(128 + 40 * grain)
    }
    #expect(throws: DigitFinder.NothingToSee.self) {
      try DigitFinder.find(in: Picture(width: 100, height: 100, channels: 1, bytes: bytes))
    }
  }

  @Test func anyRandomPictureIsHandled() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<300 {
      let width = 1 + generator.integer(below: 90)
      let height = 1 + generator.integer(below: 90)
      let coarse = 1 + generator.integer(below: 30)
      let seed = generator.next()
      let bytes = (0..<(width * height)).map { index -> UInt8 in
        let (row, column) = index.quotientAndRemainder(dividingBy: width)
        let cell = UInt64((row / coarse) * 97 + column / coarse)
        return UInt8(truncatingIfNeeded: (seed ^ cell) &* 0x9E37_79B9_7F4A_7C15 >> 40)
      }
      let picture = Picture(width: width, height: height, channels: 1, bytes: bytes)
      guard let found = try? DigitFinder.find(in: picture) else { continue }
      #expect(found.pixels.count == 784 && found.pixels.contains { $0 > 0 })
      #expect(found.boundingBox.left + found.boundingBox.width <= width)
      #expect(found.boundingBox.top + found.boundingBox.height <= height)
    }
  }
}
