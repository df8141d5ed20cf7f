import Striate

extension ONNXExport {
  /// The place of one layer in the graph: what it reads, what it gives, what it has learned.
  struct Site {
    var graph: Graph
    let inputs: [Value]
    let output: Value
    let parameters: [Network.Parameter]

    var opset: Int { graph.opset }
    /// The first input's name.
    var x: String { inputs[0].name }
    /// The first input's shape, without the batch.
    var shape: [Int] { inputs[0].shape }

    /// The parameter of that place among the layer's, in its own shape or another of as many elements.
    mutating func parameter(_ index: Int, shape: [Int]? = nil) -> String {
      graph.parameter(parameters[index], shape: shape ?? parameters[index].tensor.shape)
    }

    /// A constant of Floats.
    mutating func constant(_ name: String, _ shape: [Int], _ values: [Float]) -> String {
      graph.constant("\(output.name).\(name)", shape, .floats(values))
    }

    /// A single number, which goes with any shape.
    mutating func scalar(_ name: String, _ value: Double) -> String {
      constant(name, [], [Float(value)])
    }

    /// A list of integers.
    mutating func integers(_ name: String, _ values: [Int]) -> String {
      graph.constant("\(output.name).\(name)", [values.count], .integers(values))
    }

    /// An operator whose output is a value of its own; returns its name.
    mutating func add(
      _ operation: String, _ inputs: [String], _ attributes: [(String, Attribute)] = [],
      outputs: Int = 1
    ) -> [String] {
      let names = (0..<outputs).map { _ in
        graph.fresh("\(output.name).\(operation.lowercased())")
      }
      append(operation, inputs, attributes, outputs: names)
      return names
    }

    /// An operator whose only output is a value of its own; returns its name.
    mutating func value(
      _ operation: String, _ inputs: [String], _ attributes: [(String, Attribute)] = []
    ) -> String {
      add(operation, inputs, attributes)[0]
    }

    /// An operator whose output is the layer's.
    mutating func finish(
      _ operation: String, _ inputs: [String], _ attributes: [(String, Attribute)] = []
    ) {
      append(operation, inputs, attributes, outputs: [output.name])
    }

    /// The last operator's value becomes the layer's output.
    mutating func finish(with value: String) { graph.renameLast(value, to: output.name) }

    private mutating func append(
      _ operation: String, _ inputs: [String], _ attributes: [(String, Attribute)],
      outputs: [String]
    ) {
      graph.append(
        Node(
          operation: operation, name: outputs[0], inputs: inputs, outputs: outputs,
          attributes: attributes.map { (name: $0.0, value: $0.1) }))
    }

    /// The value in another shape, the batch as it is.
    mutating func reshaped(_ value: String, to shape: [Int], _ name: String = "shape") -> String {
      let target = integers(name, [0] + shape)
      return self.value("Reshape", [value, target])
    }

    /// A reduction over axes that are kept with size 1, or left out.
    mutating func reduced(
      _ operation: String, _ value: String, axes: [Int], keeps: Bool = true
    ) -> String {
      // The axes became an input, first of ReduceSum alone.
      let keep: (String, Attribute) = ("keepdims", .integer(keeps ? 1 : 0))
      guard operation == "ReduceSum" || opset >= 18 else {
        return self.value(operation, [value], [("axes", .integers(axes)), keep])
      }
      let list = integers("axes", axes)
      return self.value(operation, [value, list], [keep])
    }
  }
}
