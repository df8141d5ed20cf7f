import StriateData

/// Why there is no poster.
package struct PosterTooLarge: Error, CustomStringConvertible, Equatable {
  package let description: String
}

extension Sheet {
  /// The sheet as one picture.
  ///
  /// Throws `PosterTooLarge` where it would be larger than a picture may be.
  package func poster() throws -> Picture {
    // Once to see how high it gets, and once to draw.
    var layout = PosterLayout(height: 0)
    layout.draw(self)
    guard layout.top <= Picture.maximumArea / PosterLayout.width else {
      throw PosterTooLarge(
        description: "sheet: expected at most \(Picture.maximumArea / 1_000_000) megapixels, found "
          + "\(PosterLayout.width)×\(layout.top): show fewer pictures, or write a page of HTML")
    }
    var poster = PosterLayout(height: layout.top)
    poster.draw(self)
    return poster.canvas.picture
  }
}

/// Where everything of a poster goes: from left to right, from top to bottom.
private struct PosterLayout {
  static let (width, margin, gap) = (1200, 32, 24)
  /// The height of a line, and of the small print.
  private static let (line, small) = (22, 20)

  var canvas: SheetCanvas
  private(set) var top = margin

  init(height: Int) { canvas = SheetCanvas(width: Self.width, height: height) }

  private var room: Int { Self.width - 2 * Self.margin }

  mutating func draw(_ sheet: Sheet) {
    write(sheet.title, zoom: 3)
    top += 12
    for line in lines(of: sheet.facts.map { "\($0.name): \($0.value)" }) {
      write(line, zoom: 2, SheetCanvas.soft)
      top += 4
    }
    for part in sheet.parts {
      top += 16
      canvas.fill(left: Self.margin, top: top, width: room, height: 2, SheetCanvas.line)
      top += 18
      write(part.title, zoom: 3)
      top += 4
      part.sections.forEach { draw($0) }
    }
    top += Self.margin
  }

  /// Words side by side, as many in a line as fit.
  private func lines(of words: [String]) -> [String] {
    var result: [String] = []
    for word in words {
      if let last = result.last, SheetCanvas.width(of: last + "   " + word) <= room {
        result[result.count - 1] += "   " + word
      } else {
        result.append(word)
      }
    }
    return result
  }

  private mutating func write(
    _ text: String, zoom: Int, _ colour: SheetCanvas.Colour = SheetCanvas.ink
  ) {
    canvas.write(text, left: Self.margin, top: top, zoom: zoom, colour, limit: room)
    top += PixelFont.line * zoom
  }

  private mutating func draw(_ section: Sheet.Section) {
    top += 14
    write(section.title, zoom: 2)
    for line in wrapped(section.note, width: room) { write(line, zoom: 2, SheetCanvas.soft) }
    top += 8
    var (left, lowest) = (Self.margin, top)
    for tile in section.tiles {
      let width = self.width(of: tile)
      if left > Self.margin, left + width > Self.width - Self.margin {
        (left, top) = (Self.margin, lowest + 18)
      }
      lowest = max(lowest, draw(tile, left: left, width: width))
      left += width + Self.gap
    }
    if !section.bars.isEmpty { lowest = max(lowest, draw(section.bars, left: left)) }
    top = lowest
  }

  /// At least as wide as its title, if it does not take more than a third of the poster.
  private func width(of tile: Sheet.Tile) -> Int {
    let words = ([tile.title] + tile.lines).map { SheetCanvas.width(of: $0) }.max() ?? 0
    return min(room, max(tile.picture.width * tile.zoom + 2, min(words, room / 3 - Self.gap)))
  }

  /// Draws a tile; returns where it ends.
  private mutating func draw(_ tile: Sheet.Tile, left: Int, width: Int) -> Int {
    var y = top
    canvas.write(tile.title, left: left, top: y, limit: width)
    y += Self.line
    let (pictureWidth, height) = (tile.picture.width * tile.zoom, tile.picture.height * tile.zoom)
    canvas.frame(left: left, top: y, width: pictureWidth + 2, height: height + 2, SheetCanvas.line)
    canvas.draw(tile.picture, left: left + 1, top: y + 1, zoom: tile.zoom)
    y += height + 10
    if let colours = tile.colours {
      let ends = colours.ends
      canvas.write(ends.least, left: left, top: y, SheetCanvas.soft)
      let start = left + SheetCanvas.width(of: ends.least) + 6
      canvas.draw(stretched(colours.bar, height: 14), left: start, top: y)
      canvas.frame(left: start, top: y, width: 101, height: 14, SheetCanvas.line)
      canvas.write(ends.most, left: start + 101 + 8, top: y, SheetCanvas.soft)
      y += Self.small
    }
    for line in tile.lines {
      for part in wrapped(line, width: width) {
        canvas.write(part, left: left, top: y, SheetCanvas.soft, limit: width)
        y += Self.small
      }
    }
    return y
  }

  /// The words of a line in lines that are not wider.
  private func wrapped(_ text: String, width: Int) -> [String] {
    var result: [String] = []
    for word in text.split(separator: " ") {
      if let last = result.last, SheetCanvas.width(of: last + " " + word) <= width {
        result[result.count - 1] += " " + word
      } else {
        result.append(String(word))
      }
    }
    return result
  }

  private func stretched(_ bar: Picture, height: Int) -> Picture {
    Picture(
      width: bar.width, height: height, channels: 3,
      bytes: (0..<height).flatMap { _ in bar.bytes })
  }

  /// Draws shares; returns where they end.
  private mutating func draw(_ bars: [Sheet.Bar], left: Int) -> Int {
    let names = min(240, bars.map { SheetCanvas.width(of: $0.name) }.max() ?? 0)
    let length = min(360, Self.width - Self.margin - left - names - 130)
    var y = top + Self.line
    for bar in bars {
      let ink = bar.isChosen ? SheetCanvas.ink : SheetCanvas.soft
      canvas.write(bar.name, left: left, top: y, ink, limit: names)
      let share = Double(bar.share).percentage
      canvas.write(
        share, left: left + names + 110 - SheetCanvas.width(of: share), top: y, ink)
      let wide = max(1, Int(Float(max(0, length)) * bar.share))
      canvas.fill(
        left: left + names + 124, top: y, width: wide, height: 14,
        bar.isChosen ? (0, 114, 178) : (140, 190, 218))
      y += Self.line
    }
    return y
  }
}
