import Striate

extension Lesson {
  /// A unit that fires, and one that learns when to.
  static let thresholdUnits = Lesson(
    1, "A unit that fires or does not",
    source: "Chidiac §1.1.2; Li §1.1; McCulloch & Pitts 1943; Rosenblatt 1958",
    equation: [
      "y = 1 where Σ wᵢ·xᵢ > θ, otherwise 0",
      "w ← w + (t − y)·x,  b ← b + (t − y),  where b stands for −θ",
    ],
    text: [
      "A threshold unit adds up the weights of those inputs that are true and fires where the sum passes "
        + "its threshold θ. With the right weights and threshold it is a gate of logic; the table "
        + "shows three gates, each a single unit.",
      "The perceptron finds the weights itself. It is shown an example at a time; where its answer y "
        + "differs from the target t, the weights move towards the example or away from it. As long as a "
        + "straight line can part the examples, this ends without a mistake (Novikoff 1962). No line "
        + "parts the examples of \"either, but not both\": that takes a second layer.",
    ],
    exercises: [
      LessonExercise(
        "A threshold unit has the weights 2, 1, 1 and the threshold 2.5. What does it give, 1 or 0, for the "
          + "inputs (1, 0, 0), (1, 1, 0), (0, 1, 1) and (1, 1, 1)?",
        form: "4 numbers, such as 1 1 0 0",
        why: "The sums are 2, 3, 2 and 4; those above 2.5 make it fire."
      ) {
        let unit = ThresholdLogicUnit(weights: [2, 1, 1], threshold: 2.5)
        let inputs = [
          [true, false, false], [true, true, false], [false, true, true], [true, true, true],
        ]
        return .numbers(inputs.map { unit.fire($0) ? 1 : 0 }, columns: nil)
      },
      LessonExercise(
        "A perceptron with the weights (0, 0) and the bias 0 sees x = (1, 1) with the target 1. What are its "
          + "two weights and its bias after one step of the rule above?",
        form: "3 numbers: w₁, w₂, b",
        why:
          "0 is not above 0, so y = 0 and t − y = 1: the example is added to the weights, and 1 to the bias."
      ) {
        var perceptron = Perceptron(inputs: 2)
        perceptron.train(on: [([1, 1], 1)], rounds: 1)
        return .numbers(perceptron.weights + [perceptron.bias], columns: nil)
      },
    ],
    figures: { _ in [gates, learnedLine] })

  /// The gates as units: all inputs, the sums, and what fires.
  private static var gates: LessonFigure {
    let and = ThresholdLogicUnit(weights: [1, 1, 1], threshold: 2.5)
    let majority = ThresholdLogicUnit(weights: [1, 1, 1], threshold: 1.5)
    let or = ThresholdLogicUnit(weights: [1, 1, 1], threshold: 0.5)
    let rows = (0..<8).map { number in
      let x = [4, 2, 1].map { number & $0 != 0 }
      return x.map { $0 ? "1" : "0" } + ["\(x.filter { $0 }.count)"]
        + [and, majority, or].map { $0.fire(x) ? "1" : "0" }
    }
    return LessonFigure(
      "Three units with the weights 1, 1, 1: which fire for which inputs",
      TableDrawing(
        ["x₁", "x₂", "x₃", "sum", "and: θ = 2.5", "majority: θ = 1.5", "or: θ = 0.5"], rows,
        leading: 0))
  }

  /// Examples, and the line between them that a perceptron found.
  private static var learnedLine: LessonFigure {
    let fires: [[Double]] = [[2, 3], [3, 2], [3.5, 3.5], [1.5, 4], [4, 1.5]]
    let rests: [[Double]] = [[0.5, 1], [1, 0.5], [1.5, 1.5], [0.5, 2.5], [2.5, 0.5]]
    var perceptron = Perceptron(inputs: 2)
    let rounds = perceptron.train(
      on: fires.map { ($0, 1) } + rests.map { ($0, 0) }, learningRate: 1, rounds: 1000)
    let (w, b) = (perceptron.weights, perceptron.bias)
    // w₁x₁ + w₂x₂ + b = 0
    let line = [0.0, 5.0].map { x in (x: x, y: -(w[0] * x + b) / w[1]) }
    let found = rounds.map { "after \($0.things("round"))" } ?? "after all rounds"
    return LessonFigure(
      "What a perceptron learned \(found): it fires where "
        + "\(w[0].plain)·x₁ + \(w[1].plain)·x₂ \(b < 0 ? "−" : "+") \(abs(b).plain) > 0",
      CurveDrawing(
        [
          .init("the line between", line),
          .init("should fire", fires.map { ($0[0], $0[1]) }, .dots),
          .init("should not", rests.map { ($0[0], $0[1]) }, .rings),
        ], x: "x₁", y: "x₂", yLimits: 0...5))
  }
}
