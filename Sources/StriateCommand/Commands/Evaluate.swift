import Striate
import StriateData
import StriateExplain

extension Command {
  static let evaluate = Command(
    name: "evaluate",
    summary: "Measure a saved model on test images.",
    usage: ["MODEL-FILE DATA [options]"],
    details: """
      DATA is digits, mnist, fashion-mnist, cifar10, cifar100 or a folder of pictures, as for striate
      train. The model's class names choose the images: a model trained with --classes 3,8 is measured
      on the test images of 3 and 8. Of a folder without test all pictures are taken.
      Precision, recall and F1 are absent (a dot, null in JSON) where a class was never predicted or
      has no images, and are no part of the mean then. ROC-AUC is of each class against the rest, and
      their mean. The calibration error says how far the probabilities are from the truth. Images
      whose outputs are not finite numbers are counted as wrong, and told.
      """,
    options: DataSource.options + [
      Option("limit", "N", "N test images alone: the first, or evenly spread over a folder"),
      Option(
        "top", "K", "also how often the class is among the K likeliest (5, if there are more)"),
      Option("show", "N", "show the first N images and what the model takes them for"),
      Option("full", "list all classes, however many there are"),
      ReportFile.option,
      .threads, .exact, .json, .quiet,
    ],
    examples: [
      "striate evaluate digits.safetensors digits --show 4",
      "striate evaluate lenet.safetensors mnist --json",
      "striate evaluate photos.safetensors my-photos --report photos.html",
    ],
    operands: ("MODEL-FILE DATA", 2...2),
    run: { arguments in
      let source = try DataSource(arguments)
      let classes = try source.classes()
      let limit = try arguments.integer("limit")
      let shown = try arguments.integer("show") ?? 0
      guard shown == 0 || !arguments.has("json") else {
        throw Usage.Mistake(
          "option --show: shows images as text, found --json with it: leave out one of them")
      }
      let top = try arguments.integer("top")
      let reportFile = try ReportFile(arguments)
      let threads =
        try arguments.integer("threads", in: 1...Engine.maximumThreads) ?? Engine.defaultThreads
      let path = arguments.operands[0]
      var files = FileNames()
      files.reads("MODEL-FILE", path)
      try files.writes("report", reportFile?.path)
      let network = try ModelFile.network(contentsOf: path)
      var test = try source.loadTest(
        for: network, model: path, limit: limit, quiet: arguments.has("quiet"))
      if let classes {
        let names = classes.map { source.classNames[$0] }
        test = test.subset(
          test.labels.indices.filter { names.contains(test.classNames[test.labels[$0]]) })
        guard test.count > 0 else {
          throw Failure("\(path): expected a model of \(names), found \(test.classNames)")
        }
      }
      if let limit, limit < test.count { test = test.subset(Array(0..<limit)) }
      guard (top ?? 1) <= test.classNames.count else {
        throw arguments.mistake("top", "at most \(test.classNames.count) classes", "\(top ?? 0)")
      }
      var bar = CountingBar(quiet: arguments.has("quiet"))
      let evaluation = try network.evaluate(on: test, threads: threads) {
        bar.show("evaluating", $0, $1)
      }
      bar.end()
      let report = EvaluationReport(
        network, evaluation, on: test, model: path, data: source.name, top: top)
      if arguments.has("json") {
        Console.output(
          JSON.object(
            [
              ("test_accuracy", .number(evaluation.accuracy)),
              ("test_images", .integer(evaluation.count)),
              ("model", .string(path)),
              ("data", .string(source.name)),
              ("classes", .strings(evaluation.classNames)),
              ("threads", .integer(threads)),
              ("isa", .string(Engine.instructionSet)),
              ("parameters_sha256", .string(network.parametersSHA256)),
            ] + report.members
          ).text)
      } else {
        if shown > 0 {
          let gallery = Gallery(dataset: test, evaluation: evaluation, columns: Console.width)
          Console.output(try gallery.text(first: shown))
        }
        let isFull = arguments.has("full")
        Console.output(
          arguments.has("quiet")
            ? report.headline : report.text(width: Console.outputWidth, isFull: isFull))
        if !isFull, !arguments.has("quiet"), evaluation.classCount > EvaluationReport.listedClasses
        {
          Console.error("--full lists all \(evaluation.classCount.grouped) classes")
        }
      }
      try reportFile?.write(report, quiet: arguments.has("quiet"))
      return .success
    })
}
