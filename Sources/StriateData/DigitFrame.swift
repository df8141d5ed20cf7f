/// The frame of an MNIST image: 28×28 pixels, the digit's box fitted into 20×20 and the digit's
/// centre of mass at the centre of the frame.
///
/// Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".
enum DigitFrame {
  /// The side of the frame in pixels.
  static let side = 28

  /// The number of pixels.
  static let area = side * side

  /// The side of the square that the digit's box is fitted into.
  static let boxSide = 20

  /// The column and row of the centre of mass, where the pixel (0, 0) has its centre at (0.5, 0.5);
  /// nil for an image without ink.
  static func centreOfMass(of image: [Float], width: Int) -> SIMD2<Float>? {
    var mass: Float = 0
    var moment = SIMD2<Float>.zero
    for (index, ink) in image.enumerated() where ink > 0 {
      let (row, column) = index.quotientAndRemainder(dividingBy: width)
      mass += ink
      moment += ink * SIMD2(Float(column) + 0.5, Float(row) + 0.5)
    }
    return mass > 0 ? moment / mass : nil
  }

  /// A frame holding `image` (ink from 0 to 1, row by row), moved by whole pixels so that its
  /// centre of mass lies as near the frame's centre as the frame's edges allow.
  static func centred(_ image: [Float], width: Int, height: Int) -> [Float] {
    var frame = [Float](repeating: 0, count: area)
    guard let centre = centreOfMass(of: image, width: width) else { return frame }
    let middle = Float(side) / 2
    let left = min(Int(max(middle - centre.x + 0.5, 0)), side - width)
    let top = min(Int(max(middle - centre.y + 0.5, 0)), side - height)
    for row in 0..<height {
      for column in 0..<width {
        frame[(top + row) * side + left + column] = image[row * width + column]
      }
    }
    return frame
  }

  /// Ink from 0 to 1 as bytes from 0 to 255.
  static func bytes(_ image: [Float]) -> [UInt8] {
    image.map { UInt8(min(max($0 * 255 + 0.5, 0), 255)) }
  }
}
