/// A small grey picture as text, two rows of pixels in one row of characters.
public enum TerminalPicture {
  /// The picture as lines of `width` characters, ⌈height / 2⌉ of them, each ending in a newline.
  ///
  /// With `colour`, half blocks in 24-bit colours show every pixel; without, each character shows
  /// the mean of two pixels, from a space for 0 to `@` for 255.
  ///
  /// - Precondition: `pixels` holds width × height bytes.
  public static func render(pixels: [UInt8], width: Int, height: Int, colour: Bool) -> String {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height,
      "TerminalPicture: expected \(width)×\(height) pixels, found \(pixels.count)")
    var text = ""
    for row in stride(from: 0, to: height, by: 2) {
      var previous: (UInt8, UInt8?)?
      for column in 0..<width {
        let upper = pixels[row * width + column]
        let lower = row + 1 < height ? pixels[(row + 1) * width + column] : nil
        guard colour else {
          text.append(character(for: (Int(upper) + Int(lower ?? upper)) / 2))
          continue
        }
        if previous?.0 != upper || previous?.1 != lower || column == 0 {
          text += escape(upper: upper, lower: lower)
          previous = (upper, lower)
        }
        text += "▀"
      }
      text += colour ? "\u{1B}[0m\n" : "\n"
    }
    return text
  }

  private static let ramp = Array(" .:-=+*#%@")

  private static func character(for brightness: Int) -> Character {
    ramp[brightness * ramp.count / 256]
  }

  /// The escape sequence that sets a half block's two colours.
  private static func escape(upper: UInt8, lower: UInt8?) -> String {
    let background = lower.map { "48;2;\($0);\($0);\($0)" } ?? "49"
    return "\u{1B}[38;2;\(upper);\(upper);\(upper);\(background)m"
  }
}
