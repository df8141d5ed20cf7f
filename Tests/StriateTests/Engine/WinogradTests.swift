import LaneKernels
import Striate
import Testing

/// Convolutions of 3 × 3 and 5 × 5 by Winograd's algorithm agree with the reference, and with the sum.
@Suite struct WinogradTests {
  struct Trial: Sendable, CustomTestStringConvertible {
    var layer: any Layer
    var shape: [Int]
    var images = 17
    var testDescription: String { "\(layer.text) on \(shape)" }
  }

  /// Tiles inside the image and at each of its borders, cut by the right and lower border, fewer than are
  /// computed together and more; channels and filters that fill no tile of registers; groups; borders of
  /// other kinds; transposed.
  static let trials = [
    Trial(layer: Conv2D(filters: 8, kernel: 3), shape: [8, 10, 10]),
    Trial(layer: Conv2D(filters: 16, kernel: 3, padding: 1), shape: [16, 8, 8]),
    Trial(layer: Conv2D(filters: 11, kernel: 3, padding: 1), shape: [9, 7, 13], images: 3),
    Trial(layer: Conv2D(filters: 37, kernel: 3, padding: 2), shape: [12, 5, 6], images: 1),
    Trial(
      layer: Conv2D(
        filters: 24, kernel: 3, padding: Padding(top: 2, left: 0, bottom: 1, right: 2)),
      shape: [10, 9, 21], images: 33),
    Trial(layer: Conv2D(filters: 40, kernel: 3, padding: 1, groups: 2), shape: [18, 12, 12]),
    Trial(layer: Conv2D(filters: 8, kernel: 3, padding: 1, bias: .none), shape: [70, 16, 20]),
    Trial(
      layer: Conv2D(filters: 9, kernel: 3, padding: 1, paddingMode: .reflect),
      shape: [8, 11, 12], images: 2),
    Trial(layer: Conv2D(filters: 64, kernel: 3, padding: 1), shape: [130, 4, 4], images: 2),
    Trial(layer: Conv2D(filters: 66, kernel: 3, padding: 1), shape: [65, 5, 19], images: 18),
    Trial(layer: ConvTranspose2D(filters: 12, kernel: 3, padding: 1), shape: [9, 8, 8]),
    Trial(layer: ConvTranspose2D(filters: 8, kernel: 3), shape: [8, 6, 7], images: 2),
    Trial(layer: Conv2D(filters: 18, kernel: 5), shape: [17, 9, 10], images: 18),
    Trial(layer: Conv2D(filters: 16, kernel: 5, padding: 2), shape: [20, 7, 5], images: 3),
    Trial(
      layer: Conv2D(
        filters: 16, kernel: 5, padding: Padding(top: 4, left: 0, bottom: 3, right: 1)),
      shape: [16, 4, 7], images: 2),
    Trial(layer: Conv2D(filters: 36, kernel: 5, padding: 2, groups: 2), shape: [32, 8, 8]),
    Trial(
      layer: Conv2D(filters: 16, kernel: 5, padding: 2, paddingMode: .replicate),
      shape: [16, 6, 6], images: 2),
    Trial(
      layer: ConvTranspose2D(filters: 16, kernel: 5, padding: 2), shape: [16, 6, 6], images: 2),
  ]

  @Test(arguments: trials)
  func tilesAgreeWithTheReference(_ trial: Trial) throws {
    let network = try Network(input: trial.shape, seed: 11) {
      trial.layer
      ReLU()
    }
    try EngineTrial(network, images: trial.images).expectAgreement(trial.testDescription)
  }

  /// The stated error: 2e-5 of the largest output, for the largest number of channels in use.
  @Test(arguments: [3, 5]) func theErrorStaysSmallWithManyChannels(_ kernel: Int) throws {
    let network = try Network(
      Conv2D(
        filters: 16, kernel: Extent(kernel, kernel),
        padding: Padding(
          top: kernel / 2, left: kernel / 2, bottom: kernel / 2, right: kernel / 2)),
      on: [[512, 8, 8]], seed: 3)
    var generator = SeededGenerator(seed: 4)
    let x = Tensor(random: [1, 512, 8, 8], scale: 1, using: &generator)
    let expected = network.reference(x)
    for kernels in KernelTable.runnable {
      let plan = try Plan(
        network, batchSize: 1, mode: .inference, threads: 1, kernels: kernels, lanes: .images)
      #expect(relativeError(plan.run([x]).scalars, expected.values) <= 2e-5, "\(kernels.name)")
    }
  }

  /// The tests above would pass as well if the algorithm were never chosen.
  @Test func theAlgorithmIsChosenUnlessItIsForbidden() throws {
    let network = try Network(
      Conv2D(filters: 16, kernel: 3, padding: 1), on: [[16, 8, 8]], seed: 5)
    var generator = SeededGenerator(seed: 6)
    let x = Tensor(random: [16, 16, 8, 8], scale: 1, using: &generator)
    for kernels in KernelTable.runnable {
      var exact = kernels
      exact.allowsWinograd = false
      let outputs = try [kernels, exact].map {
        try Plan(network, batchSize: 16, mode: .inference, threads: 1, kernels: $0, lanes: .images)
          .run([x])
      }
      #expect(kernels.allowsWinograd)
      #expect(outputs[0] != outputs[1], "\(kernels.name)")
      #expect(relativeError(outputs[0].scalars, outputs[1].scalars.map(Double.init)) < 2e-5)
    }
  }

  /// Gradients of weights too: the stated error, and that the algorithm is chosen.
  @Test(arguments: [3, 5]) func weightGradientsAreNearTheSum(_ kernel: Int) throws {
    let network = try Network(
      Conv2D(
        filters: 24, kernel: Extent(kernel, kernel),
        padding: Padding(
          top: kernel / 2, left: kernel / 2, bottom: kernel / 2, right: kernel / 2), bias: .none),
      on: [[32, 16, 16]], seed: 8)
    var generator = SeededGenerator(seed: 9)
    let x = Tensor(random: [48, 32, 16, 16], scale: 1, using: &generator)
    let targets = Tensor(random: [48, 24, 16, 16], scale: 1, using: &generator)
    for kernels in KernelTable.runnable {
      var exact = kernels
      exact.allowsWinograd = false
      let found = try [kernels, exact].map { kernels in
        try network.gradients(
          [x], targets: targets, loss: .halfSquaredError, kernels: kernels
        ).parameters[0]
      }
      #expect(found[0] != found[1], "\(kernels.name)")
      #expect(relativeError(found[0].scalars, found[1].scalars.map(Double.init)) < 2e-5)
    }
  }

  /// Where every number of the transforms is exact, so is the result.
  @Test func wholeNumbersAreExact() throws {
    var network = try Network(
      Conv2D(filters: 8, kernel: 3, padding: 1, bias: .none), on: [[8, 8, 8]], seed: 7)
    // Multiples of 576 = 24²: G g Gᵀ then consists of whole numbers.
    network.parameters[0].tensor.scalars = network.parameters[0].tensor.scalars.indices.map {
      Float(576 * ($0 % 5 - 2))
    }
    let x = Tensor(
      shape: [2, 8, 8, 8], scalars: (0..<2 * 512).map { Float($0 % 7 - 3) })
    let expected = network.reference(x)
    for kernels in KernelTable.runnable {
      let plan = try Plan(
        network, batchSize: 2, mode: .inference, threads: 2, kernels: kernels, lanes: .images)
      #expect(plan.run([x]).scalars.map(Double.init) == expected.values, "\(kernels.name)")
    }
  }
}

extension Network {
  /// The outputs in Double.
  fileprivate func reference(_ x: Tensor) -> ReferenceTensor {
    output(of: referenceForward([ReferenceTensor(x)]))
  }
}
