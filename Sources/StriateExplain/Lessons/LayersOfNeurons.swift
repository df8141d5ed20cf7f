import Striate

extension Lesson {
  /// Many neurons over the same inputs as a product with a matrix.
  static let layersOfNeurons = Lesson(
    3, "Layers of neurons", source: "Introduction To CNN §4; Li §1.2; Chidiac §2.2, eq 6 and 7",
    equation: ["Z = Wᵀ·X + b", "zⱼ = Σᵢ wᵢⱼ·xᵢ + bⱼ"],
    text: [
      "The neurons of a layer all look at the same inputs, each with weights of its own. Put one neuron's "
        + "weights into each row of a matrix, and the sums of the whole layer are one product with "
        + "it. This layer has 4 inputs and 2 neurons, so 4·2 weights and 2 biases.",
      "A dense layer connects everything with everything. For a picture of 28×28 pixels and 30 neurons that "
        + "is 23,520 weights that know nothing of which pixels are neighbours; lesson 7 is about a layer "
        + "that does.",
    ],
    exercises: [
      LessonExercise(
        "A layer with 3 inputs and 2 neurons has the weights below and the biases (1, −2). What is Z for "
          + "X = (1, 2, 3)?",
        form: "2 numbers: z₁, z₂", why: "z₁ = 2·1 + 0·2 − 1·3 + 1 and z₂ = 1·1 + 1·2 + 1·3 − 2.",
        figure: { LessonFigure("The weights", MatrixDrawing([.matrix(.init("Wᵀ", asked.rows))])) }
      ) {
        .numbers(dense(asked, [1, 2, 3], [1, -2]).values, columns: nil)
      },
      LessonExercise(
        "A network of dense layers has 784 inputs, 30 neurons behind them and 10 outputs, all with biases. How "
          + "many numbers does it learn?",
        form: "a whole number",
        why: "784·30 + 30 behind the inputs, and 30·10 + 10 for the outputs."
      ) {
        let network = try Network(input: [784], seed: 0) {
          Dense(30)
          Activation(.sigmoid)
          Dense(10)
        }
        return .numbers([Double(network.parameterCount)], columns: nil)
      },
    ],
    figures: { _ in [product, sums] })

  private static let x = [1.0, 2, -1, 3]
  private static let weights = ReferenceTensor(
    shape: [2, 4], values: [0.5, -1, 2, 1, 1.5, 0, -0.5, 0.25])
  private static let biases = [0.5, -1]
  private static let asked = ReferenceTensor(shape: [2, 3], values: [2, 0, -1, 1, 1, 1])

  /// The layer of the library.
  private static func dense(
    _ weights: ReferenceTensor, _ x: [Double], _ biases: [Double]
  ) -> ReferenceTensor {
    Dense(biases.count).referenceForward(
      [ReferenceTensor(shape: [1, x.count], values: x)],
      parameters: [weights, ReferenceTensor(shape: [biases.count], values: biases)])
  }

  private static var product: LessonFigure {
    LessonFigure(
      "A layer of 4 inputs and 2 neurons",
      MatrixDrawing([
        .matrix(.init("Wᵀ", weights.rows)), .sign("·"), .matrix(.init("X", x.map { [$0] })),
        .sign("+"), .matrix(.init("b", biases.map { [$0] })), .sign("="),
        .matrix(.init("Z", dense(weights, x, biases).values.map { [$0] })),
      ]))
  }

  private static var sums: LessonFigure {
    let z = dense(weights, x, biases).values
    let rows = weights.rows.enumerated().map { j, row in
      let terms = zip(row, x).map { w, x in (w * x).plain }
      return ["z\(["₁", "₂"][j])"] + terms + [biases[j].plain, z[j].plain]
    }
    return LessonFigure(
      "The same, neuron by neuron: each product, the bias, and their sum",
      TableDrawing(["", "w₁·x₁", "w₂·x₂", "w₃·x₃", "w₄·x₄", "b", "sum"], rows))
  }
}
