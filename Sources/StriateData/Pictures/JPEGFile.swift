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
        try Picture.checkSize(width: Int(width), height: Int(height), name: name)
        guard space != Int32(TJCS_CMYK.rawValue), space != Int32(TJCS_YCCK.rawValue) else {
          throw Picture.Unreadable(
            name, "expected a grey or RGB JPEG picture, found CMYK: convert it to RGB first")
        }
        return PictureHeader(
          size: PictureSize(height: Int(height), width: Int(width)),
          isColour: space != Int32(TJCS_GRAY.rawValue))
      }
    }

    /// The picture as it is in the file, at one of the decoder's sizes.
    func picture(_ size: PictureSize, isColour: Bool) throws -> Picture {
      let channels = isColour ? 3 : 1
      let format = Int32((isColour ? TJPF_RGB : TJPF_GRAY).rawValue)
      let (width, height) = (Int32(size.width), Int32(size.height))
      var bytes = [UInt8](repeating: 0, count: size.width * size.height * channels)
      // A file of endless scans would hold the decoder for minutes.
      let flags = TJFLAG_LIMITSCANS
      guard
        tjDecompress2(
          handle, file, UInt(file.count), &bytes, width, width * Int32(channels), height, format,
          flags) == 0
      else { throw damaged() }
      return Picture(width: size.width, height: size.height, channels: channels, bytes: bytes)
    }
  }
}
