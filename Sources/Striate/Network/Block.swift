/// Anything that makes one value of a graph into another: a layer, or layers wired together.
///
/// A block of your own is a function that can be named and put into a chain:
///
/// ```swift
/// struct ConvNormReLU: Block {
///   var filters: Int
///   func apply(to x: Symbol) -> Symbol {
///     ReLU()(BatchNorm2D()(Conv2D(filters: filters, kernel: 3, padding: 1, bias: .none)(x)))
///   }
/// }
/// ```
public protocol Block: Sendable {
  /// Writes the block into the graph of `x` and gives its output.
  func apply(to x: Symbol) -> Symbol

  /// Writes the block under a name.
  func apply(to x: Symbol, name: String) -> Symbol
}

extension Block {
  /// The layers inside are called "name.…".
  public func apply(to x: Symbol, name: String) -> Symbol {
    x.sketch.within(name) { apply(to: x) }
  }

  /// This block under a name: a layer is called so, the layers of other blocks "name.…".
  public func named(_ name: String) -> NamedBlock { NamedBlock(name: name, block: self) }
}

extension Layer {
  /// The layer reads this one value.
  public func apply(to x: Symbol) -> Symbol { x.sketch.append(self, reading: [x]) }

  /// The layer is called so.
  public func apply(to x: Symbol, name: String) -> Symbol {
    x.sketch.append(self, reading: [x], name: name)
  }
}

/// A block under a name: its parameters are called "name.weight", "name.0.bias" and so on.
public struct NamedBlock: Block {
  /// What it is called.
  public let name: String

  /// What is called so.
  public let block: any Block

  /// Writes the block under its name.
  public func apply(to x: Symbol) -> Symbol { block.apply(to: x, name: name) }
}

/// Blocks one after the other.
///
/// Under a name, its blocks are called "name.0", "name.1" and so on, as PyTorch's Sequential numbers
/// them, where they have no names of their own.
public struct Sequential: Block {
  /// The blocks, first one first.
  public var blocks: [any Block]

  /// A chain.
  public init(@LayerBuilder _ blocks: () throws -> [any Block]) rethrows {
    self.blocks = try blocks()
  }

  /// A chain.
  public init(_ blocks: [any Block]) { self.blocks = blocks }

  public func apply(to x: Symbol) -> Symbol { blocks.reduce(x) { $1.apply(to: $0) } }

  public func apply(to x: Symbol, name: String) -> Symbol {
    x.sketch.within(name) {
      blocks.enumerated().reduce(x) { value, block in
        block.element is NamedBlock
          ? block.element.apply(to: value)
          : block.element.apply(to: value, name: "\(block.offset)")
      }
    }
  }
}

/// A branch added to its own input.
///
///     y = shortcut(x) + branch(x)
///
/// The shortcut is the identity unless another is given. A survival rate below 1 makes it a block of
/// stochastic depth: while the network is trained, each image's branch is left out with probability
/// 1 − survival.
///
/// Shapes: x [N, C, H, W] → y in the shape of both branches.
/// Source: He et al. 2016, arXiv:1512.03385, eq 1, 2; Huang et al. 2016, arXiv:1603.09382.
public struct Residual: Block {
  /// What is added to the shortcut.
  public var branch: any Block

  /// What the input passes on its way past the branch; nil for nothing.
  public var shortcut: (any Block)?

  /// The share of images whose branch counts in a training step.
  public var survival: Double

  /// A residual block over the identity.
  public init(survival: Double = 1, @LayerBuilder _ branch: () -> [any Block]) {
    self.init(Sequential(branch()), survival: survival)
  }

  /// A residual block with a shortcut of its own, such as a 1×1 convolution with a stride.
  public init(
    survival: Double = 1, @LayerBuilder _ branch: () -> [any Block],
    @LayerBuilder shortcut: () -> [any Block]
  ) {
    self.init(Sequential(branch()), shortcut: Sequential(shortcut()), survival: survival)
  }

  /// A residual block.
  public init(_ branch: any Block, shortcut: (any Block)? = nil, survival: Double = 1) {
    (self.branch, self.shortcut, self.survival) = (branch, shortcut, survival)
  }

  public func apply(to x: Symbol) -> Symbol {
    var y = branch.apply(to: x)
    if survival != 1 { y = StochasticDepth(1 - survival)(y) }
    return Add()(shortcut?.apply(to: x) ?? x, y)
  }
}

/// Branches side by side whose outputs are joined.
///
/// Shapes: x → the branches' outputs, concatenated along their channels, added or multiplied.
/// Source: Szegedy et al. 2015, arXiv:1409.4842 (concatenation).
public struct Parallel: Block {
  /// How outputs become one.
  public enum Joint: String, Sendable, CaseIterable {
    /// Their channels one after the other.
    case concatenate
    /// Their sum.
    case add
    /// Their product.
    case multiply

    /// The layer that joins.
    var layer: any Layer {
      switch self {
      case .concatenate: Concatenate()
      case .add: Add()
      case .multiply: Multiply()
      }
    }
  }

  /// The branches.
  public var branches: [any Block]

  /// How their outputs become one.
  public var joint: Joint

  /// One branch a block: a chain is a `Sequential`.
  public init(_ joint: Joint = .concatenate, @LayerBuilder _ branches: () -> [any Block]) {
    self.init(joint, branches: branches())
  }

  /// One branch a block.
  public init(_ joint: Joint = .concatenate, branches: [any Block]) {
    (self.joint, self.branches) = (joint, branches)
  }

  public func apply(to x: Symbol) -> Symbol {
    joint.layer(branches.map { $0.apply(to: x) })
  }
}

/// A value multiplied by what a branch makes of it.
///
///     y = x · gate(x)
///
/// Shapes: x [N, C, H, W]; the gate gives that shape, or one number a channel, [N, C, 1, 1].
public struct Gate: Block {
  /// What the value is multiplied by.
  public var gate: any Block

  /// A gate.
  public init(@LayerBuilder _ gate: () -> [any Block]) { self.gate = Sequential(gate()) }

  /// A gate.
  public init(_ gate: any Block) { self.gate = gate }

  public func apply(to x: Symbol) -> Symbol { Multiply()(x, gate.apply(to: x)) }
}

/// A layer that is used in several places and learned once.
///
/// ```swift
/// let tower = Shared(Conv2D(filters: 8, kernel: 3))
/// let network = try Network(inputs: [("left", shape), ("right", shape)], seed: 1) { x in
///   Dense(1)(Flatten()(Add()(tower(x[0]), tower(x[1]))))
/// }
/// ```
///
/// Its parameters carry the name of its first place; their gradient is the sum over all places.
/// Source: Bromley et al. 1993, doi:10.1142/S0218001493000339.
public struct Shared: Block {
  /// The layer.
  public let layer: any Layer

  private let token = Token()

  /// What tells one shared layer from another.
  private final class Token: Sendable {}

  /// A layer to be used in several places.
  public init(_ layer: any Layer) { self.layer = layer }

  /// The layer's output for the given values.
  public func callAsFunction(_ values: Symbol...) -> Symbol {
    precondition(!values.isEmpty, "\(layer.text): expected at least one value, found none")
    return values[0].sketch.append(layer, reading: values, sharedBy: token, name: nil)
  }

  public func apply(to x: Symbol) -> Symbol { self(x) }

  public func apply(to x: Symbol, name: String) -> Symbol {
    x.sketch.append(layer, reading: [x], sharedBy: token, name: name)
  }
}
