/// What the engine computes at every layer, for pictures of it.
extension Network {
  /// The same network with an output more for every layer, behind its first: so the engine keeps what it
  /// otherwise fuses, folds or writes over.
  ///
  /// Throws `InvalidNetwork` as making a network does.
  package func showingEveryLayer() throws -> Network {
    let entries = nodes.map {
      GraphEntry(layer: $0.layer, inputs: $0.inputs, name: $0.name, shares: $0.shares)
    }
    let known = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.tensor) })
    var shown = try Network(
      inputs: inputs, layers: entries, outputs: [outputs[0]] + nodes.indices.map { .node($0) }
    ) { name, description in
      known[name] ?? Tensor(repeating: 0, shape: description.shape)
    }
    shown.preprocessing = preprocessing
    return shown
  }

  /// The value of every layer, each [1, …], for one image [1, …] as it enters.
  ///
  /// Throws `InvalidInput` where the image has another shape.
  ///
  /// - Precondition: the network is one of `showingEveryLayer()`.
  package func layerValues(of image: Tensor, threads: Int) throws -> [Tensor] {
    try checkOneImage(image)
    return try withPlan(batchSize: 1, threads: threads) { plan in
      _ = plan.run([image])
      return plan.outputs.dropFirst().map { plan.read($0, from: $0.values, count: 1) }
    }
  }

  /// ∂E/∂(value of every layer) and ∂E/∂(image), each [1, …], for one image [1, …] as it enters and its target.
  ///
  /// Throws `InvalidInput` where a shape does not fit.
  ///
  /// - Precondition: the network is one of `showingEveryLayer()`.
  package func layerGradients(
    of image: Tensor, target: Tensor, loss: Loss, threads: Int
  ) throws -> (loss: Double, input: Tensor, layers: [Tensor]) {
    try checkOneImage(image)
    guard target.shape == [1] + outputShape else {
      throw InvalidInput(
        description: "target: expected \([1] + outputShape), found \(target.shape)")
    }
    let plan = try Plan(
      self, batchSize: 1, mode: .gradients(ofInputs: true), threads: threads)
    let lossStep = try LossStep(loss, plan: plan)
    plan.write(image)
    lossStep.write(targets: target)
    lossStep.setCount(1)
    plan.runForward()
    plan.pool.run(plan.program(lossStep.phases))
    plan.runBackward()
    return (
      lossStep.result().loss, plan.readGradient(of: .input(0), count: 1),
      outputs.dropFirst().map { plan.readGradient(of: $0, count: 1) }
    )
  }

  private func checkOneImage(_ image: Tensor) throws {
    guard inputs.count == 1, image.shape == [1] + inputs[0].shape else {
      throw InvalidInput(
        description: "image: expected [1] and \(inputs.map(\.shape)), found \(image.shape)")
    }
  }
}
