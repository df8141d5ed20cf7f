import CTurboJPEG

/// JPEG files, by TurboJPEG (error codes, no long jumps into Swift).
enum JPEGFile {
  /// The picture in a JPEG file, as upright as the camera was: grey where the file is grey.
  ///
  /// Where it is to be resized until it covers `size`, and is much larger, it is decoded at a half, a
  /// quarter or an eighth of its size, which is faster, but at no less than twice the size needed.
  static func decode(
    _ file: [UInt8], name: String, covering size: PictureSize? = nil
  ) throws -> Picture {
    let decoder = try Decoder(file, name: name)
    let stored = try decoder.stored
    let orientation = JPEGOrientation(of: file)
    var reduced = stored.size
    if let size {
      // The orientation is applied behind the decoder, whose sides may be exchanged.
      let enough = orientation.upright(size.covering(by: orientation.upright(reduced)))
      for factor in [8, 4, 2] {
        let smaller = PictureSize(
          height: (stored.size.height + factor - 1) / factor,
          width: (stored.size.width + factor - 1) / factor)
        if smaller.height >= 2 * enough.height, smaller.width >= 2 * enough.width {
          reduced = smaller
          break
        }
      }
    }
    return orientation.upright(try decoder.picture(reduced, isColour: stored.isColour))
  }

  /// What follows the name in the first segment of that marker and name before the picture's data.
  static func segment(
    _ wanted: UInt8, named name: String, in file: [UInt8]
  ) -> ArraySlice<UInt8>? {
    var position = 2
    while position + 4 <= file.count, file[position] == 0xFF {
      let marker = file[position + 1]
      // From here on comes the picture itself.
      if marker == 0xDA || marker == 0xD9 { return nil }
      let end = position + 2 + (Int(file[position + 2]) << 8 | Int(file[position + 3]))
      guard end >= position + 4, end <= file.count else { return nil }
      let content = file[(position + 4)..<end]
      if marker == wanted, content.starts(with: name.utf8) {
        return content.dropFirst(name.utf8.count)
      }
      position = end
    }
    return nil
  }

  /// What the beginning of a JPEG file says about the picture, turned upright.
  static func header(of file: [UInt8], name: String) throws -> PictureHeader {
    let stored = try Decoder(file, name: name).stored
    return PictureHeader(
      size: JPEGOrientation(of: file).upright(stored.size), isColour: stored.isColour)
  }

  /// TurboJPEG at work on one file.
  private final class Decoder {
    private let handle: tjhandle
    private let file: [UInt8]
    private let name: String
    /// Whether the file holds four inks.
    private var hasInks = false

    init(_ file: [UInt8], name: String) throws {
      guard let handle = tjInitDecompress() else {
        throw Picture.Unreadable(name, "the JPEG decoder could not be started")
      }
      (self.handle, self.file, self.name) = (handle, file, name)
    }

    deinit { tjDestroy(handle) }

    private func damaged(_ reason: String? = nil) -> Picture.Unreadable {
      let message = reason ?? tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown"
      return Picture.Unreadable(name, "the JPEG file is damaged or cut short: \(message)")
    }

    /// The picture's size and kind as they are in the file.
    var stored: PictureHeader {
      get throws {
        var (width, height, subsampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard
          tjDecompressHeader3(
            handle, file, UInt(file.count), &width, &height, &subsampling, &space) == 0
        else { throw damaged() }
        guard width > 0, height > 0 else { throw damaged("it holds no picture") }
        // Every block of 8×8 pixels takes a bit at least.
        try Picture.checkSize(
          width: Int(width), height: Int(height), fileSize: file.count,
          smallestFile: { width, height in width * height / 512 }, name: name)
        hasInks = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
        return PictureHeader(
          size: PictureSize(height: Int(height), width: Int(width)),
          isColour: space != Int32(TJCS_GRAY.rawValue))
      }
    }

    /// The picture as it is in the file, at one of the decoder's sizes.
    func picture(_ size: PictureSize, isColour: Bool) throws -> Picture {
      let channels = hasInks ? 4 : isColour ? 3 : 1
      let format = Int32((hasInks ? TJPF_CMYK : isColour ? TJPF_RGB : TJPF_GRAY).rawValue)
      let (width, height) = (Int32(size.width), Int32(size.height))
      var bytes = [UInt8](repeating: 0, count: size.width * size.height * channels)
      // A file of endless scans would hold the decoder for minutes.
      let flags = TJFLAG_LIMITSCANS
      guard
        tjDecompress2(
          handle, file, UInt(file.count), &bytes, width, width * Int32(channels), height, format,
          flags) == 0
      else { throw damaged() }
      if hasInks { bytes = rgb(inks: bytes) }
      return Picture(
        width: size.width, height: size.height, channels: isColour ? 3 : 1, bytes: bytes)
    }

    /// Cyan, magenta, yellow and black as the light that each of red, green and blue gets through:
    ///
    ///     r = (1 − c) (1 − k),  g = (1 − m) (1 − k),  b = (1 − y) (1 − k)
    ///
    /// A file with Adobe's segment holds 1 − c in the place of c, and so for the others. A colour profile
    /// is passed over.
    /// Source: Adobe Technical Note 5116, section 18; libjpeg-turbo, cmyk.h.
    private func rgb(inks: [UInt8]) -> [UInt8] {
      let isInverted = JPEGFile.segment(0xEE, named: "Adobe", in: file) != nil
      var bytes: [UInt8] = []
      bytes.reserveCapacity(inks.count / 4 * 3)
      for pixel in stride(from: 0, to: inks.count, by: 4) {
        func light(_ ink: Int) -> Int {
          Int(isInverted ? inks[pixel + ink] : 255 - inks[pixel + ink])
        }
        for ink in 0..<3 { bytes.append(UInt8((light(ink) * light(3) + 127) / 255)) }
      }
      return bytes
    }
  }
}
