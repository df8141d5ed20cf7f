import Striate

extension Lesson {
  /// How far a kernel steps, what is around the image, and how large the output is.
  static let strides = Lesson(
    8, "Stride, padding and the size of the output",
    source: "Patel §6.3, 6.4 and §9, problems 2 and 3; Introduction To CNN §1; Li §2.2 and 2.3",
    equation: ["W′ = ⌊(W − F + 2P) / S⌋ + 1"],
    text: [
      "A kernel need not stop at every pixel. With a stride of 2 it takes every second place on both axes, a "
        + "quarter of the work and of the output. And it cannot have its centre on a pixel at the "
        + "border, so that maps shrink from layer to layer, unless zeros are put around the image: padding. A "
        + "kernel of 3×3 with a padding of 1 keeps the size.",
      "The formula counts the places: the first, and one more for each stride that still fits. Where the "
        + "division leaves a rest, the last pixels are never under the kernel. Pooling windows follow "
        + "the same rule.",
    ],
    exercises: [
      LessonExercise(
        "Stride 2 and a border of one zero all around: what does this kernel give?",
        form: "3 rows of 4 numbers",
        why:
          "The corner at the top left sees 2·0 + 1·0 + 1·0 + 2·4 = 8, the next place, two pixels on, "
          + "1·1 + 2·2 = 5 (Patel §9, problem 2).",
        figure: {
          LessonFigure(
            "A kernel of 2×2 on an image of 5×6",
            MatrixDrawing([
              .matrix(.init("x", Problems.image.rows)), .sign("⋆"),
              .matrix(.init("k", Problems.second.rows)),
            ]))
        }
      ) {
        let y = try SlidingWindow(
          image: Problems.image, kernel: Problems.second, stride: 2, padding: 1
        ).output
        return .numbers(ReferenceTensor(y).values, columns: y.shape[1])
      },
      LessonExercise(
        "An image of 28×28 goes through a 5×5 convolution without padding and then through 2×2 max "
          + "pooling with stride 2. How many rows has what comes out?",
        form: "a whole number", why: "28 − 5 + 1 = 24, and (24 − 2)/2 + 1 = 12."
      ) {
        let network = try Network(input: [1, 28, 28], seed: 0) {
          Conv2D(filters: 1, kernel: 5)
          MaxPool2D(2)
        }
        return .numbers([Double(network.outputShape[1])], columns: nil)
      },
      LessonExercise(
        "Which of these follow from a larger stride? (after Patel §9, problem 3)\n"
          + "1 fewer computations\n2 finer features are found\n3 a smaller output\n"
          + "4 the kernel has more weights",
        form: "the numbers of all that do, such as 2 4",
        why:
          "The kernel stops at fewer places: less work and fewer outputs. What lies between may be "
          + "missed, and the kernel itself stays as it is."
      ) { .choices([1, 3]) },
    ],
    figures: { _ in
      let one = SlidingWindow(image: image, kernel: twos, padding: 1)
      let two = SlidingWindow(image: image, kernel: twos, stride: 2, padding: 1)
      return [
        try one.figure("Stride 1, padding 1: the second place", row: 0, column: 1),
        try two.figure("Stride 2, padding 1: the second place is two pixels on", row: 0, column: 1),
        try two.figure("Stride 2: the last place", row: 1, column: 1), try sizes(),
      ]
    })

  /// Patel, §6.4.
  private static let image = Tensor([[1, 2], [4, 5]])
  private static let twos = Tensor([[2, 2], [2, 2]])

  private static func sizes() throws -> LessonFigure {
    let cases = [
      (28, 5, 0, 1), (28, 3, 1, 1), (28, 3, 0, 1), (24, 2, 0, 2), (26, 2, 0, 2), (28, 5, 2, 2),
      (224, 7, 3, 2),
    ]
    let rows = try cases.map { width, kernel, padding, stride in
      let window = Window(
        kernel: Extent(integerLiteral: kernel), stride: Extent(integerLiteral: stride),
        padding: Padding(integerLiteral: padding))
      let output = try window.outputSize(of: Extent(integerLiteral: width)).width
      let rest = (width - kernel + 2 * padding) % stride
      return [width, kernel, padding, stride, output, rest].map(String.init)
    }
    return LessonFigure(
      "Sizes: input W, kernel F, padding P, stride S, and the columns that are never seen",
      TableDrawing(["W", "F", "P", "S", "W′", "never seen"], rows, leading: 0))
  }
}
