import LaneKernels
import Striate
import Testing

/// Every layer of the engine, on every instruction set, equals its Double reference.
@Suite struct LayerKernelTests {
  /// One image, a block less one, a whole block, one more, two blocks and one more.
  static let batches = [1, 15, 16, 17, 33]

  @Test(arguments: LayerCase.all)
  func theEngineAgreesWithTheReference(_ trial: LayerCase) throws {
    let network = try network(of: trial.layer, on: trial.shapes)
    for images in Self.batches {
      try EngineTrial(network, images: images, scale: 2).expectAgreement("\(images) images")
    }
  }

  @Test(arguments: LayerCase.all.filter { $0.layer is any TrainingDependent })
  func theEngineAgreesWithTheReferenceInATrainingStep(_ trial: LayerCase) throws {
    let network = try network(of: trial.layer, on: trial.shapes)
    for images in Self.batches where images > 1 {
      try EngineTrial(network, images: images, scale: 2, training: RandomKey(seed: 5))
        .expectAgreement("\(images) images")
    }
  }

  @Test(arguments: LayerCase.all)
  func aSecondRunRemembersNothingOfTheFirst(_ trial: LayerCase) throws {
    let network = try network(of: trial.layer, on: trial.shapes)
    var generator = SeededGenerator(seed: 3)
    let first = network.inputs.map {
      Tensor(random: [17] + $0.shape, scale: 100, using: &generator)
    }
    let second = network.inputs.map {
      Tensor(random: [17] + $0.shape, scale: 1, using: &generator)
    }
    for kernels in KernelTable.runnable {
      for mode in [Plan.Mode.inference, .gradients(ofInputs: true)] {
        let used = try Plan(network, batchSize: 17, mode: mode, threads: 2, kernels: kernels)
        let before = used.run(first)
        let fresh = try Plan(network, batchSize: 17, mode: mode, threads: 2, kernels: kernels)
        let expected = fresh.run(second)
        #expect(used.run(second) == expected, "\(kernels.name)")
        #expect(used.run(first) == before, "\(kernels.name)")
      }
    }
  }

  private func network(of layer: any Layer, on shapes: [[Int]]) throws -> Network {
    try Network(layer, on: shapes, seed: 2)
  }
}

extension Network {
  /// A network of one layer.
  init(_ layer: any Layer, on shapes: [[Int]], seed: UInt64) throws {
    try self.init(
      inputs: shapes.enumerated().map { ("x\($0)", $1) }, seed: seed
    ) { values in
      values[0].combined(with: Array(values.dropFirst()), by: layer)
    }
  }
}

extension Symbol {
  /// One layer over this and other values.
  fileprivate func combined(with others: [Symbol], by layer: any Layer) -> Symbol {
    switch others.count {
    case 0: layer(self)
    case 1: layer(self, others[0])
    case 2: layer(self, others[0], others[1])
    default: layer(self, others[0], others[1], others[2])
    }
  }
}
