/// Labelled images of one shape, held in memory or read when they are needed.
///
/// Pixels are bytes (0 to 255, read as 0 to 1) or Floats (read as they are).
public struct Dataset: Sendable {
  /// The pixels of all images, one image after the other, each [C, H, W] in row-major order.
  public enum Pixels: Sendable, Equatable {
    /// 0 to 255, which the network sees as 0 to 1.
    case bytes([UInt8])
    /// Any values; the network sees them as they are.
    case floats([Float])
    /// Bytes that are read when they are needed: training reads them ahead, on threads of its own.
    case streamed(any ImageSource)

    /// Whether the pixels are the same, or read from the same source.
    public static func == (a: Pixels, b: Pixels) -> Bool {
      switch (a, b) {
      case (.bytes(let a), .bytes(let b)): a == b
      case (.floats(let a), .floats(let b)): a == b
      case (.streamed(let a), .streamed(let b)): a === b
      default: false
      }
    }
  }

  /// What went wrong when a data set was put together.
  public struct InvalidDataset: Error, CustomStringConvertible, Equatable {
    /// The message to show.
    public let description: String
  }

  /// The shape of one image: [C, H, W].
  public let imageShape: [Int]

  /// The pixels of all images.
  public let pixels: Pixels

  /// The class of each image: an index into `classNames`.
  public let labels: [Int]

  /// What the classes are called.
  public let classNames: [String]

  /// How pictures of any size became these images; nil where they were no pictures, or nobody said.
  /// A network that is trained on them takes it over, so that it sees other pictures the same way.
  public var fitting: PictureFitting?

  /// A data set of `labels.count` images.
  ///
  /// Throws where the pixels do not fill the images, a source has another number of images, or a
  /// label names no class.
  public init(imageShape: [Int], pixels: Pixels, labels: [Int], classNames: [String]) throws {
    guard !imageShape.isEmpty, imageShape.allSatisfy({ $0 > 0 }) else {
      throw InvalidDataset(
        description: "data set: expected a positive image shape, found \(imageShape)")
    }
    let extents = imageShape + [labels.count]
    let expected = extents.reduce(Int?(1)) { product, extent in
      guard let (value, overflows) = product?.multipliedReportingOverflow(by: extent) else {
        return nil
      }
      return overflows ? nil : value
    }
    let found: Int
    switch pixels {
    case .bytes(let bytes): found = bytes.count
    case .floats(let floats): found = floats.count
    case .streamed(let source):
      guard source.count == labels.count else {
        throw InvalidDataset(
          description: """
            data set: expected a label for each of \(source.count) images of the source, \
            found \(labels.count)
            """)
      }
      found = expected ?? 0
    }
    guard found == expected else {
      let number = expected.map { String($0) } ?? "far too many"
      throw InvalidDataset(
        description: """
          data set: expected \(labels.count) labels × \(imageShape) = \(number) pixels, \
          found \(found)
          """)
    }
    if let index = labels.firstIndex(where: { $0 < 0 || $0 >= classNames.count }) {
      throw InvalidDataset(
        description: """
          data set: expected labels from 0 to \(classNames.count - 1), \
          found \(labels[index]) at image \(index)
          """)
    }
    self.init(
      unchecked: imageShape, pixels: pixels, labels: labels, classNames: classNames)
  }

  /// A data set of parts that are known to fit.
  init(
    unchecked imageShape: [Int], pixels: Pixels, labels: [Int], classNames: [String],
    fitting: PictureFitting? = nil
  ) {
    self.imageShape = imageShape
    self.pixels = pixels
    self.labels = labels
    self.classNames = classNames
    self.fitting = fitting
  }

  /// The number of images.
  public var count: Int { labels.count }

  /// The number of images of each class.
  public var classCounts: [Int] {
    labels.reduce(into: Array(repeating: 0, count: classNames.count)) { $0[$1] += 1 }
  }
}
