import Striate
import Testing

/// Dense layers of many weights in training: a task computes the gradient of some outputs' weights and updates them.
@Suite struct DenseUpdateTests {
  /// Outputs that fill no tile, a ReLU behind the layer, without a bias; blocks that read the weights as they lie and
  /// that read a copy; blocks that lie apart; odd inputs, whose rows begin in the middle of a line.
  @Test(arguments: [
    ("dense 130, relu, dense 10", [33, 4, 4], 37), ("dense 124 bias none", [528, 1, 1], 1),
    ("dense 121, tanh, dense 3", [35, 4, 4], 20), ("dense 128, dense 3", [32, 4, 4], 133),
    ("dense 65, dense 2048, relu, dense 64", [8, 16, 16], 20),
    ("dense 65, dense 3", [2049, 1, 1], 18), ("dense 64, dense 3", [2048, 1, 1], 130),
  ])
  func manyWeightsAgreeWithTheReference(_ text: String, _ input: [Int], _ images: Int) throws {
    let network = try Network(
      input: input, seed: 3, layers: try Network.blocks(text: "tanh, flatten, " + text))
    try EngineTrial(network, images: images, seed: 4).expectAgreement(text)
  }

  private static func network() throws -> Network {
    try Network(
      input: [33, 4, 4], seed: 5,
      layers: try Network.blocks(text: "flatten, dense 130, relu, dense 3"))
  }

  private static func data() throws -> Dataset {
    let pixels = (0..<41 * 528).map { (place: Int) -> UInt8 in
      UInt8((place * 7919 + place / 528 * 31) % 251)
    }
    return try Dataset(
      imageShape: [33, 4, 4], pixels: .bytes(pixels), labels: (0..<41).map { $0 % 3 },
      classNames: ["a", "b", "c"])
  }

  static let rules: [any Optimizer] = [
    SGD(learningRate: 0.05, momentum: 0.9), Adam(learningRate: 0.001),
  ]

  /// Parts are accumulated, clipped, updated and averaged as whole parameters are.
  @Test(arguments: rules.indices)
  func stepsAgreeWithTheReference(_ index: Int) throws {
    let (network, data) = (try Self.network(), try Self.data())
    for change: (inout Trainer) -> Void in [
      { _ in }, { ($0.batchSize, $0.accumulation) = (7, 2) }, { $0.clipping = .norm(0.05) },
      { $0.clipping = .value(0.001) }, { $0.averaging = 0.9 },
    ] {
      var trainer = TrainingSample.trainer(Self.rules[index])
      trainer.loss = .softmaxCrossEntropy
      trainer.batchSize = 20
      change(&trainer)
      var found = network
      try trainer.train(&found, on: data, epochs: 2)
      let expected = try ReferenceTraining(trainer, network, data, epochs: 2)
      expectClose(
        found.parameters.map(\.tensor),
        trainer.averaging == nil ? expected.parameters : expected.averages, relative: 2e-3,
        of: network)
    }
  }

  /// The tasks of a gradient say which weights are theirs: without a gap, from a line of the cache on, to the end of the
  /// parameter's memory. Odd inputs have no such parts.
  @Test func partsCoverTheWeights() throws {
    func divisions(_ network: Network) throws -> [ParameterDivision] {
      try Plan(
        network, batchSize: 20, mode: .gradients(ofInputs: false, inTraining: true), threads: 2
      )
      .divisions
    }
    for division in try divisions(try Self.network()) {
      #expect(division.parts.count > 0 && division.parts[0].lowerBound == 0)
      for (part, next) in zip(division.parts, division.parts.dropFirst()) {
        #expect(part.upperBound == next.lowerBound && next.lowerBound % 16 == 0)
      }
    }
    let found = try divisions(try Self.network()).map { $0.parts.last?.upperBound }
    #expect(found == [400, 130 * 528])
    let odd = try Network(
      input: [2049, 1, 1], seed: 1, layers: try Network.blocks(text: "flatten, dense 65"))
    #expect(try divisions(odd).isEmpty)
  }

  /// A limit that no gradient reaches keeps the update from following each part's gradient at once, and changes no bit;
  /// nor does the number of threads.
  @Test(arguments: rules.indices)
  func anUpdateAtOnceChangesNoBit(_ index: Int) throws {
    var sums = Set<String>()
    for threads in [1, 2, 5] {
      for clipping in [nil, GradientClipping.norm(1e9)] {
        var trainer = TrainingSample.trainer(Self.rules[index])
        (trainer.loss, trainer.batchSize) = (.softmaxCrossEntropy, 20)
        (trainer.threads, trainer.clipping) = (threads, clipping)
        var network = try Self.network()
        try trainer.train(&network, on: try Self.data(), epochs: 2)
        sums.insert(network.parametersSHA256)
      }
    }
    #expect(sums.count == 1)
  }
}
