import Striate

extension ONNXExport {
  /// Numbers for the model's inputs and what the network makes of them, under the names of the model's inputs and
  /// outputs: what another program must compute too.
  ///
  /// The first axis of each is the batch. Where the graph has the preprocessing in it, or there is none, inputs are from 0
  /// to 1; otherwise they are what the preprocessing makes of such numbers.
  ///
  /// Throws where the network does not fit into memory.
  public func example(
    of network: Network, batchSize: Int, seed: UInt64
  ) throws -> [(name: String, tensor: Tensor)] {
    precondition(batchSize > 0, "ONNXExport: expected a positive batch, found \(batchSize)")
    return try ONNXExport.example(
      of: network, inputs: graph.inputs, outputs: graph.outputs,
      includesPreprocessing: options.includesPreprocessing, batchSize: batchSize, seed: seed)
  }

  /// Random numbers for values, and what the network makes of them.
  static func example(
    of network: Network, inputs: [Value], outputs: [Value], includesPreprocessing: Bool,
    batchSize: Int, seed: UInt64
  ) throws -> [(name: String, tensor: Tensor)] {
    var generator = SeededGenerator(seed: seed)
    let pixels = inputs.map { input in
      let shape = [batchSize] + input.shape
      let scalars = (0..<shape.reduce(1, *)).map { _ in
        Float.random(in: 0..<1, using: &generator)
      }
      return Tensor(shape: shape, scalars: scalars)
    }
    var entering = pixels
    entering[0] = network.preprocessing.applied(to: pixels[0])
    let given = includesPreprocessing ? pixels : entering
    let results = try network.allOutputs(entering)
    return zip(inputs, given).map { ($0.name, $1) } + zip(outputs, results).map { ($0.name, $1) }
  }
}

extension Preprocessing {
  /// (x − mean) / standardDeviation for each channel of images [N, C, …].
  fileprivate func applied(to images: Tensor) -> Tensor {
    var result = images
    let size = images.shape.dropFirst(2).reduce(1, *)
    for k in result.scalars.indices {
      let channel = k / size % images.shape[1]
      if !mean.isEmpty { result.scalars[k] -= mean[channel] }
      if !standardDeviation.isEmpty { result.scalars[k] /= standardDeviation[channel] }
    }
    return result
  }
}
