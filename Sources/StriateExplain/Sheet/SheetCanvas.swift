import StriateData

/// A picture in colour that is being drawn.
struct SheetCanvas {
  /// Red, green and blue.
  typealias Colour = (UInt8, UInt8, UInt8)

  static let (paper, ink, soft, line): (Colour, Colour, Colour, Colour) = (
    (255, 255, 255), (27, 31, 36), (87, 96, 106), (208, 215, 222)
  )

  let width: Int
  private(set) var height: Int
  private var bytes: [UInt8]

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    bytes = Array(repeating: 255, count: width * height * 3)
  }

  var picture: Picture { Picture(width: width, height: height, channels: 3, bytes: bytes) }

  /// Draws a picture, each of its pixels as a square; what lies outside is left out.
  mutating func draw(_ picture: Picture, left: Int, top: Int, zoom: Int = 1) {
    for y in 0..<picture.height * zoom where (0..<height).contains(top + y) {
      for x in 0..<picture.width * zoom where (0..<width).contains(left + x) {
        let source = (y / zoom * picture.width + x / zoom) * picture.channels
        let place = ((top + y) * width + left + x) * 3
        for c in 0..<3 {
          bytes[place + c] = picture.bytes[source + (picture.channels == 3 ? c : 0)]
        }
      }
    }
  }

  /// Fills a rectangle; what lies outside is left out.
  mutating func fill(left: Int, top: Int, width: Int, height: Int, _ colour: Colour) {
    for y in max(0, top)..<max(max(0, top), min(top + height, self.height)) {
      for x in max(0, left)..<max(max(0, left), min(left + width, self.width)) {
        let place = (y * self.width + x) * 3
        (bytes[place], bytes[place + 1], bytes[place + 2]) = colour
      }
    }
  }

  /// The border of a rectangle, inside it.
  mutating func frame(
    left: Int, top: Int, width: Int, height: Int, thickness: Int = 1, _ colour: Colour
  ) {
    fill(left: left, top: top, width: width, height: thickness, colour)
    fill(left: left, top: top + height - thickness, width: width, height: thickness, colour)
    fill(left: left, top: top, width: thickness, height: height, colour)
    fill(left: left + width - thickness, top: top, width: thickness, height: height, colour)
  }

  /// Writes a line; its end is left out where it would be wider than `limit` pixels.
  mutating func write(
    _ text: String, left: Int, top: Int, zoom: Int = 2, _ colour: Colour = ink, limit: Int = .max
  ) {
    for (index, letter) in Self.letters(text, zoom: zoom, limit: limit).enumerated() {
      for (row, bits) in PixelFont.rows(of: letter).enumerated() {
        for column in 0..<5 where bits >> (4 - column) & 1 == 1 {
          fill(
            left: left + (index * PixelFont.advance + column) * zoom, top: top + row * zoom,
            width: zoom, height: zoom, colour)
        }
      }
    }
  }

  /// The width of a line in pixels.
  static func width(of text: String, zoom: Int = 2) -> Int {
    PixelFont.letters(text).count * PixelFont.advance * zoom
  }

  private static func letters(_ text: String, zoom: Int, limit: Int) -> [Character] {
    let all = PixelFont.letters(text)
    let room = limit / (PixelFont.advance * zoom)
    guard all.count > room else { return all }
    return room > 3 ? Array(all.prefix(room - 2)) + [".", "."] : Array(all.prefix(max(0, room)))
  }
}
