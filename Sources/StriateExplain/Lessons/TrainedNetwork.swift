import Striate
import StriateData

extension Lesson {
  /// All of it together, trained while the page is made.
  static let trainedNetwork = Lesson(
    12, "A network that reads digits, trained now",
    source: "Li §2; the unfinished draft §4 (Escontrela's Numpy-CNN); Patel §8 and §9, problem 4",
    equation: [
      "image → conv 5×5 → ReLU → conv 5×5 → ReLU → max pooling 2×2",
      "→ dense 128 → ReLU → dense 10 → softmax",
    ],
    text: [
      "Everything so far, in one network. Its first layer looks for eight small patterns in the image, its "
        + "second for eight patterns of those patterns; pooling keeps the strongest, and two dense layers decide. "
        + "It has just been trained, while this page was made, on 6,000 digits that the program draws itself: "
        + "for each batch of 32 the way forward, the loss, the way back, and a step of Adam.",
      "Nobody told it what to look for. The kernels below began as random numbers; what they are now is "
        + "what made the loss smaller. Bright pixels of a feature map are places where the image looks like the "
        + "kernel. The mistakes at the end are on digits that it had not seen in training.",
    ],
    exercises: [
      LessonExercise(
        "The second convolution has 8 kernels of 5×5 over the 8 maps of the first, and a bias for each. How many "
          + "numbers does it learn?",
        form: "a whole number", why: "8·8·5·5 weights and 8 biases."
      ) {
        let rows = try model().summary().rows
        return .numbers(
          rows.filter { $0.name == "conv2" }.map { Double($0.parameters) }, columns: nil)
      },
      LessonExercise(
        "How many numbers leave the pooling layer, for the dense layer to read?",
        form: "a whole number", why: "28 → 24 → 20 → 10 rows and columns, in 8 maps: 8·10·10."
      ) {
        let rows = try model().summary().rows
        let sizes = rows.filter { $0.name.hasPrefix("maxpool") }.map { $0.output.reduce(1, *) }
        return .numbers(sizes.map(Double.init), columns: nil)
      },
      LessonExercise(
        "What does a convolutional network have over one of dense layers alone? (after Patel §9, problem 4)\n"
          + "1 it needs no gradient\n2 it uses which pixels are neighbours\n"
          + "3 its kernels are learned once and used everywhere in the image\n"
          + "4 it has no numbers that a person must choose",
        form: "the numbers of all that hold, such as 1 4",
        why:
          "It is trained by the same gradients, and its sizes, strides and rates are still chosen by people."
      ) { .choices([2, 3]) },
    ],
    figures: { try TrainedDigits(model: model(), progress: $0).figures() })

  private static func model() throws -> NamedModel { try NamedModel(named: "numpy-cnn") }
}

/// The network of the last lesson, trained, and what there is to see of it.
private struct TrainedDigits {
  private static let (trainingCount, testCount, epochs) = (6000, 2000, 3)

  private let network: Network
  private let losses: [(step: Int, loss: Double)]
  private let reports: [Trainer.Epoch]
  private let test: Dataset
  private let evaluation: Evaluation

  init(model: NamedModel, progress: Lesson.Watcher) throws {
    let training = try Digits.builtIn(count: Self.trainingCount, seed: 1) { done, total in
      progress(done, total, "drawing digits")
    }
    test = try Digits.builtIn(count: Self.testCount, seed: 2)
    var network = try model.network(seed: 1)
    let trainer = Trainer(
      loss: model.loss, optimizer: model.optimizer, batchSize: model.batchSize, seed: 1,
      schedule: model.schedule)
    var losses: [(step: Int, loss: Double)] = []
    reports = try trainer.train(&network, on: training, epochs: Self.epochs) { now in
      if now.finished == nil { losses.append((now.step, now.batchLoss)) }
      progress(
        (now.epoch - 1) * now.total + now.images, now.epochs * now.total,
        "loss \(now.loss.fixed(3)), accuracy \((now.accuracy * 100).fixed(1)) %")
      return true
    }
    (self.network, self.losses) = (network, losses)
    evaluation = try network.evaluate(on: test)
  }

  func figures() throws -> [LessonFigure] {
    [layers, curve, epochs, kernels] + (try maps()) + (try mistakes())
  }

  private var layers: LessonFigure {
    let rows = network.summary().rows.map { row in
      [
        row.name, row.layer, row.output.map(String.init).joined(separator: "×"),
        row.parameters.grouped,
      ]
    }
    return LessonFigure(
      "The network: \(network.parameterCount.grouped) learned numbers",
      TableDrawing(["name", "layer", "output", "learned"], rows, leading: 2))
  }

  /// The mean loss of every few batches.
  private var curve: LessonFigure {
    let size = max(1, losses.count / 64)
    let points = stride(from: 0, to: losses.count, by: size).map { start in
      let part = losses[start..<min(start + size, losses.count)]
      return (
        x: Double(part.last?.step ?? 0), y: part.reduce(0) { $0 + $1.loss } / Double(part.count)
      )
    }
    return LessonFigure(
      "The loss while it learned",
      CurveDrawing([.init("loss of the batches", points)], x: "step", y: "loss"))
  }

  private var epochs: LessonFigure {
    let rows = reports.map {
      ["\($0.number)", $0.loss.fixed(4), $0.accuracy.percentage]
    }
    return LessonFigure(
      "Each pass over the digits; of \(evaluation.count.grouped) new ones it reads "
        + "\(evaluation.accuracy.percentage) rightly",
      TableDrawing(["pass", "loss", "read rightly"], rows))
  }

  private var kernels: LessonFigure {
    let weight = network.parameters[0].tensor
    let size = weight.shape[2] * weight.shape[3]
    let largest = Double(weight.scalars.map { abs($0) }.max() ?? 1)
    let pictures = (0..<weight.shape[0]).map { index in
      PictureDrawing.Picture(
        "kernel \(index + 1)", weight.scalars[index * size..<(index + 1) * size].map(Double.init),
        width: weight.shape[3], scale: largest)
    }
    return LessonFigure(
      "The eight kernels of the first layer; 0 is in the middle of the shades",
      PictureDrawing(pictures: pictures))
  }

  /// The first new digit, its maps behind the first ReLU, and what the network says.
  private func maps() throws -> [LessonFigure] {
    let image = try test.image(at: 0)
    let input = network.preprocessed(image.reshaped(to: [1] + image.shape))
    let values = network.referenceForward([ReferenceTensor(input)])
    let map = values[1]
    let size = map.shape[2] * map.shape[3]
    let largest = map.values.max() ?? 1
    let name = test.classNames[test.labels[0]]
    let pictures =
      [PictureDrawing.Picture("a \(name)", image.scalars.map(Double.init), width: image.shape[2])]
      + (0..<map.shape[1]).map { index in
        PictureDrawing.Picture(
          "map \(index + 1)", Array(map.values[index * size..<(index + 1) * size]),
          width: map.shape[3], scale: largest)
      }
    let scores = network.output(of: values)
    let p = Softmax().referenceForward([scores], parameters: []).values
    return [
      LessonFigure(
        "A new digit, and where each kernel finds its pattern in it (behind the ReLU)",
        PictureDrawing(pictures: pictures, countInText: 4)),
      LessonFigure(
        "What the network makes of it",
        BarDrawing(bars: zip(test.classNames, p).map { ($0, $1) }, marked: test.labels[0])),
    ]
  }

  private func mistakes() throws -> [LessonFigure] {
    let pictures = try evaluation.mistakes(first: 4).map { mistake in
      let image = try test.image(at: mistake.image)
      return PictureDrawing.Picture(
        "\(test.classNames[mistake.label]), read as \(test.classNames[mistake.prediction])",
        image.scalars.map(Double.init), width: image.shape[2])
    }
    guard !pictures.isEmpty else { return [] }
    return [
      LessonFigure(
        "The mistakes that it was surest of, among \(evaluation.count - evaluation.right)",
        PictureDrawing(pictures: pictures))
    ]
  }
}
