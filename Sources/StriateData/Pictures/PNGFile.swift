import CPNG

/// PNG files, by libpng's simplified interface (no long jumps into Swift).
enum PNGFile {
  /// The picture in a PNG file, laid on white where it is transparent; on black, where white would
  /// show nothing of it.
  static func decode(_ file: [UInt8], name: String) throws -> Picture {
    let (picture, isTransparent) = try decode(file, name: name, background: 255)
    guard isTransparent, picture.bytes.allSatisfy({ $0 == 255 }) else { return picture }
    return try decode(file, name: name, background: 0).picture
  }

  /// What the beginning of a PNG file says about the picture.
  static func header(of file: [UInt8], name: String) throws -> PictureHeader {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    return try file.withUnsafeBytes { file in
      guard png_image_begin_read_from_memory(&image, file.baseAddress, file.count) != 0 else {
        throw damaged(image, name)
      }
      try checkSize(image, file, name: name)
      return PictureHeader(
        size: PictureSize(height: Int(image.height), width: Int(image.width)),
        isColour: image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0)
    }
  }

  private static func decode(
    _ file: [UInt8], name: String, background: UInt8
  ) throws -> (picture: Picture, isTransparent: Bool) {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }

    // The image keeps a pointer into the file until it is finished: one closure holds both steps.
    return try file.withUnsafeBytes { file in
      guard png_image_begin_read_from_memory(&image, file.baseAddress, file.count) != 0 else {
        throw damaged(image, name)
      }
      let (width, height) = (Int(image.width), Int(image.height))
      try checkSize(image, file, name: name)
      let isColour = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
      let isTransparent = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
      let channels = isColour ? 3 : 1
      image.format = isColour ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
      image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
      var paper = png_color(red: background, green: background, blue: background)
      var bytes = [UInt8](repeating: 0, count: width * height * channels)
      guard png_image_finish_read(&image, &paper, &bytes, Int32(width * channels), nil) != 0
      else { throw damaged(image, name) }
      let picture = Picture(width: width, height: height, channels: channels, bytes: bytes)
      return (picture, isTransparent)
    }
  }

  /// Source: Portable Network Graphics, 3rd edition, section 11.2.1: byte 24 holds the bits of a sample, byte 25 the kind
  /// of pixel; deflate packs at most 1032 bytes into one.
  private static func checkSize(
    _ image: png_image, _ file: UnsafeRawBufferPointer, name: String
  ) throws {
    let samples: [UInt8: Int] = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]
    let bits = file.count > 25 ? Int(file[24]) * (samples[file[25]] ?? 1) : 1
    try Picture.checkSize(
      width: Int(image.width), height: Int(image.height), fileSize: file.count,
      smallestFile: { width, height in (width * bits + 7) / 8 * height / 1032 }, name: name)
  }

  /// The bytes of a PNG file that holds a picture; nil where libpng runs out of memory.
  static func encode(_ picture: Picture) -> [UInt8]? {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(picture.width)
    image.height = UInt32(picture.height)
    image.format = picture.channels == 3 ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
    defer { png_image_free(&image) }
    let stride = Int32(picture.width * picture.channels)
    var size = picture.bytes.count + picture.bytes.count / 100 + picture.height + 65_536
    var file = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &file, &size, 0, picture.bytes, stride, nil) != 0
    else { return nil }
    return Array(file.prefix(size))
  }

  private static func damaged(_ image: png_image, _ name: String) -> Picture.Unreadable {
    let message = withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Picture.Unreadable(name, "the PNG file is damaged or cut short: \(message)")
  }
}
