import Striate

extension Lesson {
  /// Downhill, step by step.
  static let descents = Lesson(
    5, "Gradient descent and the learning rate",
    source:
      "Li §1.4 and 1.5; Chidiac §1.3 and 1.4, eq 1; Introduction To CNN, Backward Propagation",
    equation: ["w ← w − α·dC/dw"],
    text: [
      "The slope of the loss says in which direction it rises, and how fast. A step against the slope "
        + "makes the loss smaller, if the step is not too long; the learning rate α says how long it is. "
        + "Nothing else happens in training: the slopes of all weights, a step, and again.",
      "Below is C(w) = (w − 2)², whose lowest point is at w = 2. A small α creeps there; a good one is "
        + "there after a few steps; above a limit each step jumps across the valley to a higher place than "
        + "before, and the loss grows without end. Networks take the slope of the mean loss of a few images, a "
        + "mini-batch, instead of all: nearly the same direction, for much less work.",
    ],
    exercises: [
      LessonExercise(
        "C(w) = (w − 3)² has the slope 2·(w − 3). Where is w after two steps from w = 0 with α = 0.25?",
        form: "a number", why: "0 − 0.25·(−6) = 1.5, and 1.5 − 0.25·(−3) = 2.25."
      ) {
        let points = gradientDescent(from: [0], learningRate: 0.25, steps: 2) { [2 * ($0[0] - 3)] }
        return .numbers(points.last ?? [], columns: nil)
      },
      LessonExercise(
        "With which α does this C reach its lowest point in a single step, wherever it starts?",
        form: "a number",
        why: "w − α·2·(w − 3) = 3 for every w where α = 1/2. Few losses are so kind."
      ) {
        .numbers([oneStepRate], columns: nil, tolerance: 1e-6)
      },
    ],
    figures: { _ in [lossesByStep, path] })

  private static func descend(_ rate: Double, steps: Int) -> [Double] {
    gradientDescent(from: [-1], learningRate: rate, steps: steps) { [2 * ($0[0] - 2)] }.map {
      $0[0]
    }
  }

  private static func cost(_ w: Double) -> Double { (w - 2) * (w - 2) }

  /// Of many rates the one whose first step ends lowest.
  private static var oneStepRate: Double {
    let rates = (1...100).map { Double($0) / 100 }
    let ends = rates.map { rate in
      gradientDescent(from: [0], learningRate: rate, steps: 1) { [2 * ($0[0] - 3)] }[1][0]
    }
    return zip(rates, ends).min { abs($0.1 - 3) < abs($1.1 - 3) }?.0 ?? .nan
  }

  private static var lossesByStep: LessonFigure {
    LessonFigure(
      "The loss after each step from w = −1, for three learning rates",
      CurveDrawing(
        [0.05, 0.3, 1.05].map { rate in
          .init(
            "α = \(rate)",
            descend(rate, steps: 12).enumerated().map { (Double($0), cost($1)) })
        }, x: "step", y: "C(w)", yLimits: 0...20))
  }

  private static var path: LessonFigure {
    LessonFigure(
      "The same descent with α = 0.3, on the curve",
      CurveDrawing(
        [
          .init("C(w) = (w − 2)²", over: -2...6) { cost($0) },
          .init(
            "after each step",
            descend(0.3, steps: 8).map { ($0, cost($0)) }, .dots),
        ], x: "w", y: "C(w)"))
  }
}
