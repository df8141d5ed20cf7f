/// How convolutions read the words after their names.
extension LayerGrammar {
  static let convolutions: [String: Reader] = [
    "conv": { words in
      let filters = try words.integer("the number of filters")
      let options = try ConvolutionOptions(&words, and: ["groups", "init"])
      return Conv2D(
        filters: filters, kernel: options.kernel, stride: options.stride,
        padding: options.padding, dilation: options.dilation,
        groups: try options.number("groups", otherwise: 1, words), bias: options.bias,
        paddingMode: options.paddingMode,
        initialization: try initialization(options.all, words))
    },
    "depthwise": { words in
      let options = try ConvolutionOptions(&words, and: ["multiplier"])
      return DepthwiseConv2D(
        kernel: options.kernel, stride: options.stride, padding: options.padding,
        dilation: options.dilation,
        multiplier: try options.number("multiplier", otherwise: 1, words), bias: options.bias,
        paddingMode: options.paddingMode)
    },
    "conv1d": convolution1D,
    "conv3d": convolution3D,
    "conv-transpose": transposed,
  ]

  private static let biases: [String: Conv2D.Bias] = [
    "shared": .shared, "untied": .untied, "none": .none,
  ]

  private static let paddingModes = Dictionary(
    uniqueKeysWithValues: PaddingMode.allCases.map { ($0.rawValue, $0) })

  /// What convolutions over images have in common.
  private struct ConvolutionOptions {
    let kernel: Extent, stride: Extent, dilation: Extent
    let padding: Padding
    let bias: Conv2D.Bias
    let paddingMode: PaddingMode
    let all: [String: String]

    init(_ words: inout LayerWords, and others: [String]) throws {
      kernel = try words.extent("the kernel's size")
      all = try words.options(
        ["stride", "padding", "dilation"] + others + ["bias", "padding-mode"])
      stride = try all["stride"].map { try words.extent($0, "the stride") } ?? 1
      dilation = try all["dilation"].map { try words.extent($0, "the dilation") } ?? 1
      padding = try all["padding"].map { try LayerGrammar.padding($0, words) } ?? 0
      bias = try all["bias"].map { try words.choice($0, of: biases) } ?? .shared
      paddingMode =
        try all["padding-mode"].map { try words.choice($0, of: paddingModes) } ?? .zeros
    }

    func number(_ name: String, otherwise: Int, _ words: LayerWords) throws -> Int {
      try all[name].map { try words.integer($0, "the number of \(name)") } ?? otherwise
    }
  }

  private static func convolution1D(_ words: inout LayerWords) throws -> any Layer {
    let filters = try words.integer("the number of filters")
    let kernel = try words.integer("the kernel's length")
    let options = try words.options(
      ["stride", "padding", "dilation", "groups", "bias", "padding-mode", "init"])
    func number(_ name: String) throws -> Int {
      try options[name].map { try words.integer($0, "the \(name)") } ?? 1
    }
    return Conv1D(
      filters: filters, kernel: kernel, stride: try number("stride"),
      padding: try options["padding"].map { try paddingOfSequence($0, words) } ?? 0,
      dilation: try number("dilation"), groups: try number("groups"),
      bias: try options["bias"].map { try words.choice($0, of: biases) } ?? .shared,
      paddingMode: try options["padding-mode"].map { try words.choice($0, of: paddingModes) }
        ?? .zeros,
      initialization: try initialization(options, words))
  }

  private static func convolution3D(_ words: inout LayerWords) throws -> any Layer {
    let filters = try words.integer("the number of filters")
    let kernel = try words.volume(try words.word("the kernel's size"), "the kernel's size")
    let options = try words.options(
      ["stride", "padding", "dilation", "groups", "bias", "padding-mode"])
    func volume(_ name: String, otherwise: Extent3D) throws -> Extent3D {
      try options[name].map { try words.volume($0, "the \(name)") } ?? otherwise
    }
    return Conv3D(
      filters: filters, kernel: kernel, stride: try volume("stride", otherwise: 1),
      padding: try volume("padding", otherwise: 0),
      dilation: try volume("dilation", otherwise: 1),
      groups: try options["groups"].map { try words.integer($0, "the number of groups") } ?? 1,
      bias: try options["bias"].map { try words.choice($0, of: biases) } ?? .shared,
      paddingMode: try options["padding-mode"].map { try words.choice($0, of: paddingModes) }
        ?? .zeros)
  }

  private static func transposed(_ words: inout LayerWords) throws -> any Layer {
    let filters = try words.integer("the number of filters")
    let kernel = try words.extent("the kernel's size")
    let options = try words.options(
      ["stride", "padding", "output-padding", "dilation", "groups", "bias"])
    func extent(_ name: String, otherwise: Extent) throws -> Extent {
      try options[name].map { try words.extent($0, "the \(name)") } ?? otherwise
    }
    return ConvTranspose2D(
      filters: filters, kernel: kernel, stride: try extent("stride", otherwise: 1),
      padding: try options["padding"].map { try padding($0, words) } ?? 0,
      outputPadding: try extent("output-padding", otherwise: 0),
      dilation: try extent("dilation", otherwise: 1),
      groups: try options["groups"].map { try words.integer($0, "the number of groups") } ?? 1,
      bias: try options["bias"].map {
        try words.choice($0, of: ["none": false, "shared": true])
      } ?? true)
  }

  /// "1", "1,2,1,2" (top, left, bottom, right) or "same", which keeps the size of the image.
  static func padding(_ word: String, _ words: LayerWords) throws -> Padding {
    if word == "same" { return .same }
    let sides = try word.split(separator: ",", omittingEmptySubsequences: false)
      .map { try words.integer(String($0), "the padding") }
    switch sides.count {
    case 1: return Padding(top: sides[0], left: sides[0], bottom: sides[0], right: sides[0])
    case 4: return Padding(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3])
    default:
      throw words.failure(
        expected: "one padding, or top,left,bottom,right", found: "\(sides.count) numbers",
        advice: "write padding 1 or padding 1,2,1,2")
    }
  }

  /// "1", "2,0" (before, after) or "same", which keeps the length of the sequence.
  private static func paddingOfSequence(_ word: String, _ words: LayerWords) throws -> Padding {
    if word == "same" { return .same }
    let sides = try word.split(separator: ",", omittingEmptySubsequences: false)
      .map { try words.integer(String($0), "the padding") }
    guard sides.count <= 2 else {
      throw words.failure(
        expected: "one padding, or before,after", found: "\(sides.count) numbers",
        advice: "write padding 1 or padding 2,0")
    }
    return Padding(left: sides[0], right: sides[sides.count - 1])
  }
}

extension LayerWords {
  /// A word as a depth, a height and a width: "3" or "3x5x5".
  func volume(_ word: String, _ what: String) throws -> Extent3D {
    let sides = word.split(separator: "x", omittingEmptySubsequences: false)
      .map { Int($0) ?? -1 }
    guard sides.count == 1 || sides.count == 3, sides.allSatisfy({ $0 >= 0 }) else {
      throw failure(
        expected: "\(what) such as 3 or 3x5x5", found: "\"\(word.prefix(40))\"",
        advice: "correct it")
    }
    return sides.count == 1
      ? Extent3D(sides[0], sides[0], sides[0]) : Extent3D(sides[0], sides[1], sides[2])
  }
}
