/// The frame of an MNIST image: 28×28 pixels, the digit's box fitted into 20×20 and the digit's
/// centre of mass at the centre of the frame. In MNIST's files the mean column and row of the ink,
/// counted from 0 and weighted by brightness, round to 14.
///
/// Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".
enum DigitFrame {
  /// The side of the frame in pixels.
  static let side = 28

  /// The number of pixels.
  static let area = side * side

  /// The side of the square that the digit's box is fitted into.
  static let boxSide = 20

  /// The mean column and row of the ink; nil for an image without ink.
  static func centreOfMass(of image: [Float], width: Int) -> SIMD2<Float>? {
    var mass: Float = 0
    var moment = SIMD2<Float>.zero
    for (index, ink) in image.enumerated() where ink > 0 {
      let (row, column) = index.quotientAndRemainder(dividingBy: width)
      mass += ink
      moment += ink * SIMD2(Float(column), Float(row))
    }
    return mass > 0 ? moment / mass : nil
  }

  /// A frame holding `image` (ink from 0 to 1, row by row), moved by whole pixels so that its
  /// centre of mass lies as near the frame's centre as is possible without losing ink.
  static func centred(_ image: [Float], width: Int, height: Int) -> [Float] {
    var frame = [Float](repeating: 0, count: area)
    guard let centre = centreOfMass(of: image, width: width) else { return frame }
    let inked = image.indices.filter { image[$0] > 0 }
    let right = inked.reduce(0) { max($0, $1 % width) }
    let left = inked.reduce(width) { min($0, $1 % width) }
    let (top, bottom) = ((inked.first ?? 0) / width, (inked.last ?? 0) / width)
    let shiftX = shift(centre: centre.x, lowest: left, highest: right)
    let shiftY = shift(centre: centre.y, lowest: top, highest: bottom)
    for index in inked {
      let (row, column) = index.quotientAndRemainder(dividingBy: width)
      frame[(row + shiftY) * side + column + shiftX] = image[index]
    }
    return frame
  }

  /// The whole number of pixels that brings `centre` nearest the frame's centre while the pixels
  /// from `lowest` to `highest` stay inside the frame.
  private static func shift(centre: Float, lowest: Int, highest: Int) -> Int {
    // The sum is positive, so that the conversion rounds down.
    let wanted = Int(Float(side + side / 2) - centre + 0.5) - side
    return min(max(wanted, -lowest), side - 1 - highest)
  }

  /// Ink from 0 to 1 as bytes from 0 to 255.
  static func bytes(_ image: [Float]) -> [UInt8] {
    image.map { UInt8(min(max($0 * 255 + 0.5, 0), 255)) }
  }
}
