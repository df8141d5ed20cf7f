import LaneKernels

/// A network's score, and its derivatives by images and by the values of layers, 16 images at a time.
///
///     S(x) = sign · y[k](x)        ∂S/∂x, ∂S/∂A
///
/// Where `Loss` starts the way back with ∂E/∂y, a score starts it with the one-hot vector of k. Layers compute as
/// after training: statistics are the running ones, nothing is dropped. An image's numbers do not depend on the
/// others of its batch, nor on the number of threads.
///
/// Source: Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034, section 3.
package final class ScoreGradients {
  /// Images that are computed together: as many as there are lanes.
  package static let batch = laneCount

  private let plan: Plan
  private let output: Int
  private let sign: Float

  /// What a batch came to.
  package struct Result {
    /// S of every image.
    package let scores: [Float]
    /// ∂S/∂x, [N, …].
    package let inputs: Tensor
    /// A and ∂S/∂A of every further output, each [N, …].
    package let layers: [(value: Tensor, gradient: Tensor)]
  }

  /// - Parameters:
  ///   - network: Its first output holds the score; the others are layers to look at.
  ///   - output: Which number of the first output is the score.
  ///   - sign: 1, or −1 for the score of what a single output says no to.
  ///
  /// Throws `NotEnoughMemory` where the buffers would not fit, and `InvalidInput` where the output has no such
  /// number.
  package init(_ network: Network, output: Int, sign: Float = 1, threads: Int) throws {
    guard network.inputs.count == 1, (0..<network.outputShape.product).contains(output) else {
      throw InvalidInput(
        description: "score: expected one input and an output from 0 to "
          + "\(network.outputShape.product - 1), found \(network.inputs.count) inputs and \(output)"
      )
    }
    (self.output, self.sign) = (output, sign)
    plan = try Plan(
      network, batchSize: Self.batch, mode: .gradients(ofInputs: true), threads: threads)
  }

  /// Scores and gradients of up to `batch` images [N, …] as they enter.
  ///
  /// Throws `InvalidInput` where the images have another shape.
  package func callAsFunction(_ images: Tensor) throws -> Result {
    let shape = plan.network.inputs[0].shape
    let count = images.shape.first ?? 0
    guard images.shape == [count] + shape, (1...Self.batch).contains(count) else {
      throw InvalidInput(
        description: "images: expected 1 to \(Self.batch) of \(shape), found \(images.shape)")
    }
    plan.write(images)
    plan.runForward()
    let value = plan.output
    let scores = (0..<count).map { sign * value.values.base[output * laneCount + $0] }
    let layers = plan.outputs.dropFirst().map { plan.read($0, from: $0.values, count: count) }
    seed(value, count: count)
    plan.runBackward()
    let gradients = plan.network.outputs.dropFirst().map {
      plan.readGradient(of: $0, count: count)
    }
    return Result(
      scores: scores, inputs: plan.readGradient(of: .input(0), count: count),
      layers: zip(layers, gradients).map { ($0, $1) })
  }

  /// Starts the way back: ±1 at the score, 0 elsewhere and in lanes without an image.
  private func seed(_ value: LaneValue, count: Int) {
    guard let gradient = value.gradient else { return }
    gradient.base.update(repeating: 0, count: value.blockSize)
    for lane in 0..<count { gradient.base[output * laneCount + lane] = sign }
  }
}

extension Network {
  /// The first output for images [N, …] as they enter, 16 at a time: an image's numbers do not depend on how many
  /// others there are.
  ///
  /// Throws `InvalidInput` where the images have another shape.
  package func outputs(of images: Tensor, threads: Int) throws -> Tensor {
    let count = images.shape.first ?? 0
    guard inputs.count == 1, count > 0, images.shape == [count] + inputs[0].shape else {
      throw InvalidInput(
        description: "images: expected [N] and \(inputs.map(\.shape)), found \(images.shape)")
    }
    let batch = ScoreGradients.batch
    let outputs = try withPlan(batchSize: batch, threads: threads) { plan in
      stride(from: 0, to: count, by: batch).flatMap { start in
        plan.run([images.images(start..<min(start + batch, count))]).scalars
      }
    }
    return Tensor(shape: [count] + outputShape, scalars: outputs)
  }
}
