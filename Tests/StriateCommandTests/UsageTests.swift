import Testing

@Suite struct UsageTests {
  static let commands = [
    "train", "evaluate", "predict", "trace", "explain", "run", "summary", "import", "export",
    "augment", "lesson", "serve", "bench", "info",
  ]

  @Test func withoutACommandTheCommandsAreListed() throws {
    for words in [[], ["help"], ["--help"]] {
      let result = try CommandProcess(words).result()
      #expect(result.status == (words.isEmpty ? 2 : 0))
      for command in Self.commands { #expect(result.output.contains("\n  \(command)")) }
    }
  }

  @Test(arguments: commands) func everyCommandExplainsItselfWithAnExample(command: String) throws {
    for words in [[command, "--help"], [command, "-h"], ["help", command]] {
      let result = try CommandProcess(words).result()
      #expect(result.status == 0)
      #expect(result.output.contains("Usage:\n  striate \(command)"))
      #expect(result.output.contains("Examples:\n"))
      #expect(result.error.isEmpty)
      #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }
  }

  @Test func theVersionIsPrinted() throws {
    let result = try striate("--version")
    #expect(result.status == 0)
    #expect(result.output.contains(/^striate \d+\.\d+\.\d+\n$/))
  }

  static let mistakes: [(words: [String], message: String)] = [
    (["trian"], "striate: unknown command \"trian\"; did you mean \"train\"?"),
    (["help", "infos"], "striate help: unknown command \"infos\"; did you mean \"info\"?"),
    (
      ["train", "digits", "--epoch", "3"],
      "striate train: unknown option \"--epoch\"; did you mean \"--epochs\"?"
    ),
    (["train", "digits", "--jsno"], "unknown option \"--jsno\"; did you mean \"--json\"?"),
    (["train", "--model", "mlp"], "striate train: expected DATA, found nothing"),
    (["train", "digits", "mnist", "--model", "mlp"], "expected DATA, found also \"mnist\""),
    (["train", "digits"], "expected --model NAME or --network TEXT, found neither"),
    (["train", "digit", "--model", "mlp"], "unknown data \"digit\"; did you mean \"digits\"?"),
    (["train", "digits", "--model", "lenett"], "did you mean \"lenet\"?"),
    (["train", "digits", "--model"], "option --model: expected NAME, found nothing"),
    (
      ["train", "digits", "--model", "--json"],
      "option --model: expected NAME, found the option --json"
    ),
    (
      ["train", "digits", "--model", "mlp", "--lr", "nan"],
      "option --lr: expected a finite number above 0, found \"nan\""
    ),
    (
      ["train", "digits", "--model", "mlp", "--lr=-1"],
      "option --lr: expected a finite number above 0, found \"-1\""
    ),
    (
      ["train", "digits", "--model", "mlp", "--epochs", "many"],
      "option --epochs: expected a whole number from 1 to 1000000, found \"many\""
    ),
    (
      ["train", "digits", "--model", "mlp", "--optimizer", "adma"],
      "found \"adma\"; did you mean \"adam\"?"
    ),
    (
      ["train", "digits", "--model", "mlp", "--loss", "cross-entropy smoothing 2"],
      "option --loss: loss: smoothing: expected a number from 0 to 1, found 2"
    ),
    (
      ["train", "digits", "--model", "mlp", "--schedule", "warmup 5 cosin"],
      "option --schedule: schedule: expected one of constant, linear, step"
    ),
    (
      ["train", "digits", "--model", "mlp", "--momentum", "0.9"],
      "option --momentum: expected --optimizer NAME with it, found none"
    ),
    (
      ["train", "digits", "--model", "mlp", "--patience", "2"],
      "option --patience: expected --val-split SHARE with it"
    ),
    (
      ["train", "digits", "--model", "mlp", "--classes", "3,12"],
      "option --classes: expected names or numbers of 0, 1, 2"
    ),
    (
      ["train", "digits", "--model", "mlp", "--seed", "18446744073709551616"],
      "option --seed: expected a whole number from 0 to 18446744073709551615, found"
    ),
    (["train", "digits", "--json=yes"], "option --json takes no value, found \"yes\""),
    (["summary"], "striate summary: expected NAME, MODEL-FILE or --network TEXT, found nothing"),
    (["summary", "lenett"], "neither a model nor a file: \"lenett\"; did you mean \"lenet\"?"),
    (["summary", "lenet", "--input", "28"], "expected positive sizes such as 1x28x28"),
    (["predict", "model.safetensors"], "expected MODEL-FILE IMAGE…, found \"model.safetensors\""),
  ]

  @Test func aNameThatIsNotUTF8IsRefused() throws {
    let line = "\"\(CommandProcess.path)\" summary \"$(printf 'm\\377.safetensors')\""
    let result = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(result.status == 2)
    #expect(result.error.contains("expected words in UTF-8, found \"m\u{FFFD}.safetensors\""))
  }

  @Test func aPictureWhoseNameIsNotUTF8IsReportedAndTheOthersGoOn() throws {
    let folder = try TemporaryFolder()
    let good = folder.path("good.png")
    try Drawing.picture(0).writePNG(to: good)
    let line = """
      "\(CommandProcess.path)" predict "\(TrainedModel.path)" "$(printf 'a\\377.png')" "\(good)" --quiet
      """
    let result = try CommandProcess(["-c", line], path: "/bin/sh").result()
    #expect(result.status == 1)
    #expect(result.output.hasPrefix("\(good): "))
    #expect(result.error.contains("expected a file name in UTF-8, found \"a\u{FFFD}.png\""))
  }

  @Test(arguments: mistakes)
  func wrongUsageIsExplained(words: [String], message: String) throws {
    let result = try CommandProcess(words).result()
    #expect(result.status == 2)
    #expect(result.error.contains(message))
    #expect(result.output.isEmpty)
  }
}
