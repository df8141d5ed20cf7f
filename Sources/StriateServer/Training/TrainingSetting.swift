import Striate
import StriateExplain

/// What the page asks to train.
struct TrainingSetting: Codable, Sendable {
  var data: String
  var network: String
  var optimizer = "adam"
  /// The learning rate; nil for the optimizer's usual one.
  var rate: Double?
  var momentum: Double?
  var batch = 32
  var epochs = 5
  var seed: UInt64 = 0
  /// Steps a second at most, for whoever wants to watch; nil for as many as the machine makes.
  var pace: Double?

  private enum CodingKeys: String, CodingKey {
    case data, network, optimizer, rate, momentum, batch, epochs, seed, pace
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    data = try values.decode(String.self, forKey: .data)
    network = try values.decode(String.self, forKey: .network)
    optimizer = try values.decodeIfPresent(String.self, forKey: .optimizer) ?? optimizer
    rate = try values.decodeIfPresent(Double.self, forKey: .rate)
    momentum = try values.decodeIfPresent(Double.self, forKey: .momentum)
    batch = try values.decodeIfPresent(Int.self, forKey: .batch) ?? batch
    epochs = try values.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
    seed = try values.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
    pace = try values.decodeIfPresent(Double.self, forKey: .pace)
  }

  /// Throws where steps a second are no positive number.
  static func check(pace: Double?) throws {
    guard pace.map({ $0 >= 0.01 && $0 <= 1e6 }) ?? true else {
      throw Refusal(422, "pace: expected 0.01 to 1000000 steps a second, found \(pace ?? 0)")
    }
  }

  /// Throws where a number is outside its range or the network does not fit.
  func prepared(for data: ServedData) throws -> (network: Network, trainer: Trainer) {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard range.contains(value) else {
        throw Refusal(
          422,
          "\(name): expected a whole number from \(range.lowerBound) to "
            + "\(range.upperBound), found \(value)")
      }
    }
    try check("batch", batch, 1...4096)
    try check("epochs", epochs, 1...1000)
    try Self.check(pace: pace)
    guard rate.map({ $0 > 0 && $0.isFinite && Float($0) > 0 }) ?? true else {
      throw Refusal(422, "rate: expected a finite number above 0, found \(rate ?? 0)")
    }
    let description = NetworkDescription(
      text: network, input: data.imageShape, classes: data.classNames.count)
    let network = try description.network(seed: seed)
    guard Entrance(network) != nil else {
      throw Refusal(
        422, "network: expected pictures of 1 or 3 channels, found \(data.imageShape)")
    }
    let optimizer = try namedOptimizer(
      optimizer, learningRate: rate.map { Float($0) }, momentum: momentum)
    return (
      network,
      Trainer(
        loss: network.usualLoss, optimizer: optimizer, batchSize: batch, seed: seed)
    )
  }
}
