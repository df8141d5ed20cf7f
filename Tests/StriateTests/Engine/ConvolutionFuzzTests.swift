import LaneKernels
import Striate
import Testing

/// Depthwise, transposed and three-dimensional convolutions and normalisations of any geometry.
@Suite struct ConvolutionFuzzTests {
  @Test(arguments: LayerFuzzTests.seeds)
  func depthwiseConvolutionsOfAnyGeometryAgreeWithTheReference(_ seed: UInt64) throws {
    try fuzz(seed: seed, count: 20) { $0.depthwise() }
  }

  @Test(arguments: LayerFuzzTests.seeds)
  func transposedConvolutionsOfAnyGeometryAgreeWithTheReference(_ seed: UInt64) throws {
    try fuzz(seed: seed &+ 100, count: 20) { $0.transposed() }
  }

  @Test(arguments: LayerFuzzTests.seeds)
  func convolutionsOfAnyVolumeAgreeWithTheReference(_ seed: UInt64) throws {
    try fuzz(seed: seed &+ 200, count: 10) { $0.volume() }
  }

  @Test(arguments: LayerFuzzTests.seeds)
  func normalizationsOfAnyShapeAgreeWithTheReference(_ seed: UInt64) throws {
    try fuzz(seed: seed &+ 300, count: 15) { $0.normalization() }
  }

  /// Maps that do not fit into a band, so that bands meet inside the image.
  @Test(arguments: [
    DepthwiseConv2D(kernel: 3, padding: 1), DepthwiseConv2D(kernel: 3, stride: 2, padding: 1),
    DepthwiseConv2D(kernel: 5, multiplier: 2),
    DepthwiseConv2D(kernel: 3, stride: Extent(3, 2), padding: .same, bias: .untied),
  ])
  func bandsOfADepthwiseConvolutionMeet(_ layer: DepthwiseConv2D) throws {
    let network = try Network(layer, on: [[2, 37, 61]], seed: 4)
    for images in [1, 17] {
      try EngineTrial(network, images: images).expectAgreement("\(layer.text), \(images) images")
    }
  }

  /// Every remainder of what is gathered at a time, for one and for several chunks.
  @Test(arguments: [16, 40, 200])
  func pixelsOfAnyNumberAreGathered(_ channels: Int) throws {
    for pixels in [1, 2, 3, 5, 23, 24, 25, 50] {
      let network = try Network(
        Conv2D(filters: 18, kernel: 1), on: [[channels, 1, pixels]], seed: 3)
      try EngineTrial(network, images: pixels == 50 ? 17 : 1)
        .expectAgreement("\(channels) channels, \(pixels) pixels")
    }
  }

  /// More channels than stay in the cache at once, more pixels and blocks than a weight gradient runs over
  /// at once, filters that fill no tile, and what is left over of each.
  @Test(arguments: [
    (Conv2D(filters: 16, kernel: 3, padding: 1), [37, 7, 5], 17),
    (Conv2D(filters: 9, kernel: 3, stride: 2, padding: 1), [29, 9, 8], 3),
    (Conv2D(filters: 24, kernel: 5), [20, 13, 17], 2),
    (Conv2D(filters: 6, kernel: 3, dilation: 2), [18, 23, 9], 1),
    (Conv2D(filters: 5, kernel: 3, padding: 1), [118, 4, 4], 65),
    (Conv2D(filters: 8, kernel: 3, padding: 1, groups: 2, bias: .untied), [44, 3, 28], 16),
  ])
  func channelsPixelsAndBlocksInLotsAddUp(
    _ layer: Conv2D, _ shape: [Int], _ images: Int
  ) throws {
    let network = try Network(input: shape, seed: 6) {
      layer
      ReLU()
    }
    try EngineTrial(network, images: images).expectAgreement("\(layer.text) on \(shape)")
  }

  /// A ReLU that follows is computed along with the layer.
  @Test(arguments: [
    "depthwise 3x3 padding 1", "conv-transpose 3 3x3 stride 2", "conv3d 3 2x2x2",
    "conv 3 3x3 padding same padding-mode reflect",
  ])
  func layersClampTheirOutputsForAReLU(_ text: String) throws {
    let input = text.hasPrefix("conv3d") ? [2, 3, 4, 4] : [3, 5, 4]
    let network = try Network(text: text + ", relu", input: input, seed: 8)
    try EngineTrial(network, images: 18, scale: 2).expectAgreement(text)
  }

  private func fuzz(
    seed: UInt64, count: Int, _ layer: (inout Draw) -> (any Layer, shape: [Int])
  ) throws {
    var draw = Draw(seed: seed)
    for number in 0..<count {
      let (layer, shape) = layer(&draw)
      let images = draw.batch()
      let network = try Network(layer, on: [shape], seed: seed)
      try EngineTrial(network, images: images, seed: seed &+ UInt64(number))
        .expectAgreement("\(layer.text) on \(images) × \(shape)")
    }
  }
}

extension Draw {
  /// An image and a depthwise convolution over it; widths that are no multiple of any tile.
  fileprivate mutating func depthwise() -> (any Layer, shape: [Int]) {
    while true {
      let layer = DepthwiseConv2D(
        kernel: Extent(from(1, 5), from(1, 5)),
        stride: chance(0.4) ? 1 : Extent(from(1, 4), from(1, 4)),
        padding: chance(0.2)
          ? .same
          : Padding(top: from(0, 4), left: from(0, 4), bottom: from(0, 4), right: from(0, 4)),
        dilation: chance(0.7) ? 1 : Extent(from(1, 3), from(1, 3)), multiplier: from(1, 3),
        bias: [.shared, .untied, .none][from(0, 2)],
        paddingMode: chance(0.8) ? .zeros : PaddingMode.allCases[from(0, 3)])
      let shape = [from(1, 5), from(1, 12), from(1, 20)]
      if (try? layer.outputShape(of: [shape])) != nil { return (layer, shape) }
    }
  }

  /// An image and a transposed convolution over it.
  fileprivate mutating func transposed() -> (any Layer, shape: [Int]) {
    while true {
      let groups = chance(0.7) ? 1 : from(2, 3)
      let (channels, filters) = (groups * from(1, 4), groups * from(1, 9))
      let layer = ConvTranspose2D(
        filters: filters, kernel: Extent(from(1, 4), from(1, 4)),
        stride: chance(0.3) ? 1 : Extent(from(1, 4), from(1, 4)),
        padding: chance(0.5)
          ? 0 : Padding(top: from(0, 3), left: from(0, 3), bottom: from(0, 3), right: from(0, 3)),
        outputPadding: chance(0.5) ? 0 : Extent(from(0, 2), from(0, 2)),
        dilation: chance(0.6) ? 1 : Extent(from(1, 3), from(1, 3)), groups: groups,
        bias: chance(0.7))
      let shape = [channels, from(1, 6), from(1, 6)]
      if (try? layer.outputShape(of: [shape])) != nil { return (layer, shape) }
    }
  }

  /// A volume and a convolution over it.
  fileprivate mutating func volume() -> (any Layer, shape: [Int]) {
    while true {
      let groups = chance(0.7) ? 1 : from(2, 3)
      let layer = Conv3D(
        filters: groups * from(1, 5), kernel: extent(1, 3),
        stride: chance(0.4) ? 1 : extent(1, 3), padding: chance(0.4) ? 0 : extent(0, 2),
        dilation: chance(0.6) ? 1 : extent(1, 2), groups: groups,
        bias: [.shared, .untied, .none][from(0, 2)],
        paddingMode: chance(0.5) ? .zeros : PaddingMode.allCases[from(0, 3)])
      let shape = [groups * from(1, 2), from(1, 5), from(1, 5), from(1, 5)]
      if (try? layer.outputShape(of: [shape])) != nil { return (layer, shape) }
    }
  }

  private mutating func extent(_ low: Int, _ high: Int) -> Extent3D {
    Extent3D(from(low, high), from(low, high), from(low, high))
  }

  /// A shape and a normalisation of at least five numbers: of two, nothing but their order is left.
  fileprivate mutating func normalization() -> (any Layer, shape: [Int]) {
    while true {
      let groups = from(1, 4)
      let affine = chance(0.7)
      let shape = [[groups * from(1, 6)], [groups * from(1, 6), from(1, 9), from(1, 9)]][from(0, 1)]
      let layers: [any Normalization] = [
        GroupNorm(groups, affine: affine), InstanceNorm2D(affine: affine),
        LayerNorm(affine: affine), LayerNorm(.channels, affine: affine),
        LayerNorm(.last(from(1, 3)), affine: affine),
      ]
      let layer = layers[from(0, layers.count - 1)]
      guard (try? layer.outputShape(of: [shape])) != nil else { continue }
      let division = layer.division(of: shape)
      if division.channels * (division.isAlongRun ? 1 : division.run) >= 5 { return (layer, shape) }
    }
  }
}
