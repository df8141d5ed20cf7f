import Striate
import Testing

/// A layer and the shapes, with the batch, that it is tried on.
struct LayerCase: Sendable, CustomTestStringConvertible {
  let layer: any Layer
  let inputs: [[Int]]

  init(_ layer: any Layer, _ inputs: [Int]...) {
    self.layer = layer
    self.inputs = inputs
  }

  var testDescription: String { "\(layer.text) on \(inputs.map(\.description).joined())" }

  /// Every layer in several geometries: the one list that drives the tests of the layer family.
  static let all: [LayerCase] =
    convolutions + sequences + pools + dense + activations + channels + several + training
    + convolutionFamily

  static let convolutions = [
    LayerCase(Conv2D(filters: 1, kernel: 3), [1, 1, 5, 5]),
    LayerCase(Conv2D(filters: 3, kernel: 3), [2, 2, 5, 4]),
    LayerCase(Conv2D(filters: 3, kernel: 1), [2, 4, 3, 2]),
    LayerCase(Conv2D(filters: 2, kernel: Extent(2, 3), stride: Extent(3, 2)), [2, 2, 8, 7]),
    LayerCase(Conv2D(filters: 2, kernel: 3, padding: 1), [2, 2, 4, 4]),
    LayerCase(
      Conv2D(
        filters: 2, kernel: 3, stride: 2, padding: Padding(top: 0, left: 1, bottom: 2, right: 3)),
      [2, 2, 5, 4]),
    LayerCase(Conv2D(filters: 2, kernel: 2, padding: 3), [1, 1, 2, 2]),
    LayerCase(Conv2D(filters: 2, kernel: 3, dilation: Extent(2, 3)), [1, 2, 6, 8]),
    LayerCase(Conv2D(filters: 4, kernel: 3, groups: 2), [2, 6, 4, 4]),
    LayerCase(Conv2D(filters: 6, kernel: 2, groups: 3), [1, 3, 3, 3]),
    LayerCase(Conv2D(filters: 2, kernel: 2, bias: .untied), [3, 2, 4, 3]),
    LayerCase(Conv2D(filters: 2, kernel: 2, bias: .none), [2, 2, 3, 3]),
    LayerCase(
      Conv2D(
        filters: 4, kernel: Extent(3, 2), stride: Extent(2, 1),
        padding: Padding(top: 2, left: 0, bottom: 1, right: 1), dilation: Extent(2, 3),
        groups: 2, bias: .untied),
      [2, 4, 7, 6]),
  ]

  static let sequences = [
    LayerCase(Conv1D(filters: 3, kernel: 3), [2, 2, 7]),
    LayerCase(
      Conv1D(filters: 4, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 2), [2, 4, 9]),
    LayerCase(Conv1D(filters: 2, kernel: 2, bias: .untied), [2, 3, 5]),
    LayerCase(Conv1D(filters: 2, kernel: 5, padding: 1, bias: .none), [1, 3, 5]),
  ]

  static let pools: [LayerCase] = poolGeometries.flatMap { kernel, stride, shape in
    [
      LayerCase(MaxPool2D(kernel, stride: stride), shape),
      LayerCase(AveragePool2D(kernel, stride: stride), shape),
      LayerCase(L2Pool2D(kernel, stride: stride), shape),
    ]
  }

  private static let poolGeometries: [(kernel: Extent, stride: Extent?, shape: [Int])] = [
    (2, nil, [2, 2, 4, 6]),
    (2, nil, [1, 2, 5, 3]),
    (3, 2, [2, 2, 7, 5]),
    (Extent(2, 3), 1, [1, 2, 4, 5]),
    (2, Extent(3, 1), [2, 1, 6, 4]),
    (1, 2, [1, 1, 3, 3]),
    (Extent(4, 5), nil, [2, 2, 4, 5]),
  ]

  static let dense = [
    LayerCase(Dense(4), [3, 5]),
    LayerCase(Dense(1), [2, 1]),
    LayerCase(Dense(3, bias: false), [2, 7]),
    LayerCase(RadialBasis(units: 3, function: .gaussian(width: 2)), [2, 4]),
    LayerCase(RadialBasis(units: 2, function: .multiquadratic(offset: 0.5)), [3, 3]),
    LayerCase(RadialBasis(units: 4, function: .inverseMultiquadratic(offset: 0.5)), [2, 2]),
    LayerCase(Flatten(), [2, 2, 3, 2]),
    LayerCase(Flatten(), [3, 4]),
  ]

  static let activations: [LayerCase] =
    [
      Identity(), Step(), Sigmoid(), Tanh(), Arctan(), ReLU(), LeakyReLU(), LeakyReLU(0),
      LeakyReLU(-0.5), Softplus(), Gaussian(), Gaussian(centre: 0.5, width: 2),
      Multiquadratic(), Multiquadratic(centre: 0.5, offset: 2), InverseMultiquadratic(),
      InverseMultiquadratic(centre: 0.5, offset: 2),
    ].flatMap { [LayerCase($0, [3, 5]), LayerCase($0, [2, 2, 3, 2])] }

  static let channels = [
    LayerCase(Softmax(), [3, 5]),
    LayerCase(Softmax(), [2, 3, 2, 2]),
    LayerCase(Softmax(), [2, 1]),
    LayerCase(Maxout(2), [2, 6]),
    LayerCase(Maxout(3), [2, 6, 2, 3]),
    LayerCase(Maxout(1), [2, 2, 2]),
    LayerCase(Fold(.mean, pieces: 2), [2, 4, 3]),
    LayerCase(Fold(.mean, pieces: 4), [2, 4, 2, 2]),
  ]

  static let several = [
    LayerCase(Add(), [2, 3], [2, 3]),
    LayerCase(Add(), [2, 2, 2, 2], [2, 2, 2, 2], [2, 2, 2, 2]),
    LayerCase(Multiply(), [2, 3], [2, 3]),
    LayerCase(Multiply(), [2, 4], [2, 4], [2, 4], [2, 4]),
    LayerCase(Concatenate(), [2, 3], [2, 1]),
    LayerCase(Concatenate(), [2, 1, 2, 3], [2, 2, 2, 3], [2, 1, 2, 3]),
  ]

  /// Layers that compute something else while a network is trained.
  static let training = [
    LayerCase(BatchNorm(), [5, 3]),
    LayerCase(BatchNorm2D(), [3, 2, 3, 2]),
    LayerCase(BatchNorm1D(epsilon: 0.1, momentum: 0.5), [3, 4, 5]),
    LayerCase(BatchNorm(isAffine: false), [2, 3, 2, 2]),
    LayerCase(Dropout(0.3), [3, 7]),
    LayerCase(Dropout(0), [2, 3]),
    LayerCase(Dropout2D(0.5), [3, 4, 2, 3]),
    LayerCase(StochasticDepth(0.5), [6, 2, 2, 2]),
  ]

  /// The shapes without the batch.
  var shapes: [[Int]] { inputs.map { Array($0.dropFirst()) } }

  /// Numbers for the inputs, away from kinks.
  var inputValues: [ReferenceTensor] {
    inputs.enumerated().map { awayFromKinks($1, salt: 10 + $0) }
  }

  /// Numbers for the parameters.
  var parameterValues: [ReferenceTensor] {
    layer.parameters(of: shapes).enumerated().map {
      let values = awayFromKinks($1.shape, salt: 20 + $0, scale: 1)
      return $1.name == "running_var" ? values.map { abs($0) + 0.5 } : values
    }
  }
}
