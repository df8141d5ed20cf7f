/// A surface of second degree in x and y that passes under the ink.
///
/// It is fitted first to the picture's border, then to all of it, by least squares with weights
///
///     w = 1 / (1 + (r / s)²)²    r: residual, s: its robust scale
///
/// so that ink, which departs from the paper, loses its pull. Source: Geman & McClure 1985.
struct PaperSurface {
  /// Coefficients of 1, x, y, x², x y, y², where x and y run from −1 to 1.
  private var coefficients = [Double](repeating: 0, count: 6)
  private let image: GreyImage

  init(under image: GreyImage, startingFrom brightness: Float) {
    self.image = image
    coefficients[0] = Double(brightness)
    let border = image.borderIndices()
    let samples = image.sampleIndices(atMost: 5_000)
    // A tilted or shaded paper is far from flat at first; the scale shrinks as the fit improves.
    for indices in [border, border, border, border, samples, samples, samples, samples] {
      refit(to: indices)
    }
  }

  /// The surface at each pixel.
  func values() -> [Float] {
    (0..<image.height).flatMap { row in
      (0..<image.width).map { Float(value(column: $0, row: row)) }
    }
  }

  private func value(column: Int, row: Int) -> Double {
    let (x, y) = place(column: column, row: row)
    let c = coefficients
    return c[0] + c[1] * x + c[2] * y + c[3] * x * x + c[4] * x * y + c[5] * y * y
  }

  /// The middle of a pixel, from −1 to 1 along each axis.
  private func place(column: Int, row: Int) -> (x: Double, y: Double) {
    (
      (2 * Double(column) + 1) / Double(image.width) - 1,
      (2 * Double(row) + 1) / Double(image.height) - 1
    )
  }

  private func terms(column: Int, row: Int) -> [Double] {
    let (x, y) = place(column: column, row: row)
    return [1, x, y, x * x, x * y, y * y]
  }

  private mutating func refit(to indices: [Int]) {
    let residuals = indices.map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: image.width)
      return Double(image.values[index]) - value(column: column, row: row)
    }
    let scale = max(3 * 1.4826 * Double(median(residuals.map { Float(abs($0)) })), 4)
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: 7), count: 6)
    for (index, residual) in zip(indices, residuals) {
      let (row, column) = index.quotientAndRemainder(dividingBy: image.width)
      let terms = self.terms(column: column, row: row)
      let ratio = residual / scale
      let weight = 1 / ((1 + ratio * ratio) * (1 + ratio * ratio))
      for i in 0..<6 {
        for j in 0..<6 { matrix[i][j] += weight * terms[i] * terms[j] }
        matrix[i][6] += weight * terms[i] * residual
      }
    }
    // A touch of ridge keeps the higher terms at zero where a picture is too small to tell.
    for i in 0..<6 { matrix[i][i] += 1e-9 * (matrix[0][0] + 1) }
    let step = solved(matrix)
    for i in 0..<6 { coefficients[i] += step[i] }
  }

  /// The solution of six linear equations, by Gaussian elimination; positive definite, so that no
  /// pivoting is needed.
  private func solved(_ equations: [[Double]]) -> [Double] {
    var m = equations
    for i in 0..<6 {
      for k in (i + 1)..<max(6, i + 1) {
        let factor = m[k][i] / m[i][i]
        for j in i..<7 { m[k][j] -= factor * m[i][j] }
      }
    }
    var solution = [Double](repeating: 0, count: 6)
    for i in (0..<6).reversed() {
      let known = ((i + 1)..<max(6, i + 1)).reduce(0) { $0 + m[i][$1] * solution[$1] }
      solution[i] = (m[i][6] - known) / m[i][i]
    }
    return solution
  }
}
