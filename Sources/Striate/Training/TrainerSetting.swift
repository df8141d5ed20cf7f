import Foundation

extension Trainer {
  /// What the bits of a trained network depend on, by name: a resumed training must say the same.
  ///
  /// Throws what the source of streamed images throws.
  func setting(
    _ network: Network, _ dataset: Dataset, epochs: Int
  ) throws -> [String: String] {
    let preprocessing = network.preprocessing
    var setting: [String: String] = [:]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    setting["network"] = String(decoding: try encoder.encode(network.architecture), as: UTF8.self)
    if checkpoints?.anyInstructionSet != true {
      setting[TrainingSnapshot.instructionSet] = Engine.arithmetic
    }
    setting["data"] = try dataset.summary()
    setting["validation data"] = try validation?.summary()
    setting["normalisation"] = "\(preprocessing.mean) \(preprocessing.standardDeviation)"
    setting["batch size"] = "\(batchSize)"
    setting["epochs"] = "\(epochs)"
    setting["seed"] = "\(seed)"
    setting["patience"] = patience.map { "\($0)" }
    setting["loss"] = "\(loss.name), \(loss.reduction)"
    setting["optimizer"] = optimizer.text
    setting["schedule"] = schedule.text
    setting["parameter groups"] = groups.map(\.text).joined(separator: ", ")
    setting["augmentation"] = augmentation?.text
    setting["clipping"] = clipping?.text
    // A decay alone would take up means that an earlier version made with a constant one.
    setting["averaging"] = averaging.map { "rising to \($0)" }
    setting["accumulation"] = "\(accumulation)"
    setting["frozen parameters"] = network.parameters.filter(\.isFrozen).map(\.name)
      .joined(separator: ", ")
    for (name, text) in checkpoints?.conditions ?? [:] { setting[name] = text }
    return setting
  }
}

extension Dataset {
  /// Images of which every pixel is looked at: enough to tell two data sets apart.
  private static let sampleCount = 16

  /// What tells the data set from others: sizes, classes, and a hash of all labels and of some images.
  fileprivate func summary() throws -> String {
    var hash = SHA256()
    hash.update(labels.span.bytes)
    let samples = min(count, Self.sampleCount)
    for sample in 0..<samples {
      hash.update(numbers: try image(at: sample * count / samples).scalars)
    }
    return "\(count) images \(imageShape) of \(classNames.joined(separator: ", ")), "
      + "hash \(hash.hexadecimal().prefix(16))"
  }
}

extension SHA256 {
  /// Appends the bytes of numbers.
  fileprivate mutating func update(numbers: [Float]) { update(numbers.span.bytes) }
}
