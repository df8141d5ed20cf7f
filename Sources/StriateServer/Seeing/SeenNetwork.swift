import Striate
import StriateExplain

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
  var classNames: [String] { network.classNames }
}
