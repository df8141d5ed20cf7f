import Striate
import Testing

/// Geometries that nobody would think of, drawn from a seed.
@Suite struct LayerFuzzTests {
  static let seeds: [UInt64] = Array(1...12)

  @Test(arguments: seeds)
  func convolutionsOfAnyGeometryAgreeWithTheReference(_ seed: UInt64) throws {
    var draw = Draw(seed: seed)
    for number in 0..<50 {
      let (layer, shape) = draw.convolution()
      let images = draw.batch()
      let network = try Network(layer, on: [shape], seed: seed)
      try EngineTrial(network, images: images, seed: seed &+ UInt64(number))
        .expectAgreement("\(layer.text) on \(images) × \(shape)")
    }
  }

  /// Thousands of phases of the strides, of which the kernel reaches few.
  @Test(arguments: [
    ("conv-transpose 3 7x7 stride 112", [3, 2, 2]), ("conv 3 7x7 stride 112", [2, 130, 119]),
    ("conv-transpose 2 1x2 stride 200x3 groups 2", [2, 3, 4]),
    ("conv3d 2 2x1x3 stride 5x3x4", [2, 8, 7, 11]),
  ])
  func stridesFarBeyondTheKernelAgreeWithTheReference(_ text: String, _ shape: [Int]) throws {
    let network = try Network(text: text, input: shape, seed: 2)
    for images in [1, 17] { try EngineTrial(network, images: images).expectAgreement(text) }
  }

  /// Every remainder of every tile: 1 to 19 filters, 1 to 8 pixels.
  @Test(arguments: 1...19)
  func everyNumberOfFiltersAgreesWithTheReference(_ filters: Int) throws {
    for width in 1...8 {
      let layer = Conv2D(filters: filters, kernel: Extent(1, 2), bias: .untied)
      let network = try Network(layer, on: [[1 + width % 3, 1, width + 1]], seed: 7)
      try EngineTrial(network, images: width == 8 ? 17 : 1)
        .expectAgreement("\(filters) filters, \(width) pixels")
    }
  }

  @Test(arguments: seeds)
  func poolsOfAnyGeometryAgreeWithTheReference(_ seed: UInt64) throws {
    var draw = Draw(seed: seed &+ 100)
    for number in 0..<24 {
      let (layer, shape) = draw.pool()
      let images = draw.batch()
      let network = try Network(layer, on: [shape], seed: seed)
      try EngineTrial(network, images: images, seed: seed &+ UInt64(number))
        .expectAgreement("\(layer.text) on \(images) × \(shape)")
    }
  }

  @Test(arguments: seeds)
  func unpoolingOfAnyGeometryAgreesWithTheReference(_ seed: UInt64) throws {
    var draw = Draw(seed: seed &+ 300)
    for number in 0..<8 {
      let (pooling, shape) = draw.maximum()
      let layer = MaxUnpool2D(
        pooling.window.kernel, stride: pooling.window.stride, padding: pooling.window.padding,
        dilation: pooling.window.dilation, ceilMode: pooling.ceilMode)
      let images = draw.batch()
      let network = try Network(
        layer, on: [pooling.outputShape(of: [shape]), shape], seed: seed)
      try EngineTrial(network, images: images, seed: seed &+ UInt64(number))
        .expectAgreement("\(layer.text) on \(images) × \(shape)")
    }
  }

  @Test(arguments: seeds)
  func resamplingOfAnyGeometryAgreesWithTheReference(_ seed: UInt64) throws {
    var draw = Draw(seed: seed &+ 400)
    for number in 0..<16 {
      let (layer, shape) = draw.resampling()
      let images = draw.batch()
      let network = try Network(layer, on: [shape], seed: seed)
      try EngineTrial(network, images: images, seed: seed &+ UInt64(number))
        .expectAgreement("\(layer.text) on \(images) × \(shape)")
    }
  }

  @Test(arguments: seeds)
  func layersOverChannelsOfAnyNumberAgreeWithTheReference(_ seed: UInt64) throws {
    var draw = Draw(seed: seed &+ 500)
    for number in 0..<8 {
      let layers: [any Layer] = [
        LocalResponseNorm(
          size: draw.from(1, 8), alpha: Double(draw.from(0, 4)), beta: Double(draw.from(0, 4)) / 2,
          k: Double(draw.from(1, 3))),
        PReLU(perChannel: draw.chance(0.5)), LogSoftmax(), Softmax(),
      ]
      let layer = layers[draw.from(0, 3)]
      let shape = [draw.from(1, 12)] + (draw.chance(0.5) ? [draw.from(1, 4), draw.from(1, 4)] : [])
      let images = draw.batch()
      let network = try Network(layer, on: [shape], seed: seed)
      try EngineTrial(network, images: images, seed: seed &+ UInt64(number))
        .expectAgreement("\(layer.text) on \(images) × \(shape)")
    }
  }

  @Test(arguments: seeds)
  func denseAndRadialLayersOfAnySizeAgreeWithTheReference(_ seed: UInt64) throws {
    var draw = Draw(seed: seed &+ 200)
    for number in 0..<8 {
      let (inputs, outputs, images) = (draw.from(1, 70), draw.from(1, 40), draw.batch())
      let dense = Dense(outputs, bias: draw.chance(0.7))
      try EngineTrial(
        Network(dense, on: [[inputs]], seed: seed), images: images, seed: seed &+ UInt64(number)
      ).expectAgreement("\(dense.text) on \(images) × \(inputs)")
      let radial = RadialBasis(
        units: draw.from(1, 20), function: .inverseMultiquadratic(offset: 1))
      try EngineTrial(
        Network(radial, on: [[draw.from(1, 20)]], seed: seed), images: images,
        seed: seed &+ UInt64(number)
      ).expectAgreement("\(radial.text) on \(images) images")
    }
  }

  @Test(arguments: [1, 2, 15, 16, 17, 31, 47, 48, 49, 63, 64, 65])
  func everyTailOfADenseLayerAgreesWithTheReference(_ inputs: Int) throws {
    for outputs in 1...9 {
      try EngineTrial(Network(Dense(outputs), on: [[inputs]], seed: 1), images: 33)
        .expectAgreement("\(inputs) to \(outputs)")
    }
  }
}

/// Random layers.
struct Draw {
  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func from(_ low: Int, _ high: Int) -> Int {
    low + generator.integer(below: high - low + 1)
  }

  mutating func chance(_ share: Float) -> Bool { generator.uniform() < share }

  mutating func batch() -> Int { [1, 1, 2, 15, 16, 17, 33][from(0, 6)] }

  /// An image and a convolution over it with any kernel that fits.
  mutating func convolution() -> (Conv2D, shape: [Int]) {
    while true {
      var (channels, filters, groups) = (from(1, 4), from(1, 19), 1)
      if chance(0.3) {
        groups = from(2, 5)
        (channels, filters) = (groups * from(1, 2), groups * from(1, 5))
        if chance(0.4) { channels = groups }  // depthwise
      }
      let image = chance(0.1) ? Extent(1, 1) : Extent(from(1, 9), from(1, 9))
      let kernel = chance(0.1) ? image : chance(0.15) ? 1 : Extent(from(1, 4), from(1, 4))
      let isPadded = chance(0.5)
      let layer = Conv2D(
        filters: filters, kernel: kernel,
        stride: chance(0.4) ? 1 : Extent(from(1, 5), from(1, 5)),
        padding: chance(0.15)
          ? .same
          : isPadded
            ? Padding(top: from(0, 5), left: from(0, 5), bottom: from(0, 5), right: from(0, 5)) : 0,
        dilation: chance(0.6) ? 1 : Extent(from(1, 3), from(1, 3)), groups: groups,
        bias: [.shared, .untied, .none][from(0, 2)],
        paddingMode: chance(0.6) ? .zeros : PaddingMode.allCases[from(0, 3)])
      let shape = [channels, image.height, image.width]
      if (try? layer.outputShape(of: [shape])) != nil { return (layer, shape) }
    }
  }

  mutating func window() -> (
    kernel: Extent, stride: Extent, padding: Padding, dilation: Extent, ceilMode: Bool
  ) {
    let kernel = chance(0.3) ? 2 : Extent(from(1, 4), from(1, 4))
    let isPadded = chance(0.5)
    return (
      kernel, chance(0.3) ? kernel : Extent(from(1, 5), from(1, 5)),
      isPadded
        ? Padding(top: from(0, 2), left: from(0, 2), bottom: from(0, 2), right: from(0, 2)) : 0,
      chance(0.6) ? 1 : Extent(from(1, 3), from(1, 3)), chance(0.5)
    )
  }

  /// An image and a maximum pooling over it.
  mutating func maximum() -> (MaxPool2D, shape: [Int]) {
    while true {
      let (kernel, stride, padding, dilation, ceilMode) = window()
      let layer = MaxPool2D(
        kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
      let shape = [from(1, 3), from(1, 9), from(1, 9)]
      if (try? layer.outputShape(of: [shape])) != nil { return (layer, shape) }
    }
  }

  /// An image and a layer that gives it another size.
  mutating func resampling() -> (any Layer, shape: [Int]) {
    while true {
      let factor = from(1, 3)
      let size = Extent(from(1, 9), from(1, 9))
      let mode: Upsample2D.Mode = [
        .nearest, .bilinear, .bilinear(alignsCorners: true),
      ][from(0, 2)]
      let padding = Padding(
        top: from(0, 3), left: from(0, 3), bottom: from(0, 3), right: from(0, 3))
      let layers: [any Layer] = [
        Upsample2D(Extent(from(1, 3), from(1, 3)), mode: mode), Upsample2D(size: size, mode: mode),
        PixelShuffle(factor), PixelUnshuffle(factor),
        Pad2D(padding, mode: PaddingMode.allCases[from(0, 3)]), Pad2D(padding, constant: -1.5),
      ]
      let layer = layers[from(0, 5)]
      let shape = [
        factor * factor * from(1, 2), chance(0.5) ? factor * from(1, 3) : from(1, 9),
        factor * from(1, 3),
      ]
      if (try? layer.outputShape(of: [shape])) != nil { return (layer, shape) }
    }
  }

  /// An image and a pooling or a fold over it.
  mutating func pool() -> (any Layer, shape: [Int]) {
    while true {
      let (kernel, stride, padding, dilation, ceilMode) = window()
      let pieces = from(1, 3)
      let size = Extent(from(1, 6), from(1, 6))
      let power = [1, 2, 2, 3, 1.5, 9][from(0, 5)]
      let layers: [any Layer] = [
        MaxPool2D(
          kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode),
        AveragePool2D(
          kernel, stride: stride, padding: padding, ceilMode: ceilMode,
          countsPadding: chance(0.5)),
        LpPool2D(power: power, kernel, stride: stride, padding: padding, ceilMode: ceilMode),
        AdaptiveAveragePool2D(size), AdaptiveMaxPool2D(size), GlobalAveragePool2D(),
        Maxout(pieces), Fold(.mean, pieces: pieces),
      ]
      let layer = layers[from(0, 7)]
      let shape = [pieces * from(1, 3), from(1, 9), from(1, 9)]
      if (try? layer.outputShape(of: [shape])) != nil { return (layer, shape) }
    }
  }
}
