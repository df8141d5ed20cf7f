extension NamedModel {
  /// Crops after padding by 4 pixels, and flips: what CIFAR's recipes have in common.
  private static let cropAndFlip = try? Augmentation(text: "crop 4, flip")

  /// SGD with Nesterov's momentum, as He et al. and Zagoruyko & Komodakis train residual networks.
  private static func momentum(_ rate: Float) -> SGD {
    SGD(learningRate: rate, momentum: 0.9, nesterov: true, weightDecay: 5e-4)
  }

  /// Up in the first epoch, then down in half a cosine.
  private static let cosine = LearningRateSchedule.warmUp(.epochs(1), then: .cosine())

  /// Networks for photographs.
  static let photographs: [NamedModel] = [
    NamedModel(
      "vgg-small", "six 3x3 convolutions in three widths with batch normalisation (after VGG)",
      input: [3, 32, 32], optimizer: momentum(0.05), batchSize: 64, epochs: 20, schedule: cosine,
      augmentation: cropAndFlip
    ) { classes in
      try Network.blocks(
        text: [64, 128, 256].map { width in
          "repeat 2 (conv \(width) 3x3 padding 1, batchnorm, relu), maxpool 2"
        }.joined(separator: ", ") + ", flatten, dense \(classes)")
    },
    NamedModel(
      "resnet20", "ResNet of 20 layers for 32x32 images (He et al. 2016, §4.2)",
      input: [3, 32, 32], optimizer: momentum(0.1), batchSize: 128, epochs: 10, schedule: cosine,
      augmentation: cropAndFlip
    ) { ResNet.small(blocks: 3, classes: $0) },
    NamedModel(
      "wide-resnet", "WRN-16-4 with dropout, for 32x32 images (Zagoruyko & Komodakis 2016)",
      input: [3, 32, 32], optimizer: momentum(0.1), batchSize: 128, epochs: 30, schedule: cosine,
      augmentation: cropAndFlip
    ) { WideResNet.network(blocks: 2, widening: 4, dropout: 0.3, classes: $0) },
    NamedModel(
      "resnet18", "ResNet of 18 layers for 224x224 images (He et al. 2016, table 1)",
      input: [3, 224, 224], optimizer: momentum(0.05), batchSize: 32, epochs: 30,
      schedule: cosine, augmentation: try? Augmentation(text: "resized-crop, flip"),
      groups: [.withoutDecay]
    ) { ResNet.eighteen(classes: $0) },
    NamedModel(
      "mobilenet-v2", "depthwise convolutions between thin layers (Sandler et al. 2018)",
      input: [3, 224, 224], optimizer: momentum(0.05), batchSize: 32, epochs: 30,
      schedule: cosine, augmentation: try? Augmentation(text: "resized-crop, flip"),
      groups: [.withoutDecay]
    ) { MobileNetV2.network(classes: $0) },
  ]
}
