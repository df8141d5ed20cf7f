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
  static let all: [LayerCase] = [
    convolutions, sequences, pools, dense, activations, channels, several, training,
    convolutionFamily, paddedPools, adaptivePools, unpools, resampling, moreActivations,
    moreChannels, arrangements, elementary,
  ].flatMap { $0 }

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
    LayerCase(Multiply(), [2, 3, 2, 4], [2, 3, 1, 1]),
    LayerCase(Multiply(), [2, 3, 5], [2, 3, 1]),
    LayerCase(Multiply(), [3, 9, 2, 3], [3, 9, 1, 1], [3, 9, 2, 3], [3, 9, 1, 1]),
    LayerCase(Multiply(), [2, 2, 2, 2, 2], [2, 2, 2, 2, 2], [2, 2, 1, 1, 1]),
    LayerCase(Multiply(), [1, 1, 3, 3], [1, 1, 1, 1]),
    LayerCase(Multiply(), [2, 3, 1, 1], [2, 3, 1, 1]),
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

  static let paddedPools = [
    LayerCase(MaxPool2D(3, stride: 2, padding: 1), [2, 2, 7, 6]),
    LayerCase(
      MaxPool2D(
        Extent(3, 2), stride: Extent(1, 2), padding: Padding(top: 2, left: 0, bottom: 1, right: 1)),
      [1, 2, 4, 5]),
    LayerCase(MaxPool2D(3, stride: 2, ceilMode: true), [2, 1, 6, 8]),
    LayerCase(MaxPool2D(2, stride: 3, padding: 1, ceilMode: true), [1, 2, 5, 8]),
    LayerCase(MaxPool2D(3, stride: 1, dilation: Extent(2, 3)), [1, 2, 6, 8]),
    LayerCase(MaxPool2D(3, stride: 2, padding: 1, dilation: 2, ceilMode: true), [1, 1, 8, 9]),
    LayerCase(MaxPool2D(2, padding: 1), [1, 2, 4, 6]),
    LayerCase(MaxPool2D(2, ceilMode: true), [1, 2, 5, 7]),
    LayerCase(AveragePool2D(3, stride: 2, padding: 1), [2, 2, 7, 6]),
    LayerCase(AveragePool2D(3, stride: 2, padding: 1, countsPadding: false), [2, 2, 7, 6]),
    LayerCase(AveragePool2D(3, stride: 2, padding: 1, ceilMode: true), [1, 2, 6, 8]),
    LayerCase(
      AveragePool2D(
        3, stride: 2, padding: Padding(top: 0, left: 1, bottom: 2, right: 0), ceilMode: true,
        countsPadding: false), [1, 2, 6, 8]),
    LayerCase(L2Pool2D(3, stride: 2, padding: 1, ceilMode: true), [1, 2, 6, 8]),
    LayerCase(MaxPool2D(3, stride: 2, padding: .same), [1, 2, 6, 7]),
    LayerCase(AveragePool2D(2, stride: 1, padding: .same, countsPadding: false), [1, 2, 4, 5]),
    LayerCase(LpPool2D(power: 1, 2), [2, 2, 4, 6]),
    LayerCase(LpPool2D(power: 3, 3, stride: 2, ceilMode: true), [1, 2, 6, 8]),
    LayerCase(LpPool2D(power: 2.5, 2, stride: 1, padding: 1), [1, 2, 4, 5]),
    LayerCase(LpPool2D(power: 12, 2), [2, 1, 4, 4]),
  ]

  static let adaptivePools = [
    LayerCase(AdaptiveAveragePool2D(3), [2, 2, 6, 9]),
    LayerCase(AdaptiveAveragePool2D(Extent(4, 2)), [1, 2, 7, 5]),
    LayerCase(AdaptiveAveragePool2D(7), [1, 2, 3, 5]),
    LayerCase(AdaptiveMaxPool2D(Extent(3, 2)), [2, 2, 7, 8]),
    LayerCase(AdaptiveMaxPool2D(4), [1, 2, 3, 8]),
    LayerCase(GlobalAveragePool2D(), [2, 3, 4, 5]),
    LayerCase(GlobalMaxPool2D(), [2, 3, 4, 5]),
  ]

  static let unpools = [
    LayerCase(MaxUnpool2D(2), [2, 2, 2, 3], [2, 2, 4, 6]),
    LayerCase(MaxUnpool2D(2), [1, 2, 2, 3], [1, 2, 5, 7]),
    LayerCase(MaxUnpool2D(3, stride: 2, padding: 1), [2, 2, 4, 3], [2, 2, 7, 6]),
    LayerCase(MaxUnpool2D(3, stride: 1, dilation: 2), [1, 1, 2, 3], [1, 1, 6, 7]),
    LayerCase(MaxUnpool2D(2, stride: 3, ceilMode: true), [1, 2, 2, 3], [1, 2, 4, 7]),
  ]

  static let resampling = [
    LayerCase(Upsample2D(2), [2, 2, 3, 4]),
    LayerCase(Upsample2D(Extent(1, 3)), [1, 2, 2, 3]),
    LayerCase(Upsample2D(size: Extent(7, 3)), [1, 2, 4, 5]),
    LayerCase(Upsample2D(2, mode: .bilinear), [2, 2, 3, 4]),
    LayerCase(
      Upsample2D(Extent(2, 3), mode: .bilinear(alignsCorners: true)), [1, 2, 4, 3]),
    LayerCase(Upsample2D(size: Extent(7, 3), mode: .bilinear), [1, 2, 4, 5]),
    LayerCase(
      Upsample2D(size: Extent(1, 9), mode: .bilinear(alignsCorners: true)), [1, 2, 4, 5]),
    LayerCase(Upsample2D(3, mode: .bilinear), [2, 1, 1, 1]),
    LayerCase(PixelShuffle(2), [2, 8, 2, 3]),
    LayerCase(PixelShuffle(3), [1, 9, 2, 1]),
    LayerCase(PixelUnshuffle(2), [2, 2, 4, 6]),
    LayerCase(PixelUnshuffle(1), [1, 2, 2, 2]),
    LayerCase(Pad2D(1), [2, 2, 3, 4]),
    LayerCase(
      Pad2D(Padding(top: 1, left: 0, bottom: 2, right: 3), constant: 0.5), [1, 2, 2, 3]),
    LayerCase(
      Pad2D(Padding(top: 3, left: 1, bottom: 0, right: 4), mode: .reflect), [1, 2, 4, 5]),
    LayerCase(
      Pad2D(Padding(top: 3, left: 1, bottom: 0, right: 7), mode: .replicate), [2, 2, 2, 3]),
    LayerCase(
      Pad2D(Padding(top: 4, left: 1, bottom: 3, right: 5), mode: .circular), [1, 2, 4, 5]),
  ]

  static let moreActivations: [LayerCase] =
    [
      ELU(), ELU(0.5), ELU(0), ELU(-0.5), SELU(), CELU(), CELU(0.5), GELU(), GELUTanh(), SiLU(),
      Mish(), HardSwish(), HardSigmoid(), HardTanh(), HardTanh(lowest: -0.25, highest: 0.75),
      ReLU6(), Softsign(), LogSigmoid(), Softshrink(), Hardshrink(), Softshrink(0), Tanhshrink(),
      Threshold(0.5, value: -1), Threshold(0.5, value: 2),
    ].flatMap { [LayerCase($0, [3, 5]), LayerCase($0, [2, 2, 3, 2])] }

  static let moreChannels = [
    LayerCase(LocalResponseNorm(size: 5), [2, 7, 2, 3]),
    LayerCase(LocalResponseNorm(size: 4, alpha: 0.5, beta: 0.5, k: 2), [2, 6, 3]),
    LayerCase(LocalResponseNorm(size: 9, alpha: 1, beta: 2), [1, 3]),
    LayerCase(LocalResponseNorm(size: 1, alpha: 2, beta: 1, k: 0.5), [2, 3, 2, 2]),
    LayerCase(PReLU(), [3, 4]),
    LayerCase(PReLU(), [2, 3, 2, 2]),
    LayerCase(PReLU(perChannel: true), [3, 4]),
    LayerCase(PReLU(perChannel: true), [2, 3, 2, 2]),
    LayerCase(LogSoftmax(), [3, 5]),
    LayerCase(LogSoftmax(), [2, 3, 2, 2]),
    LayerCase(LogSoftmax(), [2, 1]),
  ]

  static let arrangements = [
    LayerCase(Reshape([3, 4]), [2, 2, 6]),
    LayerCase(Reshape([5, 1, 2]), [3, 10]),
    LayerCase(Transpose([0]), [2, 5]),
    LayerCase(Transpose([1, 0]), [2, 3, 4]),
    LayerCase(Transpose([2, 0, 1]), [2, 2, 3, 4]),
    LayerCase(Transpose([0, 2, 1]), [1, 2, 3, 4]),
    LayerCase(Transpose([2, 3, 0, 4, 1]), [2, 2, 2, 3, 2, 3]),
    LayerCase(Slice(axis: 0, start: 1, count: 2), [2, 4, 3]),
    LayerCase(Slice(axis: 1, start: 0, count: 3, step: 2), [2, 2, 6]),
    LayerCase(Slice(axis: 2, start: 4, count: 3, step: -2), [1, 2, 2, 5]),
    LayerCase(Slice(axis: 1, start: 1, count: 4, step: 0), [2, 2, 3]),
    LayerCase(ArgMax(), [3, 5]),
    LayerCase(MatMul(), [2, 3, 4], [2, 4, 5]),
    LayerCase(MatMul(), [3, 2, 1, 3], [3, 2, 3, 2]),
    LayerCase(MatMul(), [1, 2, 2, 3, 1], [1, 2, 2, 1, 4]),
    LayerCase(ArgMax(), [2, 4, 2, 3]),
    LayerCase(LearnedTensor([4]), [3, 2]),
    LayerCase(LearnedTensor([2, 3]), [2, 5, 1]),
  ]

  static let elementary: [LayerCase] =
    [
      Exponential(), Absolute(), ErrorFunction(), Round(), Affine(scale: -2, shift: 0.5), Power(2),
      Power(3),
    ].flatMap { [LayerCase($0, [3, 5]), LayerCase($0, [2, 2, 3, 2])] }

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
