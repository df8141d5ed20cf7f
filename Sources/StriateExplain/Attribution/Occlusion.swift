import Striate

extension Explainer {
  /// How far the score falls where a square covers the image.
  ///
  ///     M[i,j] = mean over the squares q that cover (i, j) of  S(x) − S(x with q covered)
  ///
  /// The square moves by `stride` from the upper left corner until it reaches the other border, where it is cut off.
  ///
  /// Shapes: image [C, H, W] → values [1, H, W], map [H, W].
  /// Source: Zeiler & Fergus 2014, arXiv:1311.2901, section 4.2; the mean over squares as in Captum's `Occlusion`.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - classIndex: The class.
  ///   - window: The side of the square; nil for a seventh of the shorter side.
  ///   - stride: How far it moves, at most its side; nil for half of it.
  ///   - fill: The pixel value, 0 to 1, of the square.
  ///   - progress: Called with the number of squares done, and of all.
  ///
  /// Throws `Unexplainable` where the image or the class does not fit the network, or the square not into the image.
  public func occlusion(
    of image: Tensor, class classIndex: Int, window: Int? = nil, stride: Int? = nil,
    fill: Float = 0, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Attribution {
    let (x, cover) = try (entering(image).scalars, entering(pixel: fill).scalars)
    let (channels, height, width) = (image.shape[0], image.shape[1], image.shape[2])
    let window = window ?? Self.usualWindow(image.shape)
    let stride = stride ?? max(1, window / 2)
    guard (1...min(height, width)).contains(window), (1...window).contains(stride) else {
      throw Unexplainable(
        description: "occlusion: expected a window from 1 to \(min(height, width)) pixels and a "
          + "stride from 1 to the window, found window \(window) and stride \(stride)")
    }
    let (output, sign) = try place(of: classIndex)
    let squares = Self.starts(height, window, stride).flatMap { top in
      Self.starts(width, window, stride).map { left in
        (rows: top..<min(top + window, height), columns: left..<min(left + window, width))
      }
    }
    let score = try scoring.outputs(
      of: Tensor(shape: [1] + image.shape, scalars: x), threads: threads
    ).scalars[output]
    var sums = [Double](repeating: 0, count: height * width)
    var counts = [Double](repeating: 0, count: height * width)
    for first in Swift.stride(from: 0, to: squares.count, by: ScoreGradients.batch) {
      let batch = squares[first..<min(first + ScoreGradients.batch, squares.count)]
      let covered = batch.flatMap { square in
        var copy = x
        for c in 0..<channels {
          for row in square.rows {
            for column in square.columns {
              let place = (c * height + row) * width + column
              copy[place] = cover[place]
            }
          }
        }
        return copy
      }
      let outputs = try scoring.outputs(
        of: Tensor(shape: [batch.count] + image.shape, scalars: covered), threads: threads)
      for (number, square) in batch.enumerated() {
        let other = outputs.scalars[number * outputs.shape[1] + output]
        for row in square.rows {
          for column in square.columns {
            sums[row * width + column] += Double(score) - Double(other)
            counts[row * width + column] += 1
          }
        }
      }
      progress(first + batch.count, squares.count)
    }
    let map = zip(sums, counts).map { sign * Float($0 / $1) }
    var attribution = Attribution(
      .occlusion, classIndex: classIndex, score: sign * score,
      values: Tensor(shape: [1, height, width], scalars: map),
      map: Tensor(shape: [height, width], scalars: map))
    attribution.setting = "window \(window), stride \(stride), fill \(fill.plain)"
    return attribution
  }

  /// The side of the square where nobody chooses one, for images [C, H, W].
  package static func usualWindow(_ shape: [Int]) -> Int {
    max(1, (min(shape[1], shape[2]) + 3) / 7)
  }

  /// Where squares begin along an axis, so that the last reaches the border.
  private static func starts(_ side: Int, _ window: Int, _ stride: Int) -> [Int] {
    (0...(side - window + stride - 1) / stride).map { $0 * stride }
  }
}
