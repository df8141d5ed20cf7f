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
    try self.init(input: input, seed: seed, layers: Network.layers(text: text))
  }

  /// The layers that a text describes, separated by commas, semicolons or line ends.
  ///
  /// Each layer is its name followed by its numbers and options, as in the layer's own `text`:
  ///
  ///     conv 8 5x5 stride 2 padding 1    also: dilation 2, groups 2, bias untied, bias none;
  ///                                      padding same; padding top,left,bottom,right;
  ///                                      padding-mode reflect (replicate, circular)
  ///     conv1d 8 5, conv3d 8 3x3x3, depthwise 3x3 multiplier 2
  ///     conv-transpose 8 4x4 stride 2 padding 1 output-padding 1
  ///     groupnorm 8, layernorm, layernorm channels, layernorm last 2, instancenorm affine yes
  ///     dense 10, flatten, add, multiply, softmax
  ///     maxpool 2, avgpool 3x3 stride 2, l2pool 2
  ///     relu, sigmoid, tanh, arctan, softplus, step, identity, leaky-relu 0.01
  ///     maxout 2, meanout 2, gaussian 0 1, radial 10 gaussian 1
  ///
  /// Upper and lower case are the same, `5` is `5x5`, and options come in any order.
  ///
  /// Throws `InvalidNetwork`: which layer, which word, and the nearest one that is known.
  public static func layers(text: String) throws -> [any Layer] {
    guard text.utf8.count <= LayerWords.limit else {
      throw InvalidNetwork(
        description: "network text: expected at most \(LayerWords.limit) bytes, found "
          + "\(text.utf8.count): build the network in code")
    }
    let parts = LayerWords.parts(of: text)
    guard !parts.isEmpty else {
      throw InvalidNetwork(
        description: "network text: expected layers such as \"flatten, dense 10\", found none")
    }
    return try parts.enumerated().map { index, part in
      try layer(text: part, place: "network text, layer \(index + 1) \"\(part.prefix(40))\"")
    }
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
        let bias = try words.options(["bias"])["bias"].map {
          try words.choice($0, of: ["none": false, "shared": true])
        }
        return Dense(outputs, bias: bias ?? true)
      },
      "maxpool": { try pool(&$0) { MaxPool2D($0, stride: $1) } },
      "avgpool": { try pool(&$0) { AveragePool2D($0, stride: $1) } },
      "l2pool": { try pool(&$0) { L2Pool2D($0, stride: $1) } },
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
    table.merge(convolutions) { _, reader in reader }
    table.merge(normalizations) { _, reader in reader }
    return table
  }()

  /// Names that others use for the same layers.
  static let otherNames = [
    "conv2d": "conv", "convtranspose": "conv-transpose", "conv-transpose2d": "conv-transpose",
    "group-norm": "groupnorm", "instance-norm": "instancenorm", "layer-norm": "layernorm",
    "fc": "dense", "averagepool": "avgpool", "linear": "identity",
    "heaviside": "step", "logistic": "sigmoid", "leakyrelu": "leaky-relu",
  ]

  private static let radialFunctions: [String: @Sendable (Double) -> RadialFunction] = [
    "gaussian": { .gaussian(width: $0) },
    "multiquadratic": { .multiquadratic(offset: $0) },
    "inverse-multiquadratic": { .inverseMultiquadratic(offset: $0) },
  ]

  private static func pool(
    _ words: inout LayerWords, _ make: (Extent, Extent?) -> any Layer
  ) throws -> any Layer {
    let kernel = try words.extent("the kernel's size")
    let stride = try words.options(["stride"])["stride"].map { try words.extent($0, "the stride") }
    return make(kernel, stride)
  }
}
