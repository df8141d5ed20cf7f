import Foundation
import Striate

extension Lesson {
  /// One number that says how wrong a network is.
  static let losses = Lesson(
    4, "How wrong is it? Losses", source: "Li §1.3 and fig 7; Chidiac §1.5, eq 2, 3, 21 and 22",
    equation: [
      "C = Σ (y − a)²,  ∂C/∂a = −2·(y − a)",
      "E = −log p  of the right class",
    ],
    text: [
      "To learn, a network needs one number that tells how far its outputs a are from what was wanted, y: "
        + "the loss, or cost. The loss of a data set is the mean over its images. The table shows an image of a two "
        + "before any training: ten outputs, of which only that for 2 should be 1.",
      "Its slope says what each output should do: those with a positive slope should fall, those with "
        + "a negative one should rise, and the larger the slope the more that would help. Losses differ in how they "
        + "punish: the 0–1 loss counts mistakes but has no slope to follow, the square is gentle with "
        + "answers that are wholly wrong, and the logarithm grows without bound as the right class "
        + "loses all its probability.",
    ],
    exercises: [
      LessonExercise(
        "The outputs are a = (0.1, 0.7, 0.3), wanted is y = (0, 1, 0). What is C = Σ (y − a)²?",
        form: "a number, such as 0.25", why: "0.01 + 0.09 + 0.09."
      ) {
        .numbers([cost([0.1, 0.7, 0.3], right: 1).value], columns: nil, tolerance: 1e-6)
      },
      LessonExercise(
        "And the slopes ∂C/∂a of the same three outputs?", form: "3 numbers",
        why: "−2·(y − a): only the output that is too small has a negative slope, so that it rises."
      ) {
        .numbers(cost([0.1, 0.7, 0.3], right: 1).slopes, columns: nil, tolerance: 1e-6)
      },
    ],
    figures: { _ in [table, curves] })

  /// Li, fig 7.
  private static let outputs = [0.5, 0.8, 0.2, 1.0, 0.4, 0.6, 1.0, 0.0, 0.2, 0.1]

  private static func cost(_ a: [Double], right: Int) -> (value: Double, slopes: [Double]) {
    let loss = Loss(.squaredError(scale: 1))
    let output = ReferenceTensor(shape: [1, a.count], values: a)
    var target = ReferenceTensor(zeros: [1, a.count])
    target[right] = 1
    return (
      loss.referenceValue(output: output, target: target),
      loss.referenceGradient(output: output, target: target).values
    )
  }

  private static var table: LessonFigure {
    let (value, slopes) = cost(outputs, right: 2)
    let rows = outputs.indices.map { digit in
      let (a, y) = (outputs[digit], digit == 2 ? 1.0 : 0)
      return [
        "\(digit)", a.plain, y.plain, ((y - a) * (y - a)).plain, slopes[digit].plain,
        slopes[digit] > 0 ? "fall" : slopes[digit] < 0 ? "rise" : "stay",
      ]
    }
    return LessonFigure(
      "A two, seen by a network that has learned nothing: C = \(value.plain)",
      TableDrawing(["digit", "a", "y", "(y − a)²", "∂C/∂a", "should"], rows))
  }

  private static var curves: LessonFigure {
    func value(_ kind: Loss.Kind, _ p: Double) -> Double {
      let one = ReferenceTensor(shape: [1, 1], values: [1])
      return Loss(kind).referenceValue(
        output: ReferenceTensor(shape: [1, 1], values: [p]), target: one)
    }
    return LessonFigure(
      "What an output p costs that should be 1",
      CurveDrawing(
        [
          .init("square (1 − p)²", over: 0...1) { value(.squaredError(scale: 1), $0) },
          .init("logarithm −log p", over: 0.01...1) { value(.negativeLogLikelihood, $0) },
          .init("0–1 loss", over: 0...1) {
            zeroOneLoss(predictions: [$0 > 0.5 ? 1 : 0], labels: [1])
          },
        ], x: "p", y: "loss", yLimits: 0...4))
  }
}
