import Striate

extension Lesson {
  /// Slopes through a graph, from its end to its beginning.
  static let chainRule = Lesson(
    6, "Back-propagation: the chain rule",
    source: "Introduction To CNN, Understanding Chain Rule; Li §1.6 and 1.7, figs 9 and 10",
    equation: [
      "f = q·z,  q = x + y",
      "∂f/∂x = ∂f/∂q · ∂q/∂x",
    ],
    text: [
      "A network is a graph of small computations, each of which knows its own slope. Forwards, from left to "
        + "right, every box works out its value. Backwards, every box is handed the slope of the end with respect "
        + "to its value, multiplies it by its own slopes, and hands the products on. An addition "
        + "hands on what it got; a product hands each factor the slope times the other factor. That is all of "
        + "back-propagation.",
      "The second figure is one neuron in the same way: C = (y − a)² with a = σ(z) and z = w·a₀ + b. "
        + "The slope of C with respect to w is the product of the slopes on the way to it. The last line checks it: "
        + "w moved a little to both sides, and the two losses compared.",
    ],
    exercises: [
      LessonExercise(
        "The same graph with x = 1, y = 2, z = 5: what are f, ∂f/∂x, ∂f/∂y and ∂f/∂z?",
        form: "4 numbers: f, ∂f/∂x, ∂f/∂y, ∂f/∂z",
        why:
          "q = 3 and f = 3·5. The product hands q the slope z = 5, which the addition hands on to x and y "
          + "alike, and it hands z the slope q = 3."
      ) {
        let graph = try SumTimes(x: 1, y: 2, z: 5)
        return .numbers([graph.f] + graph.slopes, columns: nil)
      },
      LessonExercise(
        "In f = (x + y)·z a step of gradient descent with α = 0.1 follows from x = 1, y = 2, z = 5. Where are "
          + "x, y and z afterwards?",
        form: "3 numbers",
        why: "Each becomes itself less 0.1 times its slope: 1 − 0.5, 2 − 0.5, 5 − 0.3."
      ) {
        let points = try SumTimes(x: 1, y: 2, z: 5)
        let moved = gradientDescent(from: [1, 2, 5], learningRate: 0.1, steps: 1) { _ in
          points.slopes
        }
        return .numbers(moved[1], columns: nil, tolerance: 1e-9)
      },
    ],
    figures: { _ in [try graph(), try neuron()] })

  /// f = (x + y)·z as a network of three inputs.
  private struct SumTimes {
    let q: Double, f: Double, slopes: [Double]
    /// ∂f/∂q.
    let slopeOfSum: Double

    init(x: Double, y: Double, z: Double) throws {
      let network = try Network(inputs: [("x", [1]), ("y", [1]), ("z", [1])], seed: 0) { value in
        Multiply()(Add()(value[0], value[1]), value[2])
      }
      let one = ReferenceTensor(shape: [1, 1], values: [1])
      let inputs = [x, y, z].map { ReferenceTensor(shape: [1, 1], values: [$0]) }
      let values = network.referenceForward(inputs)
      (q, f) = (values[0][0], values[1][0])
      slopes = network.referenceBackward(one, inputs: inputs, values: values).inputs.map { $0[0] }
      slopeOfSum =
        Multiply().referenceBackward(
          one, inputs: [values[0], inputs[2]], output: values[1], parameters: []
        ).inputs[0][0]
    }
  }

  private static func graph() throws -> LessonFigure {
    let (x, y, z) = (-2.0, 5.0, -4.0)
    let graph = try SumTimes(x: x, y: y, z: z)
    func box(_ name: String, _ value: Double, _ slope: Double) -> [String] {
      ["\(name) = \(value.plain)", "∂f/∂\(name) = \(slope.plain)"]
    }
    return LessonFigure(
      "f = (x + y)·z: values from left to right, slopes from right to left",
      GraphDrawing(
        nodes: [
          .init(0, 0, box("x", x, graph.slopes[0])), .init(0, 2, box("y", y, graph.slopes[1])),
          .init(1, 1, box("q", graph.q, graph.slopeOfSum)),
          .init(1, 3, box("z", z, graph.slopes[2])),
          .init(2, 2, box("f", graph.f, 1)),
        ], edges: [(0, 2), (1, 2), (2, 4), (3, 4)]))
  }

  private static func neuron() throws -> LessonFigure {
    let (a0, w, b, y) = (0.8, 1.5, -0.5, 1.0)
    let network = try Network(input: [1], seed: 0) {
      Dense(1)
      Activation(.sigmoid)
    }
    let loss = Loss(.squaredError(scale: 1))
    let input = ReferenceTensor(shape: [1, 1], values: [a0])
    let target = ReferenceTensor(shape: [1, 1], values: [y])
    func parameters(_ w: Double) -> [ReferenceTensor] {
      [ReferenceTensor(shape: [1, 1], values: [w]), ReferenceTensor(shape: [1], values: [b])]
    }
    func cost(_ w: Double) -> Double {
      let values = network.referenceForward([input], parameters: parameters(w))
      return loss.referenceValue(output: values[1], target: target)
    }
    let values = network.referenceForward([input], parameters: parameters(w))
    let (z, a) = (values[0][0], values[1][0])
    let slope = loss.referenceGradient(output: values[1], target: target)
    let gradients = network.referenceBackward(
      slope, inputs: [input], values: values, parameters: parameters(w))
    let h = 1e-5
    let rows = [
      ["z = w·a₀ + b", "\(w.plain)·\(a0.plain) − \((-b).plain)", z.plain(6)],
      ["a = σ(z)", "σ(\(z.plain))", a.plain(6)],
      ["C = (y − a)²", "(\(y.plain) − \(a.plain))²", cost(w).plain(6)],
      ["∂C/∂a", "−2·(y − a)", slope[0].plain(6)],
      ["∂a/∂z", "σ′(z)", Activation.Function.sigmoid.derivative(at: z).plain(6)],
      ["∂z/∂w", "a₀", a0.plain(6)],
      ["∂C/∂w", "their product", gradients.parameters[0][0].plain(6)],
      ["∂C/∂w", "(C(w + h) − C(w − h)) / 2h", ((cost(w + h) - cost(w - h)) / (2 * h)).plain(6)],
    ]
    return LessonFigure(
      "One neuron with a₀ = \(a0.plain), w = \(w.plain), b = \(b.plain), y = \(y.plain)",
      TableDrawing(["", "how", "value"], rows, leading: 2))
  }
}
