import Striate

extension ONNXModel {
  /// The outputs for the inputs, one array for each in the graph's order.
  ///
  /// Throws `ONNXError` where an input has another shape, and what the network throws.
  public func callAsFunction(_ arrays: [NumericArray]) throws -> [NumericArray] {
    guard arrays.count == inputs.count else {
      throw ONNXError("expected \(inputs.count) inputs, found \(arrays.count)")
    }
    let hasBatch = inputs.first?.axes.first == .some(nil)
    for (input, array) in zip(inputs, arrays) {
      guard array.shape.count == input.axes.count,
        zip(array.shape, input.axes).allSatisfy({ $0 == $1 ?? $0 })
      else {
        let axes = input.axes.map { $0.map(String.init) ?? "N" }.joined(separator: ", ")
        throw ONNXError("input \"\(input.name)\": expected [\(axes)], found \(array.shape)")
      }
      if case .doubles(let values) = array.elements,
        let large = values.first(where: { $0.isFinite && !Float($0).isFinite })
      {
        throw ONNXError(
          "input \"\(input.name)\": expected numbers that a Float holds, found \(large)")
      }
    }
    let count = arrays.first?.shape.first ?? 1
    if hasBatch, count == 0 {
      return outputs.enumerated().map { index, port in
        constants[index] ?? NumericArray(empty: port.axes.map { $0 ?? 0 }, type: port.type)
      }
    }
    var results: [Tensor] = []
    if let network {
      // An input without elements is a constant of the network.
      let given = zip(inputs, arrays).filter { !$0.0.axes.contains(0) }.map(\.1)
      let tensors = zip(network.inputs, given).map { input, array in
        Tensor(shape: [hasBatch ? array.shape.first ?? 1 : 1] + input.shape, scalars: array.floats)
      }
      results =
        network.outputs.count == 1 ? [try network(tensors)] : try network.allOutputs(tensors)
    }
    var next = results.makeIterator()
    return try outputs.enumerated().map { index, port in
      if let array = constants[index] { return array }
      guard let tensor = next.next() else { throw ONNXError("expected an output, found none") }
      let shape = port.axes.map { $0 ?? count }
      // The engine computes integers as Floats.
      let scalars =
        port.type.isFloating
        ? tensor.scalars : tensor.scalars.map { $0.rounded(.toNearestOrEven) }
      return NumericArray(shape: shape, floats: scalars).converted(to: port.type)
    }
  }
}

extension ONNXModel {
  /// The names of what the graph in the file at `path` is given, in their order.
  public static func inputNames(contentsOf path: String) throws -> [String] {
    do {
      guard let graph = try ONNXModelMessage(InputFile.bytes(of: path)).graph else {
        throw ONNXError("\(path): expected an ONNX model, found no graph in the file")
      }
      let initialized = Set(graph.initializers.map(\.name))
      return graph.inputs.map(\.name).filter { !initialized.contains($0) }
    } catch let error as ProtobufReader.Damage {
      throw ONNXError("\(path): \(error)")
    }
  }
}
