import Foundation
import Striate

extension Lesson {
  /// Scores as probabilities, and what they cost.
  static let probabilities = Lesson(
    11, "Softmax and cross-entropy",
    source:
      "The unfinished draft (Documentation/Errata.md) §2.4, eq 16 and 17; Chidiac §3.3, eq 21",
    equation: [
      "pᵢ = e^zᵢ / Σⱼ e^zⱼ",
      "E = −log p of the right class,  ∂E/∂zᵢ = pᵢ − tᵢ",
    ],
    text: [
      "The last layer gives a score z for each class, any numbers. The softmax makes probabilities "
        + "of them: e to the power of each, divided by the sum. All are positive, their sum is 1, and "
        + "the same number added to all scores changes nothing, which programs use to keep e^z from "
        + "growing too large.",
      "The loss is the logarithm of what the right class got, with its sign turned. Its slope with respect to "
        + "the scores is as simple as it could be: the probability less the target t, 1 for the right "
        + "class and 0 for the others. A wrong answer that the network is sure of has a slope near 1; "
        + "no square behind a sigmoid learns so fast from being wrong.",
    ],
    exercises: [
      LessonExercise(
        "Three classes have the scores (2, 2, 2), and the first is right. What is the loss?",
        form: "a number with two digits after the point or more",
        why: "All get 1/3, and −log(1/3) = log 3 = 1.0986."
      ) {
        let (_, loss, _) = evaluate([2, 2, 2], right: 0)
        return .numbers([loss], columns: nil, tolerance: 6e-3)
      },
      LessonExercise(
        "A network gives the probabilities (0.2, 0.5, 0.3), and the third class is right. What is the slope "
          + "of the loss with respect to the three scores?",
        form: "3 numbers",
        why: "p − t: only the right class has a negative slope, so that its score rises."
      ) {
        let scores = [0.2, 0.5, 0.3].map { log($0) }
        return .numbers(evaluate(scores, right: 2).slopes, columns: nil, tolerance: 1e-6)
      },
    ],
    figures: { _ in [table, bars, curve] })

  private static let scores = [2.0, 1, -1, 0.5]

  /// The softmax, the loss and its slopes, by the library.
  private static func evaluate(
    _ scores: [Double], right: Int
  ) -> (p: [Double], loss: Double, slopes: [Double]) {
    let z = ReferenceTensor(shape: [1, scores.count], values: scores)
    var t = ReferenceTensor(zeros: z.shape)
    t[right] = 1
    let loss = Loss(.softmaxCrossEntropy)
    return (
      Softmax().referenceForward([z], parameters: []).values,
      loss.referenceValue(output: z, target: t), loss.referenceGradient(output: z, target: t).values
    )
  }

  private static var table: LessonFigure {
    let (p, loss, slopes) = evaluate(scores, right: 1)
    let rows = scores.indices.map { i in
      [
        "\(i + 1)", scores[i].plain, exp(scores[i]).plain, p[i].plain, i == 1 ? "1" : "0",
        slopes[i].plain,
      ]
    }
    return LessonFigure(
      "Four classes, of which the second is right: E = −log \(p[1].plain) = \(loss.plain)",
      TableDrawing(["class", "z", "e^z", "p", "t", "p − t"], rows))
  }

  private static var bars: LessonFigure {
    let (p, _, _) = evaluate(scores, right: 1)
    return LessonFigure(
      "The probabilities; the right class is pointed out",
      BarDrawing(bars: p.enumerated().map { ("class \($0 + 1)", $1) }, marked: 1))
  }

  private static var curve: LessonFigure {
    LessonFigure(
      "Loss and slope while the right class's score rises, against one other class of score 0",
      CurveDrawing(
        [
          .init("E", over: -4...4) { evaluate([$0, 0], right: 0).loss },
          .init("∂E/∂z = p − 1", over: -4...4) { evaluate([$0, 0], right: 0).slopes[0] },
        ], x: "z", y: "E"))
  }
}
