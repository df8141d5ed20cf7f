/// One operation of a network, described by a value: what it is, not what it has learned.
///
/// A layer states its shape rule and its parameters, computes itself in Double straight from its
/// equation (the reference), and compiles itself into the engine's steps. Shapes leave out the batch.
public protocol Layer: Block {
  /// The stem of the names its instances get: the second `Conv2D` of a network is "conv2".
  var stem: String { get }

  /// The layer as it is written in a network text, such as "conv 8 5x5 stride 2".
  var text: String { get }

  /// What the layer makes of any shape, with its own numbers: "[C, H, W] → [8, H − 4, W − 4]". A
  /// refused shape is explained with it.
  var shapeRule: String { get }

  /// The shape of one output for inputs of these shapes. Throws `ShapeMismatch`.
  func outputShape(of inputs: [[Int]]) throws -> [Int]

  /// What the layer learns, for inputs of these shapes.
  func parameters(of inputs: [[Int]]) -> [ParameterDescription]

  /// Multiply-adds for one image.
  func multiplyAdds(of inputs: [[Int]]) throws -> Int

  /// The output in Double. Each tensor's first axis is the batch; parameters come as described.
  func referenceForward(
    _ inputs: [ReferenceTensor], parameters: [ReferenceTensor]
  ) -> ReferenceTensor

  /// The gradients in Double, given ∂E/∂output.
  func referenceBackward(
    _ gradient: ReferenceTensor, inputs: [ReferenceTensor], output: ReferenceTensor,
    parameters: [ReferenceTensor]
  ) -> ReferenceGradients

  /// Which values the engine must still hold when it runs this layer backwards.
  var backwardNeeds: BackwardNeeds { get }

  /// Whether the output is the input's own memory under another shape.
  var isView: Bool { get }

  /// Appends the steps that compute this layer, forwards and backwards, to a plan.
  func compile(into site: inout LayerSite)
}

extension Layer {
  /// As many numbers as came in, in the same order.
  public var shapeRule: String { "[…] → […]" }

  /// No parameters.
  public func parameters(of inputs: [[Int]]) -> [ParameterDescription] { [] }

  /// No: a layer writes its output.
  public var isView: Bool { false }

  /// None.
  public func multiplyAdds(of inputs: [[Int]]) throws -> Int { 0 }
}

/// The values of its own forward pass that a layer reads on its way back.
public struct BackwardNeeds: OptionSet, Sendable {
  /// The bits of the set.
  public let rawValue: Int

  /// A set of the given bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// It reads its inputs.
  public static let inputs = BackwardNeeds(rawValue: 1)

  /// It reads its output.
  public static let output = BackwardNeeds(rawValue: 2)
}

/// An array that belongs to a layer: its name inside the layer, its shape, and what it holds before training.
public struct ParameterDescription: Sendable, Equatable {
  /// "weight" or "bias".
  public let name: String

  /// The extent of each axis, in PyTorch's order.
  public let shape: [Int]

  /// What the array holds before training.
  public let initializer: Initializer

  /// Whether gradients change it. What is not learned, such as running statistics, is saved and
  /// loaded with the network, and the layer itself changes it while the network is trained.
  public let isLearned: Bool

  /// A parameter of a layer.
  public init(name: String, shape: [Int], initializer: Initializer, isLearned: Bool = true) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.isLearned = isLearned
  }
}

/// A layer refused the shape of its input.
public struct ShapeMismatch: Error, Sendable, Equatable {
  /// What the layer takes.
  public let expected: String

  /// What it was given.
  public let found: String

  /// What to do about it.
  public let advice: String

  /// A refusal that says expected, found and what to do.
  public init(expected: String, found: String, advice: String) {
    self.expected = expected
    self.found = found
    self.advice = advice
  }
}
