/// The whole network in Double: the oracle of the engine.
extension Network {
  /// The parameters in Double.
  public var referenceParameters: [ReferenceTensor] {
    parameters.map { ReferenceTensor($0.tensor) }
  }

  /// The value of every node for a batch. Each input's first axis is the batch.
  ///
  /// With a `training` key every layer computes what it computes in a training step.
  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]? = nil, training: RandomKey? = nil
  ) -> [ReferenceTensor] {
    let parameters = parameters ?? referenceParameters
    var values: [ReferenceTensor] = []
    for (index, node) in nodes.enumerated() {
      let (read, own) = (
        node.inputs.map { pick($0, inputs, values) }, Array(parameters[node.parameters])
      )
      if let training, let layer = node.layer as? any TrainingDependent, !isFrozen(node) {
        values.append(
          layer.referenceTrainingForward(read, parameters: own, key: training.derived(index)))
      } else {
        values.append(node.layer.referenceForward(read, parameters: own))
      }
    }
    return values
  }

  /// The gradients of the inputs and of the parameters, given ∂E/∂(first output).
  ///
  /// `values` is what `referenceForward` gave for the same inputs, parameters and key.
  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], values: [ReferenceTensor],
    parameters: [ReferenceTensor]? = nil, training: RandomKey? = nil
  ) -> ReferenceGradients {
    referenceGradients(
      gradient, inputs: inputs, values: values, parameters: parameters, training: training
    ).gradients
  }

  /// The same, and ∂E/∂(value of every node).
  package func referenceGradients(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], values: [ReferenceTensor],
    parameters: [ReferenceTensor]? = nil, training: RandomKey? = nil
  ) -> (gradients: ReferenceGradients, nodes: [ReferenceTensor]) {
    let parameters = parameters ?? referenceParameters
    var inputGradients = inputs.map { ReferenceTensor(zeros: $0.shape) }
    var nodeGradients = values.map { ReferenceTensor(zeros: $0.shape) }
    var parameterGradients = parameters.map { ReferenceTensor(zeros: $0.shape) }
    if case .node(let output) = outputs[0] { nodeGradients[output] = gradient }
    for (index, node) in nodes.enumerated().reversed() {
      let (read, own) = (
        node.inputs.map { pick($0, inputs, values) }, Array(parameters[node.parameters])
      )
      let gradients: ReferenceGradients
      if let training, let layer = node.layer as? any TrainingDependent, !isFrozen(node) {
        gradients = layer.referenceTrainingBackward(
          nodeGradients[index], inputs: read, output: values[index], parameters: own,
          key: training.derived(index))
      } else {
        gradients = node.layer.referenceBackward(
          nodeGradients[index], inputs: read, output: values[index], parameters: own)
      }
      for (source, gradient) in zip(node.inputs, gradients.inputs) {
        switch source {
        case .input(let i): inputGradients[i].add(gradient)
        case .node(let i): nodeGradients[i].add(gradient)
        }
      }
      for (i, gradient) in zip(node.parameters, gradients.parameters) {
        parameterGradients[i].add(gradient)
      }
    }
    return (
      ReferenceGradients(inputs: inputGradients, parameters: parameterGradients), nodeGradients
    )
  }

  /// The value of the first output among those of all nodes.
  public func output(of values: [ReferenceTensor]) -> ReferenceTensor {
    pick(outputs[0], [], values)
  }

  private func pick(
    _ value: Value, _ inputs: [ReferenceTensor], _ values: [ReferenceTensor]
  ) -> ReferenceTensor {
    switch value {
    case .input(let index): inputs[index]
    case .node(let index): values[index]
    }
  }
}

extension ReferenceTensor {
  /// Adds a tensor of the same shape, element by element.
  mutating func add(_ other: ReferenceTensor) {
    precondition(
      count == other.count,
      "ReferenceTensor: expected \(shape), found \(other.shape)")
    for i in values.indices { values[i] += other.values[i] }
  }
}
