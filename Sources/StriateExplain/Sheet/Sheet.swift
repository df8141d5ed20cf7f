import Striate
import StriateData

/// Pictures with words about a network: the content of a page and of a poster.
package struct Sheet: Sendable {
  /// A picture with its words.
  package struct Tile: Sendable {
    package var picture: Picture
    /// Each pixel is shown as a square of so many.
    package var zoom = 1
    package var title: String
    package var lines: [String] = []
    /// What the colours mean, where they stand for numbers.
    package var colours: MapColours?
    /// What the picture shows, for those who do not see it.
    package var alt: String
  }

  /// A share with its name.
  package struct Bar: Sendable {
    package var name: String
    package var share: Float
    package var isChosen: Bool
  }

  /// Tiles and shares under a heading.
  package struct Section: Sendable {
    package var title: String
    package var note = ""
    package var tiles: [Tile] = []
    package var bars: [Bar] = []
  }

  /// What belongs to one picture or filter.
  package struct Part: Sendable {
    package var title: String
    package var sections: [Section]
  }

  package var title: String
  package var facts: [(name: String, value: String)]
  package var parts: [Part]
}

extension Sheet.Tile {
  /// Small pictures are shown with sides of about so many pixels; larger ones are made smaller down to the limit.
  static let (shown, limit) = (150, 256)

  /// The whole number that enlarges a picture to about `shown` pixels.
  static func zoom(_ picture: Picture, to shown: Int = shown) -> Int {
    max(1, shown / max(picture.width, picture.height))
  }

  /// By how much an image is made smaller.
  static func shrinking(_ shape: [Int]) -> Int {
    max(1, (max(shape[1], shape[2]) + limit - 1) / limit)
  }

  /// An image [C, H, W]; nil where it is none.
  init?(image: Tensor, title: String, lines: [String] = [], shown: Int = shown) {
    guard let picture = Picture(image, limit: Self.limit) else { return nil }
    self.init(
      picture: picture, zoom: Self.zoom(picture, to: shown), title: title, lines: lines,
      alt: ([title] + lines).joined(separator: ", "))
  }
}
