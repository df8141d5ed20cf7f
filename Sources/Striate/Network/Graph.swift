/// A value of a graph that is being written down: an input, or a layer's output.
public struct Symbol {
  let value: Network.Value
  let sketch: GraphSketch

  /// The shape, without the batch; nil after a layer that refuses its input.
  public var shape: [Int]? { sketch.shape(of: value) }
}

extension Layer {
  /// This layer's output for the given values: writes the layer into their graph.
  public func callAsFunction(_ values: Symbol...) -> Symbol { self(values) }

  /// This layer's output for the given values: writes the layer into their graph.
  public func callAsFunction(_ values: [Symbol]) -> Symbol {
    precondition(!values.isEmpty, "\(text): expected at least one value, found none")
    return values[0].sketch.append(self, reading: values)
  }
}

/// A layer of a graph: what it reads, what it is called, and whose parameters it uses.
package struct GraphEntry {
  package var layer: any Layer
  package var inputs: [Network.Value]
  /// The names of the blocks around it, each with a point after it.
  package var scope = ""
  /// Its own name; nil for one made of its stem and a number.
  package var name: String?
  /// The layer whose parameters it uses, where they are not its own.
  package var shares: Int?

  /// A layer in its place.
  package init(
    layer: any Layer, inputs: [Network.Value], scope: String = "", name: String? = nil,
    shares: Int? = nil
  ) {
    (self.layer, self.inputs, self.scope) = (layer, inputs, scope)
    (self.name, self.shares) = (name, shares)
  }
}

/// The list of layers that grows while a graph is written down.
final class GraphSketch {
  private(set) var entries: [GraphEntry] = []
  private var shapes: [[Int]?] = []
  private let inputs: [Network.Input]
  private var scope = ""
  private var shared: [ObjectIdentifier: Int] = [:]

  init(inputs: [Network.Input]) { self.inputs = inputs }

  /// The values that the network is given.
  var symbols: [Symbol] { inputs.indices.map { Symbol(value: .input($0), sketch: self) } }

  /// The shape of a value; nil after a layer that refuses its input.
  func shape(of value: Network.Value) -> [Int]? {
    switch value {
    case .input(let index): inputs[index].shape
    case .node(let index): shapes[index]
    }
  }

  func append(
    _ layer: any Layer, reading symbols: [Symbol], name: String? = nil
  ) -> Symbol {
    precondition(
      symbols.allSatisfy { $0.sketch === self },
      "\(layer.text): expected values of one network, found values of two")
    // One more than there may be is refused when the graph is read.
    guard entries.count <= Network.layerLimit else {
      return Symbol(value: .node(entries.count - 1), sketch: self)
    }
    entries.append(
      GraphEntry(layer: layer, inputs: symbols.map(\.value), scope: scope, name: name))
    let sources = symbols.compactMap(\.shape)
    shapes.append(
      sources.count == symbols.count && sources.allSatisfy(Network.isReasonable)
        ? try? layer.outputShape(of: sources) : nil)
    return Symbol(value: .node(entries.count - 1), sketch: self)
  }

  /// Appends a layer that uses the parameters of the first one with the same token.
  func append(
    _ layer: any Layer, reading symbols: [Symbol], sharedBy token: AnyObject, name: String?
  ) -> Symbol {
    let symbol = append(layer, reading: symbols, name: name)
    let key = ObjectIdentifier(token)
    if let first = shared[key] {
      entries[entries.count - 1].shares = first
    } else {
      shared[key] = entries.count - 1
    }
    return symbol
  }

  /// Writes what `body` writes under names that start with `name` and a point.
  func within(_ name: String, _ body: () -> Symbol) -> Symbol {
    let outer = scope
    scope += name + "."
    defer { scope = outer }
    return body()
  }

  /// The layers that the outputs depend on, in the order they were written, renumbered, and the outputs.
  func graph(
    of outputs: [Network.Value]
  ) throws -> (entries: [GraphEntry], outputs: [Network.Value]) {
    guard entries.count <= Network.layerLimit else {
      throw InvalidNetwork(
        description: "network: expected at most \(Network.layerLimit) layers, found more: "
          + "make the network smaller")
    }
    var needed: Set<Int> = []
    for output in outputs {
      guard case .node(let last) = output else {
        throw InvalidNetwork(
          description: "network: expected at least one layer before each output, found none")
      }
      needed.insert(last)
    }
    for index in entries.indices.reversed() where needed.contains(index) {
      for case .node(let source) in entries[index].inputs { needed.insert(source) }
      if let first = entries[index].shares { needed.insert(first) }
    }
    var position: [Int: Int] = [:]
    let kept = needed.sorted()
    for (new, old) in kept.enumerated() { position[old] = new }
    func moved(_ value: Network.Value) -> Network.Value {
      if case .node(let index) = value { return .node(position[index, default: 0]) }
      return value
    }
    return (
      kept.map { old in
        var entry = entries[old]
        entry.inputs = entry.inputs.map(moved)
        entry.shares = entry.shares.map { position[$0, default: 0] }
        return entry
      }, outputs.map(moved)
    )
  }
}
