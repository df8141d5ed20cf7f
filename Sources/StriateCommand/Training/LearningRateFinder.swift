import Foundation
import Striate
import StriateExplain

/// `striate train … --find-lr`: lets the learning rate rise and shows what that does to the loss.
struct LearningRateFinder {
  static let option = Command.Option(
    "find-lr", "PLOT.svg",
    "train nothing: let the learning rate rise through 100 steps, draw the loss\n"
      + "and say which rate to begin with")

  /// Where the plot goes; nil where nobody asks for it. A model that was meant to be read is not written over.
  static func path(_ arguments: Arguments) throws -> String? {
    guard let path = try arguments.text("find-lr") else { return nil }
    guard path.lowercased().hasSuffix(".svg") else {
      throw arguments.mistake("find-lr", "a file name that ends in .svg", path)
    }
    return path
  }

  private let recipe: Recipe
  private let training: Dataset
  private let arguments: Arguments
  private let introduction: String

  init(_ recipe: Recipe, _ training: Dataset, _ arguments: Arguments, _ introduction: String) {
    (self.recipe, self.training) = (recipe, training)
    (self.arguments, self.introduction) = (arguments, introduction)
  }

  func run(_ path: String) throws -> ExitStatus {
    let isQuiet = arguments.has("quiet")
    if !isQuiet {
      Console.error(introduction.replacing(/^training/, with: "a sweep over rates of"))
    }
    var bar = ProgressBar()
    let draws = !isQuiet && Console.errorIsTerminal
    Interrupt.watch()
    let first: Float = 1e-7
    let last: Float = 10
    let sweep = try recipe.trainer.sweepLearningRates(
      recipe.network, on: training, from: first, to: last
    ) { point in
      if draws {
        let share = log(Double(point.rate / first)) / log(Double(last / first))
        bar.draw { width in
          "rate \(point.rate.brief)  loss \(point.smoothedLoss.fixed(4))  "
            + ProgressBar.bar(share, width: min(40, width - 40))
        }
      }
      return !Interrupt.isRequested
    }
    bar.clear()
    Interrupt.watchNoMore()
    guard !Interrupt.isRequested else {
      Console.error("interrupted: no plot drawn")
      return Interrupt.status
    }
    let plot = Self.plot(sweep, of: recipe)
    try AtomicFile.write(plot.svg.utf8, to: path)
    if arguments.has("json") {
      Console.output(json(sweep, path))
    } else {
      if !isQuiet { Console.output(plot.text(width: min(Console.width, 100), height: 14)) }
      Console.output(Self.answer(sweep))
    }
    if !isQuiet { Console.error("the plot is in \(path)") }
    return .success
  }

  /// What was found, in words.
  private static func answer(_ sweep: LearningRateSweep) -> String {
    guard let suggestion = sweep.suggestion else {
      return "no suggestion: the loss fell at no learning rate: look at the data and the network"
    }
    let reasons = [
      sweep.steepest.map { "the loss falls fastest at \($0.brief)" },
      sweep.tenthOfMinimum.map { "a tenth of the rate of the least loss is \($0.brief)" },
    ].compactMap { $0 }
    return "suggestion: --lr \(suggestion.brief)\n  " + reasons.joined(separator: ";\n  ")
  }

  static func plot(_ sweep: LearningRateSweep, of recipe: Recipe) -> LinePlot {
    let smoothed = sweep.points.map { (x: Double($0.rate), y: $0.smoothedLoss) }
    return LinePlot(
      title:
        "Loss while the learning rate rises: \(recipe.model), \(recipe.trainer.optimizer.name)",
      xLabel: "learning rate", yLabel: "loss",
      series: [
        LinePlot.Series(
          name: "each step", points: sweep.points.map { (x: Double($0.rate), y: $0.loss) },
          style: .dots),
        LinePlot.Series(name: "running mean", points: smoothed, style: .line),
      ],
      marks: [
        sweep.suggestion.map { LinePlot.Mark(x: Double($0), label: "suggestion \($0.brief)") }
      ].compactMap { $0 })
  }

  private func json(_ sweep: LearningRateSweep, _ path: String) -> String {
    JSON.object([
      ("suggestion", .optional(sweep.suggestion) { .number($0) }),
      ("steepest", .optional(sweep.steepest) { .number($0) }),
      ("tenth_of_minimum", .optional(sweep.tenthOfMinimum) { .number($0) }),
      ("steps", .integer(sweep.points.count)),
      ("rates", .array(sweep.points.map { .number($0.rate) })),
      ("losses", .array(sweep.points.map { .number($0.loss) })),
      ("smoothed_losses", .array(sweep.points.map { .number($0.smoothedLoss) })),
      ("plot", .string(path)),
    ]).text
  }
}

extension Float {
  /// The number with two significant digits: "0.0032", "1.2e-05".
  var brief: String { Double(self).significant(2) }
}
