import Striate
import Testing

@Suite struct NamedModelTests {
  @Test func theModelsAreTheDocuments() throws {
    let shapes = try Dictionary(
      uniqueKeysWithValues: NamedModel.all.filter { $0.input == [1, 28, 28] }.map {
        ($0.name, try $0.network(seed: 1))
      }
    ).mapValues { $0.nodes.filter { !$0.parameters.isEmpty }.map(\.shape) }
    #expect(
      shapes == [
        "perceptron": [[10]],
        "mlp": [[30], [10]],
        "nielsen": [[3, 24, 24], [10]],
        "numpy-cnn": [[8, 24, 24], [8, 20, 20], [128], [10]],
        "sigmoid-cnn": [[8, 24, 24], [10]],
        "lenet": [[20, 24, 24], [50, 8, 8], [500], [10]],
        "convnet": [[32, 26, 26], [64, 24, 24], [128], [10]],
        "vgg-digits": [
          [32, 26, 26], [32, 24, 24], [64, 10, 10], [96, 8, 8], [128, 6, 6], [160, 4, 4],
        ].flatMap { [$0, $0] } + [[10]],
      ])
  }

  @Test(arguments: NamedModel.all.map(\.name)) func everyModelCanBeTrained(_ name: String) throws {
    let model = try NamedModel(named: name)
    try model.optimizer.validate()
    #expect(model.batchSize > 0 && model.epochs > 0)
    let network = try model.network(classes: 2, seed: 1)
    #expect(network.outputShape == [2])
    #expect(network.inputs.map(\.shape) == [model.input])
    #expect([[1, 28, 28], [3, 32, 32], [3, 224, 224]].contains(model.input))
    // A squared error is for outputs between 0 and 1, cross-entropy for scores.
    let last = network.nodes[network.nodes.count - 1].layer.text
    #expect((last == "sigmoid") == (model.loss != .softmaxCrossEntropy))
  }

  @Test func digitsAreChangedWhileTheNetworkForThemIsTrained() throws {
    #expect(
      try NamedModel(named: "vgg-digits").augmentation?.text
        == "crop 2, rotate 12 chance 0.5, scale 0.9-1.1 chance 0.5, shear 8 chance 0.4, "
        + "elastic 24 4 chance 0.4")
  }

  @Test func otherImagesAndClassesAreTaken() throws {
    let network = try NamedModel(named: "LeNet").network(input: [3, 32, 32], classes: 7, seed: 1)
    #expect(network.outputShape == [7])
    #expect(network.parameters[0].tensor.shape == [20, 3, 5, 5])
  }

  @Test func anUnknownModelAndTooSmallImagesAreRefused() {
    #expect(
      message { _ = try NamedModel(named: "lennet") }
        == "unknown model \"lennet\"; did you mean \"lenet\"? known models: perceptron, mlp, "
        + "nielsen, numpy-cnn, sigmoid-cnn, lenet, convnet, vgg-digits, vgg-small, resnet20, "
        + "wide-resnet, resnet18, mobilenet-v2")
    #expect(
      message { _ = try NamedModel(named: "lenet").network(input: [1, 8, 8], seed: 1) }
        .contains("expected an image of at least 5x5, found 2x2"))
    #expect(
      message { _ = try NamedModel(named: "mlp").network(classes: 0, seed: 1) }
        == "model \"mlp\": expected at least one class, found 0")
  }
}
