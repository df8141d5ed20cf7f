import Striate
import StriateData
import StriateExplain

extension Command {
  static let predict = Command(
    name: "predict",
    summary: "Tell what a saved model takes pictures for.",
    usage: ["MODEL-FILE IMAGE… [options]"],
    details: """
      IMAGE is a PNG or JPEG file of any size. For a model of 28×28 grey digits the digit in it is found,
      dark on light or light on dark, scaled and centred as in MNIST. For others, and for a model that
      was trained on a folder, the picture is resized and its middle taken, as in training. With --raw
      it enters the model as it is, and must have the model's size.
      A picture that cannot be read is reported; the others go on, and the exit status is 1.
      """,
    options: [
      Option("raw", "feed the picture as it is: its size must be the model's"),
      Option("top", "K", "show the K likeliest classes (all)"),
      Option("show", "show the picture even where the output is no terminal"),
      .exact, .json,
      Option("quiet", "only the class"),
    ],
    examples: [
      "striate predict digits.safetensors my-digit.png",
      "striate predict digits.safetensors scans/*.jpg --json",
    ],
    operands: ("MODEL-FILE IMAGE…", 2...Int.max),
    run: { arguments in
      let top = try arguments.integer("top")
      let path = arguments.operands[0]
      let network = try ModelFile.network(contentsOf: path)
      let entrance = try PictureEntrance(network, isRaw: arguments.has("raw"), model: path)
      var status = ExitStatus.success
      let images = arguments.operands.dropFirst()
      // Where answers go to the terminal, they are the progress.
      var bar = CountingBar(
        quiet: arguments.has("quiet") || Console.outputIsTerminal || images.count < 2)
      defer { bar.end() }
      for (index, image) in images.enumerated() {
        bar.show("predicting", index, images.count)
        do {
          guard !image.contains("\u{FFFD}" as Character) else {
            throw Failure("expected a file name in UTF-8, found \"\(image)\": rename the file")
          }
          let pixels = try entrance.pixels(contentsOf: image)
          let prediction = try network.classify(entrance.tensor(pixels), threads: 1)[0]
          guard prediction.isFinite else {
            throw Failure(
              "\(image): expected finite outputs of the model, found others: "
                + "its parameters or the picture are too large for it")
          }
          let answer = Answer(
            image: image, prediction: prediction, names: network.preprocessing.classNames,
            top: top)
          if arguments.has("json") {
            Console.output(answer.json)
          } else if arguments.has("quiet") {
            Console.output("\(image): \(prediction.className)".printable)
          } else {
            if arguments.has("show") || Console.outputIsTerminal {
              Console.output(entrance.terminalPicture(pixels))
            }
            Console.output(answer.text)
          }
        } catch {
          bar.end()
          Console.error("striate predict: \(error)")
          status = .failure
        }
      }
      return status
    })
}

/// A prediction as text and as JSON.
private struct Answer {
  let image: String
  let prediction: Prediction
  let names: [String]
  let top: Int?

  private var ranking: [(name: String, probability: Float)] {
    let all = prediction.probabilities.enumerated().map { index, probability in
      (name: names.indices.contains(index) ? names[index] : "\(index)", probability: probability)
    }
    guard let top else { return all }
    return Array(all.sorted { $0.probability > $1.probability }.prefix(top))
  }

  /// The class and a bar for every probability.
  var text: String {
    let ranking = ranking.map { (name: $0.name.printable, probability: $0.probability) }
    let width = ranking.map(\.name.columns).max() ?? 0
    let lines = ranking.map { name, probability in
      let share = Double(probability)
      let bar = String(repeating: "█", count: Int((share * 30).rounded()))
      return "  \(name.padded(toColumns: width))  \(percent(share).aligned(to: 8))  \(bar)"
        .droppingTrailingSpace
    }
    return "\(image): \(prediction.className)".printable + "\n" + lines.joined(separator: "\n")
  }

  var json: String {
    JSON.object([
      ("image", .string(image)),
      ("class", .string(prediction.className)),
      ("class_index", .integer(prediction.classIndex)),
      ("probability", .number(prediction.probabilities.max() ?? 0)),
      ("probabilities", .object(ranking.map { ($0.name, .number($0.probability)) })),
    ]).text
  }
}
