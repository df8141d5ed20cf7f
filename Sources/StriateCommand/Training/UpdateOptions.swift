import Striate

/// What `train` does with gradients before a step and with parameters after it.
enum UpdateOptions {
  static let options: [Command.Option] = [
    Command.Option(
      "decay", "NAME",
      "what weight decay applies to: all, or weights alone (all)"),
    Command.Option("clip-norm", "X", "scale all gradients down to a norm of X"),
    Command.Option("clip-value", "X", "hold every number of the gradients between -X and X"),
    Command.Option("accumulate", "N", "batches whose gradients are added up for one step (1)"),
    Command.Option(
      "ema", "DECAY",
      "validate, test and save a running mean of the parameters; the share\n"
        + "of itself that a step keeps rises to DECAY, such as 0.999; 0 for none"),
  ]

  /// Brings what the options say into a trainer, and what they leave open from a model.
  static func apply(
    _ arguments: Arguments, to trainer: inout Trainer, otherwise usual: NamedModel?
  ) throws {
    switch try arguments.choice("decay", of: ["all", "weights"]) {
    case "weights": trainer.groups = [.withoutDecay]
    case "all": trainer.groups = []
    default: trainer.groups = usual?.groups ?? []
    }
    func limit(_ name: String) throws -> Float? {
      try arguments.number(name, "a number above 0") {
        $0 > 0 && Float($0) > 0 && Float($0) < .infinity
      }
      .map { Float($0) }
    }
    switch (try limit("clip-norm"), try limit("clip-value")) {
    case (_?, _?):
      throw Usage.Mistake("expected --clip-norm X or --clip-value X, found both")
    case (let norm?, nil): trainer.clipping = .norm(norm)
    case (nil, let value?): trainer.clipping = .value(value)
    case (nil, nil): break
    }
    trainer.accumulation = try arguments.integer("accumulate", in: 1...1 << 20) ?? 1
    let averaging = try arguments.number("ema", "a number from 0 to below 1") {
      $0 >= 0 && $0 < 1
    }
    trainer.averaging = (averaging ?? usual?.averaging).flatMap { $0 == 0 ? nil : $0 }
  }
}
