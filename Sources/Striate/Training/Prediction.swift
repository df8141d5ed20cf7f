/// What a network takes an image for.
public struct Prediction: Sendable, Equatable {
  /// The class with the largest output, the first of equal ones; of a single output, 1 where its
  /// probability reaches ½. It means nothing where the outputs are not finite.
  public let classIndex: Int

  /// What that class is called; its number where the network has no names.
  public let className: String

  /// A value from 0 to 1 for every class, NaN where the outputs are not all finite numbers: see
  /// `Network.probabilities`.
  public let probabilities: [Float]

  /// Whether the outputs are finite numbers; where they are not, the network knows nothing.
  public var isFinite: Bool { probabilities.allSatisfy(\.isFinite) }
}

extension Network {
  /// Classifies images [N, C, H, W] whose pixels run from 0 to 1, after the network's own
  /// preprocessing; as `evaluate` does for a data set.
  ///
  /// Throws `InvalidInput` where the images have another shape, or the network several inputs or an
  /// output that is no vector.
  public func classify(
    _ images: Tensor, threads: Int = Engine.defaultThreads
  ) throws -> [Prediction] {
    guard inputs.count == 1, outputShape.count == 1 else {
      throw InvalidInput(
        description: "classify: expected one input and one output a class, found "
          + "\(inputs.count) inputs and outputs \(outputShape)")
    }
    guard images.shape.count == inputs[0].shape.count + 1, images.shape[0] > 0,
      Array(images.shape.dropFirst()) == inputs[0].shape
    else {
      let expected = "[N, " + inputs[0].shape.map(String.init).joined(separator: ", ") + "]"
      throw InvalidInput(
        description: "classify: expected images \(expected), found \(images.shape)")
    }
    try checkPreprocessing()
    let prepared = preprocessed(images)
    let count = images.shape[0]
    let batch = min(count, Network.inferenceBatch)
    return try withPlan(batchSize: batch, threads: threads) { plan in
      stride(from: 0, to: count, by: batch).flatMap { start in
        let outputs = plan.run([prepared.images(start..<min(start + batch, count))])
        let size = outputShape[0]
        return stride(from: 0, to: outputs.count, by: size).map { first in
          prediction(Array(outputs.scalars[first..<first + size]))
        }
      }
    }
  }

  /// Images [N, C, …] as they enter the network.
  ///
  ///     x[n,c,…] = (pixel[n,c,…] − mean[c]) / standardDeviation[c]
  ///
  /// - Precondition: the images have as many channels as the preprocessing, where it has any.
  public func preprocessed(_ images: Tensor) -> Tensor {
    let (mean, deviation) = (preprocessing.mean, preprocessing.standardDeviation)
    guard !mean.isEmpty || !deviation.isEmpty else { return images }
    let channels = images.shape[1]
    precondition(
      [0, channels].contains(mean.count) && [0, channels].contains(deviation.count),
      "preprocessed: expected \(max(mean.count, deviation.count)) channels, found \(channels)")
    let area = images.shape.dropFirst(2).reduce(1, *)
    var result = images
    for i in result.scalars.indices {
      let c = i / area % channels
      // As in training: one multiplication by the reciprocal, one addition.
      let scale = deviation.isEmpty ? 1 : 1 / deviation[c]
      let shift = mean.isEmpty ? 0 : -mean[c] / (deviation.isEmpty ? 1 : deviation[c])
      result.scalars[i] = result.scalars[i] * scale + shift
    }
    return result
  }
}
