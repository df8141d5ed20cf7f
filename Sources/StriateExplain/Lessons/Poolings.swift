import Striate

extension Lesson {
  /// Fewer numbers, and the way back through them.
  static let poolings = Lesson(
    10, "Pooling, forwards and back", source: "Patel §7; Li §2.3, fig 22; Introduction To CNN §3",
    equation: [
      "max: y = max x,   back: ∂E/∂x = ∂E/∂y at the largest x, 0 elsewhere",
      "average: y = Σ x / n,   back: ∂E/∂x = ∂E/∂y / n",
    ],
    text: [
      "Where exactly a pattern was found matters less than that it was. Pooling keeps one number of each window: "
        + "the largest, the average, or the root of the sum of squares. A window of 2×2 with stride 2 leaves a "
        + "quarter of the numbers, and a picture that moves by a pixel changes little.",
      "There is nothing to learn in it, but the error has to get back through it. The largest number alone "
        + "made the output, so the largest gets the whole error; of an average all get an equal part.",
    ],
    exercises: [
      LessonExercise(
        "Max pooling with windows of 2×2 and stride 2: what comes out of this map?",
        form: "2 rows of 2 numbers", why: "The largest of each quarter.",
        figure: { LessonFigure("A feature map", MatrixDrawing([.matrix(.init("x", asked.rows))])) }
      ) {
        let y = forward(MaxPool2D(2), asked)
        return .numbers(y.values, columns: 2)
      },
      LessonExercise(
        "The errors [1 2; 3 4] arrive behind that pooling. What reaches the map of 4×4?",
        form: "4 rows of 4 numbers",
        why: "Each error goes to where its window's largest number stood; all other places get 0."
      ) {
        .numbers(back(MaxPool2D(2), asked, [1, 2, 3, 4]).values, columns: 4)
      },
    ],
    figures: { _ in [threePoolings, twoWaysBack] })

  private static let map = square([1, 3, 2, 1, 4, 6, 5, 0, 7, 2, 1, 8, 0, 3, 4, 2])
  private static let asked = square([5, 1, 0, 2, 3, 4, 7, 6, 9, 8, 1, 3, 2, 0, 5, 4])

  private static func square(_ values: [Double]) -> ReferenceTensor {
    ReferenceTensor(shape: [4, 4], values: values)
  }

  private static func forward(_ pooling: any Layer, _ x: ReferenceTensor) -> ReferenceTensor {
    pooling.referenceForward([x.reshaped(to: [1, 1, 4, 4])], parameters: []).reshaped(to: [2, 2])
  }

  private static func back(
    _ pooling: any Layer, _ x: ReferenceTensor, _ errors: [Double]
  ) -> ReferenceTensor {
    let x = x.reshaped(to: [1, 1, 4, 4])
    let y = pooling.referenceForward([x], parameters: [])
    return pooling.referenceBackward(
      ReferenceTensor(shape: y.shape, values: errors), inputs: [x], output: y, parameters: []
    ).inputs[0].reshaped(to: [4, 4])
  }

  private static var threePoolings: LessonFigure {
    LessonFigure(
      "Windows of 2×2 with stride 2; the first is pointed out",
      MatrixDrawing([
        .matrix(.init("x", map.rows, window: (0..<2, 0..<2))), .sign("→"),
        .matrix(.init("max", forward(MaxPool2D(2), map).rows, window: (0..<1, 0..<1))),
        .matrix(.init("average", forward(AveragePool2D(2), map).rows, window: (0..<1, 0..<1))),
        .matrix(.init("√Σx²", forward(L2Pool2D(2), map).rows, digits: 2, window: (0..<1, 0..<1))),
      ]))
  }

  private static var twoWaysBack: LessonFigure {
    let errors = [10.0, 20, 30, 40]
    return LessonFigure(
      "The errors behind the pooling, and what reaches the map",
      MatrixDrawing([
        .matrix(
          .init(
            "∂E/∂y", ReferenceTensor(shape: [2, 2], values: errors).rows, window: (0..<1, 0..<1))),
        .sign("→"),
        .matrix(
          .init("through max", back(MaxPool2D(2), map, errors).rows, window: (0..<2, 0..<2))),
        .matrix(
          .init(
            "through average", back(AveragePool2D(2), map, errors).rows, window: (0..<2, 0..<2))),
      ]))
  }
}
