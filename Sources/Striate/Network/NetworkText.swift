extension Network {
  /// A chain of layers written as text.
  ///
  /// ```swift
  /// let network = try Network(
  ///   text: "conv 8 5x5, relu, conv 8 5x5, relu, maxpool 2, flatten, dense 128, relu, dense 10",
  ///   input: [1, 28, 28], seed: 1)
  /// ```
  ///
  /// Throws `InvalidNetwork` where the text names no layer or a layer refuses the shape it is given.
  public init(text: String, input: [Int], seed: UInt64) throws {
    try self.init(input: input, seed: seed, layers: Network.blocks(text: text))
  }

  /// The layers that a text describes, separated by commas, semicolons or line ends.
  ///
  /// Each layer is its name followed by its numbers and options, as in the layer's own `text`:
  ///
  ///     conv 8 5x5 stride 2 padding 1    also: dilation 2, groups 2, bias untied, bias none;
  ///                                      padding same; padding top,left,bottom,right;
  ///                                      init he-normal, init orthogonal, init normal:0.02;
  ///                                      padding-mode reflect (replicate, circular)
  ///     conv1d 8 5, conv3d 8 3x3x3, depthwise 3x3 multiplier 2
  ///     conv-transpose 8 4x4 stride 2 padding 1 output-padding 1
  ///     groupnorm 8, layernorm, layernorm channels, layernorm last 2, instancenorm affine yes
  ///     batchnorm, dropout 0.5, dropout2d 0.2, stochastic-depth 0.1
  ///     dense 10, flatten, add, multiply, concat, softmax
  ///     maxpool 3x3 stride 2 padding 1   also: dilation 2, ceil; avgpool also exclude-padding;
  ///     l2pool 2, lppool 3 2x2, adaptiveavgpool 7, adaptivemaxpool 7, globalavgpool, globalmaxpool
  ///     maxunpool 2, upsample 2, upsample size 7x7 bilinear align-corners, pixelshuffle 2,
  ///     pixelunshuffle 2, pad 1, pad 1,2,1,2 reflect, pad 1 constant 0.5
  ///     lrn 5                            also: alpha 0.0001, beta 0.75, k 1
  ///     relu, sigmoid, tanh, arctan, softplus, step, identity, leaky-relu 0.01
  ///     relu6, elu 1, selu, celu 1, gelu, gelu-tanh, silu, mish, hard-swish, hard-sigmoid,
  ///     hard-tanh -1 1, softsign, log-sigmoid, softshrink 0.5, hardshrink 0.5, tanhshrink,
  ///     threshold 0.1 20, prelu, prelu per-channel, log-softmax
  ///     maxout 2, meanout 2, gaussian 0 1, radial 10 gaussian 1
  ///
  /// Parentheses make layers into blocks, and `|` separates branches:
  ///
  ///     residual(conv 16 3x3 padding 1, batchnorm, relu)           x + branch
  ///     residual(conv 32 3x3 stride 2 | conv 32 1x1 stride 2)      shortcut after the bar
  ///     concat(conv 8 1x1 | conv 8 3x3 padding 1)                  also: ( | ), sum( | ), product( | )
  ///     gate(globalavgpool, conv 16 1x1, sigmoid), repeat 3 (conv 16 3x3 padding 1, relu)
  ///
  /// Upper and lower case are the same, `5` is `5x5`, and options come in any order.
  ///
  /// Throws `InvalidNetwork`: which layer, which word, and the nearest one that is known.
  public static func blocks(text: String) throws -> [any Block] {
    guard text.utf8.count <= LayerWords.limit else {
      throw InvalidNetwork(
        description: "network text: expected at most \(LayerWords.limit) bytes, found "
          + "\(text.utf8.count): build the network in code")
    }
    var text = BlockText(text)
    return try text.blocks()
  }

  /// The layer or block that one part of a text describes.
  static func blocks(part: String, place: String) throws -> [any Block] {
    [try layer(text: part, place: place)]
  }

  /// The layer that one part of a text describes: the inverse of `Layer.text`.
  static func layer(text: String, place: String) throws -> any Layer {
    guard text.utf8.count <= LayerWords.limit else {
      throw InvalidNetwork(
        description: "\(place): expected at most \(LayerWords.limit) bytes, "
          + "found \(text.utf8.count)")
    }
    var words = LayerWords(text, place: place)
    let name = words.next() ?? ""
    guard let read = LayerGrammar.layers[LayerGrammar.otherNames[name] ?? name] else {
      throw words.unknown("layer", name, known: LayerGrammar.layers.keys.sorted())
    }
    let layer = try read(&words)
    try words.end()
    return layer
  }
}

/// How each layer reads the words after its name.
package enum LayerGrammar {
  package typealias Reader = @Sendable (inout LayerWords) throws -> any Layer

  package static let layers: [String: Reader] = {
    var table: [String: Reader] = [
      "dense": { words in
        let outputs = try words.integer("the number of outputs")
        let options = try words.options(["bias", "init"])
        let bias = try options["bias"].map {
          try words.choice($0, of: ["none": false, "shared": true])
        }
        return Dense(
          outputs, bias: bias ?? true, initialization: try initialization(options, words))
      },
      "batchnorm": { words in
        let options = try words.options(["epsilon", "momentum", "affine"])
        let usual = BatchNorm()
        return BatchNorm(
          epsilon: try options["epsilon"].map { try words.number($0, "epsilon") }
            ?? usual.epsilon,
          momentum: try options["momentum"].map { try words.number($0, "the momentum") }
            ?? usual.momentum,
          isAffine: try options["affine"].map {
            try words.choice($0, of: ["none": false, "learned": true])
          } ?? true)
      },
      "dropout": { Dropout(try $0.number("the rate", otherwise: 0.5)) },
      "dropout2d": { Dropout2D(try $0.number("the rate", otherwise: 0.5)) },
      "stochastic-depth": { StochasticDepth(try $0.number("the rate")) },
      "concat": { _ in Concatenate() },
      "flatten": { _ in Flatten() },
      "softmax": { _ in Softmax() },
      "add": { _ in Add() },
      "multiply": { _ in Multiply() },
      "maxout": { Fold(.maximum, pieces: try $0.integer("the number of pieces")) },
      "meanout": { Fold(.mean, pieces: try $0.integer("the number of pieces")) },
      "radial": { words in
        let units = try words.integer("the number of units")
        let function = try words.word("a radial function")
        let make = try words.choice(function, of: radialFunctions)
        return RadialBasis(units: units, function: make(try words.number("a width or offset")))
      },
      "leaky-relu": { words in
        Activation(.leakyReLU(slope: try words.number("the slope", otherwise: 0.01)))
      },
      "gaussian": { words in
        Activation(.gaussian(centre: try words.centre(), width: try words.scale("width")))
      },
      "multiquadratic": { words in
        Activation(.multiquadratic(centre: try words.centre(), offset: try words.scale("offset")))
      },
      "inverse-multiquadratic": { words in
        Activation(
          .inverseMultiquadratic(centre: try words.centre(), offset: try words.scale("offset")))
      },
    ]
    let plain: [Activation.Function] = [
      .identity, .step, .sigmoid, .tanh, .arctan, .relu, .softplus,
    ]
    for function in plain { table[function.name] = { _ in Activation(function) } }
    for more in [pooling, resampling, moreActivations, convolutions, normalizations, arrangements] {
      table.merge(more) { _, reader in reader }
    }
    return table
  }()

  /// Names that others use for the same layers.
  static let otherNames = [
    "conv2d": "conv", "convtranspose": "conv-transpose", "conv-transpose2d": "conv-transpose",
    "group-norm": "groupnorm", "instance-norm": "instancenorm", "layer-norm": "layernorm",
    "fc": "dense", "averagepool": "avgpool", "linear": "identity",
    "bn": "batchnorm", "batchnorm2d": "batchnorm", "batchnorm1d": "batchnorm",
    "heaviside": "step", "logistic": "sigmoid", "leakyrelu": "leaky-relu",
    "gap": "globalavgpool", "gmp": "globalmaxpool", "lppool2d": "lppool",
    "maxpool2d": "maxpool", "avgpool2d": "avgpool", "depthtospace": "pixelshuffle",
    "spacetodepth": "pixelunshuffle", "localresponsenorm": "lrn", "swish": "silu",
    "hardswish": "hard-swish", "hardsigmoid": "hard-sigmoid", "hardtanh": "hard-tanh",
    "logsigmoid": "log-sigmoid", "logsoftmax": "log-softmax",
  ]

  private static let radialFunctions: [String: @Sendable (Double) -> RadialFunction] = [
    "gaussian": { .gaussian(width: $0) },
    "multiquadratic": { .multiquadratic(offset: $0) },
    "inverse-multiquadratic": { .inverseMultiquadratic(offset: $0) },
  ]

  /// The option init: "he-normal", "normal:0.02".
  static func initialization(
    _ options: [String: String], _ words: LayerWords
  ) throws -> Initializer {
    guard let word = options["init"] else { return .standard }
    guard let initialization = Initializer(word: word) else {
      throw words.unknown("initialization", word, known: Initializer.names)
    }
    return initialization
  }
}
