/// Collects the layers of a chain, with `if` and `for` where a network needs them.
@resultBuilder
public enum LayerBuilder {
  /// One layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }

  /// Several layers.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }

  /// The layers of a block, in order.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }

  /// `if` without `else`.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }

  /// `if`.
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }

  /// `else`.
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }

  /// `for`.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}

/// A value of a graph that is being written down: an input, or a layer's output.
public struct Symbol {
  let value: Network.Value
  let sketch: GraphSketch

  func apply(_ layer: any Layer) -> Symbol {
    sketch.append(layer, reading: [self])
  }
}

extension Layer {
  /// This layer's output for the given values: writes the layer into their graph.
  public func callAsFunction(_ values: Symbol...) -> Symbol {
    precondition(!values.isEmpty, "\(text): expected at least one value, found none")
    return values[0].sketch.append(self, reading: values)
  }
}

/// The list of layers that grows while a graph is written down.
final class GraphSketch {
  private var layers: [(layer: any Layer, inputs: [Network.Value])] = []

  func append(_ layer: any Layer, reading symbols: [Symbol]) -> Symbol {
    precondition(
      symbols.allSatisfy { $0.sketch === self },
      "\(layer.text): expected values of one network, found values of two")
    layers.append((layer, symbols.map(\.value)))
    return Symbol(value: .node(layers.count - 1), sketch: self)
  }

  /// The layers that `output` depends on, in the order they were written, renumbered.
  func entries(
    upTo output: Network.Value
  ) throws -> [(layer: any Layer, inputs: [Network.Value], name: String?)] {
    guard case .node(let last) = output else {
      throw InvalidNetwork(description: "network: expected at least one layer, found none")
    }
    var needed: Set<Int> = [last]
    for index in stride(from: last, through: 0, by: -1) where needed.contains(index) {
      for case .node(let source) in layers[index].inputs { needed.insert(source) }
    }
    let kept = needed.sorted()
    var position: [Int: Int] = [:]
    for (new, old) in kept.enumerated() { position[old] = new }
    return kept.map { old in
      let inputs = layers[old].inputs.map { input -> Network.Value in
        if case .node(let source) = input { return .node(position[source, default: 0]) }
        return input
      }
      return (layers[old].layer, inputs, nil)
    }
  }
}
