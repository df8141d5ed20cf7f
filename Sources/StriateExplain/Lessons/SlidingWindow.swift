import Striate

/// A kernel on its way over an image.
struct SlidingWindow {
  let image: Tensor
  let kernel: Tensor
  var stride = 1
  /// Zeros around the image, which the figure shows.
  var padding = 0

  /// What the library computes.
  var output: Tensor {
    get throws {
      try crossCorrelate(
        image, kernel, mode: .padded(Padding(integerLiteral: padding)),
        stride: Extent(integerLiteral: stride))
    }
  }

  private var bordered: [[Double]] {
    let (rows, columns) = (image.shape[0], image.shape[1])
    return (-padding..<rows + padding).map { i in
      (-padding..<columns + padding).map { j in
        (0..<rows).contains(i) && (0..<columns).contains(j) ? Double(image[i, j]) : 0
      }
    }
  }

  /// The window over one place: what it sees, the kernel, the outputs so far, and the sum spelled out.
  ///
  /// - Precondition: the output has that place.
  func drawing(row: Int, column: Int) throws -> MatrixDrawing {
    let y = try output
    let (height, width) = (kernel.shape[0], kernel.shape[1])
    let (top, left) = (row * stride, column * stride)
    let bordered = bordered
    let cells = y.rows.enumerated().map { i, values in
      values.enumerated().map { j, value in
        (i, j) <= (row, column) ? value.plain(3) : "·"
      }
    }
    let terms = (0..<height).flatMap { u in
      (0..<width).map { v in
        let (x, k) = (bordered[top + u][left + v].plain(3), Double(kernel[u, v]).plain(3))
        return "\(x)·\(k.hasPrefix("−") ? "(\(k))" : k)"
      }
    }
    return MatrixDrawing(
      [
        .matrix(
          .init(
            "x" + (padding > 0 ? " with a border of zeros" : ""), bordered,
            window: (top..<top + height, left..<left + width))),
        .sign("⋆"), .matrix(.init("k", kernel.rows)), .sign("="),
        .matrix(.init("y", cells: cells, window: (row..<row + 1, column..<column + 1))),
      ],
      notes: (terms.joined(separator: " + ") + " = \(Double(y[row, column]).plain(3))")
        .wrapped(toColumns: 72))
  }

  /// A figure of the window over one place.
  func figure(_ caption: String, row: Int, column: Int) throws -> LessonFigure {
    LessonFigure(caption, try drawing(row: row, column: column))
  }
}
