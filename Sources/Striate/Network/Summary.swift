/// What a network is made of and what it costs, layer by layer.
public struct NetworkSummary: Codable, Equatable, Sendable {
  /// One layer.
  public struct Row: Codable, Equatable, Sendable {
    /// What the layer is called: "conv1".
    public var name: String
    /// The layer as a network text writes it.
    public var layer: String
    /// The shape of its output, without the batch.
    public var output: [Int]
    /// The numbers it learns.
    public var parameters: Int
    /// Multiply-adds for one image.
    public var multiplyAdds: Int
    /// Height and width of the part of the input, in pixels, that one output sees; the zeros of a
    /// padding count as pixels.
    public var receptiveField: [Int]
    /// The distance, in pixels of the input, between what neighbouring outputs see; nil where each
    /// output sees everything.
    public var jump: [Int]?
    /// Bytes that its output takes for one batch.
    public var activationBytes: Int
  }

  /// The inputs' shapes, without the batch.
  public var inputs: [[Int]]
  /// The layers.
  public var rows: [Row]
  /// The number of images in a batch.
  public var batchSize: Int
  /// The numbers the network learns.
  public var parameters: Int
  /// Bytes that they take.
  public var parameterBytes: Int
  /// Multiply-adds for one image.
  public var multiplyAdds: Int
  /// Bytes that all layers' outputs take for one batch.
  public var activationBytes: Int
}

extension Network {
  /// What the network is made of and what it costs.
  ///
  /// The receptive field r and the jump j of a layer with kernel k (dilation included) and stride s:
  ///
  ///     r ← r + (k − 1) · j,  j ← j · s
  ///
  /// Source: Araujo, Norris & Sim 2019, doi:10.23915/distill.00021.
  ///
  /// - Precondition: `batchSize` is positive.
  public func summary(batchSize: Int = 1) -> NetworkSummary {
    summary(batchSize: batchSize, counts: parameters.map(\.tensor.count))
  }

  /// The same, where each parameter has so many numbers.
  fileprivate func summary(batchSize: Int, counts: [Int]) -> NetworkSummary {
    precondition(batchSize > 0, "summary: expected a positive batch size, found \(batchSize)")
    let learned = zip(parameters, counts).reduce(0) { $0 + ($1.0.isLearned ? $1.1 : 0) }
    var sights: [Sight] = []
    let rows = nodes.map { node in
      let shapes = node.inputs.map { shape(of: $0) }
      let seen = node.inputs.map { value -> Sight in
        switch value {
        case .input: Sight(field: 1, jump: 1)
        case .node(let index): sights[index]
        }
      }
      let sight = Sight.widest(seen).through(
        node.layer, reading: shapes[0], of: inputs[0].shape)
      sights.append(sight)
      return NetworkSummary.Row(
        name: node.name, layer: node.layer.text, output: node.shape,
        parameters: node.parameters.reduce(0) { $0 + counts[$1] },
        multiplyAdds: (try? node.layer.multiplyAdds(of: shapes)) ?? 0,
        receptiveField: [sight.field.height, sight.field.width],
        jump: sight.jump.map { [$0.height, $0.width] },
        activationBytes: node.shape.reduce(batchSize.timesAtMost(4)) { $0.timesAtMost($1) })
    }
    return NetworkSummary(
      inputs: inputs.map(\.shape), rows: rows, batchSize: batchSize, parameters: learned,
      parameterBytes: 4 * learned,
      multiplyAdds: rows.reduce(0) { $0.plusAtMost($1.multiplyAdds) },
      activationBytes: rows.reduce(0) { $0.plusAtMost($1.activationBytes) })
  }
}

extension NetworkSummary {
  /// The summary of a chain of layers over one input, whose parameters are never made.
  ///
  /// Throws `InvalidNetwork` where a layer refuses the shape it is given.
  ///
  /// - Precondition: `batchSize` is positive.
  public init(input: [Int], batchSize: Int = 1, layers: [any Block]) throws {
    let inputs = [Network.Input(name: "input", shape: input)]
    let sketch = GraphSketch(inputs: inputs)
    let output = layers.reduce(sketch.symbols[0]) { value, block in block.apply(to: value) }
    let (entries, outputs) = try sketch.graph(of: [output.value])
    var counts: [Int] = []
    let network = try Network(inputs: inputs, layers: entries, outputs: outputs) { _, description in
      counts.append(description.shape.product)
      return Tensor(shape: [0], scalars: [])
    }
    self = network.summary(batchSize: batchSize, counts: counts)
  }
}

/// What one output of a layer sees of the network's input.
private struct Sight {
  var field: Extent
  var jump: Extent?

  /// The largest of several fields: what a layer that combines them sees.
  static func widest(_ sights: [Sight]) -> Sight {
    let jumps = sights.compactMap(\.jump)
    return Sight(
      field: Extent(
        sights.map(\.field.height).max() ?? 1, sights.map(\.field.width).max() ?? 1),
      jump: jumps.count < sights.count
        ? nil : Extent(jumps.map(\.height).max() ?? 1, jumps.map(\.width).max() ?? 1))
  }

  /// - Parameters:
  ///   - shape: What the layer reads.
  ///   - input: What the network reads.
  func through(_ layer: any Layer, reading shape: [Int], of input: [Int]) -> Sight {
    if layer is Dense || layer is RadialBasis {
      let size = input.suffix(2)
      return Sight(
        field: input.count > 2
          ? Extent(size[size.startIndex], size[size.startIndex + 1]) : Extent(1, input.last ?? 1),
        jump: nil)
    }
    let window: Window
    switch layer {
    case let layer as Conv2D: window = layer.window
    case let layer as Conv1D: window = layer.asConv2D.window
    case let layer as DepthwiseConv2D: window = layer.window
    case let layer as Conv3D: window = layer.window
    case let layer as ConvTranspose2D: return through(layer.window)
    case let layer as any Pool2D: window = layer.window
    case let layer as AdaptivePool2D: window = layer.largestWindow(over: shape)
    case let layer as PixelUnshuffle:
      let block = Extent(layer.factor, layer.factor)
      window = Window(kernel: block, stride: block)
    case let layer as PixelShuffle: return denser(by: Extent(layer.factor, layer.factor))
    case let layer as MaxUnpool2D: return denser(by: layer.pooling.window.stride)
    case let layer as Upsample2D: return layer.sight(self, over: shape)
    default: return self
    }
    guard let jump else { return self }
    return Sight(
      field: Extent(
        field.height.plusAtMost((window.reach.height - 1).timesAtMost(jump.height)),
        field.width.plusAtMost((window.reach.width - 1).timesAtMost(jump.width))),
      jump: Extent(
        jump.height.timesAtMost(window.stride.height),
        jump.width.timesAtMost(window.stride.width)))
  }

  /// What is seen where outputs lie so many times as close together, in whole pixels.
  func denser(by factor: Extent) -> Sight {
    Sight(
      field: field,
      jump: jump.map {
        Extent(
          ($0.height - 1) / factor.height + 1, ($0.width - 1) / factor.width + 1)
      })
  }
}

extension AdaptivePool2D {
  /// A window as large as the largest; its stride is the whole image where there is one output.
  fileprivate func largestWindow(over shape: [Int]) -> Window {
    func largest(_ size: Int, _ outputs: Int) -> Int {
      size % outputs == 0 ? size / outputs : min(size, (size - 1) / outputs + 2)
    }
    return Window(
      kernel: Extent(largest(shape[1], size.height), largest(shape[2], size.width)),
      stride: Extent(max(1, shape[1] / size.height), max(1, shape[2] / size.width)))
  }
}

extension Upsample2D {
  /// What an output sees: one pixel of the image, or where it mixes, its neighbours too.
  fileprivate func sight(_ sight: Sight, over shape: [Int]) -> Sight {
    guard let output = try? outputShape(of: [shape]) else { return sight }
    var sight = sight
    if mode != .nearest, let jump = sight.jump {
      sight.field.height = sight.field.height.plusAtMost(shape[1] > 1 ? jump.height : 0)
      sight.field.width = sight.field.width.plusAtMost(shape[2] > 1 ? jump.width : 0)
    }
    return sight.denser(
      by: Extent(max(1, output[1] / shape[1]), max(1, output[2] / shape[2])))
  }
}

extension Sight {
  /// What one output of a transposed convolution sees: the kernel reaches as many inputs as strides lie
  /// in it, and the stride brings outputs together again, to one pixel of the input at the least.
  private func through(_ window: Window) -> Sight {
    guard let jump else { return self }
    func inputs(_ reach: Int, _ stride: Int) -> Int { (reach - 1) / stride }
    return Sight(
      field: Extent(
        field.height.plusAtMost(
          inputs(window.reach.height, window.stride.height).timesAtMost(jump.height)),
        field.width.plusAtMost(
          inputs(window.reach.width, window.stride.width).timesAtMost(jump.width))),
      jump: Extent(
        max(1, jump.height / window.stride.height), max(1, jump.width / window.stride.width)))
  }
}

extension Int {
  /// The sum, or the largest integer where it is larger.
  fileprivate func plusAtMost(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? Int.max : sum
  }

  /// The product, or the largest integer where it is larger.
  fileprivate func timesAtMost(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? Int.max : product
  }
}
