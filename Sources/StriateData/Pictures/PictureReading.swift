import Foundation
import Striate

extension Picture {
  /// The largest file that is read, in bytes.
  static let maximumFileSize = 256 << 20

  /// The picture in a PNG or JPEG file. What it is, its first bytes say, not its name.
  ///
  /// Transparent pixels are laid on white, or on black where white would show nothing; a photograph
  /// is turned upright as its Exif orientation says. Throws `Unreadable` where there is no such file, where
  /// it is no picture, damaged, cut short, or larger than `maximumArea`.
  public init(contentsOf path: String) throws {
    try self.init(decoding: Self.file(at: path), name: path)
  }

  /// The picture in the bytes of a PNG or JPEG file; `name` begins the error messages.
  ///
  /// Throws `Unreadable` as reading a file does.
  public init(decoding file: [UInt8], name: String) throws {
    try self.init(decoding: file, name: name, covering: nil)
  }

  /// The picture in a file that will be resized until it covers `size`: a JPEG file much larger than
  /// that may be decoded at a fraction of its size.
  init(contentsOf path: String, covering size: PictureSize) throws {
    try self.init(decoding: Self.file(at: path), name: path, covering: size)
  }

  private init(decoding file: [UInt8], name: String, covering size: PictureSize?) throws {
    switch try Kind(of: file, name: name) {
    case .png: self = try PNGFile.decode(file, name: name)
    case .jpeg: self = try JPEGFile.decode(file, name: name, covering: size)
    }
  }

  /// What the beginning of a file says about its picture. Throws `Unreadable` as reading it does.
  static func header(contentsOf path: String) throws -> PictureHeader {
    let file = try file(at: path)
    switch try Kind(of: file, name: path) {
    case .png: return try PNGFile.header(of: file, name: path)
    case .jpeg: return try JPEGFile.header(of: file, name: path)
    }
  }

  /// The bytes of a file that may hold a picture.
  private static func file(at path: String) throws -> [UInt8] {
    var status = stat()
    let closed = Unreadable(path, "cannot be opened for reading: check its permissions")
    guard !path.utf8.contains(0), stat(path, &status) == 0 else {
      throw errno == EACCES ? closed : Unreadable(path, "no such file")
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw Unreadable(path, "expected a PNG or JPEG picture, found a directory")
    default: throw Unreadable(path, "expected a PNG or JPEG picture, found no ordinary file")
    }
    guard status.st_size <= maximumFileSize else {
      throw Unreadable(
        path,
        "expected a picture file of at most \(maximumFileSize) bytes, found \(status.st_size)")
    }
    var bytes: [UInt8] = []
    do {
      let file = try InputFile(path: path)
      while try file.read(upTo: file.size - bytes.count, appendingTo: &bytes) > 0 {}
    } catch {
      throw closed
    }
    return bytes
  }

  /// Pixels that are decoded whatever the size of the file.
  private static let harmlessArea = 1 << 22

  /// The formats that are read; the first bytes of a file tell them apart.
  private enum Kind {
    case png, jpeg

    init(of file: [UInt8], name: String) throws {
      guard !file.isEmpty else {
        throw Unreadable(name, "expected a PNG or JPEG picture, found an empty file")
      }
      if file.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
        self = .png
      } else if file.starts(with: [0xFF, 0xD8]) {
        self = .jpeg
      } else {
        let beginning = Picture.beginning(of: file) + Picture.guess(file)
        throw Unreadable(
          name, "not a picture this program reads (PNG or JPEG): it starts with \(beginning)")
      }
    }
  }

  /// Refuses a picture that is too large, or larger than its file can hold, before anything is allocated for its pixels.
  ///
  /// - Parameters:
  ///   - fileSize: The bytes that there are.
  ///   - smallestFile: The bytes that the format needs for so large a picture at least.
  static func checkSize(
    width: Int, height: Int, fileSize: Int, smallestFile: (_ width: Int, _ height: Int) -> Int,
    name: String
  ) throws {
    let (area, overflow) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflow, area <= maximumArea else {
      throw Unreadable(
        name,
        """
        expected a picture of at most \(maximumArea / 1_000_000) megapixels, \
        found \(width)×\(height): make it smaller first
        """)
    }
    // What a small picture takes does no harm, and its decoder says more about the damage.
    let smallest = area > harmlessArea ? smallestFile(width, height) : 0
    guard fileSize >= smallest else {
      throw Unreadable(
        name,
        """
        expected at least \(smallest) bytes for \(width)×\(height) pixels, found \(fileSize): the file is \
        damaged or cut short; copy it again
        """)
    }
  }

  /// What a file that is neither PNG nor JPEG may be, and what to do about it.
  private static func guess(_ file: [UInt8]) -> String {
    let known: [(offset: Int, word: String, kind: String)] = [
      (0, "GIF8", "a GIF picture"), (0, "BM", "a BMP picture"), (8, "WEBP", "a WebP picture"),
      (4, "ftypavif", "an AVIF picture"), (4, "ftyphei", "a HEIC picture"),
      (4, "ftypmif1", "a HEIF picture"), (0, "II*\0", "a TIFF picture"),
      (0, "MM\0*", "a TIFF picture"), (0, "%PDF", "a PDF document"), (0, "<svg", "an SVG drawing"),
    ]
    let found = known.first { file.dropFirst($0.offset).starts(with: $0.word.utf8) }
    return found.map { " (\($0.kind)): save it as PNG or JPEG first" } ?? ""
  }

  /// The first bytes of a file for an error message: as text where they are text.
  private static func beginning(of file: [UInt8]) -> String {
    let first = file.prefix(8).prefix { $0 != 0x0A && $0 != 0x0D }
    if !first.isEmpty, first.allSatisfy({ (0x20..<0x7F).contains($0) }) {
      return "\"\(String(decoding: first, as: UTF8.self))\""
    }
    let digits = file.prefix(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return "0x" + digits.joined()
  }
}
