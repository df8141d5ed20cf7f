import Striate

/// A network that the page looks into.
final class SeenNetwork: Sendable {
  let network: Network
  let entrance: Entrance
  /// The same with an output for every layer.
  let shown: Network

  /// Throws where it is no classifier of pictures.
  init(_ network: Network, name: String) throws {
    guard let entrance = Entrance(network) else {
      let inputs = network.inputs.map { "\($0.shape)" }.joined(separator: ", ")
      throw Refusal(
        422,
        "\(name): expected a classifier of pictures with 1 or 3 channels, found inputs \(inputs) "
          + "and outputs \(network.outputShape)")
    }
    self.network = network
    self.entrance = entrance
    shown = try network.showingEveryLayer()
  }

  /// The names of the classes, or their numbers.
  var classNames: [String] {
    let names = network.preprocessing.classNames
    let count = network.outputShape == [1] && names.count != 1 ? 2 : network.outputShape[0]
    return (0..<count).map { names.indices.contains($0) ? names[$0] : "\($0)" }
  }

  /// What the output should be for a class: 1 there and 0 elsewhere; of a single output 0 or 1.
  func target(_ label: Int) -> Tensor {
    let outputs = network.outputShape[0]
    let scalars: [Float] =
      outputs == 1 ? [Float(label)] : (0..<outputs).map { $0 == label ? 1 : 0 }
    return Tensor(shape: [1, outputs], scalars: scalars)
  }
}
