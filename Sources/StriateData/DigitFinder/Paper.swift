/// The background of a picture: one brightness, or where that explains the picture less well a
/// surface of second degree in x and y that passes under the ink.
///
/// The surface is fitted first to the picture's border, then to all of it, by least squares with weights
///
///     w = 1 / (1 + (r / s)²)²    r: residual, s: its robust scale
///
/// so that ink, which departs from the paper, loses its pull. Source: Geman & McClure 1985.
struct Paper {
  /// Coefficients of 1, x, y, x², x y, y², where x and y run from −1 to 1.
  private var coefficients = [Double](repeating: 0, count: 6)
  private let image: GreyImage

  /// The standard deviation of the paper's grain, from the median of absolute residuals.
  private(set) var noise: Float = 0

  init(under image: GreyImage) {
    self.image = image
    let border = image.borderIndices()
    coefficients[0] = Double(median(border.map { image.values[$0] }))
    let samples = image.sampleIndices(atMost: 10_000)
    let flat = coefficients
    let flatNoise = 1.4826 * median(samples.map { abs(contrast(at: $0)) })
    // A tilted or shaded paper is far from flat at first; the scale shrinks as the fit improves.
    for indices in [border, border, border, border, samples, samples, samples, samples] {
      refit(to: indices)
    }
    noise = 1.4826 * median(samples.map { abs(contrast(at: $0)) })
    if flatNoise <= 1.2 * noise {
      coefficients = flat
      noise = flatNoise
    }
  }

  /// The picture's value less the paper's.
  func contrast(at index: Int) -> Float {
    let (row, column) = index.quotientAndRemainder(dividingBy: image.width)
    let (x, y) = place(column: column, row: row)
    let c = coefficients
    let paper = c[0] + c[1] * x + c[2] * y + c[3] * x * x + c[4] * x * y + c[5] * y * y
    return image.values[index] - Float(paper)
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
    let residuals = indices.map { Double(contrast(at: $0)) }
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

extension GreyImage {
  /// The pixels of the outermost rows and columns: at most about 2,000 of them.
  fileprivate func borderIndices() -> [Int] {
    let margin = max(1, side / 100)
    let rows = (0..<height).filter { $0 < margin || $0 >= height - margin }
    let columns = (0..<width).filter { $0 < margin || $0 >= width - margin }
    var indices = rows.flatMap { row in (0..<width).map { row * width + $0 } }
    indices += columns.flatMap { column in (0..<height).map { $0 * width + column } }
    let step = max(1, indices.count / 2_000)
    return stride(from: 0, to: indices.count, by: step).map { indices[$0] }
  }

  /// Pixels on a grid over the whole picture.
  fileprivate func sampleIndices(atMost limit: Int) -> [Int] {
    var step = 1
    while (width / step + 1) * (height / step + 1) > limit { step += 1 }
    return stride(from: 0, to: height, by: step).flatMap { row in
      stride(from: 0, to: width, by: step).map { row * width + $0 }
    }
  }
}
