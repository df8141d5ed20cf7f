import Striate

/// Explains what a network says about an image.
///
/// ```swift
/// let explainer = try Explainer(network)
/// let map = try explainer.integratedGradients(of: image, class: 7).map
/// ```
///
/// Images are [C, H, W] with pixels from 0 to 1, as `Network.classify` takes them. Gradients are those by the image
/// as it enters the network: after its preprocessing. Of a network with a single output the score of class 1 is that
/// output, and the score of class 0 its negative.
public struct Explainer: Sendable {
  /// What is explained.
  public enum Score: String, CaseIterable, Sendable {
    /// What a softmax, its logarithm or a sigmoid at the end is computed from; the output where there is none.
    case logit
    /// The network's output, whatever it is.
    case output
  }

  /// The network.
  public let network: Network

  /// What is explained.
  public let score: Score

  /// The threads that compute; the results do not depend on them.
  public let threads: Int

  /// The layer whose output holds the scores.
  let scoreLayer: Int

  /// The part of the network that computes the scores.
  let scoring: Network

  /// Throws `Unexplainable` where the network does not classify images [C, H, W].
  public init(
    _ network: Network, score: Score = .logit, threads: Int = Engine.defaultThreads
  ) throws {
    guard network.inputs.count == 1, network.inputs[0].shape.count == 3,
      network.outputShape.count == 1
    else {
      let inputs = network.inputs.map { "\($0.shape)" }.joined(separator: ", ")
      throw Unexplainable(
        description: "network: expected a classifier of images [channels, height, width], found "
          + "inputs \(inputs) and outputs \(network.outputShape)")
    }
    try network.checkPreprocessing()
    let value = score == .logit ? network.logits : network.outputs[0]
    guard case .node(let layer) = value else {
      throw Unexplainable(description: "network: expected a layer as output, found an input")
    }
    (self.network, self.score, self.threads) = (network, score, threads)
    scoreLayer = layer
    scoring = try network.computing([layer])
  }

  /// The number of classes.
  public var classCount: Int {
    let outputs = network.outputShape[0]
    return outputs == 1 && network.preprocessing.classNames.count != 1 ? 2 : outputs
  }

  /// What a class is called; its number where the network has no names.
  public func className(_ index: Int) -> String {
    let names = network.preprocessing.classNames
    return names.indices.contains(index) ? names[index] : "\(index)"
  }

  /// The number of the output that holds a class's score, and its sign.
  func place(of classIndex: Int) throws -> (output: Int, sign: Float) {
    guard (0..<classCount).contains(classIndex) else {
      throw Unexplainable(
        description: "class: expected a number from 0 to \(classCount - 1), found \(classIndex)")
    }
    return network.outputShape[0] == 1 ? (0, classIndex == 1 ? 1 : -1) : (classIndex, 1)
  }

  /// An image [C, H, W] as it enters, [1, C, H, W].
  func entering(_ image: Tensor) throws -> Tensor {
    guard image.shape == network.inputs[0].shape else {
      throw Unexplainable(
        description: "image: expected \(network.inputs[0].shape), found \(image.shape)")
    }
    return network.preprocessed(image.reshaped(to: [1] + image.shape))
  }

  /// An image of one pixel value as it enters, [1, C, H, W].
  func entering(pixel: Float) throws -> Tensor {
    try entering(Tensor(repeating: pixel, shape: network.inputs[0].shape))
  }

  /// Gradients of scores, by the image and by a layer, which is the first of the results' layers.
  func gradients(of classIndex: Int, layer: Int? = nil) throws -> ScoreGradients {
    let (output, sign) = try place(of: classIndex)
    let part = try layer.map { try network.computing([scoreLayer, $0] + before($0)) } ?? scoring
    return try ScoreGradients(part, output: output, sign: sign, threads: threads)
  }

  /// The layers whose values and gradients must lie apart from those of a layer, so that the engine does not write
  /// over its gradient on the way back.
  private func before(_ layer: Int) -> [Int] {
    let node = network.nodes[layer]
    let sources = node.inputs.compactMap { if case .node(let source) = $0 { source } else { nil } }
    return sources + (node.layer.isView ? sources.flatMap(before) : [])
  }
}

extension Tensor {
  /// The largest size of a number over the channels of [C, H, W], as [H, W].
  var largestOverChannels: Tensor {
    let area = shape[1] * shape[2]
    return Tensor(
      shape: [shape[1], shape[2]],
      scalars: (0..<area).map { pixel in
        stride(from: pixel, to: count, by: area).reduce(0) { max($0, abs(scalars[$1])) }
      })
  }

  /// The sum over the channels of [C, H, W], as [H, W].
  var sumOverChannels: Tensor {
    let area = shape[1] * shape[2]
    return Tensor(
      shape: [shape[1], shape[2]],
      scalars: (0..<area).map { pixel in
        Float(stride(from: pixel, to: count, by: area).reduce(0.0) { $0 + Double(scalars[$1]) })
      })
  }
}
