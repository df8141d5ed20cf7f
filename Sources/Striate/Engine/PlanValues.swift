import LaneKernels

/// Arrays into and out of a plan.
extension Plan {
  /// Writes images [N, …] into an input. Lanes without an image repeat the last one, so that they hold
  /// ordinary numbers.
  package func write(_ images: Tensor, toInput index: Int = 0) {
    let input = inputs[index]
    let count = images.shape[0]
    precondition(
      Array(images.shape.dropFirst()) == network.inputs[index].shape && count >= 1
        && count <= batchSize,
      "Plan: expected 1 to \(batchSize) images \(network.inputs[index].shape), found \(images.shape)"
    )
    images.scalars.withUnsafeBufferPointer { scalars in
      guard let base = scalars.baseAddress else { return }
      if let channels {
        let (size, stride) = (images.count / count, channels.inputs[index].stride)
        for image in 0..<channels.blocks * channels.images {
          (input.values + image * stride).update(
            from: base + min(image, count - 1) * size, count: size)
        }
        return
      }
      let one: Float = 1
      let zero: Float = 0
      for block in 0..<blocks {
        let rows = (0..<laneCount).map { lane in
          base + min(block * laneCount + lane, count - 1) * input.elements
        }
        kernels.rowsToLanes(
          input.elements, input.elements, rows, [one], [zero],
          input.values + block * input.blockStride)
      }
    }
  }

  /// The first `count` images of a value [N, …].
  package func read(_ value: LaneValue, from place: Floats, count: Int) -> Tensor {
    if let channels = value.channels {
      let indices = (0..<channels.shape.product).map(channels.place)
      return Tensor(
        shape: [count] + channels.imageShape,
        scalars: (0..<count).flatMap { image in
          indices.map { place.base[image * channels.stride + $0] }
        })
    }
    let elements = value.elements
    let all = [Float](unsafeUninitializedCapacity: blocks * laneCount * elements) { buffer, used in
      guard let base = buffer.baseAddress else { return }
      for block in 0..<blocks {
        kernels.lanesToRows(
          elements, place + block * value.blockStride, base + block * laneCount * elements,
          elements)
      }
      used = buffer.count
    }
    return Tensor(shape: [count] + value.shape, scalars: Array(all.prefix(count * elements)))
  }

  /// The gradient [N, …] of the first `count` images of an input, or of an output behind the first; zeros where there is
  /// none.
  func readGradient(of source: Network.Value, count: Int) -> Tensor {
    let value = read(source)
    return gradient(of: source).map { read(value, from: $0, count: count) }
      ?? Tensor(repeating: 0, shape: [count] + value.shape)
  }

  /// The first output of one image of the batch.
  func readOutput(of image: Int, into numbers: inout [Float]) {
    let output = output
    if let channels = output.channels {
      let values = output.values + image * channels.stride
      for k in numbers.indices { numbers[k] = values[channels.place(of: k)] }
      return
    }
    let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
    let values = output.values + (block * output.blockStride + lane)
    for k in numbers.indices { numbers[k] = values[k * laneCount] }
  }

  /// Runs the network on as many images as each input holds.
  package func run(_ images: [Tensor]) -> Tensor {
    for (index, images) in images.enumerated() { write(images, toInput: index) }
    runForward()
    return read(output, from: output.values, count: images[0].shape[0])
  }
}

extension Network {
  /// The outputs [N, …] for images [N, …] of the network's only input, just as the arrays are.
  ///
  /// What the network has planned for that many images it keeps for the next call, up to 256 MiB, until its parameters
  /// change. Batches of at most 8 images may be computed in another order than larger ones: their outputs
  /// differ by rounding.
  ///
  /// Throws `InvalidInput` where the images have another shape.
  public func callAsFunction(_ images: Tensor) throws -> Tensor {
    try self([images])
  }

  /// The outputs [N, …] for the network's inputs, each [N, …].
  ///
  /// Throws `InvalidInput` where the number of inputs or a shape is another.
  public func callAsFunction(_ inputs: [Tensor]) throws -> Tensor {
    let count = try check(inputs)
    var outputs: [Float] = []
    outputs.reserveCapacity(count * outputShape.reduce(1, *))
    let batch = min(count, Network.inferenceBatch)
    try withPlan(batchSize: batch, threads: Engine.defaultThreads) { plan in
      for start in stride(from: 0, to: count, by: batch) {
        let end = min(start + batch, count)
        outputs += plan.run(inputs.map { $0.images(start..<end) }).scalars
      }
    }
    return Tensor(shape: [count] + outputShape, scalars: outputs)
  }

  /// The outputs, each [N, …], of a network that has several.
  ///
  /// Throws `InvalidInput` where the number of inputs or a shape is another.
  public func allOutputs(_ inputs: [Tensor]) throws -> [Tensor] {
    let count = try check(inputs)
    return try withPlan(batchSize: count, threads: Engine.defaultThreads) { plan in
      _ = plan.run(inputs)
      return plan.outputs.map { plan.read($0, from: $0.values, count: count) }
    }
  }

  /// How many images go through the network together when it only computes outputs.
  static let inferenceBatch = 128

  /// The loss of a batch, with its gradients for the inputs and for every parameter.
  ///
  /// - Parameters:
  ///   - inputs: One tensor [N, …] an input.
  ///   - targets: [N, …] in the shape of the outputs.
  ///   - loss: The loss.
  ///   - training: What random numbers depend on, where layers are to compute as in a training step;
  ///     nil for what they compute afterwards.
  ///
  /// The gradient of what is frozen or not learned is zero.
  ///
  /// Throws `InvalidInput` where a shape does not fit.
  public func gradients(
    _ inputs: [Tensor], targets: Tensor, loss: Loss, training: RandomKey? = nil
  ) throws -> (loss: Double, inputs: [Tensor], parameters: [Tensor]) {
    try gradients(inputs, targets: targets, loss: loss, training: training, kernels: .best)
  }

  package func gradients(
    _ inputs: [Tensor], targets: Tensor, loss: Loss, training: RandomKey? = nil,
    kernels: KernelTable, threads: Int = Engine.defaultThreads, marker: Float? = nil
  ) throws -> (loss: Double, inputs: [Tensor], parameters: [Tensor]) {
    let count = try check(inputs)
    guard targets.shape == [count] + outputShape else {
      throw InvalidInput(
        description: "targets: expected \([count] + outputShape), found \(targets.shape)")
    }
    let plan = try Plan(
      self, batchSize: count, mode: .gradients(ofInputs: true, inTraining: training != nil),
      threads: threads, kernels: kernels, marker: marker)
    if let training { plan.step.setKey(training) }
    let lossStep = try LossStep(loss, plan: plan)
    for (index, images) in inputs.enumerated() { plan.write(images, toInput: index) }
    lossStep.write(targets: targets)
    lossStep.setCount(count)
    plan.runForward()
    plan.pool.run(plan.program(lossStep.phases))
    plan.runBackward()
    return (
      lossStep.result().loss,
      plan.inputs.indices.map { plan.readGradient(of: .input($0), count: count) },
      zip(parameters, plan.places).map { parameter, place in
        guard let gradient = place.gradient else {
          return Tensor(repeating: 0, shape: parameter.tensor.shape)
        }
        return Tensor(
          shape: parameter.tensor.shape,
          scalars: Array(UnsafeBufferPointer(start: gradient.base, count: place.count)))
      }
    )
  }

  /// The number of images, which all inputs must agree on.
  private func check(_ tensors: [Tensor]) throws -> Int {
    guard tensors.count == inputs.count else {
      throw InvalidInput(
        description: "network: expected \(inputs.count) inputs, found \(tensors.count)")
    }
    let count = tensors[0].shape.first ?? 0
    for (input, tensor) in zip(inputs, tensors) {
      guard count > 0, tensor.shape == [count] + input.shape else {
        let expected = "[N, " + input.shape.map(String.init).joined(separator: ", ") + "]"
        throw InvalidInput(
          description: "input \"\(input.name)\": expected \(expected), found \(tensor.shape)")
      }
    }
    return count
  }
}

extension Tensor {
  /// Some of the images of a batch.
  func images(_ range: Range<Int>) -> Tensor {
    let size = shape.dropFirst().reduce(1, *)
    return Tensor(
      shape: [range.count] + shape.dropFirst(),
      scalars: Array(scalars[range.lowerBound * size..<range.upperBound * size]))
  }
}

/// A tensor does not fit a network's input or output.
public struct InvalidInput: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}
