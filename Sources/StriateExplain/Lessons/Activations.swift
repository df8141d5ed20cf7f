import Striate

extension Lesson {
  /// Functions between layers, and their slopes.
  static let activations = Lesson(
    2, "Activation functions",
    source: "Li §1.1; Patel §3; Chidiac §1.2; Introduction To CNN §2",
    equation: [
      "σ(x) = 1 / (1 + e⁻ˣ),  σ′(x) = σ(x)·(1 − σ(x))",
      "ReLU(x) = max(0, x),  ReLU′(x) = 1 where x > 0, otherwise 0",
    ],
    text: [
      "Layers of sums alone would be one layer of sums: what stands between them must not be a straight "
        + "line. The step of a threshold unit has the slope 0 wherever it has one, so that no slope says "
        + "which way to go; the sigmoid is a step that learning can follow.",
      "Its slope is never above 0.25, though, and next to nothing far from 0. On the way back each layer "
        + "multiplies by such a slope, and after some layers little is left: the gradient vanishes. The "
        + "slope of a rectifier (ReLU) is 1 wherever it lets something through, which is one reason why it stands in "
        + "most networks. At 0 its slope is taken as 0.",
    ],
    exercises: [
      LessonExercise(
        "What does a ReLU make of this feature map?", form: "2 rows of 2 numbers, such as 1 2; 3 4",
        why: "What is negative becomes 0, everything else stays as it is.",
        figure: {
          LessonFigure("A feature map", MatrixDrawing([.matrix(.init("x", asked.rows))]))
        }
      ) {
        .numbers(rectified(asked).values, columns: 2)
      },
      LessonExercise(
        "A gradient passes back through four sigmoids, one behind the other. What is the largest number "
          + "that their four slopes together can multiply it by?",
        form: "a number, such as 0.5 or 1/2",
        why: "Each slope is at most σ′(0) = 0.25, and 0.25⁴ = 1/256."
      ) {
        let slope = Activation.Function.sigmoid.derivative(at: 0)
        return .numbers([slope * slope * slope * slope], columns: nil, tolerance: 5e-5)
      },
    ],
    figures: { _ in [values, slopes, rectifier] })

  /// The map of Introduction To CNN §2.
  private static let featureMap = ReferenceTensor(shape: [2, 2], values: [-478, 494, 460, -477])

  private static let asked = ReferenceTensor(shape: [2, 2], values: [3, -2.5, 0, 17])

  private static func rectified(_ x: ReferenceTensor) -> ReferenceTensor {
    ReLU().referenceForward([x], parameters: [])
  }

  private static let functions: [(name: String, function: Activation.Function)] = [
    ("ReLU", .relu), ("sigmoid σ", .sigmoid), ("tanh", .tanh), ("step", .step),
  ]

  private static var values: LessonFigure {
    LessonFigure(
      "Four activation functions",
      CurveDrawing(
        functions.map { name, function in
          .init(name, over: -4...4) { function.value($0) }
        }, x: "x", y: "φ(x)", yLimits: -1...2))
  }

  private static var slopes: LessonFigure {
    LessonFigure(
      "Their slopes, which the way back multiplies by (that of the step is 0 everywhere)",
      CurveDrawing(
        functions.dropLast().map { name, function in
          .init(name + "′", over: -4...4) { function.derivative(at: $0) }
        }, x: "x", y: "φ′(x)"))
  }

  private static var rectifier: LessonFigure {
    LessonFigure(
      "A rectifier on a feature map",
      MatrixDrawing([
        .sign("ReLU"), .matrix(.init("x", featureMap.rows)), .sign("="),
        .matrix(.init("y", rectified(featureMap).rows)),
      ]))
  }
}
