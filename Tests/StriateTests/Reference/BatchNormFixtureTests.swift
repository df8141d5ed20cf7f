import Striate
import Testing

/// Two training steps of batch normalisation and what it computes afterwards, as PyTorch does.
@Suite struct BatchNormFixtureTests {
  struct BatchNormFixture: Decodable {
    struct Step: Decodable {
      let isTraining: Bool
      let output: [Double]
      let inputGradient: [Double]
      let parameterGradients: [[Double]]
      let mean: [Double]
      let variance: [Double]
    }
    let name: String
    let input: [Int]
    let steps: [Step]
  }

  @Test func trainingStepsRunningStatisticsAndInferenceAgreeWithPyTorch() throws {
    let fixtures = try Fixture.load("batchnorm", as: Fixture.Cases<BatchNormFixture>.self)
    #expect(fixtures.version.hasPrefix("PyTorch 2.13"))
    #expect(fixtures.cases.count == 5)
    for fixture in fixtures.cases {
      let layer = try #require(try Network.layers(text: fixture.name)[0] as? BatchNorm)
      let channels = [fixture.input[1]]
      var parameters =
        layer.isAffine
        ? [
          Fixture.formula(channels, salt: Fixture.Salt.weight),
          Fixture.formula(channels, salt: Fixture.Salt.bias),
        ] : []
      parameters += [
        ReferenceTensor(zeros: channels), ReferenceTensor(zeros: channels).map { $0 + 1 },
      ]
      #expect(fixture.steps.map(\.isTraining) == [true, true, false])
      for (index, step) in fixture.steps.enumerated() {
        let what = "\(fixture.name), step \(index)"
        let x = Fixture.formula(fixture.input, salt: Fixture.Salt.input + index, scale: 2)
        let dy = Fixture.formula(fixture.input, salt: Fixture.Salt.above)
        let key = RandomKey(seed: 0)
        let y =
          step.isTraining
          ? layer.referenceTrainingForward([x], parameters: parameters, key: key)
          : layer.referenceForward([x], parameters: parameters)
        let gradients =
          step.isTraining
          ? layer.referenceTrainingBackward(
            dy, inputs: [x], output: y, parameters: parameters, key: key)
          : layer.referenceBackward(dy, inputs: [x], output: y, parameters: parameters)
        if step.isTraining {
          parameters = layer.referenceTrained([x], parameters: parameters)
        }
        expectClose(y.values, step.output, relative: 1e-9, what)
        expectClose(gradients.inputs[0].values, step.inputGradient, relative: 1e-8, what)
        for (gradient, expected) in zip(gradients.parameters, step.parameterGradients) {
          expectClose(gradient.values, expected, relative: 1e-9, what)
        }
        expectClose(parameters[parameters.count - 2].values, step.mean, relative: 1e-9, what)
        expectClose(parameters[parameters.count - 1].values, step.variance, relative: 1e-9, what)
      }
    }
  }
}
