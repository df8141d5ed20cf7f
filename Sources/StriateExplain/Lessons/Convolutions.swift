import Striate

extension Lesson {
  /// A kernel that slides over an image.
  static let convolutions = Lesson(
    7, "Convolution and cross-correlation",
    source: "Li §2.1 and 2.2, fig 12; Chidiac §3.1, eq 14–16; Patel §2 and §9, problem 1",
    equation: [
      "y[i,j] = b + Σ(u,v) k[u,v]·x[i + u, j + v]",
      "convolution = cross-correlation with the kernel turned by 180°",
    ],
    text: [
      "A kernel is a small pattern of weights that slides over the image. Where it stands, it multiplies "
        + "each weight by the pixel under it and adds up: a large sum says that the picture looks like the "
        + "pattern there. All places share the weights, so that a 5×5 kernel has 25 of them for an image of any "
        + "size, and a pattern is found wherever it is. The sums are a feature map.",
      "Networks call this a convolution. In mathematics it is a cross-correlation; the convolution turns "
        + "the kernel by 180° first. A network that learns its kernels does not care: it learns them turned. "
        + "\"Full\" lets the kernel stand wherever it touches the image.",
    ],
    exercises: [
      LessonExercise(
        "Slide this kernel over this image and put a ReLU behind it. What comes out?",
        form: "3 rows of 4 numbers, such as 1 2 3 4; 5 6 7 8; 9 0 1 2",
        why:
          "Each number is the column right of the middle, weighted 1, 2, 1, less the column left of it, "
          + "and 0 where that is negative: edges from dark to bright (Patel §9, problem 1, with Sobel's kernel).",
        figure: {
          LessonFigure(
            "Sobel's kernel on an image of 5×6",
            MatrixDrawing([
              .matrix(.init("x", Problems.image.rows)), .sign("⋆"),
              .matrix(.init("k", Problems.sobel.rows)),
            ]))
        }
      ) {
        let y = ReferenceTensor(try crossCorrelate(Problems.image, Problems.sobel))
        return .numbers(
          ReLU().referenceForward([y], parameters: []).values, columns: y.shape[1])
      },
      LessonExercise(
        "The convolution of mathematics turns a kernel by 180°. What does [1 2; −1 0] become?",
        form: "2 rows of 2 numbers", why: "Rows and columns are both read backwards."
      ) {
        .numbers(ReferenceTensor(rotatedBy180Degrees(small)).values, columns: 2)
      },
    ],
    figures: { _ in
      let window = SlidingWindow(image: cross, kernel: diagonal)
      return [
        try window.figure("The first place", row: 0, column: 0),
        try window.figure("One step to the right", row: 0, column: 1),
        try window.figure("The last place", row: 2, column: 2),
        try threeWays(),
        try curve("A curve's kernel on the curved back of a mouse: it answers", over: back),
        try curve("The same on the mouse's ear: no answer", over: ear),
      ]
    })

  /// Li, fig 12.
  private static let cross = Tensor([
    [1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0],
  ])
  private static let diagonal = Tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]])

  /// Chidiac, eq 14.
  private static let input = Tensor([[1, 6, 2], [5, 3, 1], [7, 0, 4]])
  private static let small = Tensor([[1, 2], [-1, 0]])

  /// Li, figs 13–16.
  private static let curved = Tensor([
    [0, 0, 0, 0, 0, 30, 0], [0, 0, 0, 0, 30, 0, 0], [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0], [0, 0, 0, 30, 0, 0, 0], [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
  ])
  private static let back = Tensor([
    [0, 0, 0, 0, 0, 0, 30], [0, 0, 0, 0, 50, 50, 50], [0, 0, 0, 20, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0], [0, 0, 0, 50, 50, 0, 0], [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
  ])
  private static let ear = Tensor([
    [0, 0, 0, 0, 0, 0, 0], [0, 40, 0, 0, 0, 0, 0], [40, 0, 40, 0, 0, 0, 0],
    [40, 20, 0, 0, 0, 0, 0], [0, 50, 0, 0, 0, 0, 0], [0, 0, 50, 0, 0, 0, 0],
    [25, 25, 0, 50, 0, 0, 0],
  ])

  private static func curve(_ caption: String, over x: Tensor) throws -> LessonFigure {
    LessonFigure(
      caption,
      MatrixDrawing([
        .matrix(.init("x", x.rows)), .sign("⋆"), .matrix(.init("k", curved.rows)), .sign("="),
        .matrix(.init("y", try crossCorrelate(x, curved).rows)),
      ]))
  }

  private static func threeWays() throws -> LessonFigure {
    LessonFigure(
      "Three ways to slide the same kernel k over x",
      MatrixDrawing([
        .matrix(.init("x", input.rows)), .matrix(.init("k", small.rows)), .sign(":"),
        .matrix(.init("valid", try crossCorrelate(input, small).rows)),
        .matrix(.init("full", try crossCorrelate(input, small, mode: .full).rows)),
        .matrix(.init("convolution", try convolve(input, small).rows)),
      ]))
  }
}

/// The image of Patel's problems (§9), and a kernel for the first.
enum Problems {
  static let image = Tensor([
    [4, 1, 2, 4, 7, 9], [0, 1, 2, 0, 2, 3], [6, 4, 5, 2, 1, 3], [8, 1, 2, 1, 3, 2],
    [5, 8, 1, 2, 0, 2],
  ])
  static let sobel = Tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
  static let second = Tensor([[2, 1], [1, 2]])
}
