import LaneKernels
import Striate
import Testing

/// What is hard about normalising: numbers far from zero, many of them, and sums that must not depend on
/// anything else.
@Suite struct NormalizationTests {
  static let layers: [any Normalization] = [
    GroupNorm(2), GroupNorm(1), InstanceNorm2D(affine: true), LayerNorm(), LayerNorm(.channels),
    LayerNorm(.last(2)),
  ]

  /// A mean of 100 deviations costs a Float two of its seven digits, unless they are taken care of.
  @Test(arguments: layers.indices)
  func aMeanOfAHundredDeviationsCostsNoDigits(_ index: Int) throws {
    let layer = Self.layers[index]
    let network = try Network(layer, on: [[12, 9, 7]], seed: 1)
    var generator = SeededGenerator(seed: 2)
    var images = Tensor(random: [17, 12, 9, 7], scale: 1, using: &generator)
    // Numbers evenly from −1 to 1 have a deviation of 1/√3.
    for k in images.scalars.indices { images.scalars[k] += 100 / Float(3).squareRoot() }
    let targets = Tensor(random: [17, 12, 9, 7], scale: 1, using: &generator)
    try EngineTrial(network, inputs: [images], targets: targets, loss: .halfSquaredError)
      .expectAgreement(layer.text, forward: 1e-5, backward: 1e-5)
  }

  /// Each image has a scale and a mean of its own: none may leak into its neighbours' lanes.
  @Test func everyImageIsNormalisedByItself() throws {
    let network = try Network(GroupNorm(2, affine: false), on: [[4, 6, 6]], seed: 1)
    var generator = SeededGenerator(seed: 3)
    let plain = Tensor(random: [20, 4, 6, 6], scale: 1, using: &generator)
    var scaled = plain
    for k in scaled.scalars.indices {
      let image = Float(k / 144)
      scaled.scalars[k] = scaled.scalars[k] * (1 + image) + image
    }
    for kernels in KernelTable.runnable {
      let plan = try Plan(network, batchSize: 20, mode: .inference, threads: 2, kernels: kernels)
      let (a, b) = (plan.run([plain]), plan.run([scaled]))
      #expect(
        relativeError(a.scalars, b.scalars.map(Double.init)) < 1e-4, "\(kernels.name)")
    }
  }

  /// A running sum of 262,144 numbers in Float would be off by more.
  @Test func sumsOfManyNumbersKeepTheirDigits() throws {
    let network = try Network(LayerNorm(affine: false), on: [[64, 64, 64]], seed: 1)
    var generator = SeededGenerator(seed: 4)
    var images = Tensor(random: [1, 64, 64, 64], scale: 1, using: &generator)
    for k in images.scalars.indices { images.scalars[k] += 10 }
    let x = images.scalars.map(Double.init)
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let expected = x.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
    for kernels in KernelTable.runnable {
      let plan = try Plan(network, batchSize: 1, mode: .inference, threads: 2, kernels: kernels)
      #expect(relativeError(plan.run([images]).scalars, expected) < 1e-6, "\(kernels.name)")
    }
  }

  @Test func weightsStartAtOneAndBiasesAtZero() throws {
    let network = try Network(input: [4, 2, 2], seed: 1, layers: [GroupNorm(2)])
    #expect(network.parameters.map(\.name) == ["gn1.weight", "gn1.bias"])
    #expect(network.parameters.map(\.tensor) == [Tensor([1, 1, 1, 1]), Tensor([0, 0, 0, 0])])
    let plain = try Network(input: [4, 2, 2], seed: 1, layers: [InstanceNorm2D()])
    #expect(plain.parameters.isEmpty)
  }
}
