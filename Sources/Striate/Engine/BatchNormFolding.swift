/// Batch normalisation outside training is a scale and a shift of every channel: a layer before it takes them into
/// its weights and its bias, and they cost nothing.
///
///     γ · (w·x + b − μ) / √(σ² + ε) + β = (a·w)·x + (b − μ)·a + β,  a = γ / √(σ² + ε)

/// A layer of weighted sums, whose weights have the output channels as their first axis.
protocol AbsorbsScale: ClampsOutput {
  /// The same layer with a bias for every channel or every output.
  var withBias: any Layer { get }
}

/// Such a layer with the biases of a convolution.
protocol BiasedConvolution: AbsorbsScale {
  var bias: Conv2D.Bias { get set }
}

extension BiasedConvolution {
  var withBias: any Layer {
    var layer = self
    if bias == .none { layer.bias = .shared }
    return layer
  }
}

extension Conv2D: BiasedConvolution {}
extension Conv1D: BiasedConvolution {}
extension Conv3D: BiasedConvolution {}
extension DepthwiseConv2D: BiasedConvolution {}

extension Dense: AbsorbsScale {
  var withBias: any Layer {
    var layer = self
    layer.bias = true
    return layer
  }
}

extension BatchNorm {
  /// The tasks that write a layer's scaled weights and biases.
  ///
  /// - Parameters:
  ///   - own: The normalisation's parameters.
  ///   - layer: The weights, and the biases if there are any.
  ///   - weights: Where the scaled weights go.
  ///   - biases: Where the biases go.
  func folding(
    _ own: [ParameterPlace], into layer: [ParameterPlace], weights: Floats, biases: Floats
  ) -> Tasks {
    let (mean, variance) = (own[own.count - 2].values, own[own.count - 1].values)
    let channels = own[own.count - 1].count
    let count = layer[0].count / channels
    let outputs = layer.count > 1 ? layer[1].count / channels : 1
    let parts = min(channels, LayerSite.fewestTasks)
    return Tasks(count: parts) { [self] part in
      for c in channels * part / parts..<channels * (part + 1) / parts {
        let gamma = isAffine ? Double(own[0].values.base[c]) : 1
        let beta = isAffine ? Double(own[1].values.base[c]) : 0
        let scale = gamma / (Double(variance.base[c]) + epsilon).squareRoot()
        for k in c * count..<(c + 1) * count {
          weights.base[k] = Float(scale * Double(layer[0].values.base[k]))
        }
        for k in c * outputs..<(c + 1) * outputs {
          let bias = layer.count > 1 ? Double(layer[1].values.base[k]) : 0
          biases.base[k] = Float((bias - Double(mean.base[c])) * scale + beta)
        }
      }
    }
  }
}
