import StriateData

/// Pictures for tests.
enum Drawing {
  /// Built-in digit number `index` of a seed that no training uses.
  static func picture(_ index: Int) throws -> Picture {
    let digit = try Digits.builtIn(count: index + 1, seed: 77).image(at: index)
    return Picture(
      width: 28, height: 28, channels: 1, bytes: digit.scalars.map { UInt8($0 * 255 + 0.5) })
  }

  /// The same five times as large, dark on light, away from the middle.
  static func enlarged(_ picture: Picture) -> Picture {
    var bytes = [UInt8](repeating: 255, count: 200 * 200)
    for row in 0..<140 {
      for column in 0..<140 {
        bytes[(row + 45) * 200 + column + 10] = 255 - picture.bytes[row / 5 * 28 + column / 5]
      }
    }
    return Picture(width: 200, height: 200, channels: 1, bytes: bytes)
  }

  /// The beginning of a PNG file that claims a size.
  static func pngHeader(width: UInt32, height: UInt32) -> [UInt8] {
    func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
      let body = Array(name.utf8) + data
      return bytes(UInt32(data.count)) + body + bytes(crc32(body))
    }
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", bytes(width) + bytes(height) + [8, 0, 0, 0, 0]) + chunk("IDAT", [0x78, 0x9C])
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
  }
}
