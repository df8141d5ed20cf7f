import Striate

extension EventFile {
  /// Adds the layers of a network, their wiring and the shapes of their outputs: what TensorBoard shows under Graphs.
  ///
  /// A layer's op is the first word of its text, the text itself is an attribute; the points in its name make groups.
  /// Throws `Failure` where it cannot be written.
  ///
  /// Source: the messages of TensorFlow, graph.proto, node_def.proto and attr_value.proto.
  public func append(graphOf network: Network, time: Double) throws {
    let architecture = network.architecture
    var graph = ProtobufWriter()
    for input in architecture.inputs {
      graph.add(1, Self.node(input.name, "Placeholder", inputs: [], shape: input.shape))
    }
    for (layer, node) in zip(architecture.layers, network.nodes) {
      let word = layer.layer.prefix { $0 != " " }
      graph.add(
        1,
        Self.node(
          layer.name, String(word), inputs: layer.inputs, shape: node.shape,
          attributes: [
            ("layer", .text(layer.layer)),
            (
              "parameters",
              .integer(
                node.parameters.reduce(0) { $0 + network.parameters[$1].tensor.scalars.count })
            ),
          ]))
    }
    var version = ProtobufWriter()
    version.add(1, 22)
    graph.add(4, version)
    var event = ProtobufWriter()
    event.add(1, time)
    event.add(4, graph)
    try append(record: event.bytes)
  }

  private enum Attribute {
    case text(String)
    case integer(Int)
    /// The shape of the only output; the batch is open.
    case outputShape([Int])

    var message: ProtobufWriter {
      var message = ProtobufWriter()
      switch self {
      case .text(let text): message.add(2, text)
      case .integer(let number): message.add(3, number)
      case .outputShape(let extents):
        var shape = ProtobufWriter()
        for extent in [-1] + extents {
          var axis = ProtobufWriter()
          axis.add(1, extent)
          shape.add(2, axis)
        }
        var list = ProtobufWriter()
        list.add(7, shape)
        message.add(1, list)
      }
      return message
    }
  }

  private static func node(
    _ name: String, _ op: String, inputs: [String], shape: [Int],
    attributes: [(String, Attribute)] = []
  ) -> ProtobufWriter {
    var node = ProtobufWriter()
    node.add(1, grouped(name))
    node.add(2, op)
    for input in inputs { node.add(3, grouped(input)) }
    for (key, value) in attributes + [("_output_shapes", .outputShape(shape))] {
      var entry = ProtobufWriter()
      entry.add(1, key)
      entry.add(2, value.message)
      node.add(5, entry)
    }
    return node
  }

  /// "layer1.0.conv1" as "layer1/0/conv1".
  private static func grouped(_ name: String) -> String { name.replacing(".", with: "/") }
}
