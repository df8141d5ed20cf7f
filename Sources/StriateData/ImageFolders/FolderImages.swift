import Striate

/// Pictures of a folder as images of one shape: decoded once in advance, and again whenever one is
/// needed that was not kept.
final class FolderImages: ImageSource {
  private let reader: PictureReader
  private let files: [String]
  /// The pixels of the images that are kept in memory.
  private let kept: [[UInt8]?]
  /// The sums of each channel, image after image.
  private let sums: [ChannelSum]

  init(reader: PictureReader, files: [String], kept: [[UInt8]?], sums: [ChannelSum]) {
    (self.reader, self.files, self.kept, self.sums) = (reader, files, kept, sums)
  }

  var count: Int { files.count }

  func read(_ index: Int, into pixels: inout MutableSpan<UInt8>) throws {
    let bytes: [UInt8]
    if let image = kept[index] {
      bytes = image
    } else {
      do {
        bytes = try reader.image(files[index]).bytes
      } catch {
        throw ImageFolder.InvalidFolder(
          description: """
            \(error): it could be read before: put it back, or start again without it
            """)
      }
    }
    pixels.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: bytes) }
  }

  func channelSums(of index: Int) -> [ChannelSum]? {
    let channels = reader.channels
    return Array(sums[index * channels..<(index + 1) * channels])
  }

  func name(of index: Int) -> String? { reader.root + "/" + files[index] }
}

/// Brings the pictures of a folder to one shape.
struct PictureReader: Sendable {
  let root: String
  let size: PictureSize
  let channels: Int

  /// The image [C, H, W] of one file, and whether the picture is in colour.
  func image(_ file: String) throws -> (bytes: [UInt8], isColour: Bool) {
    let picture = try Picture(contentsOf: root + "/" + file, covering: size)
    return (picture.fitted(to: size, channels: channels), picture.channels == 3)
  }
}
