/// The blocks and networks of residual learning.
///
/// Parameters are called as torchvision calls them: "layer2.0.downsample.0.weight".
///
/// Source: He et al. 2016, arXiv:1512.03385; Zagoruyko & Komodakis 2016, arXiv:1605.07146.
enum ResNet {
  /// Two 3×3 convolutions with batch normalisation, added to their input (He et al., fig 2).
  struct BasicBlock: Block {
    var filters: Int
    var stride = 1
    /// Whether the input passes a 1×1 convolution: where size or channels change.
    var projects = false
    var initialization = Initializer.heNormal

    func apply(to x: Symbol) -> Symbol {
      let branch = Sequential {
        Conv2D(
          filters: filters, kernel: 3, stride: Extent(stride, stride), padding: 1, bias: .none,
          initialization: initialization
        ).named("conv1")
        BatchNorm2D().named("bn1")
        ReLU()
        Conv2D(
          filters: filters, kernel: 3, padding: 1, bias: .none, initialization: initialization
        ).named("conv2")
        BatchNorm2D().named("bn2")
      }
      let shortcut = Sequential {
        Conv2D(
          filters: filters, kernel: 1, stride: Extent(stride, stride), bias: .none,
          initialization: initialization)
        BatchNorm2D()
      }
      let residual = Residual(branch, shortcut: projects ? shortcut.named("downsample") : nil)
      return ReLU()(residual.apply(to: x))
    }
  }

  /// Stages of basic blocks called "layer1", "layer2" and so on. The first block of every stage but the
  /// first halves the size.
  static func stages(
    widths: [Int], blocks: Int, channels: Int, initialization: Initializer = .heNormal
  ) -> [any Block] {
    var channels = channels
    return widths.enumerated().map { stage, width in
      let stride = stage == 0 ? 1 : 2
      defer { channels = width }
      return Sequential(
        (0..<blocks).map { index in
          BasicBlock(
            filters: width, stride: index == 0 ? stride : 1,
            projects: index == 0 && (stride != 1 || channels != width),
            initialization: initialization)
        }
      ).named("layer\(stage + 1)")
    }
  }

  /// ResNet of 6n + 2 layers for small images (He et al., §4.2). Weights begin as PyTorch's: with weights of
  /// He's variance, 2.4 times as large, which batch normalisation makes as good as smaller ones, each step
  /// would change less.
  static func small(blocks: Int, classes: Int) -> [any Block] {
    [
      Conv2D(filters: 16, kernel: 3, padding: 1, bias: .none).named("conv1"),
      BatchNorm2D().named("bn1"), ReLU(),
    ]
      + stages(
        widths: [16, 32, 64], blocks: blocks, channels: 16, initialization: .standard)
      + head(classes: classes)
  }

  /// ResNet-18 for images of 224×224 (He et al., table 1).
  static func eighteen(classes: Int) -> [any Block] {
    [
      Conv2D(filters: 64, kernel: 7, stride: 2, padding: 3, bias: .none, initialization: .heNormal)
        .named("conv1"),
      BatchNorm2D().named("bn1"), ReLU(), MaxPool2D(3, stride: 2, padding: 1),
    ] + stages(widths: [64, 128, 256, 512], blocks: 2, channels: 64) + head(classes: classes)
  }

  private static func head(classes: Int) -> [any Block] {
    [GlobalAveragePool2D(), Flatten(), Dense(classes).named("fc")]
  }
}

/// Wide residual networks: normalisation and ReLU before each convolution, and dropout between the two.
///
/// Source: Zagoruyko & Komodakis 2016, arXiv:1605.07146, table 1; He et al. 2016, arXiv:1603.05027.
enum WideResNet {
  struct WideBlock: Block {
    var filters: Int
    var stride: Int
    var projects: Bool
    var dropout: Double

    func apply(to x: Symbol) -> Symbol {
      let active = ReLU()(x.passing(BatchNorm2D(), name: "bn1"))
      let first = active.passing(convolution(3, stride: stride), name: "conv1")
      let second = ReLU()(first.passing(BatchNorm2D(), name: "bn2"))
      let branch = (dropout > 0 ? Dropout(dropout)(second) : second)
        .passing(convolution(3, stride: 1), name: "conv2")
      let shortcut =
        projects ? active.passing(convolution(1, stride: stride), name: "convShortcut") : x
      return Add()(shortcut, branch)
    }

    private func convolution(_ kernel: Int, stride: Int) -> Conv2D {
      let border = kernel / 2
      return Conv2D(
        filters: filters, kernel: Extent(kernel, kernel), stride: Extent(stride, stride),
        padding: Padding(top: border, left: border, bottom: border, right: border), bias: .none,
        initialization: .heNormal)
    }
  }

  /// WRN-(6n + 4)-k: three stages of n blocks, k times as wide as ResNet's.
  static func network(
    blocks: Int, widening: Int, dropout: Double, classes: Int
  ) -> [any Block] {
    var channels = 16
    let stages = [16, 32, 64].enumerated().map { stage, base -> any Block in
      let width = base * widening
      defer { channels = width }
      return Sequential(
        (0..<blocks).map { index in
          WideBlock(
            filters: width, stride: index == 0 && stage > 0 ? 2 : 1,
            projects: index == 0 && (stage > 0 || channels != width), dropout: dropout)
        }
      ).named("block\(stage + 1)")
    }
    return [
      Conv2D(filters: 16, kernel: 3, padding: 1, bias: .none, initialization: .heNormal)
        .named("conv1")
    ] + stages + [
      BatchNorm2D().named("bn1"), ReLU(), GlobalAveragePool2D(), Flatten(),
      Dense(classes).named("fc"),
    ]
  }
}

extension Symbol {
  /// The output of a block under a name.
  func passing(_ block: any Block, name: String) -> Symbol { block.apply(to: self, name: name) }
}
