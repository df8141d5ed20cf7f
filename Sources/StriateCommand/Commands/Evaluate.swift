import Striate
import StriateData

extension Command {
  static let evaluate = Command(
    name: "evaluate",
    summary: "Measure a saved model on test images.",
    usage: ["MODEL-FILE DATA [options]"],
    details: """
      DATA is digits, mnist, fashion-mnist, cifar10, cifar100 or a folder of pictures, as for striate
      train. The model's class names choose the images: a model trained with --classes 3,8 is measured
      on the test images of 3 and 8. Of a folder without test all pictures are taken.
      """,
    options: DataSource.options + [
      Option("limit", "N", "N test images alone: the first, or evenly spread over a folder"),
      Option("show", "N", "show the first N images and what the model takes them for"),
      .threads, .json, .quiet,
    ],
    examples: [
      "striate evaluate digits.safetensors digits --show 4",
      "striate evaluate lenet.safetensors mnist --json",
    ],
    operands: ("MODEL-FILE DATA", 2...2),
    run: { arguments in
      let source = try DataSource(arguments)
      let classes = try source.classes()
      let limit = try arguments.integer("limit")
      let shown = try arguments.integer("show") ?? 0
      let threads =
        try arguments.integer("threads", in: 1...Engine.maximumThreads) ?? Engine.defaultThreads
      let path = arguments.operands[0]
      let network = try Network(contentsOf: path)
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
      let evaluation = try network.evaluate(on: test, threads: threads)
      if arguments.has("json") {
        Console.output(
          JSON.object([
            ("test_accuracy", .number(evaluation.accuracy)),
            ("test_images", .integer(evaluation.count)),
            ("model", .string(path)),
            ("data", .string(source.name)),
            ("classes", .strings(evaluation.classNames)),
            ("threads", .integer(threads)),
            ("isa", .string(Engine.instructionSet)),
            ("parameters_sha256", .string(network.parametersSHA256)),
            ("recall", evaluation.recallJSON),
            ("confusion", evaluation.confusionJSON),
          ]).text)
      } else {
        if shown > 0 {
          let gallery = Gallery(dataset: test, evaluation: evaluation, columns: Console.width)
          Console.output(try gallery.text(first: shown))
        }
        Console.output(evaluation.headline)
        if !arguments.has("quiet") { Console.output(evaluation.report) }
      }
      return .success
    })
}
