/// The whole network in Double: the oracle of the engine.
extension Network {
  /// The parameters in Double.
  public var referenceParameters: [ReferenceTensor] {
    parameters.map { ReferenceTensor($0.tensor) }
  }

  /// The value of every node for a batch. Each input's first axis is the batch.
  public func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]? = nil
  ) -> [ReferenceTensor] {
    let parameters = parameters ?? referenceParameters
    var values: [ReferenceTensor] = []
    for node in nodes {
      values.append(
        node.layer.referenceForward(
          node.inputs.map { pick($0, inputs, values) },
          parameters: Array(parameters[node.parameters])))
    }
    return values
  }

  /// The gradients of the inputs and of the parameters, given ∂E/∂(last output).
  ///
  /// `values` is what `referenceForward` gave for the same inputs and parameters.
  public func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], values: [ReferenceTensor],
    parameters: [ReferenceTensor]? = nil
  ) -> ReferenceGradients {
    let parameters = parameters ?? referenceParameters
    var inputGradients = inputs.map { ReferenceTensor(zeros: $0.shape) }
    var nodeGradients = values.map { ReferenceTensor(zeros: $0.shape) }
    var parameterGradients = parameters.map { ReferenceTensor(zeros: $0.shape) }
    nodeGradients[nodes.count - 1] = gradient
    for (index, node) in nodes.enumerated().reversed() {
      let gradients = node.layer.referenceBackward(
        nodeGradients[index], inputs: node.inputs.map { pick($0, inputs, values) },
        output: values[index], parameters: Array(parameters[node.parameters]))
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
    return ReferenceGradients(inputs: inputGradients, parameters: parameterGradients)
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
