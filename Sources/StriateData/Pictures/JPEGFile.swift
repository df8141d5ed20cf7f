import CTurboJPEG

/// JPEG files, by TurboJPEG (error codes, no long jumps into Swift).
enum JPEGFile {
  /// The picture in a JPEG file, as upright as the camera was: grey where the file is grey.
  static func decode(_ file: [UInt8], name: String) throws -> Picture {
    guard let decoder = tjInitDecompress() else {
      throw Picture.Unreadable(name, "the JPEG decoder could not be started")
    }
    defer { tjDestroy(decoder) }
    func damaged(_ reason: String? = nil) -> Picture.Unreadable {
      let message = reason ?? tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown"
      return Picture.Unreadable(name, "the JPEG file is damaged or cut short: \(message)")
    }

    var (width, height, subsampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let size = UInt(file.count)
    guard
      tjDecompressHeader3(decoder, file, size, &width, &height, &subsampling, &space) == 0
    else { throw damaged() }
    guard width > 0, height > 0 else { throw damaged("it holds no picture") }
    try Picture.checkSize(width: Int(width), height: Int(height), name: name)
    guard space != Int32(TJCS_CMYK.rawValue), space != Int32(TJCS_YCCK.rawValue) else {
      throw Picture.Unreadable(
        name, "expected a grey or RGB JPEG picture, found CMYK: convert it to RGB first")
    }
    let isColour = space != Int32(TJCS_GRAY.rawValue)
    let channels = isColour ? 3 : 1
    let format = Int32((isColour ? TJPF_RGB : TJPF_GRAY).rawValue)
    var bytes = [UInt8](repeating: 0, count: Int(width) * Int(height) * channels)
    // A file of endless scans would hold the decoder for minutes.
    let flags = TJFLAG_LIMITSCANS
    guard
      tjDecompress2(
        decoder, file, size, &bytes, width, width * Int32(channels), height, format, flags) == 0
    else { throw damaged() }
    let stored = Picture(
      width: Int(width), height: Int(height), channels: channels, bytes: bytes)
    return JPEGOrientation(of: file).upright(stored)
  }
}
