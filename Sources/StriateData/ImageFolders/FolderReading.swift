import Striate
import Synchronization

/// One pass over all files of a folder: what could be read, what not, and what stays in memory.
struct FolderReading {
  let reader: PictureReader
  private let files: [String]
  private let cache: Int
  /// The pixels that stay in memory, file by file.
  private(set) var kept: [[UInt8]?]
  /// The sums of each channel; nil of a file that cannot be read.
  private var sums: [[ChannelSum]?]
  /// The files that cannot be read, in order, and why.
  private(set) var failures: [(index: Int, reason: String)] = []

  /// Files that a thread reads at a time.
  private static let unit = 16

  init(_ files: [String], _ reader: PictureReader, cache: Int) {
    (self.reader, self.files, self.cache) = (reader, files, cache)
    kept = Array(repeating: nil, count: files.count)
    sums = Array(repeating: nil, count: files.count)
  }

  /// The bytes of memory that an image takes, with what an array takes beside its elements.
  var imageMemory: Int { reader.channels * reader.size.height * reader.size.width + 64 }

  /// The files that can be read, in order.
  var readable: [Int] { files.indices.filter { sums[$0] != nil } }

  /// The images of the given files.
  func images(_ indices: [Int]) -> FolderImages {
    FolderImages(
      reader: reader, files: indices.map { files[$0] }, kept: indices.map { kept[$0] },
      sums: indices.flatMap { sums[$0] ?? [] })
  }

  /// What became of one file.
  private enum Outcome: Sendable {
    case image(kept: [UInt8]?, sums: [ChannelSum])
    case colour
    case failure(String)

    init(_ file: String, _ reader: PictureReader, room: Room, stopsAtColour: Bool) {
      do {
        let image = try reader.image(file)
        if stopsAtColour, image.isColour {
          self = .colour
          return
        }
        let sums = ChannelSum.channels(reader.channels, of: image.bytes.span)
        self = .image(kept: room.take() ? image.bytes : nil, sums: sums)
      } catch {
        self = .failure("\(error)")
      }
    }
  }

  /// Reads all files; false as soon as one is in colour that should not be.
  mutating func run(
    threads: Int, stopsAtColour: Bool, _ progress: (_ done: Int, _ total: Int) -> Void
  ) -> Bool {
    let room = Room(images: max(0, cache) / imageMemory)
    var isGrey = true
    var done = 0
    concurrently((files.count + Self.unit - 1) / Self.unit, threads: threads) {
      [files, reader] unit in
      (unit * Self.unit..<min((unit + 1) * Self.unit, files.count)).map { index in
        let outcome = Outcome(files[index], reader, room: room, stopsAtColour: stopsAtColour)
        return (index: index, outcome: outcome)
      }
    } collect: { read in
      for (index, outcome) in read {
        switch outcome {
        case .image(let bytes, let sums): (kept[index], self.sums[index]) = (bytes, sums)
        case .colour: isGrey = false
        case .failure(let reason): failures.append((index, reason))
        }
      }
      done += read.count
      progress(done, files.count)
      return isGrey
    }
    failures.sort { $0.index < $1.index }
    return isGrey
  }
}

/// Room in memory for some images, which several threads take.
private final class Room: Sendable {
  private let taken = Atomic<Int>(0)
  private let images: Int

  init(images: Int) { self.images = images }

  /// Whether there was room for one more.
  func take() -> Bool { taken.add(1, ordering: .relaxed).oldValue < images }
}
