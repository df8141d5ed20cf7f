/// A network that has a name, with the loss and the numbers it is usually trained with.
public struct NamedModel: Sendable {
  /// What a user calls it: "lenet".
  public let name: String

  /// What it is, in one line.
  public let summary: String

  /// The shape of the images it is made for.
  public let input: [Int]

  /// What it is trained to make small.
  public let loss: Loss

  /// How it is trained.
  public let optimizer: any Optimizer

  /// How its learning rate changes on the way.
  public let schedule: LearningRateSchedule

  /// Images a step.
  public let batchSize: Int

  /// Passes over the training set.
  public let epochs: Int

  /// What happens to the training images; nil for nothing.
  public let augmentation: Augmentation?

  /// Whether pixels are brought to mean 0 and standard deviation 1. The source documents' sigmoid
  /// networks take them as they are, from 0 to 1, and saturate otherwise.
  public let normalizes: Bool

  /// Parameters that are trained in another way.
  public let groups: [ParameterGroup]

  /// The decay of the running mean of the parameters; nil where none is kept.
  public let averaging: Double?

  private let layers: @Sendable (_ classes: Int) throws -> [any Block]

  /// A model written as a text.
  init(
    _ name: String, _ summary: String, loss: Loss, optimizer: any Optimizer, batchSize: Int,
    epochs: Int, schedule: LearningRateSchedule = .constant, normalizes: Bool = true,
    augmentation: Augmentation? = nil, averaging: Double? = nil,
    text: @escaping @Sendable (_ classes: Int) -> String
  ) {
    self.init(
      name, summary, input: [1, 28, 28], loss: loss, optimizer: optimizer, batchSize: batchSize,
      epochs: epochs, schedule: schedule, normalizes: normalizes, augmentation: augmentation,
      averaging: averaging, layers: { try Network.blocks(text: text($0)) })
  }

  /// A model made of blocks.
  init(
    _ name: String, _ summary: String, input: [Int], loss: Loss = .softmaxCrossEntropy,
    optimizer: any Optimizer, batchSize: Int, epochs: Int, schedule: LearningRateSchedule,
    normalizes: Bool = true, augmentation: Augmentation? = nil, groups: [ParameterGroup] = [],
    averaging: Double? = nil, layers: @escaping @Sendable (_ classes: Int) throws -> [any Block]
  ) {
    self.name = name
    self.summary = summary
    self.input = input
    self.augmentation = augmentation
    (self.groups, self.averaging) = (groups, averaging)
    self.loss = loss
    self.optimizer = optimizer
    self.schedule = schedule
    self.normalizes = normalizes
    self.batchSize = batchSize
    self.epochs = epochs
    self.layers = layers
  }

  /// The model of that name. Throws `InvalidNetwork`, which lists the names.
  public init(named name: String) throws {
    guard let model = NamedModel.all.first(where: { $0.name == name.lowercased() }) else {
      let names = NamedModel.all.map(\.name)
      let guess = name.lowercased().nearest(in: names).map { "; did you mean \"\($0)\"?" } ?? ";"
      throw InvalidNetwork(
        description: "unknown model \"\(name.prefix(40))\"\(guess) known models: "
          + names.joined(separator: ", "))
    }
    self = model
  }

  /// The network with fresh parameters.
  ///
  /// - Parameters:
  ///   - input: The shape of one image; nil for the shape it is made for.
  ///   - classes: The number of outputs.
  ///   - seed: What the initial parameters depend on.
  ///
  /// Throws `InvalidNetwork` where the images are too small or `classes` is not positive.
  public func network(input: [Int]? = nil, classes: Int = 10, seed: UInt64) throws -> Network {
    guard classes >= 1 else { throw noClass(classes) }
    return try Network(input: input ?? self.input, seed: seed, layers: layers(classes))
  }

  /// What the network is made of and what it costs; its parameters are never made.
  ///
  /// Throws as `network(input:classes:seed:)` does.
  ///
  /// - Precondition: `batchSize` is positive.
  public func summary(
    input: [Int]? = nil, classes: Int = 10, batchSize: Int = 1
  ) throws -> NetworkSummary {
    guard classes >= 1 else { throw noClass(classes) }
    return try NetworkSummary(
      input: input ?? self.input, batchSize: batchSize, layers: layers(classes))
  }

  private func noClass(_ classes: Int) -> InvalidNetwork {
    InvalidNetwork(
      description: "model \"\(name)\": expected at least one class, found \(classes)")
  }
}

extension NamedModel {
  /// All models, simplest first.
  public static let all: [NamedModel] =
    [
      // A layer of step units has no gradient; Li §1.1 names the sigmoid neuron as the one that has, and
      // §1.3 gives its cost.
      NamedModel(
        "perceptron", "one layer of sigmoid neurons (Li, COMP4121, §1.1)",
        loss: .meanSquaredError, optimizer: GradientDescent(learningRate: 0.5), batchSize: 10,
        epochs: 5, normalizes: false
      ) { "flatten, dense \($0), sigmoid" },
      // Nielsen's learning rate of 3 is for half the squared error: 1.5 for the whole.
      NamedModel(
        "mlp", "784-30-10 sigmoid neurons (Li, COMP4121, §1.2; Nielsen, chapter 1)",
        loss: .meanSquaredError, optimizer: GradientDescent(learningRate: 1.5), batchSize: 10,
        epochs: 30, normalizes: false
      ) { "flatten, dense 30, sigmoid, dense \($0), sigmoid" },
      // Three maps leave little room: with a constant learning rate the last steps' noise costs half a
      // percent of accuracy.
      NamedModel(
        "nielsen", "three 5x5 maps, max-pooling, dense (Li, COMP4121, fig 24; Nielsen, chapter 6)",
        loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 3e-3), batchSize: 32, epochs: 5,
        schedule: .linear
      ) { "conv 3 5x5, relu, maxpool 2, flatten, dense \($0)" },
      NamedModel(
        "numpy-cnn", "the network of Escontrela's Numpy-CNN: two 5x5 convolutions, dense 128",
        loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-3), batchSize: 32, epochs: 2
      ) { "conv 8 5x5, relu, conv 8 5x5, relu, maxpool 2, flatten, dense 128, relu, dense \($0)" },
      NamedModel(
        "sigmoid-cnn",
        "convolution, sigmoid, dense, sigmoid, half the squared error, for two classes",
        loss: .halfSquaredError, optimizer: Adam(learningRate: 1e-3), batchSize: 10, epochs: 5
      ) { "conv 8 5x5, sigmoid, flatten, dense \($0), sigmoid" },
      NamedModel(
        "lenet", "LeNet with ReLU and max-pooling: 20 and 50 maps of 5x5, dense 500",
        loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-3), batchSize: 64, epochs: 5,
        schedule: .linear
      ) {
        "conv 20 5x5, relu, maxpool 2, conv 50 5x5, relu, maxpool 2, flatten, dense 500, relu, "
          + "dense \($0)"
      },
      NamedModel(
        "convnet", "32 and 64 maps of 3x3, max-pooling, dense 128",
        loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-3), batchSize: 64, epochs: 5,
        schedule: .linear
      ) {
        "conv 32 3x3, relu, conv 64 3x3, relu, maxpool 2, flatten, dense 128, relu, dense \($0)"
      },
      NamedModel(
        "vgg-digits", "six 3x3 convolutions of 32 to 160 maps without padding, batch normalisation",
        loss: .softmaxCrossEntropy,
        optimizer: SGD(learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4),
        batchSize: 128, epochs: 20, schedule: .oneCycle(),
        // Interpolation blurs, and test images are not blurred: 9 % are only moved by whole pixels.
        augmentation: try? Augmentation(
          text: "crop 2, rotate 12 chance 0.5, scale 0.9-1.1 chance 0.5, shear 8 chance 0.4, "
            + "elastic 24 4 chance 0.4"),
        averaging: 0.999
      ) { classes in
        func layers(_ widths: Int...) -> String {
          widths.map { "conv \($0) 3x3 bias none, batchnorm, relu, " }.joined()
        }
        return layers(32, 32) + "maxpool 2, " + layers(64, 96, 128, 160)
          + "flatten, dropout 0.3, dense \(classes)"
      },
    ] + photographs
}
