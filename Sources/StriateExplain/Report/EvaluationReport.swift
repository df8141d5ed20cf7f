import Foundation
import Striate
import StriateData

/// How well a network classifies a data set, for people: as text for a terminal, and as a page that a
/// browser shows without a network.
///
/// ```swift
/// let evaluation = try network.evaluate(on: test)
/// let report = EvaluationReport(network, evaluation, on: test, model: "m.safetensors", data: "mnist")
/// print(report.text())
/// try report.write(to: "report.html")
/// ```
public struct EvaluationReport: Sendable {
  /// What the report tells about the network and the data, one line each.
  public struct Fact: Sendable, Equatable {
    /// What is told: "parameters".
    public var name: String
    /// The fact: "105,634".
    public var value: String

    /// A line about the network or the data.
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  /// The heading of the page.
  public var title: String

  /// What stands below it.
  public var facts: [Fact]

  /// What was measured.
  public let evaluation: Evaluation

  /// The images, which the page shows where they were mistaken; nil for no pictures.
  public var images: Dataset?

  /// How the network was trained; nil for no curves.
  public var history: TrainingHistory?

  /// The network's layers as text; nil for none.
  public var layers: String?

  /// The most mistakes that the page shows.
  public var mistakeCount = 24

  /// Everything that is made of the evaluation, computed once.
  package let figures: EvaluationFigures

  /// The report of an evaluation, without anything about the network.
  ///
  /// - Parameters:
  ///   - evaluation: What was measured, with probabilities where the report shall tell all.
  ///   - title: The heading.
  ///   - top: The k of the top-k accuracy; nil for the usual one.
  public init(_ evaluation: Evaluation, title: String, top: Int? = nil) {
    self.evaluation = evaluation
    self.title = title
    figures = EvaluationFigures(evaluation, top: top)
    facts = [
      Fact("images", evaluation.count.grouped), Fact("classes", evaluation.classCount.grouped),
    ]
    if let loss = evaluation.loss { facts.append(Fact("loss", loss.fixed(4))) }
  }

  /// The report of a network on a data set.
  ///
  /// - Parameters:
  ///   - network: The network; its history gives the training curves.
  ///   - evaluation: What was measured.
  ///   - dataset: The images of the evaluation, in their order.
  ///   - model: What the network is called.
  ///   - data: What the data are called.
  ///   - top: The k of the top-k accuracy; nil for the usual one.
  public init(
    _ network: Network, _ evaluation: Evaluation, on dataset: Dataset, model: String, data: String,
    top: Int? = nil
  ) {
    self.init(evaluation, title: "\(model) on \(data)", top: top)
    let shape = dataset.imageShape.map { "\($0)" }.joined(separator: "×")
    facts = [Fact("model", model), Fact("data", data)] + facts
    facts += [
      Fact("image shape", shape), Fact("parameters", network.parameterCount.grouped),
      Fact("SHA-256 of the parameters", network.parametersSHA256),
    ]
    images = dataset
    history = network.history
    layers = "\(network.summary(batchSize: 1))"
  }

  /// The report as one page of HTML that needs nothing else: styles, diagrams and pictures are inside.
  ///
  /// It is the same for the same network and data. Pictures that can no longer be read are left out.
  public var html: String { EvaluationPage(report: self).html }

  /// Writes the page to the file at `path`, whole or not at all.
  ///
  /// Throws `AtomicFile.Failure` where the file cannot be written.
  public func write(to path: String) throws { try AtomicFile.write(html.utf8, to: path) }
}
