/// MobileNetV2: depthwise convolutions between thin layers.
///
/// Parameters are called as torchvision calls them: "features.1.conv.0.0.weight".
///
/// Source: Sandler et al. 2018, arXiv:1801.04381, table 2; torchvision.models.mobilenet_v2.
enum MobileNetV2 {
  /// Expansion, depthwise convolution, projection; added to the input where shapes agree (fig 4).
  struct InvertedResidual: Block {
    var channels: Int
    var filters: Int
    var stride: Int
    var expansion: Int

    func apply(to x: Symbol) -> Symbol {
      let hidden = channels * expansion
      let branch = Sequential(
        (expansion == 1 ? [] : [MobileNetV2.convolution(hidden, kernel: 1)])
          + [
            MobileNetV2.convolution(hidden, kernel: 3, stride: stride, groups: hidden),
            Conv2D(filters: filters, kernel: 1, bias: .none, initialization: .heNormal),
            BatchNorm2D(),
          ]
      ).named("conv")
      return stride == 1 && channels == filters
        ? Residual(branch).apply(to: x) : branch.apply(to: x)
    }
  }

  /// A convolution with batch normalisation and ReLU6.
  static func convolution(
    _ filters: Int, kernel: Int, stride: Int = 1, groups: Int = 1
  ) -> Sequential {
    let border = kernel / 2
    return Sequential {
      Conv2D(
        filters: filters, kernel: Extent(kernel, kernel), stride: Extent(stride, stride),
        padding: Padding(top: border, left: border, bottom: border, right: border),
        groups: groups, bias: .none, initialization: .heNormal)
      BatchNorm2D()
      ReLU6()
    }
  }

  /// The whole network.
  static func network(classes: Int) -> [any Block] {
    var features: [any Block] = [convolution(32, kernel: 3, stride: 2)]
    var channels = 32
    for (expansion, filters, count, stride) in [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ] {
      for index in 0..<count {
        features.append(
          InvertedResidual(
            channels: channels, filters: filters, stride: index == 0 ? stride : 1,
            expansion: expansion))
        channels = filters
      }
    }
    features.append(convolution(1280, kernel: 1))
    return [
      Sequential(features).named("features"), GlobalAveragePool2D(), Flatten(),
      Sequential([Dropout(0.2), Dense(classes)]).named("classifier"),
    ]
  }
}
