import LaneKernels

/// What the 16 numbers hold that lie side by side.
package enum LaneContent: Sendable {
  /// One number of 16 images.
  case images
  /// Sixteen channels of one pixel, for inference alone.
  case channels
}

/// How the numbers of an image lie where lanes hold channels.
struct ChannelShape: Sendable, Equatable {
  /// [C, …]; of a flattened image what it was before.
  let shape: [Int]

  /// Whether the image was flattened.
  var isFlat = false

  /// Whether the numbers lie one after the other, as in a tensor; if not, they lie as [group][pixel] of 16 channels.
  let isPlanar: Bool

  /// The numbers of a channel.
  let pixels: Int

  init(_ shape: [Int], isPlanar: Bool = false) {
    (self.shape, self.isPlanar) = (shape, isPlanar)
    pixels = shape.dropFirst().reduce(1, *)
  }

  /// Groups of 16 channels.
  var groups: Int { shape[0].padded / laneCount }

  /// The rows of a channel.
  var rows: Int { shape.count > 1 ? shape[1] : 1 }

  /// Floats of one image.
  var stride: Int { isPlanar ? shape.product.padded : groups * pixels * laneCount }

  /// The shape of an image in a tensor.
  var imageShape: [Int] { isFlat ? [shape.product] : shape }

  /// The shape of so many images as one value of lanes: images are further channels.
  func lanes(images: Int) -> [Int] {
    isPlanar
      ? [images * stride / laneCount] : [images * groups] + shape.dropFirst()
  }

  /// Where the number of an image lies that has this index in a tensor.
  func place(of index: Int) -> Int {
    if isPlanar { return index }
    let (channel, pixel) = index.quotientAndRemainder(dividingBy: pixels)
    return (channel / laneCount * pixels + pixel) * laneCount + channel % laneCount
  }
}

/// How a plan lays out a network's values where lanes hold channels.
///
/// A block is some images, one after the other; to a layer that computes lane by lane, a block of n images of c groups
/// of channels is one image of n · c channels, with 16 images side by side.
struct ChannelLayout: Sendable {
  /// Images of a block, and blocks.
  let images: Int, blocks: Int
  let inputs: [ChannelShape]
  let nodes: [ChannelShape]

  /// Nil where a layer cannot compute so.
  init?(_ network: Network, batchSize: Int) {
    let inputs = network.inputs.map { ChannelShape($0.shape, isPlanar: true) }
    let layout = PlanLayout(network, isTraining: false)
    var nodes: [ChannelShape] = []
    for (index, node) in network.nodes.enumerated() {
      let sources = node.inputs.map { source in
        switch source {
        case .input(let index): inputs[index]
        case .node(let index): nodes[index]
        }
      }
      if layout.isFolded[index] {
        nodes.append(sources[0])
        continue
      }
      guard let layer = node.layer as? any RunsOnChannels,
        let shape = layer.channelShape(of: sources, output: node.shape)
      else { return nil }
      nodes.append(shape)
    }
    (self.inputs, self.nodes) = (inputs, nodes)
    let largest = nodes.map(\.stride).max() ?? 1
    let most = min(ChannelLayout.mostImages, max(1, ChannelLayout.blockSize / largest))
    images = ChannelLayout.images(of: batchSize, most: most)
    blocks = (batchSize - 1) / images + 1
  }

  /// The images of a block: of as many as are computed least in vain, in the last block and by a second thread that has
  /// none, the most.
  private static func images(of batchSize: Int, most: Int) -> Int {
    func cost(_ images: Int) -> Int { ((batchSize - 1) / images / 2 + 1) * 2 * images }
    return (1...most).min { (cost($0), -$0) < (cost($1), -$1) } ?? 1
  }

  /// Images of a block at most, and the Floats of its largest value, where that is more than one image: weights are read
  /// once for all of them.
  private static let mostImages = 8
  private static let blockSize = 1 << 21

  /// The layout of a plan whose lanes hold channels, because that is asked for or is faster; nil where they hold
  /// images.
  static func chosen(
    for network: Network, batchSize: Int, lanes: LaneContent?
  ) -> ChannelLayout? {
    guard lanes != .images, let layout = ChannelLayout(network, batchSize: batchSize) else {
      return nil
    }
    return lanes == .channels || batchSize <= mostImages || layout.isLarge ? layout : nil
  }

  /// Whether an image is so large that 16 of them side by side do not stay near, and lanes are mostly full.
  private var isLarge: Bool {
    let sizes = nodes.map { (numbers: $0.shape.product, floats: $0.stride) }
    let (numbers, floats) = sizes.reduce((0.0, 0.0)) {
      ($0.0 + Double($1.numbers), $0.1 + Double($1.floats))
    }
    return sizes.contains { $0.numbers >= 1 << 16 } && numbers >= 0.75 * floats
  }

  func shape(of value: Network.Value) -> ChannelShape {
    switch value {
    case .input(let index): inputs[index]
    case .node(let index): nodes[index]
    }
  }
}

/// A layer that can compute where lanes hold channels.
protocol RunsOnChannels: Layer {
  /// How its output lies, or nil where it cannot compute such inputs.
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape?

  /// Appends the steps that compute the layer.
  func compile(into site: inout ChannelSite)

  /// The Floats that it allocates beside values, for all images of a plan.
  func channelMemory(of input: ChannelShape, output: ChannelShape, images: Int, workers: Int)
    -> Double
}

extension RunsOnChannels {
  /// Lane by lane: as where lanes hold images.
  func compile(into site: inout ChannelSite) { compile(into: &site.lanes) }

  /// None.
  func channelMemory(of input: ChannelShape, output: ChannelShape, images: Int, workers: Int)
    -> Double
  { 0 }
}

/// Where a layer compiles itself in a plan whose lanes hold channels.
struct ChannelSite {
  /// The site of a layer that computes lane by lane: blocks of images as one image each.
  var lanes: LayerSite
  /// Images of a block.
  let images: Int
  let inputs: [ChannelShape]
  let output: ChannelShape

  /// All images.
  var allImages: Int { lanes.blocks * images }
}

// MARK: Layers that compute lane by lane

/// A layer of any numbers, each by itself.
extension Activation: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? { inputs[0] }
}

extension Dropout: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? { inputs[0] }
}

extension Flatten: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    var shape = inputs[0]
    shape.isFlat = true
    return shape
  }
}

extension Add: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    inputs.allSatisfy { $0 == inputs[0] } ? inputs[0] : nil
  }
}

extension Multiply: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    let largest = ChannelShape(output)
    let fit = inputs.dropFirst().allSatisfy {
      $0 == largest
        || !$0.isPlanar && !$0.isFlat && $0.pixels == 1 && $0.shape[0] == largest.shape[0]
    }
    return inputs[0] == largest && fit ? largest : nil
  }
}

extension RunsOnChannels where Self: Pool2D {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    inputs[0].isPlanar ? nil : ChannelShape(output)
  }
}

extension MaxPool2D: RunsOnChannels {}
extension AveragePool2D: RunsOnChannels {}
extension LpPool2D: RunsOnChannels {}

extension AdaptivePool2D: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    inputs[0].isPlanar ? nil : ChannelShape(output)
  }
}

extension Upsample2D: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    inputs[0].isPlanar ? nil : ChannelShape(output)
  }
}

// MARK: Concatenation

/// Images of which all but the last fill whole groups of 16 channels: theirs follow one another.
extension Concatenate: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    let areImages = inputs.allSatisfy { !$0.isPlanar && !$0.isFlat }
    let areWhole = inputs.dropLast().allSatisfy { $0.shape[0] % laneCount == 0 }
    return areImages && areWhole ? ChannelShape(output) : nil
  }

  func compile(into site: inout ChannelSite) {
    let (copy, output, images) = (site.lanes.kernels.copyRows, site.lanes.output, site.images)
    let stride = site.output.stride
    var first = 0
    site.lanes.begin(.forward)
    for (input, shape) in zip(site.lanes.inputs, site.inputs) {
      let (place, count) = (first, shape.stride)
      site.lanes.add(.forward, tasks: site.lanes.blocks, reach: .block) { block in
        copy(
          images, count, input.values + block * input.blockStride, count,
          output.values + (block * output.blockStride + place), stride)
      }
      first += count
    }
  }
}

// MARK: Batch normalisation

/// Normalisation that no layer before it takes in: a scale and a shift for every channel.
extension BatchNorm: RunsOnChannels {
  func channelShape(of inputs: [ChannelShape], output: [Int]) -> ChannelShape? {
    inputs[0].isPlanar || inputs[0].shape != output ? nil : inputs[0]
  }

  func compile(into site: inout ChannelSite) {
    let (shape, images) = (site.inputs[0], site.images)
    let scales = site.lanes.allocateOverwritten(shape.groups * laneCount)
    let shifts = site.lanes.allocateOverwritten(shape.groups * laneCount)
    let parameters = site.lanes.parameters
    let (mean, variance) = (parameters[parameters.count - 2], parameters[parameters.count - 1])
    site.lanes.prepare(tasks: 1) { [self] _ in
      for c in 0..<shape.groups * laneCount {
        guard c < mean.count else {
          (scales.base[c], shifts.base[c]) = (0, 0)
          continue
        }
        let gamma = isAffine ? Double(parameters[0].values.base[c]) : 1
        let beta = isAffine ? Double(parameters[1].values.base[c]) : 0
        let scale = gamma / (Double(variance.values.base[c]) + epsilon).squareRoot()
        scales.base[c] = Float(scale)
        shifts.base[c] = Float(beta - Double(mean.values.base[c]) * scale)
      }
    }
    let (kernel, limits) = (site.lanes.kernels.channels.scale, site.lanes.limits)
    let (input, output) = (site.lanes.inputs[0], site.lanes.output)
    let (groups, pixels) = (shape.groups, shape.pixels)
    site.lanes.forEachPart(of: images * groups) { block, range in
      for map in range {
        let group = map % groups * laneCount
        let place = block * output.blockStride + map * pixels * laneCount
        kernel(
          pixels, scales + group, shifts + group, limits, input.values + place,
          output.values + place)
      }
    }
  }

  func channelMemory(of input: ChannelShape, output: ChannelShape, images: Int, workers: Int)
    -> Double
  { Double(2 * input.groups * laneCount) }
}
