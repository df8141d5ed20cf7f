import Striate

/// Where `train` saves itself, and whether it goes on from there.
struct CheckpointOptions {
  static let options: [Command.Option] = [
    Command.Option(
      "checkpoint", "FILE",
      "where the training itself is saved, once an epoch; replaces no other file\n"
        + "(--out with .checkpoint before its extension, when stopped)"),
    Command.Option("checkpoint-every", "N", "save the training every N steps as well"),
    Command.Option(
      "resume",
      "go on from the checkpoint, where there is one, to the very bits of a\n"
        + "training that was never stopped; with any number of --threads"),
    Command.Option("best", "FILE", "where the model with the lowest validation loss goes"),
  ]

  /// What the trainer is told; nil where nothing can be saved.
  private(set) var checkpoints: Checkpoints?

  /// Where the training stood that is resumed.
  private(set) var saved: Checkpoints.Saved?

  /// What to tell about it before training begins.
  private(set) var notes: [String] = []

  /// Throws where the files do not go together, or where there is a file that is no checkpoint.
  init(
    _ arguments: Arguments, conditions: [String: String], files: inout FileNames
  ) throws {
    let (out, best) = (try arguments.text("out"), try arguments.text("best"))
    let every = try arguments.integer("checkpoint-every")
    let named = try arguments.text("checkpoint")
    let isAskedFor = named != nil || every != nil || arguments.has("resume")
    guard let path = named ?? (out ?? best).map(Self.path(beside:)) else {
      for option in ["checkpoint-every", "resume"] where arguments.has(option) {
        throw Usage.Mistake(
          "option --\(option): expected --checkpoint FILE or --out FILE with it, found neither")
      }
      return
    }
    for (option, file) in [("out", out), ("best", best), ("checkpoint", path)] {
      try files.writes(option, file)
    }
    let checkpoints = Checkpoints(
      path: path, everySteps: every, onlyWhenStopped: !isAskedFor, best: best,
      resumes: arguments.has("resume"), conditions: conditions)
    self.checkpoints = checkpoints
    if checkpoints.resumes {
      saved = try checkpoints.saved()
      notes.append(
        saved.map { $0.isFinished ? Self.finished($0, path) : Self.resumed($0, path) }
          ?? "no checkpoint \(path) yet: starting anew")
    } else if let old = try Self.replaced(by: checkpoints), isAskedFor, !old.isFinished {
      notes.append(
        "\(path), where an earlier training stands at step \(old.step), will be replaced: "
          + "--resume would go on from it")
    }
  }

  /// The training that new checkpoints replace. Throws where they would replace anything else.
  private static func replaced(by checkpoints: Checkpoints) throws -> Checkpoints.Saved? {
    do {
      return try checkpoints.saved()
    } catch {
      throw Failure(
        "option --checkpoint: expected a checkpoint or a file that is not there yet, found "
          + "\(checkpoints.path), which is a model or another file: name another with --checkpoint, "
          + "or move it away")
    }
  }

  private static func resumed(_ saved: Checkpoints.Saved, _ path: String) -> String {
    "resuming from \(path): \(saved.step.grouped) steps are made, epoch \(saved.epoch) is under way"
  }

  private static func finished(_ saved: Checkpoints.Saved, _ path: String) -> String {
    "resuming from \(path): the training is finished, after \(saved.step.grouped) steps"
  }

  /// "digits.checkpoint.safetensors" for "digits.safetensors".
  static func path(beside out: String) -> String {
    let name = out.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let point = name.lastIndex(of: "."), point != name.startIndex else {
      return out + ".checkpoint"
    }
    return out.dropLast(name.distance(from: point, to: name.endIndex)) + ".checkpoint"
      + name[point...]
  }
}
