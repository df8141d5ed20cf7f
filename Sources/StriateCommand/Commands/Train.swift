import Striate
import StriateData

extension Command {
  static let train = Command(
    name: "train",
    summary: "Train a network on images and save it.",
    usage: [
      "DATA --model NAME [--out FILE] [options]",
      "DATA --network TEXT [--out FILE] [options]",
    ],
    details: """
      DATA is digits (drawn by this program, needs no files), mnist or fashion-mnist. These are looked
      for in --data DIR, in $STRIATE_DATA and in the user's cache folder, and downloaded otherwise.
      A model brings its own loss, optimizer, batch and number of epochs; options change them.
      Without them a --network is trained with adam, a batch of 32, for 5 epochs.
      Ctrl-C stops after the step under way and saves what was learned so far.
      """,
    options: Recipe.options + DataSource.options + [
      Option("out", "FILE", "where the trained model goes; without it nothing is saved"),
      Option("limit", "N", "the first N training images alone"),
      Option("count", "N", "how many digits to draw for training (\(DataSource.trainingCount))"),
      Option("val-split", "SHARE", "share of the training images kept for validation, such as 0.1"),
      Option("patience", "N", "stop after N epochs without a better validation loss"),
      .json, .quiet,
    ],
    examples: [
      "striate train digits --model numpy-cnn --out digits.safetensors",
      "striate train mnist --model lenet --epochs 3 --lr 0.002 --out lenet.safetensors",
      "striate train mnist --network \"conv 8 5x5, relu, maxpool 2, flatten, dense 10\"",
      "striate train mnist --model sigmoid-cnn --classes 3,8",
    ],
    operands: ("DATA", 1...1),
    run: { try Training($0).run() })
}

/// One run of `striate train`.
private struct Training {
  let arguments: Arguments
  let source: DataSource
  let out: String?
  var recipe: Recipe
  var training: Dataset
  let test: Dataset
  var isQuiet: Bool { arguments.has("quiet") }

  /// Checks everything that can be checked before the data is loaded, then loads it.
  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    source = try DataSource(arguments)
    let classes = try source.classes()
    out = try arguments.text("out")
    let limit = try arguments.integer("limit")
    let share = try arguments.number("val-split", "a number between 0 and 1") { $0 > 0 && $0 < 1 }
    let patience = try arguments.integer("patience")
    guard patience == nil || share != nil else {
      throw Usage.Mistake("option --patience: expected --val-split SHARE with it, found none")
    }
    recipe = try Recipe(
      arguments, input: [1, 28, 28], classes: classes?.count ?? source.classNames.count)
    if let out { try AtomicFile.checkWritable(out) }

    let pair = try source.load(quiet: arguments.has("quiet"))
    var training = pair.training
    var test = pair.test
    if let classes {
      training = try training.keeping(classes: classes)
      test = try test.keeping(classes: classes)
    }
    if let limit, limit < training.count { training = training.subset(Array(0..<limit)) }
    if let share {
      let parts = try training.split(validation: share, seed: recipe.trainer.seed)
      training = parts.training
      recipe.trainer.validation = parts.validation
      recipe.trainer.patience = patience
    }
    self.training = training
    self.test = test
  }

  func run() throws -> ExitStatus {
    var network = recipe.network
    var display = TrainingDisplay(arguments, batchSize: recipe.trainer.batchSize)
    defer { display.end() }
    if !isQuiet { Console.error(introduction) }
    Interrupt.watch()
    let epochs = try recipe.trainer.train(&network, on: training, epochs: recipe.epochs) {
      display.show($0)
      return !Interrupt.isRequested
    }
    display.end()
    if let out { try network.save(to: out) }
    Interrupt.watchNoMore()
    guard !Interrupt.isRequested else { return interrupted(after: epochs) }
    if epochs.count < recipe.epochs, !isQuiet {
      Console.error(
        "stopped early: no better validation loss in \(recipe.trainer.patience ?? 0) epochs")
    }
    let evaluation = try network.evaluate(
      on: test, loss: recipe.trainer.loss, threads: recipe.trainer.threads)
    if arguments.has("json") {
      Console.output(json(network, epochs, evaluation))
    } else {
      Console.output(evaluation.headline)
      if !isQuiet { Console.output(evaluation.report) }
    }
    if !isQuiet {
      Console.error(
        out.map { "saved to \($0)" } ?? "nothing saved: add --out FILE to keep the model")
    }
    return .success
  }

  private var introduction: String {
    let validation = recipe.trainer.validation.map { ", \($0.count.grouped) to validate" } ?? ""
    let what =
      "training \(recipe.model) (\(recipe.network.parameterCount.grouped) parameters) on "
      + "\(training.count.grouped) images of \(source.name)\(validation),"
    let engine = "\(Engine.instructionSet), threads \(recipe.trainer.threads)"
    // A terminal would break the line inside a word.
    let isTooLong = Console.errorIsTerminal && what.count + 1 + engine.count > Console.width
    return what + (isTooLong ? "\n" : " ") + engine
  }

  private func interrupted(after epochs: [Trainer.Epoch]) -> ExitStatus {
    let kept = out.map { "what was learned so far is in \($0)" } ?? "nothing saved"
    Console.error("interrupted: \(kept)")
    if arguments.has("json") {
      Console.output(
        JSON.object([
          ("interrupted", .bool(true)), ("epochs", .integer(epochs.count)),
          ("out", .optional(out) { .string($0) }),
        ]).text)
    }
    return .interrupted
  }

  private func json(
    _ network: Network, _ epochs: [Trainer.Epoch], _ evaluation: Evaluation
  ) -> String {
    let seconds = epochs.reduce(0) { $0 + $1.seconds }
    let images = epochs.reduce(0) { $0 + $1.images }
    return JSON.object([
      ("test_accuracy", .number(evaluation.accuracy)),
      ("test_loss", .optional(evaluation.loss) { .number($0) }),
      ("test_images", .integer(evaluation.count)),
      ("train_loss", .optional(epochs.last) { .number($0.loss) }),
      ("train_images", .integer(training.count)),
      ("train_seconds", .number(seconds)),
      ("images_per_second", .number(Double(images) / max(seconds, 1e-9))),
      ("epochs", .integer(epochs.count)),
      ("seed", .integer(Int(recipe.trainer.seed))),
      ("threads", .integer(recipe.trainer.threads)),
      ("isa", .string(Engine.instructionSet)),
      ("model", .string(recipe.model)),
      ("data", .string(source.name)),
      ("classes", .strings(test.classNames)),
      ("batch", .integer(recipe.trainer.batchSize)),
      ("optimizer", .string(recipe.trainer.optimizer.shortName)),
      ("learning_rate", .number(recipe.trainer.optimizer.learningRate)),
      ("loss", .string(recipe.trainer.loss.name)),
      ("parameters", .integer(network.parameterCount)),
      ("parameters_sha256", .string(network.parametersSHA256)),
      ("recall", evaluation.recallJSON),
      ("confusion", evaluation.confusionJSON),
      ("out", .optional(out) { .string($0) }),
    ]).text
  }
}

extension Optimizer {
  /// The name by which a user chooses it.
  fileprivate var shortName: String {
    switch self {
    case is GradientDescent: "gd"
    default: "\(type(of: self))".lowercased()
    }
  }
}
