/// How pooling layers, and layers that change an image's size, read the words after their name.
extension LayerGrammar {
  static let pooling: [String: Reader] = [
    "maxpool": { words in
      let pool = try pool(&words, options: ["dilation"])
      return MaxPool2D(
        pool.kernel, stride: pool.stride, padding: pool.padding, dilation: pool.dilation,
        ceilMode: pool.ceilMode)
    },
    "maxunpool": { words in
      let pool = try pool(&words, options: ["dilation"])
      return MaxUnpool2D(
        pool.kernel, stride: pool.stride, padding: pool.padding, dilation: pool.dilation,
        ceilMode: pool.ceilMode)
    },
    "avgpool": { words in
      let pool = try pool(&words, flags: ["exclude-padding"])
      return AveragePool2D(
        pool.kernel, stride: pool.stride, padding: pool.padding, ceilMode: pool.ceilMode,
        countsPadding: !pool.flags.contains("exclude-padding"))
    },
    "l2pool": { try norm(2, &$0) },
    "lppool": { words in
      let power = try words.number("the power")
      return try norm(power, &words)
    },
    "adaptiveavgpool": { AdaptiveAveragePool2D(try $0.extent("the output's size")) },
    "adaptivemaxpool": { AdaptiveMaxPool2D(try $0.extent("the output's size")) },
    "globalavgpool": { _ in GlobalAveragePool2D() },
    "globalmaxpool": { _ in GlobalMaxPool2D() },
  ]

  static let resampling: [String: Reader] = [
    "upsample": { try upsampling(&$0) },
    "pixelshuffle": { PixelShuffle(try $0.integer("the factor")) },
    "pixelunshuffle": { PixelUnshuffle(try $0.integer("the factor")) },
    "pad": { words in
      let width = try words.word("the padding")
      guard width != "same" else {
        throw words.failure(
          expected: "the padding in pixels", found: "\"same\"", advice: "give it as a number")
      }
      let border = try padding(width, words)
      guard let mode = words.next() else { return Pad2D(border) }
      if mode == "constant" { return Pad2D(border, constant: try words.number("the constant")) }
      let modes = PaddingMode.allCases.map { ($0.rawValue, $0) }
      return Pad2D(
        border, mode: try words.choice(mode, of: Dictionary(uniqueKeysWithValues: modes)))
    },
    "lrn": { words in
      let size = try words.integer("the number of channels in a window")
      let options = try words.options(["alpha", "beta", "k"])
      var layer = LocalResponseNorm(size: size)
      if let alpha = options["alpha"] { layer.alpha = try words.number(alpha, "alpha") }
      if let beta = options["beta"] { layer.beta = try words.number(beta, "beta") }
      if let k = options["k"] { layer.k = try words.number(k, "k") }
      return layer
    },
  ]

  /// What the words after a pooling's name say.
  private struct Pooling {
    var kernel: Extent
    var stride: Extent?
    var padding: Padding
    var dilation: Extent
    var ceilMode: Bool
    var flags: Set<String>
  }

  private static func pool(
    _ words: inout LayerWords, options known: [String] = [], flags: [String] = []
  ) throws -> Pooling {
    let kernel = try words.extent("the kernel's size")
    let options = try words.options(["stride", "padding"] + known, flags: ["ceil"] + flags)
    let stride = try options["stride"].map { try words.extent($0, "the stride") }
    let dilation = try options["dilation"].map { try words.extent($0, "the dilation") } ?? 1
    return Pooling(
      kernel: kernel, stride: stride,
      padding: try options["padding"].map { try padding($0, words) } ?? 0,
      dilation: dilation, ceilMode: options["ceil"] != nil,
      flags: Set(flags.filter { options[$0] != nil }))
  }

  private static func norm(_ power: Double, _ words: inout LayerWords) throws -> any Layer {
    let pool = try pool(&words)
    return LpPool2D(
      power: power, pool.kernel, stride: pool.stride, padding: pool.padding,
      ceilMode: pool.ceilMode)
  }

  /// "2", "2x3 bilinear" or "size 7 bilinear align-corners".
  private static func upsampling(_ words: inout LayerWords) throws -> any Layer {
    let first = try words.word("a factor, or size and the output's size")
    let isSize = first == "size"
    let numbers =
      isSize ? try words.extent("the output's size") : try words.extent(first, "a factor")
    let flags = try words.options([], flags: ["nearest", "bilinear", "align-corners"])
    let isBilinear = flags["bilinear"] != nil
    guard !isBilinear || flags["nearest"] == nil, isBilinear || flags["align-corners"] == nil
    else {
      throw words.failure(
        expected: "nearest, bilinear, or bilinear align-corners",
        found: flags.keys.sorted().joined(separator: " "), advice: "choose one")
    }
    let mode: Upsample2D.Mode =
      isBilinear ? .bilinear(alignsCorners: flags["align-corners"] != nil) : .nearest
    return isSize ? Upsample2D(size: numbers, mode: mode) : Upsample2D(numbers, mode: mode)
  }
}
