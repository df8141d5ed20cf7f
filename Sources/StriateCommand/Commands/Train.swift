import Striate
import StriateData
import StriateExplain

extension Command {
  static let train = Command(
    name: "train",
    summary: "Train a network on images and save it.",
    usage: [
      "DATA --model NAME [--out FILE] [options]",
      "DATA --network TEXT [--out FILE] [options]",
      "DATA --init-from MODEL-FILE [--out FILE] [options]",
    ],
    details: """
      DATA is digits (drawn by this program, needs no files); mnist, fashion-mnist, cifar10 or cifar100,
      which are looked for in --data DIR, in $STRIATE_DATA and in the user's cache folder, and
      downloaded otherwise; or a folder of PNG and JPEG pictures, one folder a class inside, with or
      without folders train, val and test around them. Pictures are brought to one size, and those that
      cannot be read are told and left out.
      Without a folder test the pictures to validate with also give the final figures.
      A model brings its own loss, optimizer, batch and number of epochs; options change them.
      Without them a --network is trained with adam, a batch of 32, for 5 epochs.
      Ctrl-C, or a pipe whose reader has gone, stops after the step under way, saves what was learned
      so far, and the training itself: the same command with --resume goes on. A checkpoint that cannot
      be written is told and stops nothing; the exit status is 1 then.
      """,
    options: Recipe.options + UpdateOptions.options + Inheritance.options + DataSource.options
      + DataSource.pictureOptions + [
        Option("out", "FILE", "where the trained model goes; without it nothing is saved"),
        Option("limit", "N", "N training images alone: the first, or evenly spread over a folder"),
        Option("count", "N", "how many digits to draw for training (\(DataSource.trainingCount))"),
        Option(
          "val-split", "SHARE",
          "share of the training images kept for validation, such as 0.1;\n"
            + "of a folder without test also for the final figures (\(Training.usualShare))"),
        Option("patience", "N", "stop after N epochs without a better validation loss"),
      ] + CheckpointOptions.options + TrainingLogs.options + [
        LearningRateFinder.option, ReportFile.option, .json, .quiet,
      ],
    examples: [
      "striate train digits --model numpy-cnn --out digits.safetensors",
      "striate train mnist --model lenet --epochs 3 --lr 0.002 --out lenet.safetensors",
      "striate train mnist --network \"conv 8 5x5, relu, maxpool 2, flatten, dense 10\"",
      "striate train mnist --model sigmoid-cnn --classes 3,8",
      "striate train my-photos --model convnet --size 48 --out photos.safetensors",
      "striate train mnist --model lenet --find-lr rates.svg",
      "striate train mnist --model lenet --out m.safetensors --checkpoint-every 500 --resume",
      "striate train my-photos --init-from photos.safetensors --freeze \"conv*\" --out new.safetensors",
      "striate train my-photos --model convnet --out photos.safetensors --report photos.html",
      "striate train mnist --model lenet --out m.safetensors --tensorboard runs --log lenet.csv",
      "striate train mnist --model lenet --augment \"rotate 10, shift 0.1\" --out lenet.safetensors",
    ],
    operands: ("DATA", 1...1),
    run: { try Training($0).run() })
}

/// One run of `striate train`.
private struct Training {
  /// The share of a folder without a test part that is kept from training.
  static let usualShare = 0.1

  /// The training images whose outputs are looked at before a model is saved.
  private static let checkedImages = 256

  let arguments: Arguments
  let source: DataSource
  let out: String?
  let inheritance: Inheritance
  let saving: CheckpointOptions
  let reportFile: ReportFile?
  let ratePlot: String?
  private var logs: TrainingLogs
  var recipe: Recipe
  let training: Dataset
  let test: Dataset
  let unreadableCount: Int
  var isQuiet: Bool { arguments.has("quiet") }

  /// Checks everything that can be checked before the data is loaded, then loads it.
  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    inheritance = try Inheritance(arguments)
    source = try DataSource(arguments, shape: inheritance.imageShape)
    let classes = try source.classes()
    try source.checkClasses()
    out = try arguments.text("out")
    let limit = try arguments.integer("limit")
    let share = try arguments.number("val-split", "a number between 0 and 1") { $0 > 0 && $0 < 1 }
    let patience = try arguments.integer("patience")
    guard patience == nil || share != nil || source.bringsValidation else {
      throw Usage.Mistake("option --patience: expected --val-split SHARE with it, found none")
    }
    guard !arguments.has("best") || share != nil || source.bringsValidation else {
      throw Usage.Mistake("option --best: expected --val-split SHARE with it, found none")
    }
    recipe = try Recipe(
      arguments, input: source.imageShape, classes: classes?.count ?? source.likelyClassCount,
      inheritance: inheritance)
    ratePlot = try LearningRateFinder.path(arguments)
    reportFile = try ReportFile(arguments)
    var files = FileNames()
    files.reads("--init-from", inheritance.path)
    saving = try CheckpointOptions(arguments, conditions: inheritance.conditions, files: &files)
    logs = try TrainingLogs(
      arguments, batchSize: recipe.trainer.batchSize, files: &files)
    try files.writes("report", reportFile?.path)
    try files.writes("find-lr", ratePlot)
    if let ratePlot {
      try AtomicFile.checkWritable(ratePlot)
    } else {
      // The history that the training adds is some hundred bytes an epoch.
      let size = try recipe.network.modelFileSize + 300 * min(recipe.epochs, 1000)
      for file in [out, try arguments.text("best")] {
        if let file { try AtomicFile.checkWritable(file, size: size) }
      }
    }

    let loaded = try source.load(classes: classes, limit: limit, quiet: arguments.has("quiet"))
    var training = loaded.training
    // Only when all pictures are read is it known which classes have any, and whether one has colour.
    if recipe.network.inputs[0].shape != training.imageShape
      || recipe.network.outputShape != [training.classNames.count]
    {
      recipe = try Recipe(
        arguments, input: training.imageShape, classes: training.classNames.count,
        inheritance: inheritance)
    }
    var validation = loaded.validation
    let (isQuiet, data) = (arguments.has("quiet"), source.name)
    func tell(_ text: String) {
      if !isQuiet { Console.error("\(data): \(text)") }
    }
    // A folder to validate with alone is also the one for the final figures.
    let test = loaded.test ?? loaded.validation
    if let validation, share != nil {
      tell(
        loaded.test == nil
          ? "no folder test inside: the \(validation.count.grouped) pictures to validate with are for the "
            + "final figures alone (--val-split)"
          : "--val-split takes the place of the folder to validate with")
    } else if let validation, loaded.test == nil {
      tell(
        "no folder test inside: the \(validation.count.grouped) pictures to validate with are also for "
          + "the final figures")
    }
    if share != nil || test == nil {
      // At least one image, of however few.
      let usual = max(Self.usualShare, 1 / Double(training.count))
      let parts = try training.split(validation: share ?? usual, seed: recipe.trainer.seed)
      (training, validation) = (parts.training, parts.validation)
    }
    if test == nil, let validation {
      tell(
        "no folder test inside: \(validation.count.grouped) images are kept from training, to "
          + "validate and for the final figures (--val-split)")
    }
    recipe.trainer.validation = validation
    recipe.trainer.patience = patience
    recipe.trainer.checkpoints = saving.checkpoints
    self.training = training
    self.test = test ?? validation ?? training
    unreadableCount = loaded.unreadableCount
  }

  func run() throws -> ExitStatus {
    if let ratePlot {
      return try LearningRateFinder(recipe, training, arguments, introduction).run(ratePlot)
    }
    var network = recipe.network
    var display = TrainingDisplay(arguments, batchSize: recipe.trainer.batchSize)
    defer { display.end() }
    let balance = ClassBalance(training)
    if !isQuiet {
      Console.error(introduction)
      (recipe.notes + saving.notes).forEach(Console.error)
      if source.isFolder || balance.isUneven { balance.lines.forEach(Console.error) }
    }
    Interrupt.watch()
    var logs = logs
    logs.begin(facts, network)
    let epochs = try recipe.trainer.train(&network, on: training, epochs: recipe.epochs) {
      display.show($0)
      logs.show($0, $1)
      return !Interrupt.isRequested
    } validating: {
      display.validate($0, $1)
    }
    display.end()
    try checkOutputs(of: network)
    network.history = TrainingHistory(epochs)
    let saved = try save(network)
    let isWhole = saved == out && display.checkpointFailure == nil && !logs.failed
    Interrupt.watchNoMore()
    // The end of the last epoch comes before any wish to stop.
    guard !Interrupt.isRequested || epochs.count == recipe.epochs else {
      let status = interrupted(
        after: epochs, saved: saved, hasCheckpoint: display.checkpointFailure == nil)
      return isWhole ? status : .failure
    }
    if epochs.count < recipe.epochs, !isQuiet {
      Console.error(
        "stopped early: no better validation loss in \(recipe.trainer.patience ?? 0) epochs")
    }
    var bar = CountingBar(quiet: isQuiet)
    let evaluation = try network.evaluate(
      on: test, loss: recipe.trainer.loss, threads: recipe.trainer.threads
    ) { bar.show("evaluating", $0, $1) }
    bar.end()
    logs.end(evaluation, on: test)
    let report = EvaluationReport(
      network, evaluation, on: test, model: recipe.model, data: source.name)
    if arguments.has("json") {
      Console.output(json(network, epochs, report, saved: saved))
    } else {
      Console.output(isQuiet ? report.headline : report.text(width: Console.outputWidth))
    }
    try reportFile?.write(report, quiet: isQuiet)
    if let saved {
      if !isQuiet { Console.error("saved to \(saved)") }
    } else if let out {
      Console.error("the model was not saved: \(out) is what it was before")
    } else if !isQuiet {
      Console.error("nothing saved: add --out FILE to keep the model")
    }
    return isWhole && !logs.failed ? .success : .failure
  }

  /// What is trained how, for the logs.
  private var facts: [(String, String)] {
    let trainer = recipe.trainer
    return [
      ("model", recipe.model), ("data", source.name),
      ("layers", recipe.network.nodes.map(\.layer.text).joined(separator: ", ")),
      ("parameters", recipe.network.parameterCount.grouped),
      ("training images", training.count.grouped),
      ("validation images", trainer.validation.map { $0.count.grouped } ?? "none"),
      ("batch", "\(trainer.batchSize)"), ("epochs", "\(recipe.epochs)"),
      ("optimizer", trainer.optimizer.shortName),
      ("learning rate", "\(trainer.optimizer.learningRate)"),
      ("schedule", trainer.schedule.text), ("loss", trainer.loss.name),
      ("augmentation", recipe.augmentation?.text ?? "none"), ("seed", "\(trainer.seed)"),
      ("instruction set", Engine.instructionSet), ("threads", "\(trainer.threads)"),
    ]
  }

  /// Throws where the last step, whose effect no loss has shown, made the network useless: the file of the
  /// model before is not replaced by it.
  private func checkOutputs(of network: Network) throws {
    let count = min(training.count, Self.checkedImages)
    let images = training.subset((0..<count).map { $0 * training.count / count })
    // An image that can no longer be read says nothing about the network.
    guard
      let evaluation = try? network.evaluate(
        on: images, keepsProbabilities: false, threads: recipe.trainer.threads),
      evaluation.notFiniteCount > 0
    else { return }
    let rate = recipe.trainer.optimizer.learningRate
    throw Failure(
      "training diverged: expected finite outputs after the last step, found others for "
        + "\(evaluation.notFiniteCount) of \(count) training images: try a learning rate below \(rate), "
        + "such as \(rate / 10)" + (out.map { "; \($0) is what it was before" } ?? ""))
  }

  /// Writes the model; returns where it is, nil where nobody asked or the file cannot be written, which
  /// is told.
  private func save(_ network: Network) throws -> String? {
    guard let out else { return nil }
    do {
      try network.save(to: out)
      return out
    } catch let failure as AtomicFile.Failure {
      Console.error("striate train: \(failure)")
      return nil
    }
  }

  private var introduction: String {
    let validation = recipe.trainer.validation.map { ", \($0.count.grouped) to validate" } ?? ""
    let changes = recipe.augmentation.map { " changed by \"\($0.text)\"," } ?? ""
    let what =
      "training \(recipe.model) (\(recipe.network.parameterCount.grouped) parameters) on "
      + "\(training.count.grouped) images of \(source.name)\(validation),"
      + changes
    let engine = "\(Engine.instructionSet), threads \(recipe.trainer.threads)"
    // A terminal would break the line inside a word.
    let isTooLong = Console.errorIsTerminal && what.count + 1 + engine.count > Console.width
    return what + (isTooLong ? "\n" : " ") + engine
  }

  private func interrupted(
    after epochs: [Trainer.Epoch], saved out: String?, hasCheckpoint: Bool
  ) -> ExitStatus {
    let kept = out.map { "what was learned so far is in \($0)" } ?? "nothing saved"
    Console.error("interrupted: \(kept)")
    // A file that only a stop writes is of another training, where this one could not write it.
    let isOwn = hasCheckpoint || saving.checkpoints?.onlyWhenStopped == false
    let saved = isOwn ? try? saving.checkpoints?.saved() : nil
    if let saved, let checkpoints = saving.checkpoints {
      Console.error(
        "the training is in \(checkpoints.path), at step \(saved.step.grouped): "
          + "the same command with --resume goes on")
    }
    if arguments.has("json") {
      Console.output(
        JSON.object([
          ("interrupted", .bool(true)), ("epochs", .integer(epochs.count)),
          ("step", .optional(saved) { .integer($0.step) }), ("out", .optional(out) { .string($0) }),
          ("checkpoint", .optional(saved == nil ? nil : saving.checkpoints) { .string($0.path) }),
          ("resumed_from_step", .optional(saving.saved) { .integer($0.step) }),
        ]).text)
    }
    return Interrupt.status
  }

  private func json(
    _ network: Network, _ epochs: [Trainer.Epoch], _ report: EvaluationReport, saved out: String?
  ) -> String {
    let evaluation = report.evaluation
    let seconds = epochs.reduce(0) { $0 + $1.seconds }
    let images = epochs.reduce(0) { $0 + $1.images }
    let own: [(String, JSON)] = [
      ("test_accuracy", .number(evaluation.accuracy)),
      ("test_loss", .optional(evaluation.loss) { .number($0) }),
      ("test_images", .integer(evaluation.count)),
      ("train_loss", .optional(epochs.last) { .number($0.loss) }),
      ("train_images", .integer(training.count)),
      ("train_seconds", .number(seconds)),
      ("images_per_second", .number(Double(images) / max(seconds, 1e-9))),
      ("epochs", .integer(epochs.count)),
      ("seed", .natural(recipe.trainer.seed)),
      ("threads", .integer(recipe.trainer.threads)),
      ("isa", .string(Engine.instructionSet)),
      ("model", .string(recipe.model)),
      ("data", .string(source.name)),
      ("classes", .strings(test.classNames)),
      ("class_counts", ClassBalance(training).json),
      ("class_ratio", .number(ClassBalance(training).ratio)),
      ("unreadable_images", .integer(unreadableCount)),
      ("image_shape", .integers(training.imageShape)),
      ("batch", .integer(recipe.trainer.batchSize)),
      ("optimizer", .string(recipe.trainer.optimizer.shortName)),
      ("learning_rate", .number(recipe.trainer.optimizer.learningRate)),
      ("loss", .string(recipe.trainer.loss.name)),
      ("augment", .optional(recipe.augmentation) { .string($0.text) }),
      ("parameters", .integer(network.parameterCount)),
      ("parameters_sha256", .string(network.parametersSHA256)),
      ("out", .optional(out) { .string($0) }),
      (
        "checkpoint",
        .optional(saving.checkpoints?.onlyWhenStopped == false ? saving.checkpoints : nil) {
          .string($0.path)
        }
      ),
      ("resumed_from_step", .optional(saving.saved) { .integer($0.step) }),
      ("best", .optional(saving.checkpoints?.best) { .string($0) }),
      ("init_from", .optional(inheritance.path) { .string($0) }),
      (
        "frozen_parameters", .strings(network.parameters.filter(\.isFrozen).map(\.name))
      ),
    ]
    return JSON.object(own + report.members).text
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
