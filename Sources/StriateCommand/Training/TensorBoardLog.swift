import Foundation
import Striate
import StriateData
import StriateExplain
import StriateFormats

/// The events of `--tensorboard`: curves, the network's graph, the first layer's filters, the distributions of
/// weights, what was trained how, and the mistakes that are left.
struct TensorBoardLog {
  static let option = Command.Option(
    "tensorboard", "DIR",
    "events for TensorBoard: curves, graph, filters, weights, mistakes;\n"
      + "each training adds a file to DIR, and tensorboard --logdir DIR shows it")

  /// Curves of batches have about so many points an epoch.
  private static let pointsPerEpoch = 100
  /// How many mistakes are shown, and the largest side of a picture.
  private static let (mistakes, side) = (16, 256)

  private let file: EventFile
  private var batches = 0

  /// nil where nobody asks for events. Throws where they could not be written.
  init?(_ arguments: Arguments, files: inout FileNames) throws {
    guard let folder = try arguments.text("tensorboard") else { return nil }
    try files.writes("tensorboard", folder)
    file = try EventFile(inFolder: folder)
  }

  private func append(_ tag: String, _ value: Event.Value, step: Int) throws {
    try file.append(Event(tag, value, step: step, time: Date().timeIntervalSince1970))
  }

  private func append(_ tag: String, _ number: Double?, step: Int) throws {
    if let number { try append(tag, .scalar(Float(number)), step: step) }
  }

  /// What is trained, and the network before its first step.
  func begin(_ facts: [(String, String)], _ network: Network) throws {
    let rows = facts.map { name, value in
      "| \(name) | \(value.replacing("|", with: "\\|").replacing("\n", with: " ")) |"
    }
    try append(
      "hyperparameters",
      .text((["| setting | value |", "|---|---|"] + rows).joined(separator: "\n")),
      step: 0)
    let now = Date().timeIntervalSince1970
    try file.append(graphOf: network, time: now)
    let settings = facts.map { name, value in
      (
        name: name,
        value: Double(value).flatMap { $0.isFinite ? .number($0) : nil }
          ?? EventHyperparameters.Value.text(value)
      )
    }
    try file.append(EventHyperparameters(settings), time: now)
    try appendWeights(of: network, step: 0)
  }

  /// A batch or an epoch.
  mutating func show(_ now: Trainer.Progress, batchSize: Int, _ network: () -> Network) throws {
    guard let epoch = now.finished else {
      batches += 1
      let total = (now.total + batchSize - 1) / batchSize
      guard batches % max(1, total / Self.pointsPerEpoch) == 0 else { return }
      try append("batch/loss", now.batchLoss, step: now.step)
      try append("batch/learning_rate", Double(now.learningRate), step: now.step)
      return
    }
    try append("loss/training", epoch.loss, step: now.step)
    try append("loss/validation", epoch.validationLoss, step: now.step)
    try append("accuracy/training", epoch.accuracy, step: now.step)
    try append("accuracy/validation", epoch.validationAccuracy, step: now.step)
    try append("learning_rate", Double(epoch.learningRate), step: now.step)
    try append("images_per_second", epoch.imagesPerSecond, step: now.step)
    try appendWeights(of: network(), step: now.step)
  }

  /// What the trained network takes for something else, and its final figures.
  func end(_ evaluation: Evaluation, on dataset: Dataset, step: Int) throws {
    try append("test/accuracy", evaluation.accuracy, step: step)
    try append("test/loss", evaluation.loss, step: step)
    try file.appendEnd(time: Date().timeIntervalSince1970)
    for (index, mistake) in evaluation.mistakes(first: Self.mistakes).enumerated() {
      guard let image = try? dataset.image(at: mistake.image),
        let picture = Picture(image, limit: Self.side), let png = try? picture.png()
      else { continue }
      let number = "\(index + 1)".aligned(to: 2).replacing(" ", with: "0")
      let names = dataset.classNames
      try append(
        "mistakes/\(number) \(names[mistake.label]) read as \(names[mistake.prediction])",
        .image(
          png: png, width: picture.width, height: picture.height, channels: picture.channels),
        step: step)
    }
  }

  private func appendWeights(of network: Network, step: Int) throws {
    for parameter in network.parameters {
      try append(
        parameter.name.replacing(".", with: "/"),
        .histogram(EventHistogram(of: parameter.tensor.scalars)), step: step)
    }
    let first = network.parameters.first {
      $0.tensor.shape.count == 4 && $0.name.hasSuffix("weight")
    }
    if let first, let sheet = FilterSheet(first.tensor), let png = try? sheet.picture.png() {
      try append(
        "filters/\(first.name)",
        .image(
          png: png, width: sheet.picture.width, height: sheet.picture.height,
          channels: sheet.picture.channels), step: step)
    }
  }
}
