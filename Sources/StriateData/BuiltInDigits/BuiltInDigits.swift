import Striate

extension Digits {
  /// Why built-in digits could not be drawn.
  public struct InvalidCount: Error, CustomStringConvertible, Equatable {
    /// What was expected and what was found.
    public let description: String
  }

  /// Digits drawn by this program: [1, 28, 28] bytes with labels 0 to 9 evenly mixed.
  ///
  /// Image and label number i depend on the seed and on i alone: more images of one seed continue
  /// the sequence. Every ten images from a multiple of ten on hold each class once, in random
  /// order. Only addition, multiplication, division and square roots are used, so the same seed
  /// gives the same bytes on every machine.
  ///
  /// `progress` is called with the number of images drawn, and of all.
  ///
  /// Throws where `count` is not positive or asks for more than memory holds.
  public static func builtIn(
    count: Int, seed: UInt64, threads: Int = Engine.defaultThreads,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Dataset {
    guard count > 0, count <= maximumCount else {
      throw InvalidCount(
        description: """
          built-in digits: expected a count from 1 to \(maximumCount), found \(count)
          """)
    }
    let fitting = ProcessMemory.available / (DigitFrame.area + MemoryLayout<Int>.stride)
    guard count <= fitting else {
      throw InvalidCount(
        description: """
          built-in digits: expected at most \(fitting), which memory holds, found \(count): \
          draw fewer
          """)
    }
    var pixels = [UInt8](repeating: 0, count: count * DigitFrame.area)
    var labels = [Int](repeating: 0, count: count)
    var done = 0
    concurrently((count + unit - 1) / unit, threads: threads) { part in
      let images = part * unit..<min((part + 1) * unit, count)
      let labels = images.map { builtInLabel(at: $0, seed: seed) }
      let bytes = zip(images, labels).flatMap { builtInImage(of: $1, at: $0, seed: seed) }
      return (images: images, labels: labels, bytes: bytes)
    } collect: { drawn in
      let start = drawn.images.lowerBound
      pixels.replaceSubrange(
        start * DigitFrame.area..<drawn.images.upperBound * DigitFrame.area, with: drawn.bytes)
      labels.replaceSubrange(drawn.images, with: drawn.labels)
      done += drawn.images.count
      progress(done, count)
      return true
    }
    return try Dataset(
      imageShape: [1, DigitFrame.side, DigitFrame.side], pixels: .bytes(pixels), labels: labels,
      classNames: classNames)
  }

  /// Images that a thread draws at a time.
  private static let unit = 100

  /// Ten million: 7.8 GB of pixels.
  static let maximumCount = 10_000_000

  /// The class of image number `index`: position index mod 10 of its block's permutation.
  package static func builtInLabel(at index: Int, seed: UInt64) -> Int {
    var generator = SeededGenerator(seed: seed, stream: labelStreams + UInt64(index / 10))
    var permutation = Array(0..<10)
    let position = index % 10
    for i in 0...position {
      permutation.swapAt(i, i + generator.integer(below: 10 - i))
    }
    return permutation[position]
  }

  /// The 784 bytes of image number `index`, drawn as `digit`.
  package static func builtInImage(of digit: Int, at index: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed, stream: imageStreams + UInt64(index))
    return Handwriting.draw(digit, using: &generator)
  }

  private static let labelStreams: UInt64 = 0xD161_7000_0000_0000
  private static let imageStreams: UInt64 = 0xD161_7100_0000_0000
}
