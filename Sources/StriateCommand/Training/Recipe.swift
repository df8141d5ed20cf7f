import Striate

/// What `train` is asked to do: a network, a trainer and a number of epochs, from a named model's
/// numbers and the options that change them.
struct Recipe {
  let model: String
  let network: Network
  var trainer: Trainer
  let epochs: Int
  /// What to tell about the network before training begins.
  let notes: [String]

  /// What happens to the training images; nil for nothing.
  var augmentation: Augmentation? {
    trainer.augmentation.flatMap { $0.steps.isEmpty ? nil : $0 }
  }

  static let options: [Command.Option] = [
    Command.Option("model", "NAME", "a known network:\n" + Recipe.modelList),
    Command.Option("network", "TEXT", "a network as text: \"conv 8 5x5, relu, flatten, dense 10\""),
    Command.Option("epochs", "N", "passes over the training images"),
    Command.Option("batch", "N", aliases: ["batch-size"], "images a step"),
    Command.Option("lr", "RATE", aliases: ["learning-rate"], "learning rate"),
    Command.Option("optimizer", "NAME", "one of " + lines(optimizerNames)),
    Command.Option("momentum", "μ", "for --optimizer sgd, rmsprop and muon"),
    Command.Option("nesterov", "Nesterov's momentum, for --optimizer sgd"),
    Command.Option("weight-decay", "λ", "for every --optimizer but gd"),
    Command.Option(
      "loss", "TEXT", "such as \"cross-entropy smoothing 0.1\":\n" + lines(Loss.names)),
    Command.Option(
      "schedule", "TEXT",
      "of the learning rate, such as \"warmup 5 cosine\":\n" + lines(LearningRateSchedule.names)),
    Command.Option(
      "pixels", "NAME", "normalized (mean 0, deviation 1) or raw (0 to 1)"),
    Command.augmentation,
    Command.Option("seed", "N", "what parameters and order of images depend on (0)"),
    .threads, .exact,
  ]

  private static let pixelNames = ["normalized", "raw"]

  /// Names in lines that fit beside the options.
  static func lines(_ names: [String]) -> String {
    var lines = [""]
    for name in names {
      let line = lines[lines.count - 1]
      if line.count + name.count > 64 {
        lines.append(name)
      } else {
        lines[lines.count - 1] = line.isEmpty ? name : line + ", " + name
      }
    }
    return lines.joined(separator: ",\n")
  }

  private static let modelList = lines(NamedModel.all.map(\.name))

  init(
    _ arguments: Arguments, input: [Int], classes: Int, inheritance: Inheritance
  ) throws {
    let seed = try arguments.seed()
    let isNew =
      inheritance.source == nil || arguments.has("model") || arguments.has("network")
    let named = isNew ? try Self.namedModel(arguments) : nil
    var network: Network
    if let named {
      model = named.name
      network = try named.network(input: input, classes: classes, seed: seed)
    } else if isNew {
      model = try arguments.text("network") ?? ""
      network = try Network(text: model, input: input, seed: seed)
      // One output tells two classes apart.
      guard network.outputShape == [classes] || (classes == 2 && network.outputShape == [1]) else {
        throw Failure(
          "option --network: expected an output of \(classes) classes, found "
            + "\(network.outputShape): end the network with \"flatten, dense \(classes)\"")
      }
    } else {
      model = inheritance.source?.path ?? ""
      network = try inheritance.network(input: input, classes: classes, seed: seed)
    }
    notes = try inheritance.apply(to: &network, copies: isNew)
    self.network = network
    epochs = try arguments.integer("epochs", in: 1...1_000_000) ?? named?.epochs ?? 5
    let loss =
      try arguments.description("loss") { try Loss(named: $0) } ?? named?.loss ?? network.usualLoss
    guard network.outputShape != [1] || !loss.comparesClasses else {
      throw Usage.Mistake(
        "option --loss: expected a loss of single outputs such as binary-cross-entropy for a network "
          + "of one output, found \(loss.name)")
    }
    trainer = Trainer(
      loss: loss,
      optimizer: try Self.optimizer(arguments, otherwise: named?.optimizer ?? Adam()),
      batchSize: try arguments.integer("batch", in: 1...1_000_000) ?? named?.batchSize ?? 32,
      seed: seed,
      threads: try arguments.integer("threads", in: 1...Engine.maximumThreads)
        ?? Engine.defaultThreads,
      schedule: try arguments.description("schedule") { try LearningRateSchedule(text: $0) }
        ?? named?.schedule ?? .constant,
      // What is inherited, even if it is nothing, says what happens to pixels.
      normalizes: try arguments.choice("pixels", of: Self.pixelNames).map { $0 == "normalized" }
        ?? (inheritance.source == nil && named?.normalizes ?? true),
      augmentation: try arguments.augmentation() ?? named?.augmentation)
    try UpdateOptions.apply(arguments, to: &trainer, otherwise: named)
  }

  /// The model of `--model`; nil where `--network` stands in its place.
  static func namedModel(_ arguments: Arguments) throws -> NamedModel? {
    switch (try arguments.text("model"), try arguments.text("network")) {
    case (let name?, nil):
      do {
        return try NamedModel(named: name)
      } catch {
        throw Usage.Mistake("option --model: \(error)")
      }
    case (nil, _?): return nil
    case (nil, nil):
      throw Usage.Mistake("expected --model NAME or --network TEXT, found neither")
    case (_?, _?):
      throw Usage.Mistake("expected --model NAME or --network TEXT, found both")
    }
  }

  /// The rule of `--optimizer`, `--lr` and the rest; the usual one, with another rate, where none is named.
  static func optimizer(
    _ arguments: Arguments, otherwise usual: any Optimizer
  ) throws -> any Optimizer {
    let rate = try arguments.number("lr", "a finite number above 0") { $0 > 0 && Float($0) > 0 }
    let momentum = try arguments.number("momentum", "a number from 0 to below 1") {
      $0 >= 0 && $0 < 1
    }
    let decay = try arguments.number("weight-decay", "a number of at least 0") { $0 >= 0 }
    guard let name = try arguments.choice("optimizer", of: optimizerNames) else {
      for option in ["momentum", "nesterov", "weight-decay"] where arguments.has(option) {
        throw Usage.Mistake("option --\(option): expected --optimizer NAME with it, found none")
      }
      var optimizer = usual
      if let rate { optimizer.learningRate = Float(rate) }
      try optimizer.validate()
      return optimizer
    }
    do {
      return try namedOptimizer(
        name, learningRate: rate.map { Float($0) }, momentum: momentum,
        nesterov: arguments.has("nesterov"), weightDecay: decay)
    } catch let error as InvalidOptimizer {
      throw Usage.Mistake("\(error)")
    }
  }
}

extension Loss {
  /// Whether one output alone has nothing to learn from it.
  fileprivate var comparesClasses: Bool {
    switch kind {
    case .crossEntropy, .negativeLogLikelihood, .focal, .multiMargin, .klDivergence: true
    default: false
    }
  }
}
