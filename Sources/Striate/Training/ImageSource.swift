/// Images that are read when they are needed, because they do not lie in memory: files, say.
///
/// Each image is the bytes of the data set's shape [C, H, W], 0 to 255. Several threads read at the
/// same time. The bytes of an image must be the same whenever it is read: then what a training
/// gives depends neither on time nor on threads.
public protocol ImageSource: AnyObject, Sendable {
  /// The number of images.
  var count: Int { get }

  /// Writes all bytes of image `index` into `pixels`.
  ///
  /// Throws where the image cannot be read; the message names it and ends the training.
  func read(_ index: Int, into pixels: inout MutableSpan<UInt8>) throws

  /// The sums over each channel of image `index`, where they are known without reading it.
  func channelSums(of index: Int) -> [ChannelSum]?

  /// What image `index` is called where people look for it: the path of its file.
  func name(of index: Int) -> String?
}

extension ImageSource {
  /// Nothing is known about an image before it is read.
  public func channelSums(of index: Int) -> [ChannelSum]? { nil }

  /// Images have no names.
  public func name(of index: Int) -> String? { nil }

  /// The bytes of one image.
  func bytes(of index: Int, size: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    var span = bytes.mutableSpan
    try read(index, into: &span)
    return bytes
  }
}

/// What the mean and the standard deviation of a channel are made of: Σ x and Σ x² over its bytes.
public struct ChannelSum: Sendable, Equatable {
  /// The sum of the bytes.
  public var sum: Int

  /// The sum of their squares.
  public var squares: Int

  /// Given sums.
  public init(sum: Int = 0, squares: Int = 0) { (self.sum, self.squares) = (sum, squares) }

  /// The sums of each channel of an image [C, H, W].
  ///
  /// - Precondition: the bytes fill the channels.
  public static func channels(_ channels: Int, of bytes: Span<UInt8>) -> [ChannelSum] {
    precondition(
      channels > 0 && bytes.count % channels == 0,
      "ChannelSum: expected the bytes of \(channels) channels, found \(bytes.count)")
    let area = bytes.count / channels
    return (0..<channels).map { c in
      var total = ChannelSum()
      for i in c * area..<(c + 1) * area {
        let byte = Int(bytes[i])
        total.sum += byte
        total.squares += byte * byte
      }
      return total
    }
  }

  static func + (a: ChannelSum, b: ChannelSum) -> ChannelSum {
    ChannelSum(sum: a.sum + b.sum, squares: a.squares + b.squares)
  }
}

/// Some images of a source, in an order of their own; an image may come more than once.
final class SelectedImages: ImageSource {
  private let source: any ImageSource
  private let indices: [Int]

  init(_ source: any ImageSource, _ indices: [Int]) {
    // A selection of a selection reads from the source itself.
    if let selection = source as? SelectedImages {
      self.source = selection.source
      self.indices = indices.map { selection.indices[$0] }
    } else {
      self.source = source
      self.indices = indices
    }
  }

  var count: Int { indices.count }

  func read(_ index: Int, into pixels: inout MutableSpan<UInt8>) throws {
    try source.read(indices[index], into: &pixels)
  }

  func channelSums(of index: Int) -> [ChannelSum]? { source.channelSums(of: indices[index]) }

  func name(of index: Int) -> String? { source.name(of: indices[index]) }
}
