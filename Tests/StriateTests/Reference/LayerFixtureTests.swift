import Striate
import Testing

/// Values from PyTorch prove that the reference follows its conventions.
@Suite struct LayerFixtureTests {
  /// What PyTorch computed for one layer.
  struct LayerFixture: Decodable {
    let name: String
    let input: [Int]
    let scale: Double
    let shape: [Int]
    let output: [Double]
    let inputGradient: [Double]
    let parameterGradients: [[Double]]
  }

  /// A convolution's geometry.
  struct Geometry: Decodable {
    let weight: [Int]
    let stride: [Int]
    let padding: [Int]
    let dilation: [Int]
    let groups: Int
    let bias: String

    var layer: Conv2D {
      Conv2D(
        filters: weight[0], kernel: Extent(weight[2], weight[3]),
        stride: Extent(stride[0], stride[1]),
        padding: Padding(
          top: padding[0], left: padding[1], bottom: padding[2], right: padding[3]),
        dilation: Extent(dilation[0], dilation[1]), groups: groups,
        bias: Conv2D.Bias(rawValue: bias) ?? .shared)
    }
  }

  /// The layers of layers.json, found by their text.
  static let layers: [any Layer] = [
    Conv1D(filters: 4, kernel: 3),
    Conv1D(filters: 4, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 2),
    Conv1D(filters: 2, kernel: 5, padding: 1, bias: .none),
    MaxPool2D(2), AveragePool2D(2), L2Pool2D(2),
    MaxPool2D(3, stride: 2), AveragePool2D(3, stride: 2), L2Pool2D(3, stride: 2),
    MaxPool2D(Extent(2, 3), stride: 1), AveragePool2D(Extent(2, 3), stride: 1),
    L2Pool2D(Extent(2, 3), stride: 1),
    MaxPool2D(2, stride: Extent(3, 1)), AveragePool2D(2, stride: Extent(3, 1)),
    L2Pool2D(2, stride: Extent(3, 1)),
    Dense(4), Dense(5, bias: false),
    Identity(), Sigmoid(), Tanh(), Arctan(), ReLU(), LeakyReLU(), LeakyReLU(-0.5), Softplus(),
    Gaussian(centre: 0.5, width: 2), Multiquadratic(centre: 0.5, offset: 2),
    InverseMultiquadratic(centre: 0.5, offset: 2),
    Softmax(), Maxout(2), Fold(.mean, pieces: 3),
    RadialBasis(units: 3, function: .gaussian(width: 2)), Flatten(),
  ]

  @Test func convolutionsAgreeWithPyTorch() throws {
    let cases: [LayerFixture] = try Fixture.load(
      "conv2d", as: Fixture.Cases<LayerFixture>.self
    ).cases
    let geometries = try Fixture.load("conv2d", as: Fixture.Cases<Geometry>.self).cases
    #expect(cases.count >= 14)
    for (fixture, geometry) in zip(cases, geometries) {
      try check(geometry.layer, fixture)
    }
  }

  @Test func allOtherLayersAgreeWithPyTorch() throws {
    let fixtures = try Fixture.load("layers", as: Fixture.Cases<LayerFixture>.self)
    #expect(fixtures.version.hasPrefix("PyTorch 2.13"))
    #expect(fixtures.cases.count >= 30)
    for fixture in fixtures.cases {
      let layer = try #require(
        Self.layers.first { $0.text == fixture.name }, "no layer is written \(fixture.name)")
      try check(layer, fixture)
    }
  }

  @Test func borderedTransposedAndNormalisingLayersAgreeWithPyTorch() throws {
    let fixtures = try Fixture.load("convolutions", as: Fixture.Cases<LayerFixture>.self)
    #expect(fixtures.version.hasPrefix("PyTorch 2.13"))
    #expect(fixtures.cases.count >= 40)
    for fixture in fixtures.cases {
      let layers = try Network.layers(text: fixture.name)
      #expect(layers.map(\.text) == [fixture.name])
      try check(layers[0], fixture)
    }
  }

  /// The names are read as network texts, which proves both.
  @Test func poolingResamplingAndActivationsAgreeWithPyTorch() throws {
    let fixtures = try Fixture.load("pooling", as: Fixture.Cases<LayerFixture>.self)
    #expect(fixtures.version.hasPrefix("PyTorch 2.13"))
    #expect(fixtures.cases.count >= 90)
    for fixture in fixtures.cases {
      let layer = try Network.layers(text: fixture.name)[0]
      #expect(layer.text == fixture.name)
      try check(layer, fixture)
    }
  }

  /// What PyTorch's max_unpool2d makes of other numbers at the places of maxima.
  struct UnpoolingFixture: Decodable {
    let name: String
    let input: [Int]
    let pooled: [Int]
    let output: [Double]
    let gradient: [Double]
  }

  @Test func unpoolingAgreesWithPyTorch() throws {
    let cases = try Fixture.load("unpooling", as: Fixture.Cases<UnpoolingFixture>.self).cases
    #expect(cases.count >= 3)
    for fixture in cases {
      let layer = try Network.layers(text: fixture.name)[0]
      let x = Fixture.formula(fixture.input, salt: Fixture.Salt.input)
      let y = Fixture.formula(fixture.pooled, salt: Fixture.Salt.weight)
      let z = layer.referenceForward([y, x], parameters: [])
      #expect(z.shape == fixture.input)
      expectClose(z.values, fixture.output, relative: 1e-9, fixture.name)
      let gradients = layer.referenceBackward(
        Fixture.formula(z.shape, salt: Fixture.Salt.above), inputs: [y, x], output: z,
        parameters: [])
      expectClose(gradients.inputs[0].values, fixture.gradient, relative: 1e-9, fixture.name)
    }
  }

  private func check(_ layer: any Layer, _ fixture: LayerFixture) throws {
    let shape = Array(fixture.input.dropFirst())
    #expect(
      try [fixture.input[0]] + layer.outputShape(of: [shape]) == fixture.shape, "\(fixture.name)")
    let x = Fixture.formula(fixture.input, salt: Fixture.Salt.input, scale: fixture.scale)
    let parameters = zip(layer.parameters(of: [shape]), [Fixture.Salt.weight, Fixture.Salt.bias])
      .map { Fixture.formula($0.shape, salt: $1) }
    #expect(
      parameters.map(\.count) == fixture.parameterGradients.map(\.count), "\(fixture.name)")
    let y = layer.referenceForward([x], parameters: parameters)
    #expect(y.shape == fixture.shape)
    expectClose(y.values, fixture.output, relative: 1e-9, fixture.name)
    let gradients = layer.referenceBackward(
      Fixture.formula(y.shape, salt: Fixture.Salt.above), inputs: [x], output: y,
      parameters: parameters)
    expectClose(
      gradients.inputs[0].values, fixture.inputGradient, relative: 1e-9,
      "\(fixture.name), input gradient")
    for (gradient, expected) in zip(gradients.parameters, fixture.parameterGradients) {
      expectClose(
        gradient.values, expected, relative: 1e-9, "\(fixture.name), parameter gradient")
    }
  }
}
