import Striate

extension Lesson {
  /// A convolution as a product of matrices.
  static let patchMatrices = Lesson(
    9, "A convolution as a matrix product: im2col", source: "Patel §4",
    equation: ["A′ = im2col(A),  y = A′ᵀ·k"],
    text: [
      "Write down what the kernel sees at each place as a column, place after place: a matrix A′ with one column "
        + "a place and one row a weight. Then all sums of the convolution are one product of that matrix with "
        + "the kernel as a vector, and matrix products are what computers have been taught to do fast. "
        + "Many programs compute convolutions in this way.",
      "The price is memory: a pixel is written down once for each window that sees it, nine times for a "
        + "kernel of 3×3. Striate slides the kernel itself. Patel writes patches, and places, column "
        + "by column, and so does this lesson.",
    ],
    exercises: [
      LessonExercise(
        "What is A′ of [1 2 3; 4 5 6] for a kernel of 2×2, in Patel's order, column by column?",
        form: "4 rows of 2 numbers",
        why:
          "The first patch is 1, 4, 2, 5, down its first column and then its second; the next is 2, 5, 3, 6."
      ) {
        let patches = try im2col(Tensor([[1, 2, 3], [4, 5, 6]]), kernel: 2, order: .columns)
        return .numbers(ReferenceTensor(patches).values, columns: 2)
      },
      LessonExercise(
        "An image of 3 channels and 32×32 pixels, a kernel of 3×3, no padding: how many rows and columns "
          + "has A′?",
        form: "2 numbers: rows, columns", why: "3·3·3 weights, and 30·30 places."
      ) {
        let patches = try im2col(Tensor(repeating: 0, shape: [3, 32, 32]), kernel: 3)
        return .numbers(patches.shape.map(Double.init), columns: nil)
      },
    ],
    figures: { _ in try figures() })

  private static func figures() throws -> [LessonFigure] {
    let a = Tensor([[1, 2, 3, 1], [4, 5, 6, 1], [7, 8, 9, 1]])
    let kernel = Tensor([[2, 2], [2, 2]])
    let patches = try im2col(a, kernel: 2, order: .columns)
    let transposed = try transpose(patches)
    let vector = kernel.reshaped(to: [4, 1])
    return [
      LessonFigure(
        "The second column of A′ is what the kernel sees one step down",
        MatrixDrawing([
          .matrix(.init("A", a.rows, window: (1..<3, 0..<2))), .sign("→"),
          .matrix(.init("A′", patches.rows, window: (0..<4, 1..<2))),
        ])),
      LessonFigure(
        "All sums in one product, place after place",
        MatrixDrawing([
          .matrix(.init("A′ᵀ", transposed.rows, window: (1..<2, 0..<4))), .sign("·"),
          .matrix(.init("k", vector.rows)), .sign("="),
          .matrix(
            .init("y", try matrixProduct(transposed, vector).rows, window: (1..<2, 0..<1))),
        ])),
      LessonFigure(
        "The same by sliding the kernel",
        MatrixDrawing([
          .matrix(.init("A", a.rows)), .sign("⋆"), .matrix(.init("k", kernel.rows)), .sign("="),
          .matrix(.init("y", try crossCorrelate(a, kernel).rows, window: (1..<2, 0..<1))),
        ])),
    ]
  }
}
