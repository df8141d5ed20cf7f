import Striate

/// A layer and the shapes of its inputs, without the batch.
struct ExportCase: Sendable {
  let layer: any Layer
  let inputs: [[Int]]

  init(_ layer: any Layer, _ inputs: [Int]...) { (self.layer, self.inputs) = (layer, inputs) }

  /// Whether the layer's function is that of positive numbers alone.
  private var isPositive: Bool {
    switch (layer as? Activation)?.function {
    case .logarithm, .squareRoot, .power: true
    default: false
    }
  }

  /// A network of this layer alone, with numbers in all its parameters.
  func network(seed: UInt64) throws -> Network {
    var network = try Network(
      inputs: inputs.enumerated().map { ("x\($0)", $1) }, seed: seed
    ) { values in layer(values) }
    network.fillParameters(seed: seed)
    if !isPositive {
      // The examples' inputs, from 0 to 1, become such from −4 to 4.
      let channels = inputs[0][0]
      network.preprocessing.mean = Array(repeating: 0.5, count: channels)
      network.preprocessing.standardDeviation = Array(repeating: 0.125, count: channels)
    }
    return network
  }

  static let all = convolutions + poolings + activations + normalizations + others

  static let convolutions: [ExportCase] =
    PaddingMode.allCases.flatMap { mode in
      [
        ExportCase(
          Conv2D(
            filters: 4, kernel: Extent(3, 2), stride: Extent(2, 1),
            padding: Padding(top: 2, left: 1, bottom: 1, right: 2), dilation: Extent(1, 2),
            groups: 2,
            paddingMode: mode), [2, 5, 6]),
        ExportCase(
          Conv1D(filters: 3, kernel: 4, padding: .same, bias: .untied, paddingMode: mode), [2, 7]),
        ExportCase(
          Conv3D(filters: 2, kernel: Extent3D(2, 3, 2), padding: 1, paddingMode: mode),
          [2, 3, 4, 3]),
      ]
    } + [
      ExportCase(Conv2D(filters: 3, kernel: 2, bias: .untied), [2, 4, 3]),
      ExportCase(Conv2D(filters: 3, kernel: 3, stride: 2, padding: .same, bias: .none), [2, 7, 6]),
      ExportCase(Conv2D(filters: 2, kernel: 3, padding: 2, paddingMode: .circular), [1, 2, 2]),
      ExportCase(Conv1D(filters: 4, kernel: 3, stride: 2, padding: 2, dilation: 2), [4, 9]),
      ExportCase(Conv1D(filters: 2, kernel: 3, padding: Padding(left: 4, right: 0)), [2, 5]),
      ExportCase(
        DepthwiseConv2D(kernel: 3, stride: 2, padding: 1, multiplier: 2), [3, 7, 6]),
      ExportCase(
        Conv3D(
          filters: 4, kernel: Extent3D(2, 3, 1), stride: Extent3D(2, 1, 2),
          padding: Extent3D(1, 2, 0), dilation: Extent3D(2, 1, 1), groups: 2, bias: .untied),
        [4, 5, 3, 4]),
      ExportCase(
        ConvTranspose2D(
          filters: 4, kernel: Extent(3, 2), stride: Extent(2, 3),
          padding: Padding(top: 1, left: 0, bottom: 2, right: 1), outputPadding: Extent(1, 2),
          dilation: Extent(2, 1), groups: 2), [4, 4, 3]),
      ExportCase(
        ConvTranspose2D(
          filters: 4, kernel: Extent(3, 2), stride: Extent(3, 2),
          padding: Padding(top: 1, left: 0, bottom: 2, right: 1), outputPadding: Extent(2, 1),
          groups: 2), [4, 4, 3]),
      ExportCase(ConvTranspose2D(filters: 2, kernel: 3, stride: 2, outputPadding: 1), [2, 3, 4]),
      ExportCase(
        ConvTranspose2D(filters: 3, kernel: 4, stride: 2, padding: 1, bias: false), [2, 3, 4]),
      ExportCase(Dense(4), [5]),
      ExportCase(Dense(3, bias: false), [7]),
    ]

  static let poolings: [ExportCase] = [
    ExportCase(MaxPool2D(2), [2, 5, 7]),
    ExportCase(MaxPool2D(3, stride: 2, padding: 1), [2, 7, 6]),
    ExportCase(MaxPool2D(2, stride: 3, padding: 1, ceilMode: true), [2, 5, 8]),
    ExportCase(MaxPool2D(3, stride: 2, padding: 1, dilation: 2, ceilMode: true), [1, 8, 9]),
    ExportCase(MaxPool2D(3, stride: 2, padding: .same), [2, 6, 7]),
    ExportCase(MaxPool2D(2, stride: 2, padding: 3, dilation: 4), [1, 6, 6]),
    ExportCase(AveragePool2D(3, stride: 2, padding: 1), [2, 7, 6]),
    ExportCase(AveragePool2D(3, stride: 2, padding: 1, countsPadding: false), [2, 7, 6]),
    ExportCase(AveragePool2D(3, stride: 2, padding: 1, ceilMode: true), [2, 6, 8]),
    ExportCase(AveragePool2D(2, ceilMode: true), [2, 5, 7]),
    ExportCase(
      AveragePool2D(
        3, stride: 2, padding: Padding(top: 0, left: 1, bottom: 2, right: 0), ceilMode: true,
        countsPadding: false), [2, 6, 8]),
    ExportCase(L2Pool2D(3, stride: 2, padding: 1, ceilMode: true), [2, 6, 8]),
    ExportCase(LpPool2D(power: 2.5, 2, stride: 1, padding: 1), [2, 4, 5]),
    ExportCase(LpPool2D(power: 3, 3, stride: 2), [2, 7, 7]),
    ExportCase(AdaptiveAveragePool2D(3), [2, 6, 9]),
    ExportCase(AdaptiveAveragePool2D(Extent(4, 2)), [2, 7, 5]),
    ExportCase(AdaptiveMaxPool2D(Extent(3, 2)), [2, 7, 8]),
    ExportCase(AdaptiveMaxPool2D(2), [2, 4, 8]),
    ExportCase(GlobalAveragePool2D(), [3, 4, 5]),
    ExportCase(GlobalMaxPool2D(), [3, 4, 5]),
    ExportCase(MaxUnpool2D(2), [2, 2, 3], [2, 4, 6]),
    ExportCase(MaxUnpool2D(2), [2, 2, 3], [2, 5, 7]),
    ExportCase(MaxUnpool2D(2, stride: 3, ceilMode: true), [2, 2, 3], [2, 4, 7]),
  ]

  static let activations: [ExportCase] = [
    Identity(), Step(), Sigmoid(), Tanh(), Arctan(), ReLU(), LeakyReLU(), LeakyReLU(-0.5),
    Softplus(), Gaussian(centre: 0.5, width: 2), Multiquadratic(centre: 0.5, offset: 2),
    InverseMultiquadratic(centre: 0.5, offset: 2), ELU(), ELU(-0.5), SELU(), CELU(0.5), GELU(),
    GELUTanh(), SiLU(), Mish(), HardSwish(), HardSigmoid(), HardTanh(lowest: -0.25, highest: 0.75),
    ReLU6(), Softsign(), LogSigmoid(), Softshrink(), Hardshrink(), Tanhshrink(),
    Threshold(0.5, value: -1), Activation(.exponential), Activation(.absolute), Activation(.erf),
    Activation(.round), Activation(.affine(scale: 2, shift: -0.5)), Activation(.logarithm),
    Activation(.squareRoot), Activation(.reciprocal), Activation(.power(2)),
  ].flatMap { [ExportCase($0, [5]), ExportCase($0, [2, 3, 2])] }

  static let normalizations: [ExportCase] = [
    ExportCase(BatchNorm(), [3]),
    ExportCase(BatchNorm(epsilon: 0.1), [2, 3, 2]),
    ExportCase(BatchNorm(isAffine: false), [3, 4]),
    ExportCase(GroupNorm(2), [4, 3, 2]),
    ExportCase(GroupNorm(3, epsilon: 0.1), [6]),
    ExportCase(GroupNorm(3, affine: false), [3, 3, 3]),
    ExportCase(InstanceNorm2D(), [2, 3, 3]),
    ExportCase(InstanceNorm2D(epsilon: 1e-3, affine: true), [3, 2, 4]),
    ExportCase(LayerNorm(), [2, 3, 2]),
    ExportCase(LayerNorm(affine: false), [5]),
    ExportCase(LayerNorm(.channels), [5, 3, 2]),
    ExportCase(LayerNorm(.channels, affine: false), [4]),
    ExportCase(LayerNorm(.last(1)), [2, 3, 5]),
    ExportCase(LayerNorm(.last(2)), [3, 3, 2]),
    ExportCase(LocalResponseNorm(size: 5, alpha: 0.5), [7, 2, 3]),
    ExportCase(LocalResponseNorm(size: 4, alpha: 0.5, beta: 0.5, k: 2), [6, 3]),
    ExportCase(LocalResponseNorm(size: 9, alpha: 1, beta: 2), [3]),
  ]

  static let others: [ExportCase] = [
    ExportCase(Add(), [3], [3]),
    ExportCase(Add(), [2, 2, 2], [2, 2, 2], [2, 2, 2]),
    ExportCase(Multiply(), [3, 2, 4], [3, 1, 1]),
    ExportCase(Multiply(), [4], [4], [4]),
    ExportCase(Concatenate(), [1, 2, 3], [2, 2, 3], [1, 2, 3]),
    ExportCase(Flatten(), [2, 3, 2]),
    ExportCase(Flatten(), [4]),
    ExportCase(Dropout(0.3), [7]),
    ExportCase(StochasticDepth(0.5), [2, 2, 2]),
    ExportCase(Softmax(), [3, 2, 2]),
    ExportCase(LogSoftmax(), [5]),
    ExportCase(Maxout(3), [6, 2, 3]),
    ExportCase(Fold(.mean, pieces: 2), [4]),
    ExportCase(PReLU(), [3, 2, 2]),
    ExportCase(PReLU(perChannel: true), [3, 2, 2]),
    ExportCase(PReLU(perChannel: true), [4]),
    ExportCase(RadialBasis(units: 3, function: .gaussian(width: 2)), [4]),
    ExportCase(RadialBasis(units: 2, function: .multiquadratic(offset: 0.5)), [3]),
    ExportCase(RadialBasis(units: 4, function: .inverseMultiquadratic(offset: 0.5)), [2]),
    ExportCase(Upsample2D(Extent(1, 3)), [2, 2, 3]),
    ExportCase(Upsample2D(size: Extent(7, 3)), [2, 4, 5]),
    ExportCase(Upsample2D(Extent(2, 3), mode: .bilinear), [2, 3, 4]),
    ExportCase(Upsample2D(2, mode: .bilinear(alignsCorners: true)), [2, 4, 3]),
    ExportCase(Upsample2D(size: Extent(7, 3), mode: .bilinear), [2, 4, 5]),
    ExportCase(Upsample2D(size: Extent(1, 9), mode: .bilinear(alignsCorners: true)), [2, 4, 5]),
    ExportCase(Reshape([3, 4]), [2, 6]),
    ExportCase(Transpose([2, 0, 1]), [2, 3, 4]),
    ExportCase(Slice(axis: 1, start: 4, count: 3, step: -2), [2, 5, 3]),
    ExportCase(Slice(axis: 0, start: 1, count: 3, step: 0), [2, 3]),
    ExportCase(ArgMax(), [4, 3, 2]),
    ExportCase(MatMul(), [2, 4, 3], [2, 3, 5]),
    ExportCase(LearnedTensor([2, 3]), [5]),
    ExportCase(PixelShuffle(2), [8, 2, 3]),
    ExportCase(PixelUnshuffle(2), [2, 4, 6]),
    ExportCase(Pad2D(Padding(top: 1, left: 0, bottom: 2, right: 3), constant: 0.5), [2, 2, 3]),
    ExportCase(Pad2D(Padding(top: 3, left: 1, bottom: 0, right: 4), mode: .reflect), [2, 4, 5]),
    ExportCase(Pad2D(Padding(top: 3, left: 1, bottom: 0, right: 7), mode: .replicate), [2, 2, 3]),
    ExportCase(Pad2D(Padding(top: 4, left: 1, bottom: 3, right: 5), mode: .circular), [2, 4, 5]),
    ExportCase(Pad2D(0, mode: .circular), [2, 4, 5]),
  ]
}

extension Network {
  /// Numbers from −1 to 1 in all parameters; variances from ½ to 1½.
  mutating func fillParameters(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for index in parameters.indices {
      let isVariance = parameters[index].name.hasSuffix("running_var")
      for k in parameters[index].tensor.scalars.indices {
        parameters[index].tensor.scalars[k] =
          isVariance
          ? .random(in: 0.5...1.5, using: &generator) : .random(in: -1...1, using: &generator)
      }
    }
  }
}
