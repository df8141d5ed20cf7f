import Striate
import Testing

/// The first links of the proof chain: central differences prove every layer's reference.
@Suite struct LayerReferenceTests {
  @Test(arguments: LayerCase.all)
  func theOutputHasTheShapeThatTheShapeRuleSays(_ trial: LayerCase) throws {
    let y = trial.layer.referenceForward(trial.inputValues, parameters: trial.parameterValues)
    #expect(try y.shape == [trial.inputs[0][0]] + trial.layer.outputShape(of: trial.shapes))
  }

  @Test(arguments: LayerCase.all)
  func centralDifferencesProveTheGradients(_ trial: LayerCase) {
    let layer = trial.layer
    expectGradients(
      of: trial, forward: { layer.referenceForward($0, parameters: $1) },
      backward: { layer.referenceBackward($0, inputs: $1, output: $2, parameters: $3) })
  }

  @Test(arguments: LayerCase.all.filter { $0.layer is any TrainingDependent })
  func centralDifferencesProveTheGradientsOfATrainingStep(_ trial: LayerCase) throws {
    let layer = try #require(trial.layer as? any TrainingDependent)
    let key = RandomKey(seed: 3)
    expectGradients(
      of: trial, forward: { layer.referenceTrainingForward($0, parameters: $1, key: key) },
      backward: {
        layer.referenceTrainingBackward($0, inputs: $1, output: $2, parameters: $3, key: key)
      })
  }

  private func expectGradients(
    of trial: LayerCase,
    forward: ([ReferenceTensor], [ReferenceTensor]) -> ReferenceTensor,
    backward: (ReferenceTensor, [ReferenceTensor], ReferenceTensor, [ReferenceTensor]) ->
      ReferenceGradients
  ) {
    let (inputs, parameters) = (trial.inputValues, trial.parameterValues)
    let output = forward(inputs, parameters)
    let above = awayFromKinks(output.shape, salt: 30, scale: 1)
    let gradients = backward(above, inputs, output, parameters)

    #expect(gradients.inputs.count == inputs.count)
    for (i, gradient) in gradients.inputs.enumerated() {
      let expected = centralDifferences(at: inputs[i]) { x in
        var changed = inputs
        changed[i] = x
        return innerProduct(above, forward(changed, parameters))
      }
      expectClose(gradient, expected, relative: 1e-6, "input \(i)")
    }
    #expect(gradients.parameters.count == parameters.count)
    let descriptions = trial.layer.parameters(of: trial.shapes)
    for (i, gradient) in gradients.parameters.enumerated() {
      guard descriptions[i].isLearned else {
        #expect(gradient.values.allSatisfy { $0 == 0 })
        continue
      }
      let expected = centralDifferences(at: parameters[i]) { w in
        var changed = parameters
        changed[i] = w
        return innerProduct(above, forward(inputs, changed))
      }
      expectClose(gradient, expected, relative: 1e-6, "parameter \(i)")
    }
  }

  @Test(arguments: LayerCase.all)
  func imagesOfABatchDoNotTouchEachOther(_ trial: LayerCase) {
    let batch = trial.layer.referenceForward(trial.inputValues, parameters: trial.parameterValues)
    let images = trial.inputs[0][0]
    let alone = (0..<images).flatMap { n in
      trial.layer.referenceForward(
        trial.inputValues.map { $0.image(n) }, parameters: trial.parameterValues
      ).values
    }
    #expect(alone == batch.values)
  }

  @Test func aNetworkNamesAndCountsParametersAsPyTorchDoes() throws {
    let network = try Network(input: [1, 28, 28], seed: 1) {
      Conv2D(filters: 8, kernel: 5)
      ReLU()
      Conv2D(filters: 8, kernel: 5)
      ReLU()
      MaxPool2D(2)
      Flatten()
      Dense(128)
      ReLU()
      Dense(10)
    }
    #expect(
      network.parameters.map(\.name) == [
        "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias",
        "fc2.weight", "fc2.bias",
      ])
    #expect(network.parameterCount == 105_634)
    #expect(
      try network.nodes.map { try $0.layer.multiplyAdds(of: $0.inputs.map(network.shape)) } == [
        115_200, 0, 640_000, 0, 0, 0, 102_400, 0, 1280,
      ])
  }
}

extension ReferenceTensor {
  /// A batch of one image of this batch.
  fileprivate func image(_ n: Int) -> ReferenceTensor {
    let size = count / shape[0]
    return ReferenceTensor(
      shape: [1] + shape.dropFirst(), values: Array(values[n * size..<(n + 1) * size]))
  }
}
