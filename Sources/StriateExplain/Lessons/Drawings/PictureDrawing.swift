import StriateData

/// Small pictures next to each other, each with its name below.
struct PictureDrawing: LessonDrawing {
  /// A picture of one channel.
  struct Picture: Sendable {
    let name: String
    /// From −1 to 1, row by row: what is negative has a colour of its own on a page.
    let values: [Double]
    let width: Int

    var height: Int { width == 0 ? 0 : values.count / width }

    /// A picture of any numbers, divided by `scale`, or by the largest of them.
    init(_ name: String, _ values: [Double], width: Int, scale: Double? = nil) {
      let largest = scale ?? values.map { abs($0) }.max() ?? 0
      self.name = name
      self.values = values.map { largest > 0 ? min(max($0 / largest, -1), 1) : 0 }
      self.width = width
    }
  }

  let pictures: [Picture]
  /// How many of them a terminal shows.
  var countInText = Int.max

  /// Pictures with fewer pixels a row are drawn twice as large in characters.
  private static let smallWidth = 8

  // MARK: Text

  func text(width: Int) -> String {
    var bands: [[[String]]] = [[]]
    var used = 0
    let shown = pictures.prefix(countInText)
    for picture in shown {
      let lines = Self.lines(of: picture)
      let columns = lines.map(\.columns).max() ?? 0
      if used > 0, used + 2 + columns > width {
        bands.append([])
        used = 0
      }
      bands[bands.count - 1].append(lines)
      used += columns + 2
    }
    let text = bands.map { band in
      let height = band.map(\.count).max() ?? 0
      return band.beside(height: height) { height - $0.count }
    }.joined(separator: "\n")
    guard shown.count < pictures.count else { return text }
    return text + "\n(\(pictures.count - shown.count) more on the page that --html writes)"
  }

  private static func lines(of picture: Picture) -> [String] {
    guard picture.width > 0, picture.height > 0 else { return [picture.name] }
    let zoom = picture.width <= smallWidth ? 2 : 1
    let isSigned = picture.values.contains { $0 < 0 }
    var pixels: [UInt8] = []
    for row in 0..<picture.height * zoom {
      for column in 0..<picture.width * zoom {
        let value = picture.values[row / zoom * picture.width + column / zoom]
        pixels.append(UInt8(((isSigned ? (value + 1) / 2 : value) * 255).rounded()))
      }
    }
    let text = TerminalPicture.render(
      pixels: pixels, width: picture.width * zoom, height: picture.height * zoom, colour: false)
    let rows = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return rows.map { "▏\($0)▕" } + [picture.name]
  }

  // MARK: SVG

  private static let (side, gap, limit) = (96.0, 14.0, 600.0)
  /// How many shades a picture has: each is one path.
  private static let shades = 8

  var svg: SVGCanvas {
    let pitch = pictures.map { max(Self.side, $0.name.svgWidth) }.max() ?? Self.side
    let perRow = max(1, Int((Self.limit + Self.gap) / (pitch + Self.gap)))
    let tallest = pictures.map { Double($0.height) * Self.pixel(of: $0) }.max() ?? 0
    let rows = (pictures.count + perRow - 1) / perRow
    var canvas = SVGCanvas(
      width: Double(min(perRow, pictures.count)) * (pitch + Self.gap) - Self.gap + 2,
      height: Double(rows) * (tallest + 28))
    for (index, picture) in pictures.enumerated() {
      let x = Double(index % perRow) * (pitch + Self.gap) + 1
      let y = Double(index / perRow) * (tallest + 28) + 1
      Self.draw(picture, x: x, y: y, on: &canvas)
    }
    return canvas
  }

  private static func pixel(of picture: Picture) -> Double {
    max(1, (side / Double(max(1, picture.width))).rounded(.down))
  }

  private static func draw(
    _ picture: Picture, x: Double, y: Double, on canvas: inout SVGCanvas
  ) {
    let pixel = pixel(of: picture)
    var paths: [Int: String] = [:]
    for row in 0..<picture.height {
      var start = 0
      func shade(_ column: Int) -> Int {
        Int((picture.values[row * picture.width + column] * Double(shades)).rounded())
      }
      while start < picture.width {
        var end = start + 1
        while end < picture.width, shade(end) == shade(start) { end += 1 }
        if shade(start) != 0 {
          let length = (Double(end - start) * pixel).coordinate
          paths[shade(start), default: ""] +=
            "M\((x + Double(start) * pixel).coordinate) \((y + Double(row) * pixel).coordinate)"
            + "h\(length)v\(pixel.coordinate)h-\(length)z"
        }
        start = end
      }
    }
    for (shade, data) in paths.sorted(by: { $0.key < $1.key }) {
      canvas.path(
        shade < 0 ? "ink negative" : "ink", data,
        "fill=\"currentColor\" fill-opacity=\"\((Double(abs(shade)) / Double(shades)).coordinate)\""
      )
    }
    let (width, height) = (Double(picture.width) * pixel, Double(picture.height) * pixel)
    canvas.rectangle(
      "frame", x: x - 0.5, y: y - 0.5, width: width + 1, height: height + 1,
      "fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.35\"")
    canvas.text(picture.name, x: x, y: y + height + 18, anchor: "start", kind: "name")
  }
}
